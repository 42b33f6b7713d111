"""Constraints of the tables: three keys on a break, evidence, no exemption of C01; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rwaledger.domain.break_events import BreakEvent, BreakRecord
from rwaledger.domain.breaks import BreakState, Role
from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.exemption import Exemption
from rwaledger.domain.reconciliation import Break, BreakClass, Value
from rwaledger.registry import breaks, exemptions
from rwaledger.registry.database import Database

NOW = datetime(2026, 7, 31, 10, 0, 0, 123456, UTC)
FOUND = Break("C02", BreakClass.AMOUNT, "", "0x01", "", "they differ", Value("a", "1"), Value("b", "2"), "7/0")
RECORD = BreakRecord(31_337, FOUND, 10, "0x0a", 1_780_000_000, NOW)
ADA, BO = "0x" + "aa" * 20, "0x" + "bb" * 20
OPEN = BreakEvent(
    FOUND.break_id,
    31_337,
    1,
    BreakState.OPEN,
    BreakClass.AMOUNT,
    RECORD.hash,
    10,
    "0x0a",
    1_780_000_000,
    NOW,
    text="found",
)
EXPLAINED = replace(
    OPEN,
    sequence=2,
    state=BreakState.EXPLAINED,
    previous=OPEN.hash,
    actor=ADA,
    role=Role.PREPARER,
    text="why, with 漢字",
    evidence_hash="0xe7",
)
CORRECTED = replace(
    EXPLAINED,
    sequence=3,
    state=BreakState.CORRECTED,
    previous=EXPLAINED.hash,
    actor=BO,
    role=Role.CORRECTOR,
    correction="rows 2",
    evidence_hash="",
)


@pytest.fixture(autouse=True)
def on_record(database: Database) -> None:
    with database.begin() as c:
        breaks.add_break(c, RECORD)
        breaks.add_event(c, OPEN)
        breaks.add_event(c, EXPLAINED, "0x51")


def test_what_was_stored_is_read_back(database: Database) -> None:
    with database.begin() as c:
        breaks.add_event(c, CORRECTED, "0x52")
    with database.read() as c:
        stored = breaks.stored_break(c, FOUND.break_id)
    assert stored.record == RECORD
    assert [each.event for each in stored.events] == [OPEN, EXPLAINED, CORRECTED]
    assert [each.preimage for each in stored.events] == [OPEN.preimage, EXPLAINED.preimage, CORRECTED.preimage]
    assert stored.actors == {(ADA, "preparer"), (BO, "corrector")}
    assert stored.logged == (OPEN.hash, EXPLAINED.hash, CORRECTED.hash)


@pytest.mark.parametrize(
    ("event", "signature"),
    [
        pytest.param(replace(CORRECTED, actor=ADA), "0x52", id="the preparer corrects"),
        pytest.param(replace(CORRECTED, role=Role.APPROVER), "0x52", id="an approver corrects"),
        pytest.param(replace(CORRECTED, role=None), "0x52", id="no role"),
        pytest.param(replace(CORRECTED, correction=""), "0x52", id="nothing entered"),
        pytest.param(CORRECTED, "", id="not signed"),
        pytest.param(replace(EXPLAINED, sequence=3, evidence_hash=""), "0x52", id="no evidence"),
        pytest.param(replace(EXPLAINED, actor=BO), "0x52", id="twice the same number"),
        pytest.param(replace(EXPLAINED, sequence=3, actor=None, role=None), "", id="a run explains"),
        pytest.param(replace(OPEN, sequence=3, state=BreakState.SIGNED_OFF), "", id="a run signs off"),
        pytest.param(
            replace(CORRECTED, state=BreakState.VERIFIED, role=Role.APPROVER), "0x52", id="somebody verifies by hand"
        ),
        pytest.param(replace(CORRECTED, break_id="0" * 12), "0x52", id="of no break"),
    ],
)
def test_the_tables_refuse(database: Database, event: BreakEvent, signature: str) -> None:
    with pytest.raises(RegisterConflict), database.begin() as c:
        breaks.add_event(c, event, signature)
    with database.read() as c:
        assert [each.event for each in breaks.stored_break(c, FOUND.break_id).events] == [OPEN, EXPLAINED]


def test_an_id_may_be_cut_short_as_long_as_it_is_one(database: Database) -> None:
    other = replace(FOUND, cause="8/0")
    with database.begin() as c:
        breaks.add_break(c, replace(RECORD, found=other))
        assert breaks.break_named(c, FOUND.break_id[:6]) == FOUND.break_id
        with pytest.raises(UnknownName, match="2 begin so"):
            breaks.break_named(c, "")
        with pytest.raises(UnknownName, match="no id begins so"):
            breaks.break_named(c, "zz")


def exemption(check: str) -> Exemption:
    days = date(2026, 7, 31), date(2026, 12, 31)
    return Exemption(31_337, check, "", "", "a reason", "0xe7", *days, NOW, ADA, "0x51")


def test_an_exemption_needs_another_key(database: Database) -> None:
    proposed = exemption("C05")
    with database.begin() as c:
        exemptions.add_exemption(c, proposed)
    with pytest.raises(RegisterConflict), database.begin() as c:
        exemptions.countersign(c, proposed.exemption_id, ADA, "0x52")
    with database.begin() as c:
        exemptions.countersign(c, proposed.exemption_id, BO, "0x52")
    with pytest.raises(RegisterConflict, match="countersigned already"), database.begin() as c:
        exemptions.countersign(c, proposed.exemption_id, "0x" + "cc" * 20, "0x53")
    with database.read() as c:
        ((key, stored, preimage),) = exemptions.exemptions(c, 31_337)
    assert (key, preimage) == (proposed.exemption_id, proposed.preimage)
    assert stored == replace(proposed, second_signer=BO, second_signature="0x52")


def test_the_table_takes_no_exemption_of_c01(database: Database) -> None:
    with pytest.raises(RegisterConflict), database.begin() as c:
        exemptions.add_exemption(c, exemption("C01"))
