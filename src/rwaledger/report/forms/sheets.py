"""One table on one sheet of a workbook: its numbers as numbers where they fit, its totals and formulas live."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from rwaledger.domain.errors import UsageError
from rwaledger.report.document import Cell, Column, Kind, Table
from rwaledger.report.forms.exactness import Total, number, total
from rwaledger.report.forms.formulas import names_in, row_formula
from rwaledger.report.forms.layout import WRAPPED, Shown, show
from rwaledger.report.values import NUMBERS, code_point, plain, plainer, shown, visible

Formats = Callable[..., Any]
"""A format of the workbook by its properties."""

CellWriter = Callable[[int, Cell], None]
"""Writes a cell of one column that is not empty, by the number of its row."""

HEADER_ROW = 4
FIRST_ROW = HEADER_ROW + 1
"""Rows count from 1, as in the formulas."""

_ROWS_MAX = 1_048_576
_TEXT_MAX = 32_767
_NAME_MAX = 31
_OLDEST_YEAR = 1900
_WIDTH_SAMPLE = 1_000
MOMENTS = (Kind.DATE, Kind.TIME)
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_EXACT_NOTE = (
    "There are figures of more than 15 digits, which a spreadsheet would round, in: {columns}. Such a column is text, "
    "and is not added up here; its total is that of the report, to the last digit."
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a table stands in the workbook; a column is `numeric` where a double holds every figure in it."""

    name: str
    table: Table
    totals: tuple[Total | None, ...]
    numeric: tuple[bool, ...]

    @property
    def last_row(self) -> int:
        """The last row of data; before the first where there is none."""
        return HEADER_ROW + len(self.table.rows)

    @property
    def total_row(self) -> int:
        """The row of totals."""
        return self.last_row + 1

    def cell(self, row: int, index: int) -> str:
        """A cell of this sheet, such as `C7`."""
        return f"{letter(index)}{row}"

    @property
    def in_steps(self) -> list[int]:
        """The columns that are added up in whole steps; each has a column of these beside the table, in this order."""
        return [i for i, each in enumerate(self.totals) if each is not None and each.in_steps]

    def added(self, index: int) -> str:
        """The cells that are added up for the total of a column."""
        place = len(self.table.columns) + self.in_steps.index(index) if index in self.in_steps else index
        return f"{self.cell(FIRST_ROW, place)}:{self.cell(self.last_row, place)}"

    def elsewhere(self, row: int, index: int) -> str:
        """The same cell, seen from another sheet."""
        return f"'{self.name}'!{self.cell(row, index)}"


def plan(table: Table, name: str) -> Sheet:
    """The sheet of a table.

    Raises:
        UsageError: it has more rows than a sheet.
    """
    if HEADER_ROW + len(table.rows) + 1 > _ROWS_MAX:
        raise UsageError(
            f"{table.title} has {len(table.rows):,} rows; a sheet takes {_ROWS_MAX:,} with its heading",
            "Take the report as CSV or JSON, which have no such bound.",
        )
    totals = table.totals
    each = tuple(None if t is None else total(table, i, t) for i, t in enumerate(totals or ()))
    return Sheet(name, table, each, tuple(_is_numeric(table, i) for i in range(len(table.columns))))


def names(tables: Sequence[Table], taken: Sequence[str]) -> list[str]:
    """A name for the sheet of each table: at most 31 characters, none twice in capitals or not."""
    used = {name.casefold() for name in taken}
    found = []
    for table in tables:
        base = _NOT_IN_NAMES.sub("-", visible(table.name)).strip()[:_NAME_MAX] or "table"
        name, count = base, 1
        while name.casefold() in used:
            count += 1
            name = f"{base[: _NAME_MAX - len(str(count)) - 1]} {count}"
        used.add(name.casefold())
        found.append(name)
    return found


