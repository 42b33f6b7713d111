"""A document as a workbook: a cover, a sheet for each table with live totals and formulas, and its charts.

The cover has every total twice, as the sheets add it up and as the report states it, and compares them. Whoever
changes a figure sees which total no longer ties.
"""

from __future__ import annotations

import io
from datetime import datetime
from fractions import Fraction
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from rwaledger.report.document import Column, Document, Kind
from rwaledger.report.forms.excel_charts import write_charts
from rwaledger.report.forms.sheets import (
    Formats,
    Sheet,
    names,
    number_format,
    on_paper,
    plan,
    write_cell,
    write_table,
    write_text,
)
from rwaledger.report.values import plain, visible

COVER = "Cover"
TIES, DIFFERS = "ties", "DIFFERS"

_NEVER = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's times have no zone
"""Stands as the time of creation: the same document is the same file, whenever it is written."""

_COLOURS = {"PASS": "#17663A", "FAIL": "#A3211C", "EXEMPT": "#7A5A00"}


def render(document: Document) -> bytes:
    """The file; the same document gives the same bytes.

    Raises:
        UsageError: a table has more rows than a sheet.
    """
    sheets = [
        plan(table, name)
        for table, name in zip(
            document.tables, names(document.tables, (COVER, "Charts", "Chart data", "History")), strict=True
        )
    ]
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as workbook:
        workbook.set_properties({"title": visible(document.title)[:255], "author": "rwaledger", "created": _NEVER})
        workbook.set_calc_mode("auto")
        formats = _formats(workbook)
        _write_cover(document, sheets, workbook.add_worksheet(COVER), formats)
        for sheet in sheets:
            write_table(sheet, workbook.add_worksheet(sheet.name), formats)
        write_charts(document.charts, workbook, formats)
    return file.getvalue()


def _formats(workbook: Any) -> Formats:
    """Each format is made once, however many cells have it."""
    made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(**properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in made:
            made[key] = workbook.add_format({"font_name": "Calibri", "font_size": 11, **properties})
        return made[key]

    return of


def _write_cover(document: Document, sheets: list[Sheet], worksheet: Any, formats: Formats) -> None:
    soft, plain_text = formats(font_color="#5B6A75"), formats(text_wrap=True, valign="top")
    for index, width in enumerate((26, 44, 30, 30, 12)):
        worksheet.set_column(index, index, width, formats())
    on_paper(worksheet)
    write_text(worksheet, 1, 0, document.title, formats(bold=True, font_size=18))
    colour = _COLOURS.get(document.verdict.partition(":")[0], "#1F5F8B")
    write_text(worksheet, 2, 0, document.verdict, formats(bold=True, font_size=13, font_color=colour))
    row = 4
    for label, value in document.facts:
        write_text(worksheet, row, 0, label, soft)
        write_text(worksheet, row, 1, value, formats())
        row += 1
    row = _write_checks(sheets, worksheet, formats, row + 1)
    write_text(worksheet, row, 0, "Sheets", formats(bold=True, bottom=1))
    write_text(worksheet, row, 1, "Table", formats(bold=True, bottom=1))
    write_text(worksheet, row, 2, "Rows", formats(bold=True, bottom=1, align="right"))
    for sheet in sheets:
        row += 1
        link = formats(font_color="#1F5F8B", underline=1)
        worksheet.write_url(row - 1, 0, f"internal:'{sheet.name}'!A1", link, sheet.name)
        write_text(worksheet, row, 1, sheet.table.title, plain_text)
        worksheet.write_number(row - 1, 2, len(sheet.table.rows), formats(num_format="#,##0"))
    row += 2
    for note in document.notes:
        write_text(worksheet, row, 0, "Note", soft)
        worksheet.set_row(row - 1, 15 * (1 + len(note) // 120))
        worksheet.merge_range(row - 1, 1, row - 1, 4, "", plain_text)
        write_text(worksheet, row, 1, note, plain_text)
        row += 1


def _write_checks(sheets: list[Sheet], worksheet: Any, formats: Formats, row: int) -> int:
    """Every total as the sheet adds it up beside the report's own; returns the next free row."""
    lines = [(sheet, i) for sheet in sheets if sheet.table.rows for i, each in enumerate(sheet.totals) if each]
    if not lines:
        return row
    for index, text in enumerate(("Totals", "Column", "Added up in its sheet", "As the report states it", "Check")):
        side = {"align": "right", "indent": 1} if index in (2, 3) else {"indent": int(index == 4)}
        write_text(worksheet, row, index, text, formats(bold=True, bottom=1, **side))
    first = row + 1
    for number, (sheet, i) in enumerate(lines):
        _write_check(sheet, i, worksheet, formats, first + number)
    last = row + len(lines)
    write_text(worksheet, last + 1, 0, "All totals", formats(bold=True))
    formula = f'=IF(COUNTIF(E{first}:E{last},"{DIFFERS}")=0,"{TIES}","{DIFFERS}")'
    worksheet.write_formula(last, 4, formula, formats(bold=True, indent=1), TIES)
    return last + 3


def _write_check(sheet: Sheet, index: int, worksheet: Any, formats: Formats, row: int) -> None:
    column, total = sheet.table.columns[index], sheet.totals[index]
    assert total is not None
    write_text(worksheet, row, 0, sheet.name, formats())
    write_text(worksheet, row, 1, column.title, formats())
    look = formats(num_format=number_format(column), align="right", indent=1)
    if not total.formula:
        write_text(
            worksheet, row, 2, "not added up by the spreadsheet", formats(align="right", indent=1, font_color="#5B6A75")
        )
        write_text(worksheet, row, 3, plain(total.value, column), look)
        write_text(worksheet, row, 4, "exact text", formats(font_color="#5B6A75", indent=1))
        return
    stated = _stated(column, total.value)
    write_cell(worksheet, (row, 2), total.value, column, look, f"={sheet.elsewhere(sheet.total_row, index)}")
    worksheet.write_number(row - 1, 3, stated, look)
    worksheet.write_formula(row - 1, 4, f'=IF(C{row}=D{row},"{TIES}","{DIFFERS}")', formats(indent=1), TIES)


def _stated(column: Column, value: int | Fraction) -> float:
    """The report's total as a number; a share to the digits that its sum is rounded to."""
    if column.kind is Kind.PERCENT:
        return round(value.numerator / value.denominator, column.decimals + 2)
    return float(Fraction(value, 10**column.decimals))
