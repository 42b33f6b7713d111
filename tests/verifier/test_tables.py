"""What the verifier knows of tables, events, layouts and code by heart, against what the package ships."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

from rwaledger.registry.tables import metadata
from rwaledger.verifier.tables import NAMES, TABLES

KINDS = {
    "Text": "text",
    "BigInteger": "number",
    "Integer": "number",
    "Units": "units",
    "UtcTime": "moment",
    "Date": "day",
    "Boolean": "truth",
}


def test_every_table_is_in_a_pack() -> None:
    assert list(NAMES) == sorted(metadata.tables)


@pytest.mark.parametrize("table", [metadata.tables[name] for name in NAMES], ids=NAMES)
def test_columns_are_those_of_the_register(table: Table) -> None:
    assert [(each.name, each.kind, each.optional, each.is_key) for each in TABLES[table.name]] == [
        (each.name, KINDS[type(each.type).__name__], each.nullable, each.primary_key) for each in table.columns
    ]
    assert [each.name for each in TABLES[table.name] if each.is_key] == [each.name for each in table.primary_key]
