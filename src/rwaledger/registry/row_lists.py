"""The rows that periods attest one by one: their keys and hashes as they are now, and as they were signed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Table, select

from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import Section, SignedRow
from rwaledger.registry import tables
from rwaledger.registry.attested import ATTESTED, Attested
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.database import Connection
from rwaledger.registry.preimages import list_digest, row_hash
from rwaledger.registry.types import json_text

Part = tuple[str, str, tuple[str, ...]]
"""Table, part and columns: what the rows of a section have in common."""


@dataclass(frozen=True, slots=True)
class RowToday:
    """A part of a row as it is now, with the account and the holder that it names; no hash where it is gone."""

    hash: str
    account: str
    holder_id: str


def part_of(section: Section) -> Part:
    """What the rows of a section have in common."""
    return section.table, section.part, section.columns


class Lists:
    """What the periods of an instrument list, as far as they were added: hash by key, and who listed it first."""

    def __init__(self) -> None:
        self.rows: dict[Part, dict[str, str]] = {}
        self.first: dict[tuple[Part, str], int] = {}
        self._sections: dict[Part, Section] = {}

    def add(self, sequence: int, parts: Iterable[Part], rows: Iterable[SignedRow]) -> None:
        """Takes in the next period; a row of no such part is listed under no columns, where nothing matches it."""
        known = {part[:2]: part for part in parts}
        for row in rows:
            part = known.get((row.table, row.part), (row.table, row.part, ()))
            self.rows.setdefault(part, {})[row.key] = row.hash
            self.first[part, row.key] = sequence
            self._sections.pop(part, None)

    def section(self, part: Part) -> Section:
        """The section of a head over the rows that are listed by now."""
        if part not in self._sections:
            listed = self.rows.get(part, {})
            digest = list_digest((key, listed[key]) for key in sorted(listed))
            self._sections[part] = Section(*part, len(listed), digest)
        return self._sections[part]


def parts_now() -> list[tuple[Attested, Part]]:
    """Every part that a period attests today, in the order in which a head has them."""
    return [(each, (each.name, name, columns)) for each in ATTESTED for name, columns in each.parts.items()]


def new_rows(
    c: Connection, instrument: Instrument, block: int, listed: Mapping[Part, Collection[str]]
) -> Iterator[SignedRow]:
    """The parts of rows that no period of the instrument lists yet, and that are to be listed by this block."""
    for each, part in parts_now():
        known = listed.get(part, ())
        condition = each.rows(instrument) & each.is_due(part[1], block)
        for key, row in _hashed(c, each.table, part, condition):
            if key not in known:
                yield SignedRow(each.name, part[1], key, row.hash)


class RowsToday:
    """Rows as they are now, by key; each table is read once, whatever the periods that list it."""

    def __init__(self, c: Connection) -> None:
        self._c = c
        self._known: dict[Part, dict[str, RowToday]] = {}

    def changed(self, part: Part, listed: Mapping[str, str]) -> Iterator[tuple[str, RowToday]]:
        """Key and row of what is listed and is not what was signed.

        Raises:
            RegisterConflict: the table or a column is not there, so that nothing can be said.
        """
        today = self._rows(part)
        for key, hashed in listed.items():
            now = today.get(key)
            if now is None or now.hash != hashed:
                yield key, now or RowToday("", *_named_by_key(part[0], key))

    def _rows(self, part: Part) -> dict[str, RowToday]:
        if part not in self._known:
            table = tables.metadata.tables.get(part[0])
            if table is None or not part[2] or not set(part[2]) <= set(table.c.keys()):
                columns = ", ".join(part[2]) or "no columns"
                raise RegisterConflict(
                    f"a signed period lists rows of {part[0]} by {columns}, which there are not",
                    "Use the version of this program that signed it, or a newer one; else restore the database.",
                )
            self._known[part] = dict(_hashed(self._c, table, part, None))
        return self._known[part]


def _hashed(
    c: Connection, table: Table, part: Part, condition: ColumnElement[bool] | None
) -> Iterator[tuple[str, RowToday]]:
    name, kind, columns = part
    key = [each.name for each in table.primary_key.columns]
    names = [each for each in _NAMING if each in table.c]
    query = select(*(table.c[each] for each in (*key, *names, *columns)))
    if condition is not None:
        query = query.where(condition)
    for row in stream_rows(c, query):
        cells = tuple(row)
        named = dict(zip(names, cells[len(key) :], strict=False))
        yield _key(cells[: len(key)]), RowToday(row_hash(name, kind, cells[len(key) + len(names) :]), *_named(named))


def _key(cells: Sequence[object]) -> str:
    return json_text([_plain(cell) for cell in cells])


def _plain(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="microseconds")
    return cell.isoformat() if isinstance(cell, date) else cell


def _named_by_key(table: str, key: str) -> tuple[str, str]:
    """What the key of a row names, where the row itself is gone."""
    columns = [each.name for each in tables.metadata.tables[table].primary_key.columns]
    try:
        return _named(dict(zip(columns, json.loads(key), strict=False)))
    except (ValueError, TypeError):
        return "", ""


def _named(cells: Mapping[str, object]) -> tuple[str, str]:
    """Account and holder."""
    account = cells.get("account") or cells.get("address") or ""
    return str(account), str(cells.get("holder_id") or "")


_NAMING = ("account", "address", "holder_id")
