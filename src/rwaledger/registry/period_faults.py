"""What is wrong with signed periods as the register has them: heads, order, lists, and the rows that are listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import NO_HEAD, Period, Section, SignedRow
from rwaledger.domain.reconciliation import Value
from rwaledger.registry import tables
from rwaledger.registry.attested import MIRRORED
from rwaledger.registry.preimages import Fields, head_of, parse
from rwaledger.registry.row_lists import Lists, Part, RowsToday, RowToday, part_of

SIGNED, REGISTER = "signed period", "register"


@dataclass(frozen=True, slots=True)
class PeriodFault:
    """One thing that is wrong with a period.

    `listing` names the table of a row, or of a list of rows: a row of a list that is itself another one says nothing.
    """

    instrument_id: str
    cause: str
    summary: str
    values: tuple[Value, Value]
    account: str = ""
    holder_id: str = ""
    listing: str = ""
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class ReadPeriod:
    """A period with what its preimage says; None where that cannot be read."""

    period: Period
    sections: tuple[Section, ...] | None

    @property
    def mirrored(self) -> tuple[Section, ...]:
        """The sections of the tables that the mirror writes."""
        return tuple(each for each in self.sections or () if each.table in MIRRORED)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts whose rows it lists."""
        return tuple(part_of(each) for each in self.sections or () if each.table not in MIRRORED)


def read_periods(found: Sequence[Period]) -> list[ReadPeriod]:
    """Periods with what their preimages say."""
    return [ReadPeriod(each, _sections(each)) for each in found]


def period_faults(
    instrument: Instrument,
    read: Sequence[ReadPeriod],
    rows: Mapping[int, Sequence[SignedRow]],
    today: RowsToday,
) -> Iterator[PeriodFault]:
    """What does not hold together in an instrument's periods, which come in their order; `rows` are their lists.

    Raises:
        RegisterConflict: a period lists rows of a table or column that this version does not know.
    """
    name = instrument.instrument_id
    previous, lists = NO_HEAD, Lists()
    for sequence, each in enumerate(read, 1):
        period = each.period
        yield from _out_of_order(period, sequence, previous)
        yield from _wrong_head(instrument, each)
        lists.add(period.sequence, each.parts, rows.get(period.sequence, ()))
        yield from _wrong_lists(each, lists)
        previous = period.head
    for sequence in sorted(rows.keys() - {each.period.sequence for each in read}):
        values = Value(SIGNED, "no such period"), Value(REGISTER, f"{len(rows[sequence])} rows")
        summary = f"rows are listed for period {sequence} of {name}, which there is not"
        yield PeriodFault(name, f"period {sequence} rows", summary, values)
    yield from _changed_rows(instrument, lists, today)


def _sections(period: Period) -> tuple[Section, ...] | None:
    try:
        return parse(bytes.fromhex(period.preimage))[1]
    except ValueError:
        return None


def _out_of_order(period: Period, sequence: int, previous: str) -> Iterator[PeriodFault]:
    name = period.instrument_id
    if period.sequence != sequence:
        values = Value("required", f"period {sequence}"), Value(REGISTER, f"period {period.sequence}")
        summary = f"the periods of {name} are not numbered from 1 without a gap"
        yield PeriodFault(name, f"period {period.sequence} sequence", summary, values)
    if period.previous_head != previous:
        values = Value("head before", previous), Value(REGISTER, period.previous_head)
        summary = f"period {period.sequence} of {name} does not continue the one before it"
        yield PeriodFault(name, f"period {period.sequence} previous", summary, values)


def _wrong_head(instrument: Instrument, each: ReadPeriod) -> Iterator[PeriodFault]:
    """The head hashes its preimage, and this says what the row of the period says."""
    period, name = each.period, instrument.instrument_id
    cause = f"period {period.sequence} head"
    try:
        raw = bytes.fromhex(period.preimage)
        said, _ = parse(raw)
    except ValueError as error:
        values = Value(SIGNED, f"head {period.head}"), Value(REGISTER, str(error))
        yield PeriodFault(name, cause, f"the preimage of period {period.sequence} of {name} cannot be read", values)
        return
    if head_of(raw) != period.head:
        values = Value(SIGNED, f"head {period.head}"), Value("preimage", f"head {head_of(raw)}")
        yield PeriodFault(name, cause, f"the head of period {period.sequence} of {name} is not its preimage's", values)
    elif said != fields_of(instrument, period):
        pairs = [(a, b) for a, b in zip(said, fields_of(instrument, period), strict=True) if a != b]
        values = (
            Value("preimage", ", ".join(str(signed) for signed, _ in pairs)),
            Value(REGISTER, ", ".join(str(now) for _, now in pairs)),
        )
        summary = f"the row of period {period.sequence} of {name} is not what its head hashes"
        yield PeriodFault(name, cause, summary, values)


def fields_of(instrument: Instrument, period: Period) -> Fields:
    """What a preimage says of a period, but for its sections."""
    return (
        period.previous_head,
        period.instrument_id,
        period.sequence,
        period.chain_id,
        instrument.address,
        period.block_number,
        period.block_hash,
        period.block_time,
        period.supply_units,
        period.holder_count,
    )


def _wrong_lists(each: ReadPeriod, lists: Lists) -> Iterator[PeriodFault]:
    """The rows that are listed by now are those that the head has counted and hashed."""
    if each.sections is None:
        return
    period, name = each.period, each.period.instrument_id
    for section in each.sections:
        if section.table in MIRRORED:
            continue
        listed = lists.section(part_of(section))
        if listed != section:
            values = Value(SIGNED, words_of(section)), Value(REGISTER, words_of(listed))
            summary = f"the rows of {section.table} listed for period {period.sequence} of {name} are not those signed"
            cause = f"period {period.sequence} list {section.table} {section.part}"
            yield PeriodFault(name, cause, summary, values, listing=section.table, is_list=True)


def _changed_rows(instrument: Instrument, lists: Lists, today: RowsToday) -> Iterator[PeriodFault]:
    """Each row once, whichever of its parts is not what was signed."""
    told: set[tuple[str, str]] = set()
    for part, listed in lists.rows.items():
        if not part[2]:
            values = Value(SIGNED, "nothing"), Value(REGISTER, f"{len(listed)} rows of {part[0]}")
            summary = f"rows of {part[0]} are listed, and no head of {instrument.instrument_id} has such rows"
            yield PeriodFault(instrument.instrument_id, f"list {part[0]}", summary, values)
            continue
        for key, now in today.changed(part, listed):
            if (part[0], key) not in told:
                told.add((part[0], key))
                yield _changed_row(instrument, part, key, listed[key], now, lists.first[part, key])


def _changed_row(
    instrument: Instrument, part: Part, key: str, signed: str, now: RowToday, sequence: int
) -> PeriodFault:
    table = part[0]
    own = "instrument_id" in tables.metadata.tables[table].c or table == tables.entitlements.name
    return PeriodFault(
        instrument.instrument_id if own else "",
        f"{table} {key}",
        f"a row of {table} signed with period {sequence} {'was changed' if now.hash else 'is gone'}: {key}",
        (Value(SIGNED, f"0x{signed}"), Value(REGISTER, f"0x{now.hash}" if now.hash else "nothing")),
        now.account,
        now.holder_id,
        table,
    )


def words_of(section: Section) -> str:
    """A section in words."""
    return f"{section.count} rows, SHA-256 {section.digest}"
