"""Where the holders of an instrument are, of which class they are, and how much the largest of them hold together.

Country and class are those that the chain attested of each account at the block. The concentration counts holders,
not accounts: a nominee is one holder, whatever clients it has. The Herfindahl-Hirschman index is the sum of the
squares of all shares in per cent, from near 0 to 10,000.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rwaledger.domain.holder import InvestorClass, Standing
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import positions
from rwaledger.registry.database import Connection
from rwaledger.report.contents.moment import Moment, instrument_facts
from rwaledger.report.contents.people import People, country_words
from rwaledger.report.contents.supply import instruments_at
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Series, Table

LARGEST = 10
"""So many of the largest holders are shown one by one; the rest is one row."""

_HHI_WHOLE = 10_000
_NOTE = (
    "The index of Herfindahl and Hirschman is the sum of the squares of all shares in per cent: 10,000 where one "
    "holder has everything. Clients of a nominee are one holder here, as they are on the register."
)


@dataclass(slots=True)
class Group:
    """Who holds something in one country and of one class."""

    units: int = 0
    accounts: int = 0
    holders: set[str] = field(default_factory=set)


def build(c: Connection, instrument_id: str | None, moment: Moment) -> Document:
    """The exposure of an instrument, or of each that there was at the moment.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later.
    """
    wanted = instruments_at(c, instrument_id, moment)
    people = People.load(c, moment.chain_id)
    tables: list[Table] = []
    charts: list[Chart] = []
    for each in wanted:
        balances = positions.balances_at(c, each.instrument_id, moment.block_number)
        held = {account: units for account, units in balances.items() if units and account != ISSUANCE_ACCOUNT}
        standings = positions.standings_at(c, each.instrument_id, moment.block_number)
        groups = _groups(held, standings, people)
        totals = _by_holder(held, people)
        tables += [_exposure(each, groups), _largest(each, totals), _indices(each, totals)]
        charts += [_by_country(each, groups)] if len({country for country, _ in groups}) > 1 else []
        charts += [_concentration(each, totals)] if held else []
    return Document(
        kind="jurisdictions",
        title=f"Exposure by jurisdiction{f' of {instrument_id}' if instrument_id else ''}",
        facts=moment.facts(*instrument_facts(wanted)),
        tables=tuple(tables),
        charts=tuple(charts),
        notes=(_NOTE,),
    )


def class_words(investor_class: int) -> str:
    """An investor class by its name; its number where it has none."""
    known = {member.value: member.name.lower() for member in InvestorClass}
    return known.get(investor_class, f"class {investor_class}" if investor_class else "not admitted")


def _groups(held: Mapping[str, int], standings: Mapping[str, Standing], people: People) -> dict[tuple[int, int], Group]:
    """By country and class, in the order of their numbers."""
    found: dict[tuple[int, int], Group] = defaultdict(Group)
    for account, units in held.items():
        standing = standings.get(account, Standing())
        group = found[standing.country, standing.investor_class]
        group.units += units
        group.accounts += 1
        group.holders.add(people.key_of(account))
    return {key: found[key] for key in sorted(found)}


def _by_holder(held: Mapping[str, int], people: People) -> list[tuple[str, int]]:
    """What each holder has, the largest first."""
    totals: dict[str, int] = defaultdict(int)
    for account, units in held.items():
        totals[people.key_of(account)] += units
    shown = [(people.holder_cell(key), units) for key, units in totals.items()]
    return sorted(shown, key=lambda each: (-each[1], each[0]))


def _exposure(instrument: Instrument, groups: Mapping[tuple[int, int], Group]) -> Table:
    columns = (
        Column("country", "Country", Kind.TEXT),
        Column("class", "Class", Kind.TEXT),
        Column("holders", "Holders", Kind.INTEGER),
        Column("accounts", "Accounts", Kind.INTEGER, summed=True),
        Column("units", f"{instrument.symbol} held", Kind.UNITS, instrument.decimals, summed=True),
        Column("share", "Share", Kind.PERCENT, 4),
    )
    total = sum(group.units for group in groups.values())
    rows = tuple(
        (
            country_words(country),
            class_words(investor_class),
            len(group.holders),
            group.accounts,
            group.units,
            Fraction(group.units, total),
        )
        for (country, investor_class), group in groups.items()
    )
    title = f"{instrument.symbol} by country and class"
    return Table(f"exposure-{instrument.instrument_id}", title, columns, rows)


def _largest(instrument: Instrument, totals: list[tuple[str, int]]) -> Table:
    columns = (
        Column("rank", "Rank", Kind.TEXT),
        Column("holder", "Holder", Kind.TEXT),
        Column("units", f"{instrument.symbol} held", Kind.UNITS, instrument.decimals, summed=True),
        Column("share", "Share", Kind.PERCENT, 4),
        Column("together", "Together", Kind.PERCENT, 4),
    )
    total = sum(units for _, units in totals)
    rows: list[tuple[Cell, ...]] = []
    together = 0
    for rank, (holder, units) in enumerate(totals[:LARGEST], 1):
        together += units
        rows.append((str(rank), holder, units, Fraction(units, total), Fraction(together, total)))
    rest = totals[LARGEST:]
    if rest:
        name = f"all {len(rest):,} others"
        rows.append(("", name, total - together, Fraction(total - together, total), Fraction(1)))
    return Table(f"largest-{instrument.instrument_id}", f"Largest holders of {instrument.symbol}", columns, tuple(rows))


def _indices(instrument: Instrument, totals: list[tuple[str, int]]) -> Table:
    columns = (Column("measure", "Measure", Kind.TEXT), Column("value", "Value", Kind.INTEGER))
    total = sum(units for _, units in totals)
    rows: list[tuple[Cell, ...]] = [("holders", len(totals))]
    if total:
        rows.append(("Herfindahl-Hirschman index", hhi([units for _, units in totals])))
    title = f"Concentration of {instrument.symbol}"
    return Table(f"concentration-{instrument.instrument_id}", title, columns, tuple(rows))


def hhi(held: list[int]) -> int:
    """The Herfindahl-Hirschman index of holdings, rounded half up; they must not all be zero."""
    total = sum(held)
    exact = Fraction(_HHI_WHOLE * sum(units * units for units in held), total * total)
    return int(exact + Fraction(1, 2))


def _by_country(instrument: Instrument, groups: Mapping[tuple[int, int], Group]) -> Chart:
    totals: dict[int, int] = defaultdict(int)
    for (country, _), group in groups.items():
        totals[country] += group.units
    points = tuple((country_words(country), units) for country, units in sorted(totals.items(), key=lambda e: -e[1]))
    name = f"exposure-{instrument.instrument_id}"
    unit, decimals = instrument.symbol, instrument.decimals
    return Chart(name, f"{unit} by country", "bar", unit, decimals, (Series(unit, points),))


def _concentration(instrument: Instrument, totals: list[tuple[str, int]]) -> Chart:
    """The share of each of the largest holders."""
    total = sum(units for _, units in totals)
    points = [(holder, Fraction(units, total)) for holder, units in totals[:LARGEST]]
    rest = sum(units for _, units in totals[LARGEST:])
    points += [("others", Fraction(rest, total))] if rest else []
    name = f"largest-{instrument.instrument_id}"
    return Chart(name, f"Largest holders of {instrument.symbol}", "bar", "%", 2, (Series("share", tuple(points)),))
