"""The gate: nothing that pays or prices goes through while the latest reconciliation of its instrument fails."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from rwaledger.chain.rpc import Node
from rwaledger.domain.calendar import local_date
from rwaledger.domain.corporate_action import ActionKind
from rwaledger.domain.errors import ReconciliationRequired
from rwaledger.domain.fund import DEAL
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.operate.desk import DAY_S
from rwaledger.operate.done import chain_time
from rwaledger.registry import instruments
from rwaledger.registry.database import Database
from rwaledger.registry.reconciliations import latest_reconciliation

GATED = (*(kind.value for kind in ActionKind), DEAL)
"""What idempotency keys of gated payments begin with; the instrument and the day follow."""


def require_keys_reconciled(database: Database, node: Node, keys: Iterable[str], policy: Policy) -> None:
    """Asks anew before drafts are sent: what they pay or deal was reconciled when they were made, and may not be now.

    Raises:
        ReconciliationRequired: an instrument whose payment or deal one of the keys stands for is not reconciled.
    """
    parts = [key.split(":") for key in keys]
    names = {part[1] for part in parts if len(part) > 2 and part[0] in GATED}
    with database.read() as connection:
        found = [each for each in instruments.instruments(connection) if each.instrument_id in names]
    for instrument in found:
        require_reconciled(database, node, instrument, policy)


def require_reconciled(database: Database, node: Node, instrument: Instrument, policy: Policy) -> None:
    """Raises unless the latest reconciliation on record passed, of a block that is on the chain and young enough.

    Source: EU CSDR RTS 2017/392, articles 59 to 65: no entitlement that changes balances before the reconciliation.

    Raises:
        ReconciliationRequired: there is none, it failed, its block is gone, or it is older than the policy allows.
    """
    with database.read() as connection:
        latest = latest_reconciliation(connection, instrument.instrument_id)
    if latest is None:
        raise ReconciliationRequired(instrument.instrument_id, "no reconciliation is on record")
    where = f"at block {latest.block_number}"
    if not latest.passed:
        reason = f"the latest one, {where}, failed {', '.join(latest.failed_checks)}"
        raise ReconciliationRequired(instrument.instrument_id, reason)
    block = node.block(latest.block_number)
    if block is None or block.hash != latest.block_hash:
        raise ReconciliationRequired(instrument.instrument_id, f"the block of the latest one, {where}, is gone")
    now = chain_time(node)
    days = policy.on(local_date(datetime.fromtimestamp(now, UTC), policy.zone)).reconciliation_age_days
    if now - block.timestamp > days * DAY_S:
        hours = (now - block.timestamp) // 3600
        reason = f"the latest one, {where}, is {hours} hours old; the policy allows {days * 24}"
        raise ReconciliationRequired(instrument.instrument_id, reason)
