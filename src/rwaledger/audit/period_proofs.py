"""What a signed period is held against: signatures, the anchor's state and events, the chain's totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from rwaledger.audit.periods import Periods
from rwaledger.audit.records import ContractRecords
from rwaledger.audit.replay import Replay
from rwaledger.chain import anchor
from rwaledger.chain.signatures import recovered
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import Period
from rwaledger.domain.posting import ISSUANCE_ACCOUNT

_ARTIFACT = "RegistryAnchor"
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class AnchoredDifference:
    """A head that two of register, anchor's state and anchor's events do not tell alike; each a record and its word."""

    sequence: int
    anchor: str
    is_in_register: bool
    summary: str
    left: tuple[str, str]
    right: tuple[str, str]


def is_signed_by(period: Period, token: str, signer: str, signature: str) -> bool:
    """Whether the key of an address has signed the head of a period; never where a part of it is no hex."""
    try:
        hashes = anchor.hashes(period.chain_id, period.anchor, period.signed_head(token))
        return recovered(hashes, signature) == signer
    except (ValueError, OverflowError):
        return False


def totals_at(events: Iterable[ChainEvent], blocks: Sequence[int]) -> list[tuple[int, int]]:
    """Supply in units and number of holders at the end of each of these blocks, which come in ascending order."""
    replayed, found = Replay(), []
    pending = iter(events)
    event = next(pending, None)
    for block in blocks:
        while event is not None and event.log.block_number <= block:
            replayed.apply(event)
            event = next(pending, None)
        holding = [a for a, units in replayed.balances.items() if units > 0 and a != ISSUANCE_ACCOUNT]
        found.append((replayed.supply_units, len(holding)))
    return found


def anchored_differences(
    periods: Periods, books: Sequence[ContractRecords], instrument: Instrument, signed: Sequence[Period]
) -> tuple[list[AnchoredDifference], set[int]]:
    """Where the chain's heads of an instrument are not the register's, and the sequences that are anchored at all."""
    told = _told(books, instrument)
    held = {
        (contract, sequence): head.head
        for (contract, name, sequence), head in periods.anchored.items()
        if name == instrument.instrument_id
    }
    in_register = {period.sequence: period for period in signed}
    found = []
    for contract, sequence in sorted(told.keys() | held.keys()):
        place = contract, sequence
        if contract not in periods.asked:
            continue
        difference = _difference(place, in_register.get(sequence), told.get(place, _NOTHING), held.get(place, _NOTHING))
        if difference:
            found.append(difference)
    return found, {sequence for _, sequence in told.keys() | held.keys()}


def _told(books: Sequence[ContractRecords], instrument: Instrument) -> dict[tuple[str, int], str]:
    """What the anchors said when heads were anchored."""
    return {
        (each.contract.address, cast(int, event.args["sequence"])): str(event.args["head"])
        for each in books
        if each.artifact == _ARTIFACT and each.is_trusted
        for event in each.events
        if event.name == "HeadAnchored" and event.args["instrument"] == instrument.address
    }


def _difference(place: tuple[str, int], period: Period | None, told: str, held: str) -> AnchoredDifference | None:
    contract, sequence = place
    in_register = period.head if period else _NOTHING
    if told == held == in_register:
        return None
    if told != in_register:
        summary = "its head is not the one that was anchored" if period else "it was anchored, and is gone"
        left, right = ("events", told), ("register", in_register)
    else:
        summary = "the anchor's state is not what it said when the head was anchored"
        left, right = ("state", held), ("events", told)
    return AnchoredDifference(sequence, contract, period is not None, summary, left, right)
