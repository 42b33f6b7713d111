"""How the redemption queue is shown: as a table, and as a document. Imported when there is one to show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rwaledger.chain.addresses import checksummed
from rwaledger.cli.output import table
from rwaledger.domain.calendar import local_date
from rwaledger.domain.policy import Policy
from rwaledger.domain.redemption import Redemption, RedemptionStatus
from rwaledger.domain.units import format_amount
from rwaledger.operate.names import Names
from rwaledger.operate.times import moment_words

_HEADER = ("request", "holder", "amount", "", "requested", "local day", "due", "status", "time")


def queue_text(redemptions: Sequence[Redemption], names: Names, policy: Policy, now: datetime) -> str:
    """A row for each request; times are UTC, days those of the policy's zone. Empty where there is none."""
    rows = [
        (
            each.request,
            _holder(each, names),
            format_amount(each.amount_units, names.instruments[each.instrument_id].decimals, grouped=True),
            names.instruments[each.instrument_id].symbol,
            moment_words(each.requested_at),
            local_date(each.requested_at, policy.zone).isoformat(),
            each.due_on.isoformat(),
            each.status.value,
            _ending(each, policy.zone, now),
        )
        for each in redemptions
    ]
    return table(_HEADER, rows, right=(2,))


def queue_document(
    redemptions: Sequence[Redemption], names: Names, policy: Policy, now: datetime
) -> list[dict[str, object]]:
    """The same as data, with what was paid."""
    return [_document(each, names, policy, now) for each in redemptions]


def _document(each: Redemption, names: Names, policy: Policy, now: datetime) -> dict[str, object]:
    decimals = names.instruments[each.instrument_id].decimals
    is_paid = each.status is RedemptionStatus.PAID
    return {
        "request": each.request,
        "instrument": each.instrument_id,
        "holder": _holder(each, names),
        "account": checksummed(each.account),
        "amount": format_amount(each.amount_units, decimals),
        "requested_at": moment_words(each.requested_at),
        "requested_on": local_date(each.requested_at, policy.zone).isoformat(),
        "due_on": each.due_on.isoformat(),
        "status": each.status.value,
        "late": each.is_late(now, policy.zone),
        "seconds_left": -int(each.lateness(now, policy.zone).total_seconds()) if each.is_open else None,
        "paid_at": moment_words(each.paid_at) if each.paid_at else None,
        "paid": format_amount(each.payment_units, decimals) if is_paid else None,
        "fee": format_amount(each.fee_units, decimals) if is_paid else None,
        "payment_reference": each.payment_reference or None,
        "reason": each.reason or None,
    }


def _holder(each: Redemption, names: Names) -> str:
    known = names.accounts.get(each.account)
    return known.holder_id if known else checksummed(each.account)


def _ending(each: Redemption, zone: str, now: datetime) -> str:
    """How it stands with time: left, late, or how it ended."""
    if each.status is RedemptionStatus.CANCELLED:
        return each.reason
    lateness = each.lateness(now, zone)
    late = f"{_span(lateness)} late" if each.is_late(now, zone) else ""
    if each.status is RedemptionStatus.PAID:
        return f"{late or 'in time'}, {moment_words(each.paid_at or now)}, {each.payment_reference}"
    return late or f"{_span(-lateness)} left"


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min"
