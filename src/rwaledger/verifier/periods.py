"""Signed periods: the bytes that a head hashes, and the rows that it attests, as they are now.

Each cell is a letter for its type, the bytes that its text takes, a colon and the text: `s` text, `i` a whole number,
`b` truth as 0 or 1, `n` nothing, `t` a moment in UTC, `d` a day. The preimage of a head has the period's fields, then
for each section its table, part, columns, number of rows, and a SHA-256 over them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from rwaledger.verifier.case import Case
from rwaledger.verifier.tables import TABLES

FORMAT = "rwaledger-period-1"
NO_HEAD = "0x" + "00" * 32
MIRRORED = ("events", "postings", "standings")
"""What the mirror keeps: one hash a table. All other rows are listed one by one."""

_NOT_OF_PERIODS = frozenset(
    {"audit_log", "blocks", "checkpoints", "corrections", "period_rows", "periods", "positions"}
)
_LEFT_OUT = {
    "accounts": "kind replaced_by",
    "events": "chain_id",
    "holders": "country investor_class valid_until sealed",
    "postings": "instrument_id leg",
    "standings": "instrument_id",
}
"""Tables, and columns of others, that no head of this version attests; nor does any attest `updated_at`."""

_FIELD_TYPES: tuple[Callable[[str], object], ...] = (str, str, int, int, str, int, str, int, int, int)
_FIELDS = len(_FIELD_TYPES)


class Part(NamedTuple):
    """What the rows of a section have in common."""

    table: str
    part: str
    columns: tuple[str, ...]


class Section(NamedTuple):
    """A part of a table as a head has it."""

    part: Part
    rows: int
    digest: str

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.rows} rows, SHA-256 {self.digest}"


class Changed(NamedTuple):
    """A listed row that is not what was signed: its hash now (empty where it is gone), and whom it names."""

    part: Part
    key: str
    signed: str
    now: str
    account: str
    holder_id: str
    sequence: int


def encoded(cells: Iterable[object]) -> bytes:
    """Cells as bytes."""
    parts = []
    for cell in cells:
        letter, text_of = _TYPES[type(cell)]
        text = text_of(cell).encode()
        parts.append(b"%c%d:%b" % (letter, len(text), text))
    return b"".join(parts)


_TYPES: dict[type, tuple[bytes, Callable[[Any], str]]] = {
    str: (b"s", str),
    int: (b"i", str),
    bool: (b"b", lambda cell: str(int(cell))),
    type(None): (b"n", lambda _: ""),
    datetime: (b"t", lambda cell: cell.astimezone(UTC).isoformat(timespec="microseconds")),
    date: (b"d", date.isoformat),
}


def parsed(raw: bytes) -> tuple[list[str], list[Section]]:
    """Texts of the fields, and the sections, of a preimage.

    Raises:
        ValueError: the bytes are none of this version.
    """
    cells = iter(_decoded(raw))
    try:
        if next(cells) != FORMAT:
            raise ValueError("not the preimage of a period in this version")
        fields = [next(cells) for _ in range(_FIELDS)]
        sections = []
        for _ in range(int(next(cells))):
            table, part, number = next(cells), next(cells), int(next(cells))
            columns = [next(cells) for _ in range(number)]
            sections.append(Section(Part(table, part, tuple(columns)), int(next(cells)), next(cells)))
    except StopIteration:
        raise ValueError("the preimage of a period is cut off") from None
    if _preimage(fields, sections) != raw:
        raise ValueError("the preimage of a period holds more than a period, or has it in another form")
    return fields, sections


def _preimage(fields: Sequence[str], sections: Sequence[Section]) -> bytes:
    """The one form of what was read."""
    cells: list[object] = [
        FORMAT,
        *(read(text) for read, text in zip(_FIELD_TYPES, fields, strict=True)),
        len(sections),
    ]
    for each in sections:
        cells += [each.part.table, each.part.part, len(each.part.columns), *each.part.columns, each.rows, each.digest]
    return encoded(cells)


def _decoded(raw: bytes) -> Iterator[str]:
    at = 0
    while at < len(raw):
        colon = raw.index(b":", at)
        end = colon + 1 + int(raw[at + 1 : colon])
        if not colon < end <= len(raw):
            raise ValueError("a cell is cut off")
        yield raw[colon + 1 : end].decode()
        at = end


def head_of(raw: bytes) -> str:
    """The head of a preimage."""
    return "0x" + sha256(raw).hexdigest()


@dataclass(slots=True)
class Period:
    """A row of `periods` with what its preimage says; `problem` where that cannot be read."""

    row: Any
    raw: bytes = b""
    fields: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    problem: str = ""

    @classmethod
    def of(cls, row: Any) -> Period:
        """Reads the preimage."""
        try:
            raw = bytes.fromhex(row.preimage)
            return cls(row, raw, *parsed(raw))
        except ValueError as error:
            return cls(row, problem=str(error))


def unattested(period: Period) -> list[str]:
    """Tables of which its head has nothing, and columns that it leaves out of others, but for those that all do."""
    there = {(each.part.table, column) for each in period.sections for column in each.part.columns}
    tables = {table for table, _ in there}
    lacking = {
        f"{table}.{column.name}" if table in tables else table: None
        for table in sorted(TABLES.keys() - _NOT_OF_PERIODS)
        for column in TABLES[table]
        if (table, column.name) not in there and column.name not in _LEFT_OUT.get(table, "updated_at").split()
    }
    return list(lacking)


class Lists:
    """What an instrument's periods list, as far as they were added: hash by key, and which listed it first."""

    def __init__(self) -> None:
        self.rows: dict[Part, dict[str, str]] = {}
        self.first: dict[tuple[Part, str], int] = {}

    def add(self, period: Period, listed: Sequence[Any]) -> None:
        """A row of a part that the head does not know is listed under no columns, where nothing matches it."""
        parts = {(each.part.table, each.part.part): each.part for each in period.sections}
        for row in listed:
            part = parts.get((row.table_name, row.part), Part(row.table_name, row.part, ()))
            self.rows.setdefault(part, {})[row.row_key] = row.row_hash
            self.first[part, row.row_key] = period.row.sequence

    def section(self, part: Part) -> Section:
        """The section over what is listed by now, in the byte order of the keys."""
        listed = self.rows.get(part, {})
        digest = sha256()
        for key in sorted(listed):
            digest.update(encoded((key, listed[key])))
        return Section(part, len(listed), digest.hexdigest())