def write_table(sheet: Sheet, worksheet: Any, formats: Formats) -> None:
    """Writes heading, rows and totals, in the order of the rows: the workbook keeps only one in memory."""
    table = sheet.table
    _prepare(sheet, worksheet, formats)
    write_text(worksheet, 1, 0, table.title, formats(bold=True, font_size=14))
    write_text(worksheet, 2, 0, table.note, formats(font_color="#5B6A75"))
    write_text(worksheet, 3, 0, _exactness(sheet), formats(font_color="#7A5A00"))
    for i, column in enumerate(table.columns):
        side = (
            {"align": "right", "indent": 1}
            if column.kind in NUMBERS
            else {"align": "left", "indent": int(column.kind in MOMENTS)}
        )
        write_text(worksheet, HEADER_ROW, i, column.title, formats(bold=True, bottom=1, text_wrap=True, **side))
    for place, index in enumerate(sheet.in_steps, len(table.columns)):
        total = sheet.totals[index]
        title = f"{table.columns[index].title}, in steps of 10^-{total.places if total else 0}"
        write_text(worksheet, HEADER_ROW, place, title, formats(font_color="#5B6A75", align="right", text_wrap=True))
        worksheet.set_column(place, place, 22, formats())
    writers = [_writer(sheet, worksheet, i, formats) for i in range(len(table.columns))]
    writers += [_step_writer(sheet, worksheet, i, formats) for i in range(len(sheet.in_steps))]
    indices = [*range(len(table.columns)), *sheet.in_steps]
    for row_number, row in enumerate(table.rows, FIRST_ROW):
        for write, index in zip(writers, indices, strict=True):
            cell = row[index]
            if cell is not None:
                write(row_number, cell)
    _write_totals(sheet, worksheet, formats)


def _writer(sheet: Sheet, worksheet: Any, index: int, formats: Formats) -> CellWriter:
    """How the cells of a column are written: what the column is, is asked but once."""
    column, look = sheet.table.columns[index], formats(**_look(sheet.table.columns[index]))
    if column.kind in NUMBERS and not sheet.numeric[index]:
        write = plainer(column)
        return lambda row, cell: write_text(worksheet, row, index, write(cell), look)
    formula = _formula(sheet, column)
    if formula is not None:
        return lambda row, cell: write_cell(worksheet, (row, index), cell, column, look, formula(row))
    if column.kind in NUMBERS:
        return lambda row, cell: worksheet.write_number(row - 1, index, number(cell, column), look)
    return lambda row, cell: write_cell(worksheet, (row, index), cell, column, look)


