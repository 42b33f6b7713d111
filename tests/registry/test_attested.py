"""What a signed period attests: every table of the register, or a reason; and the bytes behind its head."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text, update

from rwaledger.domain.holder import Standing
from rwaledger.domain.period import NO_HEAD, Section
from rwaledger.registry import instructions, tables
from rwaledger.registry.attested import ATTESTED, CLOCK, MIRRORED, NOT_ATTESTED, RECORDED, SETTLED
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.mirrored import mirrored_sections
from rwaledger.registry.preimages import Fields, head_of, parse, preimage
from rwaledger.registry.row_lists import Lists, RowsToday, new_rows, parts_now
from tests.registry.samples import (
    HKDS,
    NOON,
    Mirror,
    Move,
    add_instruments,
    add_kowloon,
    add_sample,
    instruction,
    issue,
)

HEAD = "0x369bfb08e2d70102157ceab1f77186f5dade97639ac0a6d96e68e4e9f07c3341"
"""Of the sample below. What was once signed is to be recomputed for ever: another preimage is another version."""

FIELDS: Fields = (NO_HEAD, "HKDS", 1, 31337, HKDS.address, 2, "0x" + "22" * 32, 1_768_478_400, 2**96, 2)


def test_every_table_is_attested_or_named_with_a_reason() -> None:
    attested = [each.name for each in ATTESTED]
    assert sorted([*attested, *MIRRORED, *NOT_ATTESTED]) == sorted(tables.metadata.tables)
    assert all(NOT_ATTESTED.values())


def test_every_column_of_an_attested_table_is_in_a_part_or_named_with_a_reason() -> None:
    for each in ATTESTED:
        columns = {column.name for column in each.table.c}
        key = {column.name for column in each.table.primary_key.columns}
        recorded, settled = set(each.parts[RECORDED]), set(each.parts.get(SETTLED, ()))
        left_out = {name for name, reason in each.unattested if reason}
        assert recorded | settled | left_out | (columns & {CLOCK}) == columns, each.name
        assert key <= recorded, each.name
        assert recorded & settled <= key, each.name
        assert not left_out & (recorded | settled), each.name
    for name, cells in MIRRORED.items():
        assert set(cells) <= {column.name for column in tables.metadata.tables[name].c}


def test_a_preimage_says_again_what_it_was_made_of() -> None:
    sections = (
        Section("orders", "recorded", ("order_hash", "reference"), 3, "aa" * 32),
        Section("postings", "recorded", MIRRORED["postings"], 0, "bb" * 32),
    )
    raw = preimage(FIELDS, sections)
    assert parse(raw) == (FIELDS, sections)
    for cut, words in ((raw[:-1], "cut off"), (raw + b"i1:0", "holds more"), (b"", "cut off"), (b"s1:x", "format")):
        with pytest.raises(ValueError, match=words):
            parse(cut)


@pytest.fixture
def c(database: Database) -> Iterator[Connection]:
    """A register with a row in every table that is attested."""
    with database.begin() as connection:
        add_instruments(connection, HKDS)
        add_kowloon(connection)
        mirror = Mirror()
        mirror.apply(connection, 1, [issue(1, 2**96 - 1), issue(2, 2**64)], [Standing(), Standing(2, 344, 20_000, 7)])
        mirror.apply(connection, 2, [Move(1, 2, 2**95)], [Standing(1, 344, 20_000, 0, True, True)])
        mirror.apply(connection, 3, [Move(2, 1, 5)], [Standing()])
        instructions.add_instructions(connection, [instruction()])
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for each in ATTESTED:
            if each.name not in FILLED:
                add_sample(connection, each.table, chain_id=HKDS.chain_id, instrument_id=HKDS.instrument_id)
        yield connection
        connection.rollback()


FILLED = (
    *("chains", "contracts", "instruments", "holders", "accounts", "instructions"),
    # Constraints of their own say what may stand in these.
    *("break_actors", "break_events", "exemptions"),
)


def signed(c: Connection, lists: Lists, sequence: int = 1) -> list[Section]:
    parts = [part for _, part in parts_now()]
    lists.add(sequence, parts, list(new_rows(c, HKDS, 2, lists.rows)))
    return [*map(lists.section, parts), *mirrored_sections(c, HKDS, 2)]


def test_the_head_is_the_same_on_every_database(c: Connection) -> None:
    """Over a table of each kind of cell, and over what the mirror keeps."""
    some = ("residences", "redemptions", "entitlements", *MIRRORED)
    assert head_of(preimage(FIELDS, [each for each in signed(c, Lists()) if each.table in some])) == HEAD


def test_rows_are_listed_once_and_by_their_parts(c: Connection) -> None:
    lists = Lists()
    first = signed(c, lists)
    assert list(new_rows(c, HKDS, 2, lists.rows)) == []
    assert signed(c, lists, 2) == first
    c.execute(update(tables.trades).values(status="settled"))
    c.execute(update(tables.redemptions).values(status="paying"))
    c.execute(update(tables.transactions).values(status="mined", block_number=3))
    add_sample(c, tables.orders, order_hash="another")
    listed = [(row.table, row.part, row.key) for row in new_rows(c, HKDS, 2, lists.rows)]
    assert listed == [
        ("trades", SETTLED, '["a trade_id"]'),
        ("trade_signatures", SETTLED, '["a trade_id","a party"]'),
        ("orders", RECORDED, '["another"]'),
    ]


def test_an_edit_of_a_listed_row_shows_and_of_its_clock_does_not(c: Connection) -> None:
    lists = Lists()
    signed(c, lists)
    part = next(part for part in lists.rows if part[0] == "orders")
    assert list(RowsToday(c).changed(part, lists.rows[part])) == []
    c.execute(update(tables.instructions).values(updated_at=NOON))
    assert all(not list(RowsToday(c).changed(p, rows)) for p, rows in lists.rows.items())
    c.execute(update(tables.orders).values(document="another"))
    ((key, now),) = RowsToday(c).changed(part, lists.rows[part])
    assert key == '["a order_hash"]'
    assert now.hash not in ("", lists.rows[part][key])


def test_what_stands_behind_the_block_is_not_in_a_mirrored_section(c: Connection) -> None:
    at_two = mirrored_sections(c, HKDS, 2)
    assert [each.count for each in mirrored_sections(c, HKDS, 3)] > [each.count for each in at_two]
    c.execute(tables.postings.delete().where(tables.postings.c.block_number > 2))
    assert mirrored_sections(c, HKDS, 2) == at_two
