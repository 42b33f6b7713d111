"""What of the office and of the past is looked at in a part: what was not done with when its first block began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rwaledger.audit.deals import CLOSINGS, DealsExtract, Reference, extract_deals, reference_of, reference_of_stored
from rwaledger.audit.office import OfficeExtract, extract_office
from rwaledger.audit.past import PastExtract
from rwaledger.audit.senders import Before
from rwaledger.chain.events import decode
from rwaledger.domain.block import Block, Pin
from rwaledger.domain.instruction import reference
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.redemption import Redemption, RedemptionStatus, burn_key
from rwaledger.registry import instructions, transactions
from rwaledger.registry.database import Connection
from rwaledger.registry.executions import events_named, executions
from rwaledger.registry.instruments import Contract


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with at the end of a block, by the register's events up to there.

    `refs` are the instructions that were carried out, `trades` those that were closed, `subjects` all that a
    travel-rule record can be of: references of the ones, digests of the others.
    """

    block: Block
    refs: frozenset[str]
    trades: frozenset[Reference]
    subjects: frozenset[str]

    @classmethod
    def by(cls, c: Connection, chain_id: int, block: Block) -> Done:
        """By the end of a block.

        Raises:
            MalformedLog: an event of the register is not what its name says.
        """
        refs = frozenset(executions(c, chain_id, block.number))
        closings = [e for log in events_named(c, chain_id, CLOSINGS, block.number) if (e := decode(log)) is not None]
        digests = (str(event.args["digest"]) for event in closings)
        return cls(block, refs, frozenset(map(reference_of, closings)), refs.union(digests))

    def has(self, redemption: Redemption, burn: str) -> bool:
        """Whether a request was paid, and its units were out of issue."""
        paid_at = redemption.paid_at if redemption.status is RedemptionStatus.PAID else None
        return paid_at is not None and paid_at.timestamp() <= self.block.timestamp and burn in self.refs


def burn_of(redemption: Redemption, known: Sequence[Instrument]) -> str:
    """The reference under which the units of a request go out of issue; empty where its instrument is not here."""
    of = next((each for each in known if each.instrument_id == redemption.instrument_id), None)
    return reference(of.chain_id, of.control_book, burn_key(redemption.request), 0) if of else ""


def office_of_part(
    c: Connection, pin: Pin, known: Sequence[Instrument], contracts: Sequence[Contract], done: Done
) -> OfficeExtract:
    """The office's records without what was done with. Corporate actions and orders are left to a full run."""
    everything = extract_office(c, pin, known, contracts)
    return replace(
        everything,
        redemptions=tuple(each for each in everything.redemptions if not done.has(each, burn_of(each, known))),
        travel=tuple(each for each in everything.travel if each.subject not in done.subjects),
        actions=(),
        entitlements={},
        orders=(),
    )


def past_of_part(c: Connection, pin: Pin, known: Sequence[Instrument], done: Done) -> PastExtract:
    """Transactions and trades since; of who sent earlier ones, the names alone."""
    first = done.block.number + 1
    before = Before(
        first,
        transactions.senders(c, pin.chain_id, of_instructions=True),
        transactions.senders(c, pin.chain_id),
    )
    rows = transactions.transactions_since(c, pin.chain_id, first)
    return PastExtract(tuple(rows), instructions.references(c), _deals(c, pin, done), tuple(known), before)


def _deals(c: Connection, pin: Pin, done: Done) -> DealsExtract:
    everything = extract_deals(c, pin)
    left = tuple(each for each in everything.stored if reference_of_stored(each) not in done.trades)
    return replace(everything, stored=left)
