"""A document as JSON in canonical form (RFC 8785): amounts as decimal text, rows as objects under their column names.

`tables` holds each table by its name: `rows`, `totals` of the summed columns, and `columns`, which say what each is.
Percentages are decimal text in per cent. A whole number beyond 2^53-1 is text (RFC 8259, section 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import rfc8785

from rwaledger.domain.units import format_amount
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Table
from rwaledger.report.values import percent, plain, whole

FORMAT = "rwaledger-document-1"
_SAFE_MAX = 2**53 - 1


def render(document: Document, fields: Mapping[str, Any] | None = None) -> str:
    """The text, without a newline at its end; the same document gives the same bytes in UTF-8.

    `fields` are put beside those that every document has.
    """
    return rfc8785.dumps({**as_value(document), **(fields or {})}).decode()


def as_value(document: Document) -> dict[str, Any]:
    """The document as JSON values."""
    return {
        "format": FORMAT,
        "kind": document.kind,
        "title": whole(document.title),
        "verdict": whole(document.verdict),
        "facts": {whole(label): whole(value) for label, value in document.facts},
        "tables": {table.name: _table(table) for table in document.tables},
        "charts": [_chart(chart) for chart in document.charts],
        "notes": [whole(note) for note in document.notes],
    }


def _table(table: Table) -> dict[str, Any]:
    columns, totals = table.columns, table.totals
    return {
        "title": whole(table.title),
        "note": whole(table.note),
        "columns": [_column(column) for column in columns],
        "rows": [{c.name: _cell(cell, c) for c, cell in zip(columns, row, strict=True)} for row in table.rows],
        "totals": {c.name: _cell(total, c) for c, total in zip(columns, totals, strict=True) if c.summed}
        if totals
        else {},
    }


def _column(column: Column) -> dict[str, Any]:
    about: dict[str, Any] = {"name": column.name, "title": whole(column.title), "kind": column.kind.value}
    if column.kind in (Kind.UNITS, Kind.PERCENT):
        about["decimals"] = column.decimals
    if column.formula:
        about["formula"] = column.formula
    return about


def _cell(cell: Cell, column: Column) -> str | int | None:
    if cell is None:
        return None
    if column.kind is Kind.INTEGER and isinstance(cell, int) and abs(cell) <= _SAFE_MAX:
        return cell
    return plain(cell, column)


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "name": chart.name,
        "title": whole(chart.title),
        "form": chart.form,
        "unit": chart.unit,
        "series": [
            {"name": whole(each.name), "points": [[_place(x), _height(y, chart)] for x, y in each.points]}
            for each in chart.series
        ],
    }


def _place(x: str | date | datetime) -> str:
    kind = Kind.TIME if isinstance(x, datetime) else Kind.DATE if isinstance(x, date) else Kind.TEXT
    return plain(x, Column("x", "", kind))


def _height(y: Fraction | int, chart: Chart) -> str:
    """A share is in per cent with four digits after the point, an amount exact."""
    return percent(y, 4) if isinstance(y, Fraction) else format_amount(y, chart.decimals)
