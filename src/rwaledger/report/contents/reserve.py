"""How far a stablecoin's reserve covers what is outstanding, at each statement of it and at the moment itself.

All is read off the register: supply and frozen units at the last block that is not later than the statement, by the
postings and standings; the reserve as the statement has it. Which lines are eligible is judged by the policy of the
statement's local day. `Definition` says what counts as outstanding, and where that comes from.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rwaledger.domain.calendar import local_date
from rwaledger.domain.errors import UsageError
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Instrument, InstrumentKind
from rwaledger.domain.policy import Policy
from rwaledger.domain.reserve import Coverage, Definition, ReserveLine, ReserveStatement, SignedAttestation
from rwaledger.registry import frozen, heights, instruments, movements, reserves
from rwaledger.registry.database import Connection
from rwaledger.report.contents.holders import frozen_units
from rwaledger.report.contents.moment import Moment, instrument_facts, moment_of, require_deployed
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Series, Table

_NOTES = (
    "Reserve and outstanding are compared as whole amounts; the percentage is rounded and decides nothing.",
    "A line counts for its amount less its haircut. It is eligible where the policy of the day of the statement has "
    "its kind, its currency and its maturity.",
)

BEFORE_ALL = -1
"""Stands for the block of a statement that is older than the register's first one: nothing was in issue then."""


@dataclass(frozen=True, slots=True)
class Point:
    """A statement against what was outstanding at `block_number`, the last block that is not later than it."""

    statement: ReserveStatement
    block_number: int
    supply_units: int
    frozen_units: int
    eligible_units: int
    attested: SignedAttestation | None

    @property
    def coverages(self) -> tuple[Coverage, Coverage]:
        """The coverage by each definition of what is outstanding."""
        return (
            Coverage(Definition.ALL, self.eligible_units, self.supply_units),
            Coverage(Definition.WITHOUT_FROZEN, self.eligible_units, self.supply_units - self.frozen_units),
        )


def build(c: Connection, instrument_id: str, moment: Moment, policy: Policy) -> Document:
    """The coverage of a stablecoin at each statement of its reserve up to the moment.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it is no stablecoin, or was deployed later.
        SettingsError: the policy has no figures for the day of a statement.
    """
    instrument = instruments.instrument(c, instrument_id)
    require_deployed(instrument, moment)
    if instrument.kind is not InstrumentKind.STABLECOIN:
        raise UsageError(f"{instrument_id} is a {instrument.kind}, and has no reserve", "Name a stablecoin.")
    points = points_of(c, instrument, moment, policy)
    now = _now(c, instrument, moment, points)
    return Document(
        kind="reserve",
        title=f"Reserve coverage of {instrument_id}",
        facts=moment.facts(*instrument_facts([instrument]), ("policy", policy.name)),
        tables=(_at_moment(instrument, now), _by_statement(instrument, points), _lines(instrument, points, policy)),
        charts=(_chart(points),) if points else (),
        notes=_NOTES,
        verdict=_verdict(now),
    )


def points_of(c: Connection, instrument: Instrument, moment: Moment, policy: Policy) -> list[Point]:
    """Every statement up to the moment, of each time the one that counts, oldest first."""
    attested = {each.attestation.as_of: each for each in reserves.attestations(c, instrument.instrument_id)}
    frozen_once = frozen.ever_frozen(c, instrument.instrument_id, moment.block_number)
    found = []
    for statement in reserves.all_statements(c):
        if statement.instrument_id != instrument.instrument_id or statement.as_of > moment.until:
            continue
        block = heights.last_block_at(c, moment.chain_id, statement.as_of, moment.block_number)
        number = block.number if block else BEFORE_ALL
        out = outstanding(c, instrument, number, frozen_once)
        signed, counted = attested.get(statement.as_of), eligible_units(statement, policy)
        found.append(Point(statement, number, *out, counted, signed))
    return found


def outstanding(c: Connection, instrument: Instrument, block: int, frozen_once: Collection[str]) -> tuple[int, int]:
    """Units in issue at a block, and those of them that are frozen; `frozen_once` are the accounts that ever were."""
    where = (instrument.instrument_id, frozen_once, block)
    balances, standings = frozen.balances_of(c, *where), frozen.standings_of(c, *where)
    held = sum(frozen_units(standings.get(account, Standing()), each) for account, each in balances.items())
    return movements.supply_at(c, instrument.instrument_id, block), held


def eligible_units(statement: ReserveStatement, policy: Policy) -> int:
    """What the eligible lines of a statement count for together, after their haircuts."""
    return sum(line.value_units for line in statement.lines if is_eligible(line, statement, policy))


def is_eligible(line: ReserveLine, statement: ReserveStatement, policy: Policy) -> bool:
    """Whether the policy of the day of the statement lets a line count."""
    day = local_date(moment_of(statement.as_of), policy.zone)
    kind = policy.on(day).reserve_kinds.get(line.kind)
    if kind is None or line.currency not in kind.currencies:
        return False
    if line.matures_on is None:
        return kind.on_demand
    return day <= line.matures_on <= kind.latest_maturity(day, policy.calendar)


