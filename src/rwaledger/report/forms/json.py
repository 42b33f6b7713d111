"""A document as JSON in canonical form (RFC 8785): amounts as decimal text, rows as objects under their column names.

`tables` holds each table by its name: `rows`, `totals` of the summed columns, and `columns`, which say what each is.
Percentages are decimal text in per cent. A whole number beyond 2^53-1 is text (RFC 8259, section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction
from json.encoder import encode_basestring
from typing import Any

import rfc8785

from rwaledger.domain.units import format_amount
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Table
from rwaledger.report.values import FIGURES, percent, plain, plainer, whole

FORMAT = "rwaledger-document-1"
_SAFE_MAX = 2**53 - 1

Encode = Callable[[Cell], str]


def render(document: Document, fields: Mapping[str, Any] | None = None) -> str:
    """The text, without a newline at its end; the same document gives the same bytes in UTF-8.

    `fields` are put beside those that every document has.
    """
    return "".join(_pieces(document, fields or {}))


def _pieces(document: Document, fields: Mapping[str, Any]) -> Iterator[str]:
    """The members in the order of RFC 8785. Rows are written one by one: their tree of objects would not fit."""
    members: dict[str, Any] = {**_members(document), "tables": {}, **fields}
    for i, name in enumerate(_in_order(members)):
        yield f"{',' if i else '{'}{_dumped(name)}:"
        if name == "tables" and name not in fields:
            yield from _tables(document)
        else:
            yield _dumped(members[name])
    yield "}"


def _members(document: Document) -> dict[str, Any]:
    """What a document has beside its tables."""
    return {
        "format": FORMAT,
        "kind": document.kind,
        "title": whole(document.title),
        "verdict": whole(document.verdict),
        "facts": {whole(label): whole(value) for label, value in document.facts},
        "charts": [_chart(chart) for chart in document.charts],
        "notes": [whole(note) for note in document.notes],
    }


def _tables(document: Document) -> Iterator[str]:
    tables = {table.name: table for table in document.tables}
    yield "{"
    for i, name in enumerate(_in_order(tables)):
        yield f"{',' if i else ''}{_dumped(name)}:"
        yield from _table(tables[name])
    yield "}"


def _table(table: Table) -> Iterator[str]:
    encoders = {column.name: _encoder(column) for column in table.columns}
    totals = table.totals or ()
    summed = {c.name: encoders[c.name](total) for c, total in zip(table.columns, totals, strict=False) if c.summed}
    yield f'{{"columns":{_dumped([_column(column) for column in table.columns])},"note":{_dumped(whole(table.note))},'
    yield '"rows":['
    yield from _rows(table, encoders)
    yield f'],"title":{_dumped(whole(table.title))},"totals":{{'
    yield ",".join(f"{_dumped(name)}:{summed[name]}" for name in _in_order(summed))
    yield "}}"


def _rows(table: Table, encoders: Mapping[str, Encode]) -> Iterator[str]:
    places = {column.name: i for i, column in enumerate(table.columns)}
    parts = [(f"{_dumped(name)}:", encoders[name], places[name]) for name in _in_order(places)]
    comma = ""
    for row in table.rows:
        yield f"{comma}{{{','.join([name + encode(row[place]) for name, encode, place in parts])}}}"
        comma = ","


def _encoder(column: Column) -> Encode:
    """How a cell becomes JSON text: a whole number where every reader keeps it, else decimal text."""
    write = plainer(column)
    if column.kind is Kind.INTEGER:
        return lambda c: "null" if c is None else write(c) if _is_safe(c) else f'"{write(c)}"'
    if column.kind in FIGURES:
        return lambda cell: "null" if cell is None else f'"{write(cell)}"'
    return lambda cell: "null" if cell is None else encode_basestring(write(cell))


def _is_safe(cell: Cell) -> bool:
    return isinstance(cell, int) and abs(cell) <= _SAFE_MAX


def _dumped(value: Any) -> str:
    return rfc8785.dumps(value).decode()


def _in_order(names: Iterable[str]) -> list[str]:
    """In the order of RFC 8785, section 3.2.3: by their units of UTF-16."""
    return sorted(names, key=lambda name: name.encode("utf-16-be"))


def _column(column: Column) -> dict[str, Any]:
    about: dict[str, Any] = {"name": column.name, "title": whole(column.title), "kind": column.kind.value}
    if column.kind in (Kind.UNITS, Kind.PERCENT):
        about["decimals"] = column.decimals
    if column.formula:
        about["formula"] = column.formula
    return about


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
