"""The redemption queue: who asked to be paid back, by when it is due, what was paid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.redemption import Redemption, RedemptionStatus
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member, utc_now
from rwaledger.registry.upsert import insert_if_new

_FIELDS = tuple(each.name for each in fields(Redemption))


def add_redemption(c: Connection, redemption: Redemption) -> None:
    """Puts a request into the queue.

    Raises:
        RegisterConflict: there is one of that reference.
    """
    now = utc_now()
    row = asdict(redemption) | {"status": str(redemption.status), "recorded_at": now, "updated_at": now}
    if not insert_if_new(c, tables.redemptions, row):
        raise RegisterConflict(f"redemption {redemption.request} is in the queue already")


def redemption(c: Connection, request: str) -> Redemption:
    """The request of that reference.

    Raises:
        UnknownName: there is none.
    """
    found = redemptions(c, [request])
    if not found:
        raise UnknownName("redemption", request, "`rwaledger redemption list` shows those there are.")
    return found[request]


def redemptions(
    c: Connection, requests: Collection[str] | None = None, instrument_id: str | None = None
) -> dict[str, Redemption]:
    """Requests by their references, of these references or this instrument where given, in order of their due days."""
    t = tables.redemptions.c
    query = select(*(t[name] for name in _FIELDS)).order_by(t.due_on, t.requested_at, t.request)
    if requests is not None:
        query = query.where(t.request.in_(requests))
    if instrument_id is not None:
        query = query.where(t.instrument_id == instrument_id)
    return {row.request: _redemption(row) for row in c.execute(query)}


def begin_payment(c: Connection, request: str, payment_reference: str, fee_units: int) -> bool:
    """Records that an open request is being paid, by this payment and no other; whether it was open until now.

    Raises:
        RegisterConflict: another payment of it has begun, or it is not open any more.
    """
    t = tables.redemptions.c
    same = (t.status == str(RedemptionStatus.PAYING), t.payment_reference == payment_reference)
    if c.execute(select(t.request).where(t.request == request, *same, t.fee_units == fee_units)).one_or_none():
        return False
    values = {
        "status": str(RedemptionStatus.PAYING),
        "payment_reference": payment_reference,
        "fee_units": fee_units,
    }
    _change(c, request, (RedemptionStatus.OPEN,), values)
    return True


def finish_payment(c: Connection, request: str, payment_reference: str, paid_at: datetime) -> bool:
    """Records that the payment which has begun is made; False where that is on record.

    Raises:
        RegisterConflict: it has not begun.
    """
    found = redemption(c, request)
    if found.status is RedemptionStatus.PAID and found.payment_reference == payment_reference:
        return False
    _change(c, request, (RedemptionStatus.PAYING,), {"status": str(RedemptionStatus.PAID), "paid_at": paid_at})
    return True


def cancel(c: Connection, request: str, reason: str) -> None:
    """Records that a request is not paid, and why.

    Raises:
        RegisterConflict: it is paid or cancelled.
    """
    values = {"status": str(RedemptionStatus.CANCELLED), "reason": reason}
    _change(c, request, (RedemptionStatus.OPEN, RedemptionStatus.PAYING), values)


def _change(c: Connection, request: str, before: Collection[RedemptionStatus], values: dict[str, Any]) -> None:
    t = tables.redemptions
    change = update(t).where(t.c.request == request, t.c.status.in_([str(status) for status in before]))
    if c.execute(change.values(**values, updated_at=utc_now())).rowcount != 1:
        found = redemption(c, request)
        raise RegisterConflict(
            f"redemption {request} is {found.status}, payment {found.payment_reference or 'none'}: somebody was faster",
            "See `rwaledger redemption list`.",
        )


def _redemption(row: Row[Any]) -> Redemption:
    return Redemption(**row._asdict() | {"status": stored_member(RedemptionStatus, row.status)})
