"""Signed periods come back as they were signed, and are countersigned once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.period import NO_HEAD, Period, SignedRow
from rwaledger.registry import periods
from rwaledger.registry.database import Database
from tests.registry.samples import CHAIN, HKDS, NOON, add_instruments, address

FIRST = Period(
    *("HKDS", 1, CHAIN, 7, "0x" + "07" * 32, 1_768_478_400, NO_HEAD, "0x" + "aa" * 32, "0102", 2**200, 3),
    *(address(9), address(1), "0x51", "", "", NOON),
)
SECOND = replace(FIRST, sequence=2, block_number=9, previous_head=FIRST.head, head="0x" + "bb" * 32)
ROWS = [SignedRow("orders", "recorded", '["0x0d"]', "aa"), SignedRow("redemptions", "settled", '["R-1"]', "bb")]


@pytest.fixture
def signed(database: Database) -> Database:
    with database.begin() as c:
        add_instruments(c, HKDS)
        periods.add_period(c, SECOND, ROWS[1:])
        periods.add_period(c, FIRST, ROWS[:1])
    return database


def test_periods_and_their_rows_come_back(signed: Database) -> None:
    with signed.read() as c:
        assert periods.periods(c) == periods.periods(c, "HKDS") == [FIRST, SECOND]
        assert periods.periods(c, "GRN28") == []
        assert periods.period(c, "HKDS", 2) == SECOND
        assert periods.signed_rows(c, "HKDS") == {1: ROWS[:1], 2: ROWS[1:]}
        with pytest.raises(UnknownName, match="HKDS 3"):
            periods.period(c, "HKDS", 3)


def test_a_period_is_signed_once_by_each(signed: Database) -> None:
    with signed.begin() as c:
        periods.countersign(c, FIRST, address(2), "0x52")
    with pytest.raises(RegisterConflict, match="was countersigned before"), signed.begin() as c:
        periods.countersign(c, FIRST, address(3), "0x53")
    with pytest.raises(RegisterConflict), signed.begin() as c:
        periods.countersign(c, SECOND, SECOND.operator, "0x51")
    with pytest.raises(RegisterConflict), signed.begin() as c:
        periods.add_period(c, replace(FIRST, head="0x" + "cc" * 32), [])
    with signed.read() as c:
        (first, second) = periods.periods(c)
    assert first == replace(FIRST, auditor=address(2), auditor_signature="0x52")
    assert second == SECOND