def _step_writer(sheet: Sheet, worksheet: Any, number: int, formats: Formats) -> CellWriter:
    """Amounts in whole steps of their smallest digit: so many that adding them as they are would show a difference."""
    look, index = formats(num_format="0", font_color="#5B6A75", align="right", indent=1), sheet.in_steps[number]
    total, place = sheet.totals[index], len(sheet.table.columns) + number
    assert total is not None
    places, step = total.places, 10 ** (sheet.table.columns[index].decimals - total.places)

    def write(row: int, cell: Cell) -> None:
        assert isinstance(cell, int)
        formula = f"=ROUND({sheet.cell(row, index)}*10^{places},0)"
        worksheet.write_formula(row - 1, place, formula, look, cell // step)

    return write


def on_paper(worksheet: Any) -> None:
    """A4 across, as wide as a page, with its name and the pages counted at the foot."""
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.set_footer("&L&A&RPage &P of &N")


def write_cell(worksheet: Any, at: tuple[int, int], cell: Cell, column: Column, look: Any, formula: str = "") -> None:
    """Writes one cell: as a number or a date where it can be one, with the formula where it has one, else as text."""
    row, index = at
    value = number(cell, column)
    if value is not None and formula:
        worksheet.write_formula(row - 1, index, formula, look, value)
    elif value is not None:
        worksheet.write_number(row - 1, index, value, look)
    elif isinstance(cell, date) and cell.year >= _OLDEST_YEAR:
        naive = cell.astimezone(UTC).replace(tzinfo=None) if isinstance(cell, datetime) else cell
        worksheet.write_datetime(row - 1, index, naive, look)
    elif cell is not None:
        write_text(worksheet, row, index, plain(cell, column), look)


def write_text(worksheet: Any, row: int, index: int, text: str, look: Any) -> None:
    """Writes text as text, whatever it begins with. The library would take `<r>...</r>` for markup of its own."""
    text = visible(text)
    if len(text) > _TEXT_MAX:
        text = f"{text[: _TEXT_MAX - 100]} [cut here: {len(text):,} characters; the CSV and JSON forms have them all]"
    if text.startswith("<r>"):
        text = code_point("<") + text[1:]
    if text:
        worksheet.write_string(row - 1, index, text, look)


def letter(index: int) -> str:
    """The letters of a column, counted from 0."""
    high, low = divmod(index, 26)
    return f"{letter(high - 1) if high else ''}{chr(ord('A') + low)}"


def number_format(column: Column) -> str:
    """How numbers of a column are shown."""
    after = f".{'0' * column.decimals}" if column.decimals else ""
    return f"0{after}%" if column.kind is Kind.PERCENT else f"#,##0{after if column.kind is Kind.UNITS else ''}"


def _look(column: Column, **more: Any) -> dict[str, Any]:
    if column.kind in NUMBERS:
        return {"num_format": number_format(column), "align": "right", "indent": 1, **more}
    if column.kind is Kind.DATE:
        return {"num_format": "yyyy-mm-dd", "align": "left", "indent": 1, **more}
    if column.kind is Kind.TIME:
        return {"num_format": 'yyyy-mm-dd hh:mm:ss "UTC"', "align": "left", "indent": 1, **more}
    return {"num_format": "@", "valign": "top", "text_wrap": column.kind in WRAPPED, **more}


def _prepare(sheet: Sheet, worksheet: Any, formats: Formats) -> None:
    table = sheet.table
    sample = Table(table.name, table.title, table.columns, table.rows[:_WIDTH_SAMPLE])
    for i, wanted in enumerate(_wanted(show(sample), table)):
        worksheet.set_column(i, i, min(wanted + 2, 70), formats())
    worksheet.freeze_panes(HEADER_ROW, 0)
    worksheet.repeat_rows(HEADER_ROW - 1)
    on_paper(worksheet)
    if table.rows:
        worksheet.autofilter(HEADER_ROW - 1, 0, sheet.last_row - 1, len(table.columns) - 1)


def _wanted(sample: Shown, table: Table) -> list[int]:
    totals = table.totals or (None,) * len(table.columns)
    lengths = [len(shown(value, column)) for value, column in zip(totals, table.columns, strict=True)]
    return [max(width.wanted, length, 8) for width, length in zip(sample.widths, lengths, strict=True)]


def _is_numeric(table: Table, index: int) -> bool:
    """Whether the column has figures, and a double holds each of them."""
    column = table.columns[index]
    cells = (row[index] for row in table.rows)
    return column.kind in NUMBERS and all(each is None or number(each, column) is not None for each in cells)


def _exactness(sheet: Sheet) -> str:
    """The columns in which there are figures that a spreadsheet cannot hold."""
    columns = zip(sheet.table.columns, sheet.numeric, strict=True)
    titles = [column.title for column, numeric in columns if column.kind in NUMBERS and not numeric]
    return _EXACT_NOTE.format(columns=", ".join(titles)) if titles else ""


def _formula(sheet: Sheet, column: Column) -> Callable[[int], str] | None:
    """The live formula of a column by the number of its row, where all columns that it is made of are numbers."""
    if not column.formula:
        return None
    places = {each.name: i for i, each in enumerate(sheet.table.columns)}
    taken = names_in(column.formula)
    unknown = [name for name in taken if name not in places]
    if unknown:
        raise ValueError(f"the formula {column.formula!r} of {sheet.table.name!r} names no column {unknown[0]!r}")
    if not all(sheet.numeric[places[name]] for name in taken):
        return None
    return lambda row: row_formula(column, {name: sheet.cell(row, places[name]) for name in taken})


def _write_totals(sheet: Sheet, worksheet: Any, formats: Formats) -> None:
    if not sheet.totals:
        return
    for i, (column, each) in enumerate(zip(sheet.table.columns, sheet.totals, strict=True)):
        look = formats(**_look(column, bold=True, top=1))
        if each is None:
            worksheet.write_blank(sheet.total_row - 1, i, None, look)
            if i == 0:
                write_text(worksheet, sheet.total_row, i, "Total", formats(bold=True, top=1))
            continue
        formula = f"={each.formula.format(cells=sheet.added(i))}" if each.formula else ""
        if formula:
            write_cell(worksheet, (sheet.total_row, i), each.value, column, look, formula)
        else:
            write_text(worksheet, sheet.total_row, i, plain(each.value, column), look)
