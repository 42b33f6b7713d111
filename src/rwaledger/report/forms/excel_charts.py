"""Charts of a document as charts of the spreadsheet's own, over figures on a sheet of their own.

The figures are rounded to what a double holds; the exact ones are in the tables. A line over dates is drawn in steps,
since what was measured holds until it is measured again: each value stands a second time, where the next begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

from rwaledger.report.document import Chart, Series
from rwaledger.report.forms.sheets import Formats, on_paper, write_text
from rwaledger.report.values import visible

DATA = "Chart data"
_ROWS_PER_CHART = 20
_POINTS_MAX = 10_000
"""A chart of a spreadsheet takes 32,000 points a line, and one over dates has two for each of ours."""

X = str | date | datetime
Point = tuple[X, float]


def write_charts(charts: Sequence[Chart], workbook: Any, formats: Formats) -> None:
    """Adds a sheet with all charts that have points, and one with their figures."""
    drawn = [chart for chart in charts if any(series.points for series in chart.series)]
    if not drawn:
        return
    pictures, data = workbook.add_worksheet("Charts"), workbook.add_worksheet(DATA)
    on_paper(pictures)
    on_paper(data)
    blocks = [_Block(chart) for chart in drawn]
    _write_data(blocks, data, formats)
    column = 0
    for number, block in enumerate(blocks):
        pictures.insert_chart(number * _ROWS_PER_CHART, 0, _picture(block, workbook, column))
        column += len(block.columns)


class _Block:
    """The columns of figures behind one chart: two for each line over dates, else one for all the names."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.timed = chart.form == "line" and all(
            isinstance(x, date) for series in chart.series for x, _ in series.points
        )
        self.columns: list[tuple[str, list[X | float | None]]] = []
        if self.timed:
            for series in chart.series:
                points = _steps(_points(series.thinned(_POINTS_MAX), chart))
                self.columns.append(("UTC", [x for x, _ in points]))
                self.columns.append((series.name, [y for _, y in points]))
        else:
            names = list(dict.fromkeys(_name(x) for series in chart.series for x, _ in series.points))
            self.columns.append(("", list(names)))
            for series in chart.series:
                at = {_name(x): y for x, y in _points(series, chart)}
                self.columns.append((series.name, [at.get(name) for name in names]))


def _points(series: Series, chart: Chart) -> list[Point]:
    return [(x, _height(y, chart)) for x, y in series.points]


def _steps(points: list[Point]) -> list[Point]:
    stepped = points[:1]
    for (_, before), (x, y) in pairwise(points):
        stepped += [(x, before), (x, y)]
    return stepped


def _height(y: Fraction | int, chart: Chart) -> float:
    share = (
        Fraction(y) * (100 if chart.unit == "%" else 1) if isinstance(y, Fraction) else Fraction(y, 10**chart.decimals)
    )
    return share.numerator / share.denominator


def _name(x: X) -> str:
    if isinstance(x, datetime):
        return x.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return x.isoformat() if isinstance(x, date) else visible(x)


def _write_data(blocks: list[_Block], worksheet: Any, formats: Formats) -> None:
    columns = [(block, title, values) for block in blocks for title, values in block.columns]
    bold, day = formats(bold=True, bottom=1), formats(num_format="yyyy-mm-dd hh:mm", align="left")
    worksheet.set_column(0, len(columns), 20, formats())
    for i, (block, title, _) in enumerate(columns):
        write_text(worksheet, 1, i, block.chart.title if block.columns[0][0] == title else "", bold)
    for i, (_, title, _) in enumerate(columns):
        write_text(worksheet, 2, i, title, bold)
    for row in range(max(len(values) for _, _, values in columns)):
        for i, (_, _, values) in enumerate(columns):
            value = values[row] if row < len(values) else None
            if isinstance(value, str):
                write_text(worksheet, row + 3, i, value, formats(num_format="@"))
            elif isinstance(value, date):
                naive = value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
                worksheet.write_datetime(row + 2, i, naive, day)
            elif value is not None:
                worksheet.write_number(row + 2, i, value, formats())


def _picture(block: _Block, workbook: Any, first: int) -> Any:
    chart = workbook.add_chart(_type(block))
    for i, (title, values) in enumerate(block.columns):
        if i == 0 or (block.timed and i % 2 == 0):
            continue
        names = first + (i - 1 if block.timed else 0)
        chart.add_series(
            {
                "name": visible(title)[:255] or "value",
                "categories": [DATA, 2, names, 1 + len(values), names],
                "values": [DATA, 2, first + i, 1 + len(values), first + i],
            }
        )
    chart.set_title({"name": visible(block.chart.title)[:255], "name_font": {"size": 12}})
    chart.set_y_axis({"name": visible(block.chart.unit)[:255], "num_format": "#,##0.##"})
    if block.timed:
        chart.set_x_axis({"num_format": "yyyy-mm-dd", "name": "UTC"})
    chart.set_legend({"none": True} if len(block.chart.series) == 1 else {"position": "bottom"})
    chart.set_size({"width": 860, "height": 380})
    return chart


def _type(block: _Block) -> dict[str, str]:
    if block.timed:
        return {"type": "scatter", "subtype": "straight"}
    if block.chart.form == "line":
        return {"type": "line"}
    return {"type": "column", "subtype": "stacked"} if block.chart.form == "stacked" else {"type": "column"}
