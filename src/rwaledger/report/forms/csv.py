"""A document as one CSV file (RFC 4180) to filter in a spreadsheet: the column `table` says what a row belongs to.

Facts, verdict and notes are rows with `item` and `value`. Every row of every table is a row here, under the names of
its columns; a column that two tables share is one column. There are no rows of totals, so that a sum is not counted
twice, and no charts. Text that a spreadsheet would run as a formula has an apostrophe in front, and so has text that
begins with an apostrophe: whoever reads the file by a program takes one off, and has the text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from rwaledger.report.document import Column, Document, Table
from rwaledger.report.values import FIGURES, Write, plainer, whole

FIRST = ("table", "item", "value")

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def render(document: Document) -> str:
    """The file's text, with CRLF at the end of each row; the same document gives the same text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    header = columns_of(document)
    writer.writerow(header)
    writer.writerows(_rows(document, header))
    return text.getvalue()


def columns_of(document: Document) -> list[str]:
    """The header: what every row has, and then the columns of all tables in the order in which they come."""
    named = [name for table in document.tables for name in _names(table)]
    return list(dict.fromkeys((*FIRST, *named)))


def harmless(value: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; plain numbers need none."""
    is_formula = value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value


def _names(table: Table) -> list[str]:
    """What the columns of a table are called here."""
    return [f"{column.name}_" if column.name in FIRST else column.name for column in table.columns]


def _rows(document: Document, header: Sequence[str]) -> Iterator[Sequence[str]]:
    items = [("title", document.title), ("verdict", document.verdict), *document.facts]
    for item, value in items:
        if value:
            yield _filled(header, "fact", item, value)
    for note in document.notes:
        yield _filled(header, "note", "", note)
    for table in document.tables:
        yield from _table_rows(table, header)
        if table.note:
            yield _filled(header, table.name, "note", table.note)


def _filled(header: Sequence[str], *first: str) -> Sequence[str]:
    """A row with something in its first cells alone."""
    return [*(harmless(whole(value)) for value in first), *[""] * (len(header) - len(first))]


def _table_rows(table: Table, header: Sequence[str]) -> Iterator[Sequence[str]]:
    named = dict(zip(_names(table), table.columns, strict=True))
    places = {name: i for i, name in enumerate(named)}
    cells = [(header.index(name), places[name], _writer(column)) for name, column in named.items()]
    name = harmless(whole(table.name))
    for row in table.rows:
        line = [""] * len(header)
        line[0] = name
        for at, place, write in cells:
            line[at] = write(row[place])
        yield line


def _writer(column: Column) -> Write:
    """How a cell is written; figures are no formulas."""
    write = plainer(column)
    return write if column.kind in FIGURES else lambda cell: harmless(write(cell))