class RowsNow:
    """Rows of the pack by key, hashed by the columns of a part; each table is read once a part."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[Part, dict[str, tuple[str, str, str]]] = {}

    def changed(self, lists: Lists) -> Iterator[Changed]:
        """Every listed row that is not what was signed, once, whichever of its parts differs."""
        told: set[tuple[str, str]] = set()
        for part, listed in lists.rows.items():
            today = self._rows(part) if part.columns else {}
            for key, signed in listed.items() if part.columns else ():
                now, account, holder = today.get(key) or ("", *_named_by_key(part.table, key))
                if now != signed and (part.table, key) not in told:
                    told.add((part.table, key))
                    yield Changed(part, key, signed, now, account, holder, lists.first[part, key])

    def _rows(self, part: Part) -> dict[str, tuple[str, str, str]]:
        if part not in self._known:
            names = [column.name for column in TABLES.get(part.table, ()) if column.is_key]
            known = {column.name for column in TABLES.get(part.table, ())}
            rows = self._case.pack.rows(part.table) if known.issuperset(part.columns) and known else iter(())
            self._known[part] = {
                key_text([getattr(row, name) for name in names]): (
                    sha256(encoded((part.table, part.part, *(getattr(row, c) for c in part.columns)))).hexdigest(),
                    *_named(row._asdict()),
                )
                for row in rows
            }
        return self._known[part]


def key_text(cells: Iterable[object]) -> str:
    """A primary key as canonical JSON."""
    plain = [_TYPES[type(cell)][1](cell) if isinstance(cell, date) else cell for cell in cells]
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False)


def _named(cells: dict[str, Any]) -> tuple[str, str]:
    account = cells.get("account") or cells.get("address") or ""
    return str(account), str(cells.get("holder_id") or "")


def _named_by_key(table: str, key: str) -> tuple[str, str]:
    names = [column.name for column in TABLES.get(table, ()) if column.is_key]
    try:
        return _named(dict(zip(names, json.loads(key), strict=False)))
    except (ValueError, TypeError):
        return "", ""
