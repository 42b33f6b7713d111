"""Amounts in the database: exact over the whole range, and nothing but exact."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.posting import Position
from rwaledger.registry import ledger, tables
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.positions import positions

EDGES = (
    *(sign * 2**bits + step for sign in (1, -1) for bits in (0, 31, 53, 63, 64, 96, 128, 255) for step in (-1, 0, 1)),
    2**256 - 1,
    -(2**256),
    10**77,
    10**76,
)
NOT_EXACT = (True, False, 1.0, 1e30, Decimal(1), "1", None)
OUT_OF_RANGE = (2**256, -(2**256) - 1)


@pytest.fixture
def c(database: Database) -> Iterator[Connection]:
    with database.begin() as connection:
        yield connection


def there_and_back(c: Connection, units: int) -> list[int]:
    """Through SQLAlchemy's type, and through the bulk path of the mirror."""
    row = {"instrument_id": "HKDS", "account": "typed", "balance_units": units, "block_number": 1, "log_index": 0}
    c.execute(tables.positions.delete())
    c.execute(insert(tables.positions), [row])
    ledger.upsert_positions(c, [Position("HKDS", "bulk", units, 1, 0)])
    return [position.balance_units for position in positions(c, "HKDS")]


def test_the_edges_of_every_width_are_exact(c: Connection) -> None:
    for units in EDGES:
        assert there_and_back(c, units) == [units, units]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(units=st.integers(-(2**256), 2**256 - 1))
def test_any_amount_is_exact(c: Connection, units: int) -> None:
    stored = there_and_back(c, units)
    assert stored == [units, units]
    assert {type(one) for one in stored} == {int}


@pytest.mark.parametrize("value", NOT_EXACT)
def test_what_is_no_int_is_refused(database: Database, value: Any) -> None:
    with pytest.raises(TypeError, match="an amount is an int"), database.begin() as c:
        ledger.upsert_positions(c, [Position("HKDS", "bulk", value, 1, 0)])
    if value is not None:  # a missing value is the column's to refuse
        with pytest.raises(TypeError, match="an amount is an int"), database.begin() as c:
            c.execute(select(tables.positions).where(tables.positions.c.balance_units == value))


@pytest.mark.parametrize("value", OUT_OF_RANGE)
def test_what_is_out_of_range_is_refused(database: Database, value: int) -> None:
    with pytest.raises(ValueError, match="an amount lies between"), database.begin() as c:
        ledger.upsert_positions(c, [Position("HKDS", "bulk", value, 1, 0)])
    with pytest.raises(ValueError, match="an amount lies between"), database.begin() as c:
        c.execute(select(tables.positions).where(tables.positions.c.balance_units == value))


def test_an_amount_that_an_outsider_made_inexact_is_reported(tmp_path: Any) -> None:
    """As SQLite does by itself to a sum beyond 2^63."""
    register = Database(f"sqlite:///{tmp_path / 'register.db'}")
    register.migrate()
    with register.begin() as c:
        ledger.upsert_positions(c, [Position("HKDS", "0x01", 2**96 - 1, 1, 0)])
        c.execute(text("UPDATE positions SET balance_units = balance_units + 1"))
        with pytest.raises(RegisterConflict, match=r"holds '7\.9.*e\+28'"):
            positions(c, "HKDS")
    register.close()
