"""Breaks by age: business days, the states at a past block, and what is gone ages no more."""

from __future__ import annotations

from datetime import UTC, date, datetime

from rwaledger.domain.block import Block
from rwaledger.domain.break_events import BreakEvent, BreakRecord
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.reconciliation import Break, BreakClass, Value
from rwaledger.registry import breaks, ledger
from rwaledger.report.contents import ageing
from rwaledger.report.contents.moment import At
from rwaledger.report.document import Document
from tests.report.contents.reading import CHAIN_ID, POLICY, Register, records, table

TODAY = date(2026, 7, 31)
APRIL = date(2026, 4, 30)
NOW = datetime(2026, 7, 31, tzinfo=UTC)


def report(register: Register, at: At | None = None, instrument: str | None = None) -> Document:
    return register.report(lambda c, moment: ageing.build(c, instrument, moment, POLICY), at)


def block(register: Register, day: date) -> Block:
    """The last block of a day."""
    with register.database.read() as c:
        found = ledger.block_at(c, CHAIN_ID, register.last_block(day))
    assert found is not None
    return found


def found_on(register: Register, day: date, cause: str, break_class: BreakClass, follows_from: str = "") -> BreakRecord:
    """Puts a break on record as a run at a block would."""
    seen = block(register, day)
    values = (Value("state", "1"), Value("register", "2"))
    each = Break("C02", break_class, "HKDS", "", "", f"seen on {day}", *values, cause, follows_from)
    record = BreakRecord(CHAIN_ID, each, seen.number, seen.hash, seen.timestamp, NOW)
    with register.own().begin() as c:
        breaks.add_break(c, record)
    if not follows_from:
        add(register, record, record.hash, 1, BreakState.OPEN, day)
    return record


def add(register: Register, record: BreakRecord, previous: str, sequence: int, state: BreakState, day: date) -> str:
    at = block(register, day)
    place = (at.number, at.hash, at.timestamp)
    event = BreakEvent(record.break_id, CHAIN_ID, sequence, state, record.found.break_class, previous, *place, NOW)
    with register.own().begin() as c:
        breaks.add_event(c, event)
    return event.hash


def test_breaks_are_counted_by_class_and_age(register: Register) -> None:
    found_on(register, TODAY, "today", BreakClass.AMOUNT)  # the day of the last block
    found_on(register, date(2026, 7, 20), "july", BreakClass.AMOUNT)  # 9 business days, 11 days
    found_on(register, APRIL, "april", BreakClass.SUBLEDGER)
    found = report(register)
    ages = {
        row["class"]: [cell for name, cell in row.items() if name[:4] == "age_"]
        for row in records(table(found, "ageing"))
    }
    assert ages == {"AMOUNT": [1, 0, 0, 1, 0], "SUBLEDGER": [0, 0, 0, 0, 1]}
    assert [row["days"] for row in records(table(found, "open"))] == [62, 9, 0]
    assert found.verdict == "3 open, 0 found gone"
    (picture,) = found.charts
    assert sum(int(count) for part in picture.series for _, count in part.points) == 3


def test_a_holiday_ages_nothing(register: Register) -> None:
    found_on(register, date(2026, 6, 30), "june", BreakClass.AMOUNT)  # 1 July is a holiday
    ((days, age),) = [(row["days"], row["age"]) for row in records(table(report(register, date(2026, 7, 2)), "open"))]
    assert (days, age) == (1, "1 business day")


def test_what_follows_from_a_break_ages_with_it(register: Register) -> None:
    root = found_on(register, APRIL, "root", BreakClass.AMOUNT)
    found_on(register, APRIL, "consequence", BreakClass.AMOUNT, follows_from=root.break_id)
    assert [row["break"] for row in records(table(report(register), "open"))] == [root.break_id]


def test_what_was_found_gone_ages_no_more_and_was_open_before(register: Register) -> None:
    record = found_on(register, APRIL, "passing", BreakClass.TIMING)
    opened = BreakEvent(
        record.break_id,
        CHAIN_ID,
        1,
        BreakState.OPEN,
        BreakClass.TIMING,
        record.hash,
        record.first_block_number,
        record.first_block_hash,
        record.first_block_time,
        NOW,
    )
    add(register, record, opened.hash, 2, BreakState.VERIFIED, date(2026, 5, 29))
    found = report(register)
    assert table(found, "open").rows == ()
    (closed,) = records(table(found, "closed"))
    assert (closed["since"], closed["state"], closed["days"]) == (date(2026, 4, 30), "VERIFIED", 19)
    assert len(table(report(register, date(2026, 5, 28)), "open").rows) == 1
    assert report(register, date(2026, 4, 29)).verdict == "0 open, 0 found gone"


def test_a_break_whose_events_were_edited_is_named(register: Register) -> None:
    record = found_on(register, APRIL, "edited", BreakClass.AMOUNT)
    register.change("UPDATE break_events SET preimage = preimage || ' '")
    assert any(record.break_id in note for note in report(register).notes)


def test_the_breaks_of_one_instrument_alone(register: Register) -> None:
    found_on(register, APRIL, "of HKDS", BreakClass.AMOUNT)
    assert table(report(register, instrument="GRN28"), "open").rows == ()
    assert len(table(report(register, instrument="HKDS"), "open").rows) == 1
