"""What a holder held at both ends of a period and every movement between them, with its other side and its cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MINYEAR, date, datetime, timedelta

from rwaledger.domain.calendar import end_of_day
from rwaledger.domain.errors import UsageError
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import frozen, holders, movements
from rwaledger.registry.authorities import causes
from rwaledger.registry.corrected import Change
from rwaledger.registry.database import Connection
from rwaledger.registry.movements import Movement
from rwaledger.registry.sealing import Seal
from rwaledger.report.contents.corrections import corrections_table, signed_corrections
from rwaledger.report.contents.holders import frozen_units
from rwaledger.report.contents.moment import Moment, moment_of
from rwaledger.report.contents.people import People, words
from rwaledger.report.contents.supply import instruments_at
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Series, Table

_NOTE = (
    "The reference is the one-time reference of the instruction that the control book carried out, or of the trade "
    "that was settled; empty where the holder moved the units by itself."
)


@dataclass(frozen=True, slots=True)
class Holding:
    """A holder's units of one instrument over a period, in base units; `openings` are by account.

    `movements` are those that count; `changes` are what corrections changed of them, each with its block's time.
    """

    instrument: Instrument
    openings: Mapping[str, int]
    movements: tuple[Movement, ...]
    frozen_units: int
    changes: tuple[tuple[int, Change], ...] = ()

    @property
    def opening_units(self) -> int:
        """What all accounts had together at the beginning."""
        return sum(self.openings.values())

    @property
    def received_units(self) -> int:
        """What came in."""
        return sum(each.amount_units for each in self.movements if each.amount_units > 0)

    @property
    def delivered_units(self) -> int:
        """What went out."""
        return -sum(each.amount_units for each in self.movements if each.amount_units < 0)

    @property
    def closing_units(self) -> int:
        """What is left."""
        return self.opening_units + self.received_units - self.delivered_units


def build(
    c: Connection, holder_id: str, moment: Moment, since: date | None = None, seal: Seal | None = None
) -> Document:
    """The statement of a holder from the beginning of a local day, or of all time, to the moment.

    Raises:
        UnknownName: there is no such holder.
        UsageError: the period begins after its end.
        AuthorisationError: the names were sealed with another key.
        RegisterConflict: a block that has postings is not in the register.
    """
    people = People.load(c, moment.chain_id, seal, of=holder_id)
    found = holdings(c, people, holder_id, moment, since)
    known = causes(c, moment.chain_id)
    tables = [table for each in found for table in _tables(each, people, known, moment)]
    who = tuple(zip(("name", "address"), map(str, people.name_cells(holder_id)), strict=False))
    period = ("period", f"{since.isoformat() if since else 'the beginning'} to {moment.day.isoformat()}, {moment.zone}")
    return Document(
        kind="statement",
        title=f"Statement of holdings and movements of {holder_id}",
        facts=moment.facts(("holder", holder_id), *who, period, people.fact),
        tables=tuple(tables),
        charts=tuple(_chart(each, since, moment) for each in found),
        notes=(_NOTE,) if found else ("The holder held and moved nothing in this period.",),
    )


def holdings(c: Connection, people: People, holder_id: str, moment: Moment, since: date | None) -> list[Holding]:
    """What a holder had of each instrument that it held, or moved, in the period; all its accounts together.

    Raises:
        UnknownName: there is no such holder.
        UsageError: the period begins after its end.
    """
    holders.holder(c, holder_id)
    accounts, signed = people.accounts_of(holder_id), signed_corrections(c, moment.chain_id)
    begins = period_begins(since, moment)
    found = []
    for instrument in instruments_at(c, None, moment):
        where = (instrument.instrument_id, accounts, moment.block_number, signed)
        moved = movements.movements(c, *where)
        openings = _balances(each for each in moved if each.timestamp < begins)
        within = tuple(each for each in moved if each.timestamp >= begins)
        changes = tuple(each for each in movements.changes(c, *where) if _is_of_period(each, begins))
        if any(openings.values()) or within or changes:
            frozen = _frozen(c, instrument, moved, moment)
            found.append(Holding(instrument, openings, within, frozen, changes))
    return found


def _is_of_period(change: tuple[int, Change], begins: int) -> bool:
    """Whether what was corrected moved in the period, or the correction was recorded since it began."""
    timestamp, each = change
    return timestamp >= begins or each.recorded_at.timestamp() >= begins


def period_begins(since: date | None, moment: Moment) -> int:
    """The first second of the period, since 1970."""
    if since is None:
        return 0
    if since > moment.day:
        raise UsageError(f"the period begins on {since}, after its end on {moment.day}", "Give an earlier --from.")
    if since.year == MINYEAR:
        return 0
    return int(end_of_day(since - timedelta(days=1), moment.zone).timestamp())


def _balances(moved: Iterable[Movement]) -> dict[str, int]:
    """What these movements come to, by account."""
    balances: dict[str, int] = {}
    for each in moved:
        balances[each.account] = balances.get(each.account, 0) + each.amount_units
    return balances


def _frozen(c: Connection, instrument: Instrument, moved: Sequence[Movement], moment: Moment) -> int:
    balances = _balances(moved)
    standings = frozen.standings_of(c, instrument.instrument_id, balances, moment.block_number)
    return sum(frozen_units(standings.get(account, Standing()), units) for account, units in balances.items())


def _tables(each: Holding, people: People, known: Mapping[str, str], moment: Moment) -> tuple[Table, ...]:
    unit, decimals = each.instrument.symbol, each.instrument.decimals
    name = each.instrument.instrument_id
    summary = Table(
        f"holding-{name}",
        f"{unit} in the period",
        (
            Column("opening", "Opening", Kind.UNITS, decimals),
            Column("received", "Received", Kind.UNITS, decimals),
            Column("delivered", "Delivered", Kind.UNITS, decimals),
            Column("closing", "Closing", Kind.UNITS, decimals, formula="opening + received - delivered"),
            Column("frozen", "Of these frozen", Kind.UNITS, decimals),
        ),
        ((each.opening_units, each.received_units, each.delivered_units, each.closing_units, each.frozen_units),),
    )
    columns = (
        Column("day", "Local day", Kind.DATE),
        Column("time", "Time", Kind.TIME),
        Column("block", "Block", Kind.INTEGER),
        Column("transaction", "Transaction", Kind.HASH),
        Column("account", "Account", Kind.ACCOUNT),
        Column("counterparty", "Counterparty", Kind.TEXT),
        Column("cause", "Cause", Kind.TEXT),
        Column("reference", "Reference", Kind.HASH),
        Column("before", "Before", Kind.UNITS, decimals),
        Column("received", "Received", Kind.UNITS, decimals, summed=True),
        Column("delivered", "Delivered", Kind.UNITS, decimals, summed=True),
        Column("balance", "Balance", Kind.UNITS, decimals, formula="before + received - delivered"),
    )
    rows = tuple(_rows(each, people, known, moment))
    movements = Table(f"movements-{name}", f"Movements of {unit}", columns, rows)
    return summary, movements, *([corrections_table(each.instrument, each.changes)] if each.changes else [])


def cause_words(moved: Movement, known: Mapping[str, str]) -> str:
    """What a movement was caused by, and by which correction it was entered, where it was by one."""
    cause = known.get(moved.ref, moved.authority)
    return words((cause, f"entered by the correction of break {moved.break_id}" if moved.break_id else ""))


def _rows(each: Holding, people: People, known: Mapping[str, str], moment: Moment) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    balance = each.opening_units
    for moved in each.movements:
        amount = moved.amount_units
        place = (moment.day_of(moved.timestamp), moment_of(moved.timestamp), moved.block_number, moved.tx_hash)
        why = (people.shown(moved.counterparty), cause_words(moved, known), moved.ref or None)
        rows.append((*place, moved.account, *why, balance, max(amount, 0), max(-amount, 0), balance + amount))
        balance += amount
    return rows


def _chart(each: Holding, since: date | None, moment: Moment) -> Chart:
    points: dict[datetime, int] = {}
    balance = each.opening_units
    if since is not None:
        points[moment_of(period_begins(since, moment))] = balance
    for moved in each.movements:
        balance += moved.amount_units
        points[moment_of(moved.timestamp)] = balance
    points.setdefault(moment.time, balance)
    unit = each.instrument.symbol
    series = Series(unit, tuple(points.items()))
    return Chart(
        f"holding-{each.instrument.instrument_id}", f"{unit} held", "line", unit, each.instrument.decimals, (series,)
    )
