"""The redemption queue of an instrument at a moment: who asked for how much, by when it was due, how it ended.

A request is on time until the end of its due day, local time; the due day was set when it was made, by the policy of
that day. What is past the moment is left out: a request made later is not there, one paid later is still open.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rwaledger.domain.instrument import Instrument
from rwaledger.domain.redemption import Redemption, RedemptionStatus
from rwaledger.registry import instruments, redemptions
from rwaledger.registry.database import Connection
from rwaledger.report.contents.moment import Moment, instrument_facts, require_deployed
from rwaledger.report.contents.people import People
from rwaledger.report.document import Cell, Column, Document, Kind, Table

_NOTE = (
    "The register has no time at which a request was cancelled: one that is cancelled by now is shown so at every "
    "moment, and counts as neither late nor open."
)


def build(c: Connection, instrument_id: str, moment: Moment) -> Document:
    """The requests of an instrument up to the moment.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later.
    """
    instrument = instruments.instrument(c, instrument_id)
    require_deployed(instrument, moment)
    people = People.load(c, moment.chain_id)
    asked = redemptions.redemptions(c, instrument_id=instrument_id).values()
    found = [_as_at(each, moment) for each in asked if each.requested_at <= moment.time]
    return Document(
        kind="redemptions",
        title=f"Redemptions of {instrument_id}",
        facts=moment.facts(*instrument_facts([instrument])),
        tables=(_requests(instrument, people, found, moment), _totals(instrument, found, moment)),
        notes=(_NOTE,),
        verdict=_verdict(found, moment),
    )


def _as_at(each: Redemption, moment: Moment) -> Redemption:
    if each.status is RedemptionStatus.CANCELLED:
        return each
    if each.paid_at is not None and each.paid_at <= moment.time:
        return each
    return replace(each, status=RedemptionStatus.OPEN, paid_at=None, fee_units=0, payment_reference="")


def _is_late(each: Redemption, moment: Moment) -> bool:
    return each.is_late(moment.time, moment.zone)


def _verdict(found: list[Redemption], moment: Moment) -> str:
    late = [each.request for each in found if _is_late(each, moment)]
    if late:
        return f"LATE: {', '.join(late)}"
    waiting = sum(each.is_open for each in found)
    return f"every request was paid on time; {waiting} open" if found else "nothing was asked for"


def _requests(instrument: Instrument, people: People, found: list[Redemption], moment: Moment) -> Table:
    unit, decimals = instrument.symbol, instrument.decimals
    columns = (
        Column("request", "Request", Kind.TEXT),
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("requested", "Requested", Kind.TIME),
        Column("due", "Due by the end of", Kind.DATE),
        Column("status", "Status", Kind.TEXT),
        Column("amount", f"Amount {unit}", Kind.UNITS, decimals, summed=True),
        Column("paid_at", "Paid", Kind.TIME),
        Column("par", "Redeemed at par", Kind.UNITS, decimals, summed=True),
        Column("fee", "Fee", Kind.UNITS, decimals, summed=True),
        Column("paid", "Paid out", Kind.UNITS, decimals, summed=True, formula="par - fee"),
        Column("payment", "Payment reference", Kind.TEXT),
        Column("timing", "On time", Kind.TEXT),
    )
    return Table("redemptions", f"Requests to redeem {unit}", columns, tuple(_row(e, people, moment) for e in found))


def _row(each: Redemption, people: People, moment: Moment) -> tuple[Cell, ...]:
    at_par = each.amount_units if each.status is RedemptionStatus.PAID else 0
    return (
        each.request,
        people.shown(each.account),
        each.account,
        each.requested_at,
        each.due_on,
        each.status.value,
        each.amount_units,
        each.paid_at,
        at_par,
        each.fee_units if at_par else 0,
        at_par and each.payment_units,
        each.payment_reference,
        _timing(each, moment),
    )


def _timing(each: Redemption, moment: Moment) -> str:
    if each.status is RedemptionStatus.CANCELLED:
        return f"cancelled: {each.reason}" if each.reason else "cancelled"
    lateness = each.lateness(moment.time, moment.zone)
    if _is_late(each, moment):
        return f"LATE by {_span(lateness)}"
    return f"{_span(-lateness)} left" if each.is_open else "yes"


def _span(length: timedelta) -> str:
    hours, seconds = divmod(int(length.total_seconds()), 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours} h {seconds // 60} min"


def _totals(instrument: Instrument, found: list[Redemption], moment: Moment) -> Table:
    columns = (
        Column("status", "Status", Kind.TEXT),
        Column("requests", "Requests", Kind.INTEGER, summed=True),
        Column("late", "Of these late", Kind.INTEGER, summed=True),
        Column("amount", f"Amount {instrument.symbol}", Kind.UNITS, instrument.decimals, summed=True),
    )
    shown = (RedemptionStatus.OPEN, RedemptionStatus.PAID, RedemptionStatus.CANCELLED)
    rows = []
    for status in shown:
        those = [each for each in found if each.status is status]
        late = sum(_is_late(each, moment) for each in those)
        rows.append((status.value, len(those), late, sum(each.amount_units for each in those)))
    return Table("totals", "By status", columns, tuple(rows))
