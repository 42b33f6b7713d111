"""The supply of each instrument rolled forward month by month: opening + issued - redeemed = closing.

All of it is read off the issuance account, whose balance is minus the supply: what leaves it is issued, what comes
back is redeemed.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import instruments, movements
from rwaledger.registry.database import Connection
from rwaledger.registry.movements import Leg, Signed
from rwaledger.report.contents.corrections import signed_corrections
from rwaledger.report.contents.moment import Moment, instrument_facts, moment_of, require_deployed
from rwaledger.report.contents.spans import Span, months
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Series, Table


def build(c: Connection, instrument_id: str | None, moment: Moment) -> Document:
    """The roll-forward of an instrument, or of each that there was at the moment.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later.
        RegisterConflict: a block that has postings is not in the register.
    """
    wanted = instruments_at(c, instrument_id, moment)
    signed = signed_corrections(c, moment.chain_id)
    parts = [(each, _issuance(c, each, moment, signed)) for each in wanted]
    return Document(
        kind="supply",
        title=f"Supply of {instrument_id}" if instrument_id else "Supply of all instruments",
        facts=moment.facts(*instrument_facts(wanted)),
        tables=tuple(_table(each, legs, months(c, moment, each.deploy_block)) for each, legs in parts),
        charts=tuple(_chart(each, legs, moment) for each, legs in parts if legs),
        notes=(f"Months are those of {moment.zone}; the last one ends with the block above.",),
    )


def instruments_at(c: Connection, instrument_id: str | None, moment: Moment) -> list[Instrument]:
    """The instrument of that name, or all of the chain that there were at the moment.

    Raises:
        UnknownName: there is none of that name.
        UsageError: it was deployed later.
    """
    if instrument_id is not None:
        found = instruments.instrument(c, instrument_id)
        require_deployed(found, moment)
        return [found]
    known = [each for each in instruments.instruments(c) if each.chain_id == moment.chain_id]
    return [each for each in known if each.deploy_block <= moment.block_number]


def _issuance(c: Connection, instrument: Instrument, moment: Moment, signed: Signed) -> list[Leg]:
    return list(movements.legs(c, instrument.instrument_id, moment.block_number, ISSUANCE_ACCOUNT, signed))


def _table(instrument: Instrument, legs: list[Leg], spans: list[Span]) -> Table:
    unit, decimals = instrument.symbol, instrument.decimals
    columns = (
        Column("month", "Month", Kind.TEXT),
        Column("opening", f"Opening {unit}", Kind.UNITS, decimals),
        Column("issued", "Issued", Kind.UNITS, decimals, summed=True),
        Column("redeemed", "Redeemed", Kind.UNITS, decimals, summed=True),
        Column("closing", f"Closing {unit}", Kind.UNITS, decimals, formula="opening + issued - redeemed"),
        Column("issues", "Issues", Kind.INTEGER, summed=True),
        Column("redemptions", "Redemptions", Kind.INTEGER, summed=True),
    )
    rows: list[tuple[Cell, ...]] = []
    opening, at = 0, 0
    for span in spans:
        ends = bisect_right(legs, span.last_block, lo=at, key=lambda leg: leg.block_number)
        amounts = [-leg.amount_units for leg in legs[at:ends]]
        issued, redeemed = [each for each in amounts if each > 0], [-each for each in amounts if each < 0]
        closing = opening + sum(amounts)
        rows.append((span.name, opening, sum(issued), sum(redeemed), closing, len(issued), len(redeemed)))
        opening, at = closing, ends
    return Table(f"supply-{instrument.instrument_id}", f"Supply of {instrument.symbol} by month", columns, tuple(rows))


def _chart(instrument: Instrument, legs: list[Leg], moment: Moment) -> Chart:
    """Units in issue behind each block that changed them, as far as the moment."""
    points: dict[datetime, int] = {}
    supply = 0
    for leg in legs:
        supply -= leg.amount_units
        points[moment_of(leg.timestamp)] = supply
    points.setdefault(moment.time, supply)
    series = Series(instrument.symbol, tuple(points.items()))
    return Chart(
        f"supply-{instrument.instrument_id}",
        f"{instrument.symbol} in issue",
        "line",
        instrument.symbol,
        instrument.decimals,
        (series,),
    )