def _now(c: Connection, instrument: Instrument, moment: Moment, points: Sequence[Point]) -> tuple[Coverage, ...]:
    if not points:
        return ()
    frozen_once = frozen.ever_frozen(c, instrument.instrument_id, moment.block_number)
    supply, held = outstanding(c, instrument, moment.block_number, frozen_once)
    counted = points[-1].eligible_units
    return (
        Coverage(Definition.ALL, counted, supply),
        Coverage(Definition.WITHOUT_FROZEN, counted, supply - held),
    )


def _verdict(now: Sequence[Coverage]) -> str:
    if not now:
        return "NO RESERVE: the register has no statement of it up to this moment"
    short = [str(each.definition) for each in now if not each.is_covered]
    return f"SHORTFALL by {' and '.join(short)}" if short else "covered by each definition of what is outstanding"


def _share(each: Coverage) -> Cell:
    return Fraction(each.reserve_units, each.outstanding_units) if each.outstanding_units else None


def _at_moment(instrument: Instrument, now: Sequence[Coverage]) -> Table:
    decimals = instrument.decimals
    columns = (
        Column("definition", "Outstanding is", Kind.TEXT),
        Column("reserve", "Eligible reserve", Kind.UNITS, decimals),
        Column("outstanding", f"Outstanding {instrument.symbol}", Kind.UNITS, decimals),
        Column("excess", "Excess", Kind.UNITS, decimals, formula="reserve - outstanding"),
        Column("coverage", "Coverage", Kind.PERCENT, 2),
    )
    rows = tuple(
        (str(each.definition), each.reserve_units, each.outstanding_units, each.excess_units, _share(each))
        for each in now
    )
    return Table("now", "The newest statement against this block", columns, rows)


def _by_statement(instrument: Instrument, points: Sequence[Point]) -> Table:
    decimals = instrument.decimals
    kinds = sorted({line.kind for point in points for line in point.statement.lines})
    columns = (
        Column("as_of", "Statement as of", Kind.TIME),
        Column("block", "Block", Kind.INTEGER),
        *(Column(f"kind_{n}", kind, Kind.UNITS, decimals) for n, kind in enumerate(kinds)),
        Column("reserve", "Reserve", Kind.UNITS, decimals, formula=" + ".join(f"kind_{n}" for n in range(len(kinds)))),
        Column("eligible", "Of it eligible", Kind.UNITS, decimals),
        Column("supply", "In issue", Kind.UNITS, decimals),
        Column("frozen", "Frozen", Kind.UNITS, decimals),
        Column("free", "Without frozen", Kind.UNITS, decimals, formula="supply - frozen"),
        Column("coverage", "Coverage", Kind.PERCENT, 2),
        Column("coverage_free", "Coverage without frozen", Kind.PERCENT, 2),
        Column("attested", "Attested", Kind.UNITS, decimals),
        Column("attested_until", "Attested until", Kind.TIME),
    )
    return Table("coverage", "At each statement", columns, tuple(_statement_row(point, kinds) for point in points))


def _statement_row(point: Point, kinds: Sequence[str]) -> tuple[Cell, ...]:
    lines, signed = point.statement.lines, point.attested
    by_kind = [sum(line.value_units for line in lines if line.kind == kind) for kind in kinds]
    all_, free = point.coverages
    return (
        moment_of(point.statement.as_of),
        None if point.block_number == BEFORE_ALL else point.block_number,
        *by_kind,
        point.statement.total_units,
        point.eligible_units,
        point.supply_units,
        point.frozen_units,
        free.outstanding_units,
        _share(all_),
        _share(free),
        signed.attestation.amount_units if signed else None,
        moment_of(signed.attestation.expires_at) if signed else None,
    )


def _lines(instrument: Instrument, points: Sequence[Point], policy: Policy) -> Table:
    """The newest statement, line by line."""
    decimals = instrument.decimals
    columns = (
        Column("kind", "Kind", Kind.TEXT),
        Column("description", "Description", Kind.TEXT),
        Column("currency", "Currency", Kind.TEXT),
        Column("matures", "Matures on", Kind.DATE),
        Column("amount", "Market value", Kind.UNITS, decimals, summed=True),
        Column("haircut", "Haircut in bp", Kind.INTEGER),
        Column("value", "Counts for", Kind.UNITS, decimals, summed=True),
        Column("eligible", "Eligible", Kind.TEXT),
    )
    rows = tuple(
        (
            line.kind,
            line.description,
            line.currency,
            line.matures_on,
            line.amount_units,
            line.haircut_bp,
            line.value_units,
            "yes" if is_eligible(line, point.statement, policy) else "NO",
        )
        for point in points[-1:]
        for line in point.statement.lines
    )
    return Table("lines", "The newest statement, line by line", columns, rows)


def _chart(points: Sequence[Point]) -> Chart:
    """Coverage by each definition, as a share of one."""
    series = []
    for n, definition in enumerate(Definition):
        shares = [(moment_of(point.statement.as_of), _share(point.coverages[n])) for point in points]
        exact = tuple((at, share) for at, share in shares if isinstance(share, Fraction))
        series.append(Series(str(definition), exact))
    return Chart("coverage", "Reserve over outstanding", "line", "%", 2, tuple(series))
