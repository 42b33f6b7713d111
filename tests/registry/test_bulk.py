"""Rows by the thousand come out as they went in, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rwaledger.domain.errors import RegisterConflict
from rwaledger.registry import tables
from rwaledger.registry.bulk import insert_columns, insert_rows, upsert_rows
from rwaledger.registry.database import Connection, Database

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
AWKWARD = ["", "\\", "\\N", "\\.", "a\tb", "a\nb", "a\r\nb", '"', "{}", ",", "NULL", "'; --", "資產", "\\\\\t\\"]
POSITIONS = tables.positions.c.keys()


def row(account: str, units: int = 1) -> tuple[str | int, ...]:
    return ("HKDS", account, str(units), 3, 4)


def stored(c: Connection) -> list[tuple[object, ...]]:
    p = tables.positions.c
    rows = c.execute(select(p.account, p.balance_units).order_by(p.account))
    return sorted((account, units) for account, units in rows)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(accounts=st.lists(TEXTS | st.sampled_from(AWKWARD), unique=True, max_size=33))
def test_any_text_goes_in_and_over(database: Database, accounts: list[str]) -> None:
    with database.begin() as c:
        c.execute(tables.positions.delete())
        insert_rows(c, tables.positions, POSITIONS, [row(account) for account in accounts])
        assert stored(c) == sorted((account, 1) for account in accounts)
        upsert_rows(c, tables.positions, [row(account, 2) for account in [*accounts, "new"]])
        assert stored(c) == sorted((account, 2) for account in {*accounts, "new"})


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 2_003])
def test_no_row_is_left_over(database: Database, count: int) -> None:
    accounts = [f"{number:04}" for number in range(count)]
    columns: list[list[str | int]] = [["HKDS"] * count, [*accounts], ["7"] * count, [1] * count, [2] * count]
    cells = dict(zip(POSITIONS, columns, strict=True))
    with database.begin() as c:
        insert_columns(c, tables.positions, cells)
        assert stored(c) == [(account, 7) for account in accounts]


def test_a_row_that_is_there_takes_all_others_back(database: Database) -> None:
    rows = [row(str(number)) for number in range(25)]
    with database.begin() as c:
        insert_rows(c, tables.positions, POSITIONS, rows[17:18])
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        insert_rows(c, tables.positions, POSITIONS, rows)
    with database.read() as c:
        assert stored(c) == [("17", 1)]
