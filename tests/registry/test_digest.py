"""The digest: the same for the same register on every database, another one after any edit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, ColumnElement, Executable, Table, delete, insert, select, text, update

from rwaledger.domain.errors import AuthorisationError
from rwaledger.domain.holder import Standing
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.registry import instructions, tables
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.digest import VERSION, register_digest
from tests.registry.samples import (
    GRN28,
    HKDS,
    SEAL,
    Mirror,
    Move,
    add_instruments,
    add_kowloon,
    add_sample,
    instruction,
    issue,
)

DIGESTS = {
    1: "1b026d95b0a9cdb71335af932ef919bad8c79d436910e067ecf4ccca2b35501e",
    2: "7406721a4b02bcc76b40e57272f6540be90c99d325fb9c926610930286df32af",
    3: "f70c117d0f034e20d7bef8d456dbcf71f181a2c2f8d3ce7a73a8504cd2eb80eb",
    4: "c744f573393bcfdbb38023a386d1d5509ac518bd254bbc9cd79da1f3d6b663e8",
}
"""Of the sample below, up to block 2, by version. What was once attested is to be recomputed for ever: a change of
the preimage is a new version of it."""

ATTESTED = ("contracts", "instruments", "holders", "accounts", "postings", "positions", "standings", "instructions")
ATTESTED_SINCE_4 = (
    "transactions",
    "orders",
    "residences",
    "evidence",
    "licences",
    "wallet_proofs",
    "client_postings",
    "reserve_lines",
    "attestations",
    "redemptions",
    "bond_terms",
    "fund_terms",
    "actions",
    "entitlements",
    "navs",
    "fund_orders",
    "trades",
    "trade_signatures",
    "travel_records",
)
UNIQUE = {"instructions": {"idempotency_key": "added"}, "trades": {"ref": "added"}}
NOT_ATTESTED = {"updated_at", "transactions.created_at"}


@pytest.fixture
def c(database: Database) -> Iterator[Connection]:
    """A register with something in each table, in a transaction in which anything can be edited."""
    with database.begin() as connection:
        fill(connection)
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for name in ATTESTED_SINCE_4:
            add_sample(connection, tables.metadata.tables[name])
        yield connection
        connection.rollback()


def fill(c: Connection) -> None:
    add_instruments(c, HKDS, GRN28)
    add_kowloon(c)
    mirror = Mirror()
    mirror.apply(c, 1, [issue(1, 2**96 - 1), issue(2, 2**64)], [Standing(), Standing(2, 344, 20_000, 7)])
    mirror.apply(c, 2, [Move(1, 2, 2**95)], [Standing(1, 344, 20_000, 0, True, True)])
    mirror.apply(c, 3, [Move(2, 1, 5)], [Standing()])
    instructions.add_instructions(
        c, [instruction(), instruction("feb", signature="0x51", status=InstructionStatus.APPROVED)]
    )


def test_the_digest_is_the_same_on_every_database(c: Connection) -> None:
    assert {version: register_digest(c, 2, version, SEAL) for version in DIGESTS} == DIGESTS
    assert register_digest(c, 2) == DIGESTS[VERSION]


def test_what_attested_names_in_clear_is_recomputed_with_the_privacy_key_only(c: Connection) -> None:
    for version in (1, 2):
        with pytest.raises(AuthorisationError, match="attests names in clear"):
            register_digest(c, 2, version)


def test_any_edit_of_an_attested_column_changes_it(c: Connection) -> None:
    """On PostgreSQL of the oldest tables alone: what is hashed is the same, and a digest takes its time."""
    before, digests = register_digest(c, 2), {}
    on_sqlite = c.dialect.name == "sqlite"
    for name in (*ATTESTED, *(ATTESTED_SINCE_4 if on_sqlite else ())):
        table = tables.metadata.tables[name]
        for column in table.c:
            if not {column.name, f"{name}.{column.name}"} & NOT_ATTESTED:
                digests[f"{name}.{column.name}"] = digest_after(c, edit_of(c, table, column))
    assert len(digests) == (242 if on_sqlite else 69)
    assert len({before, *digests.values()}) == 1 + len(digests)


def test_a_row_that_is_missing_or_too_many_changes_it(c: Connection) -> None:
    before, digests = register_digest(c, 2), []
    for name in (*ATTESTED, *ATTESTED_SINCE_4):
        table = tables.metadata.tables[name]
        row = first_row(c, table)
        digests.append(digest_after(c, delete(table).where(*is_row(table, row))))
        key = {
            column.name: other_value(row[column.name])
            for column in table.primary_key.columns
            if column.name != "block_number"
        }
        unique = UNIQUE.get(name, {})
        added = row | {"address": "0x0added"} if name == "instruments" else row
        digests.append(digest_after(c, insert(table).values(added | unique | key)))
    assert len({before, *digests}) == 1 + len(digests)


def test_what_is_above_the_block_or_not_attested_leaves_it(c: Connection) -> None:
    before = register_digest(c, 2)
    above = [delete(table).where(table.c.block_number > 2) for table in (tables.postings, tables.standings)]
    later = update(tables.instructions).values(updated_at=instruction().updated_at + timedelta(days=1))
    for statement in (*above, later, delete(tables.events), delete(tables.blocks)):
        assert digest_after(c, statement) == before
    assert register_digest(c, 3) != before


def test_what_came_later_leaves_an_earlier_version(c: Connection) -> None:
    before = register_digest(c, 2, 3)
    for name in ATTESTED_SINCE_4:
        assert digest_after(c, delete(tables.metadata.tables[name]), 3) == before


def test_text_cannot_move_from_one_column_to_the_next(c: Connection) -> None:
    digests = set()
    for name, kind in (("kowloon", "own"), ("kowloono", "wn"), ("kowloonown", ""), ("", "kowloonown")):
        digests.add(digest_after(c, update(tables.accounts).values(holder_id=name, kind=kind)))
    assert len(digests) == 4


def digest_after(c: Connection, statement: Executable, version: int = VERSION) -> str:
    with c.begin_nested() as savepoint:
        assert c.execute(statement).rowcount != 0
        digest = register_digest(c, 2, version)
        savepoint.rollback()
    return digest


def edit_of(c: Connection, table: Table, column: Column[Any]) -> Executable:
    row = first_row(c, table)
    return update(table).where(*is_row(table, row)).values({column.name: other_value(row[column.name])})


def first_row(c: Connection, table: Table) -> dict[str, Any]:
    return dict(c.execute(select(table).order_by(*table.primary_key.columns).limit(1)).one()._mapping)


def is_row(table: Table, row: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [column == row[column.name] for column in table.primary_key.columns]


def other_value(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1 if abs(value) > 1_000_000 else value + 1_000
        case datetime():
            return value + timedelta(microseconds=1)
        case date():
            return value + timedelta(days=1)
    return f"{value or ''}x"
