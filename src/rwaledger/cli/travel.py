"""The travel rule before payments by instruction: what has to stand in the register before they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rwaledger.cli.context import Context
    from rwaledger.domain.travel import Payment
    from rwaledger.operate.desk import Desk
    from rwaledger.operate.plan import Plan


def keep_travel_rule(context: Context, desk: Desk, plans: Sequence[Plan], *, dry_run: bool) -> None:
    """Makes the travel-rule records that plans need before they are sent, or on a dry run sees that they can be made.

    The privacy key is asked for only where a record is missing.

    Raises:
        TravelRuleRequired: the register lacks a particular; nothing was made or sent.
    """
    from rwaledger.operate.done import chain_time
    from rwaledger.operate.travel import payments_of_plans, required_records

    payments = payments_of_plans(plans)
    if not payments:
        return
    with desk.database.read() as connection:
        required = required_records(connection, context.policy, chain_time(desk.node), payments)
    if dry_run:
        require_particulars(context, desk, required)
    else:
        make_records(context, desk, required)


def make_records(context: Context, desk: Desk, required: Sequence[Payment]) -> int:
    """Makes those of the records that are missing, and returns how many."""
    from rwaledger.operate.travel import record_travel

    return record_travel(desk.database, context.seal, desk.maker, required) if _lacks(desk, required) else 0


def require_particulars(context: Context, desk: Desk, required: Sequence[Payment]) -> None:
    """Raises what `make_records` would raise, and makes none."""
    from rwaledger.operate.travel import require_recordable

    if _lacks(desk, required):
        require_recordable(desk.database, context.seal, required)


def _lacks(desk: Desk, required: Sequence[Payment]) -> bool:
    from rwaledger.operate.travel import missing_records

    with desk.database.read() as connection:
        return bool(missing_records(connection, required))
