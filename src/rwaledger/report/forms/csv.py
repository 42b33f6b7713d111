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
from collections.abc import Iterator

from rwaledger.report.document import Document
from rwaledger.report.values import plain, whole

FIRST = ("table", "item", "value")

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def render(document: Document) -> str:
    """The file's text, with CRLF at the end of each row; the same document gives the same text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns_of(document), restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(document):
        writer.writerow({name: harmless(value) for name, value in row.items()})
    return text.getvalue()


def columns_of(document: Document) -> list[str]:
    """The header: what every row has, and then the columns of all tables in the order in which they come."""
    named = [
        f"{column.name}_" if column.name in FIRST else column.name for t in document.tables for column in t.columns
    ]
    return list(dict.fromkeys((*FIRST, *named)))


def harmless(value: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; plain numbers need none."""
    is_formula = value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value


def _rows(document: Document) -> Iterator[dict[str, str]]:
    items = [("title", document.title), ("verdict", document.verdict), *document.facts]
    for item, value in items:
        if value:
            yield {"table": "fact", "item": whole(item), "value": whole(value)}
    for note in document.notes:
        yield {"table": "note", "value": whole(note)}
    for table in document.tables:
        names = [f"{column.name}_" if column.name in FIRST else column.name for column in table.columns]
        for row in table.rows:
            cells = (plain(cell, column) for cell, column in zip(row, table.columns, strict=True))
            yield {"table": table.name, **dict(zip(names, cells, strict=True))}
        if table.note:
            yield {"table": table.name, "item": "note", "value": whole(table.note)}
