"""Who holds what, and how the supply came about: the tables and pictures of an instrument in a reconciliation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import accumulate

from rwaledger.domain.units import format_amount
from rwaledger.report.document import Chart, Column, Kind, Series, Table
from rwaledger.report.parts import InstrumentPart

_MARKS = (1, 2, 5)
"""Concentration is shown for so many of the largest accounts, and ten, a hundred and so on times as many."""

_FEW = 3
"""Of fewer accounts than this, the table says more than a picture."""


def moment(timestamp: int) -> datetime:
    """A block's time, in UTC."""
    return datetime.fromtimestamp(timestamp, UTC)


def instruments(parts: Sequence[InstrumentPart]) -> Table:
    """What was looked at."""
    columns = (
        Column("instrument", "Instrument", Kind.TEXT),
        Column("name", "Name", Kind.TEXT),
        Column("kind", "Kind", Kind.TEXT),
        Column("record_of_truth", "Record of truth", Kind.TEXT),
        Column("in_issue", "In issue", Kind.FIGURE),
        Column("accounts", "Accounts", Kind.INTEGER),
        Column("address", "Token", Kind.ACCOUNT),
    )
    rows = (
        (
            part.instrument.instrument_id,
            part.instrument.name,
            part.instrument.kind.value,
            part.instrument.record_of_truth.value,
            format_amount(part.supply_units, part.instrument.decimals),
            len(part.holdings),
            part.address,
        )
        for part in parts
    )
    return Table("instruments", "Instruments", columns, tuple(rows))


def holdings(part: InstrumentPart) -> Table:
    """Who held it at the block."""
    instrument, supply = part.instrument, part.supply_units
    columns = (
        Column("holder_id", "Id", Kind.TEXT),
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("units", instrument.symbol, Kind.UNITS, instrument.decimals, summed=True),
        Column("share", "Share", Kind.PERCENT, 4, summed=True),
    )
    rows = (
        (each.holder_id, each.holder, each.account, each.units, Fraction(each.units, supply) if supply else None)
        for each in part.holdings
    )
    name = instrument.instrument_id
    note = "As the register has them at the block, the largest first."
    return Table(f"holdings-{name}", f"Holdings of {name}", columns, tuple(rows), note)


def supply(part: InstrumentPart) -> Table:
    """How much was in issue from each block on in which that changed."""
    instrument = part.instrument
    columns = (
        Column("block", "Block", Kind.INTEGER),
        Column("time", "Time", Kind.TIME),
        Column("units", f"{instrument.symbol} in issue", Kind.UNITS, instrument.decimals),
    )
    rows = tuple((point.block_number, moment(point.timestamp), point.units) for point in part.history)
    name = instrument.instrument_id
    return Table(f"supply-{name}", f"Supply of {name}", columns, rows, part.supply_note)


def charts(part: InstrumentPart, until: int) -> Iterator[Chart]:
    """Supply over time and concentration, each named after the table that it stands with."""
    instrument = part.instrument
    name = instrument.instrument_id
    if part.history:
        points = [(moment(point.timestamp), point.units) for point in part.history]
        if part.history[-1].timestamp < until:
            points.append((moment(until), part.history[-1].units))
        series = Series("in issue", tuple(points))
        title = f"{instrument.symbol} in issue, up to the block"
        yield Chart(f"supply-{name}", title, "line", instrument.symbol, instrument.decimals, (series,))
    if len(part.holdings) >= _FEW and part.held_units > 0:
        series = Series("held", tuple(_concentration(part)))
        title = f"Share of {instrument.symbol} that its largest accounts hold together, by their number"
        yield Chart(f"holdings-{name}", title, "line", "%", 0, (series,))


def _concentration(part: InstrumentPart) -> Iterator[tuple[str, Fraction]]:
    held = list(accumulate(each.units for each in part.holdings))
    marks = {mark * 10**power for mark in _MARKS for power in range(len(str(len(held))))} | {len(held)}
    for mark in sorted(marks):
        if mark <= len(held):
            yield f"{mark:,}", Fraction(held[mark - 1], held[-1])
