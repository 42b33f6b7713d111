"""Send the heads that operator and auditor have signed to the registry anchor, each once and in its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rwaledger.chain import anchor as contract
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Receipt
from rwaledger.domain.errors import ChainMismatch
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import Period
from rwaledger.operate.dispatch import send_recorded
from rwaledger.registry import audit_log, periods
from rwaledger.registry.database import Database

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


@dataclass(frozen=True, slots=True)
class Anchoring:
    """A countersigned period, and whether the chain has its head already."""

    instrument: Instrument
    period: Period
    is_anchored: bool


def plan_anchoring(database: Database, node: Node, instruments: Sequence[Instrument]) -> list[Anchoring]:
    """The periods of these instruments up to the last that is countersigned without a gap, in their order.

    Raises:
        ChainMismatch: the chain has another head under a sequence than the register.
    """
    found: list[Anchoring] = []
    for instrument in instruments:
        with database.read() as c:
            known = periods.periods(c, instrument.instrument_id)
        for period in known:
            if not period.is_countersigned:
                break
            found.append(Anchoring(instrument, period, _is_anchored(node, instrument, period)))
    return found


def anchor(
    database: Database, node: Node, plan: Sequence[Anchoring], open_sender: Callable[[], Signer]
) -> list[Receipt]:
    """Sends what the chain does not have yet. Anybody may send it: the two signatures carry it.

    Raises:
        ContractRevert: the anchor refuses a head; those before it are anchored.
    """
    waiting = [each for each in plan if not each.is_anchored]
    receipts = []
    sender = open_sender() if waiting else None
    for each in waiting:
        assert sender is not None, "the key was opened, since something waits"
        period = each.period
        signers = (period.operator, period.operator_signature), (period.auditor, period.auditor_signature)
        call = contract.anchoring(period.anchor, period.signed_head(each.instrument.address), *signers)
        name = f"{period.instrument_id} {period.sequence}"
        receipts.append(send_recorded(database, node, sender, call, f"anchor {name}"))
        with database.begin() as c:
            detail = {"head": period.head, "transaction": receipts[-1].tx_hash}
            audit_log.record(c, sender.address, "head anchored", name, detail)
    return receipts


def _is_anchored(node: Node, instrument: Instrument, period: Period) -> bool:
    there = contract.head_of(node, period.anchor, instrument.address, period.sequence)
    if there is not None and there.head != period.head:
        raise ChainMismatch(
            f"the anchor has head {there.head} for period {period.sequence} of {period.instrument_id}, the register"
            f" {period.head}",
            "Run `rwaledger reconcile run --check C20`, and find out which of them was changed.",
        )
    return there is not None
