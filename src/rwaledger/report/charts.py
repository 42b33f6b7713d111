"""A chart of a document as SVG to be put into a page. Floats are for drawing only; amounts stand beside in tables.

Importing this module loads matplotlib, which is slow: import it where a picture is drawn.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from html import escape
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from rwaledger.report.document import Chart
from rwaledger.report.values import visible

INK = "#47555f"
GRID = "#e3e7ea"
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c8c", "#222222")
"""Colours that the colour-blind tell apart: Okabe and Ito, 2008, https://jfly.uni-koeln.de/color/."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":")
FEW = 12
"""Up to so many points each is a dot of its own."""

_POINTS_MAX = 2_000
_WIDTH_IN = 6.4
_HEIGHT_IN = 2.5
_BAR_IN = 0.2
_LABEL_MAX = 24
_FLAT_MAX = 90
"""So many characters have room beside one another under a picture."""

_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r"(?:url\(#|href=\"#)([^\")]+)")
_OPENING_TAG = re.compile(r"<svg[^>]*>")
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def svg(chart: Chart) -> str:
    """The picture alone, as wide as its place, with a title that is read aloud; empty where there is nothing to draw.

    A line over dates goes in steps: what was measured holds until it is measured again.
    """
    if not any(series.points for series in chart.series):
        return ""
    if chart.form == "line":
        chart = replace(chart, series=tuple(series.thinned(_POINTS_MAX) for series in chart.series))
    # Letters that matplotlib's own font lacks are drawn by whoever shows the picture; here they only take room.
    with style.context(_style(chart.name), after_reset=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure, axes = _figure(_BAR_IN * len(_places(chart)) if _lying(chart) else 0.0)
        if chart.form == "line":
            _draw_lines(axes, chart)
        else:
            _draw_bars(axes, chart)
        _value_axis(axes, chart)
        if len(chart.series) > 1:
            figure.legend(loc="outside upper left", ncols=min(len(chart.series), 4), frameon=False, fontsize=8)
        return _svg(figure, f"chart-{chart.name}", visible(chart.title))


def short(value: float) -> str:
    """A number for an axis: `150 m`, `2.5 k`; beyond what has a name, in powers of ten."""
    if abs(value) >= 1e15:
        return f"{value:.1e}".replace("e+", "e")
    for scale, name in _SCALES:
        if abs(value) >= scale:
            return f"{value / scale:g} {name}"
    return f"{value:g}"


def height(value: Fraction | int, chart: Chart) -> float:
    """What is drawn: a share of one in per cent, base units as an amount."""
    if isinstance(value, Fraction):
        return 100 * value.numerator / value.denominator if chart.unit == "%" else value.numerator / value.denominator
    return float(Fraction(value, 10**chart.decimals))


def _draw_lines(axes: Axes, chart: Chart) -> None:
    timed = any(isinstance(x, date) for series in chart.series for x, _ in series.points)
    places = _places(chart)
    for i, series in enumerate(chart.series):
        axes.plot(
            [_day(x) if isinstance(x, date) else places[x] for x, _ in series.points],
            [height(y, chart) for _, y in series.points],
            drawstyle="steps-post" if timed else "default",
            color=PALETTE[i % len(PALETTE)],
            linestyle=LINES[i // len(PALETTE) % len(LINES)],
            marker=MARKERS[i % len(MARKERS)] if len(series.points) <= FEW else "",
            markersize=4,
            linewidth=1.6,
            label=_label(series.name),
            clip_on=False,
        )
    if timed:
        _time_axis(axes)
    else:
        _name_axis(axes, list(places), thin=True)


def _draw_bars(axes: Axes, chart: Chart) -> None:
    """Bars side by side, or upon one another, lying where their names are long; below zero they go the other way."""
    places = _places(chart)
    count = len(chart.series)
    stacked = chart.form == "stacked"
    thick = 0.7 if stacked else 0.8 / count
    ends: dict[tuple[int, bool], float] = {}
    for i, series in enumerate(chart.series):
        shift = 0.0 if stacked else (i - (count - 1) / 2) * thick
        xs, tall, starts = [], [], []
        for x, y in series.points:
            place, length = places[_name(x)], height(y, chart)
            start = ends.get((place, length < 0), 0.0) if stacked else 0.0
            ends[place, length < 0] = start + length
            xs.append(place + shift)
            tall.append(length)
            starts.append(start)
        _bars(axes, _lying(chart), (xs, tall, thick * (1 if stacked else 0.92), starts), i, series.name)
    if _lying(chart):
        axes.set_yticks(range(len(places)), [_label(name) for name in places])
        axes.invert_yaxis()
    else:
        _name_axis(axes, list(places), thin=False)


def _bars(
    axes: Axes, lying: bool, bars: tuple[list[float], list[float], float, list[float]], number: int, name: str
) -> None:
    xs, tall, thick, starts = bars
    look: dict[str, Any] = {"color": PALETTE[number % len(PALETTE)], "edgecolor": "white", "linewidth": 0.6}
    if lying:
        axes.barh(xs, tall, thick, left=starts, label=_label(name), **look)
    else:
        axes.bar(xs, tall, thick, bottom=starts, label=_label(name), **look)


def _lying(chart: Chart) -> bool:
    """Whether bars lie, since their names would touch one another underneath."""
    return chart.form != "line" and sum(len(_label(name)) + 3 for name in _places(chart)) > _FLAT_MAX


def _places(chart: Chart) -> dict[str, int]:
    """Where each name stands; dates in their order, words in the order in which they first come."""
    xs = [x for series in chart.series for x, _ in series.points]
    if xs and all(isinstance(x, date) for x in xs):
        xs = sorted(xs)
    return {name: i for i, name in enumerate(dict.fromkeys(_name(x) for x in xs))}


def _name(x: str | date | datetime) -> str:
    if isinstance(x, datetime):
        return x.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return x.isoformat() if isinstance(x, date) else x


def _label(name: str) -> str:
    """A name as a label; matplotlib hides those that begin with an underscore."""
    text = visible(name)
    text = text if len(text) <= _LABEL_MAX else f"{text[: _LABEL_MAX - 1]}…"
    return f"\N{ZERO WIDTH NON-JOINER}{text}" if text.startswith("_") else text


def _style(salt: str) -> Any:
    """Settings of matplotlib; the salt makes the ids in a picture its own, and the same each time."""
    colours = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    fixed = {"svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 8, "axes.edgecolor": GRID}
    fixed["text.parse_math"] = False  # a dollar sign in a name is a dollar sign
    return {**fixed, **dict.fromkeys(colours, INK), "svg.hashsalt": salt}


def _figure(bars_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH_IN, max(_HEIGHT_IN, bars_in + 1)), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0)
    return figure, axes


def _day(x: date | datetime) -> float:
    return float(date2num(x.astimezone(UTC) if isinstance(x, datetime) else x))  # type: ignore[no-untyped-call]


def _time_axis(axes: Axes) -> None:
    locator = AutoDateLocator(tz=UTC, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]
    axes.set_xlabel("UTC")
    first, last = axes.dataLim.intervalx
    room = (last - first) * 0.02 or 1.0
    axes.set_xlim(first - room, last + room)


def _name_axis(axes: Axes, names: list[str], *, thin: bool) -> None:
    """The names under their places: of a line with many points only some."""
    room = max(len(_label(name)) for name in names) + 3
    step = -(-len(names) * room // _FLAT_MAX) if thin else 1
    axes.set_xticks(range(0, len(names), step), [_label(name) for name in names[::step]])


def _value_axis(axes: Axes, chart: Chart) -> None:
    """A scale from zero; a line that stays far from it may leave it out, bars never."""
    lying = _lying(chart)
    axis = axes.xaxis if lying else axes.yaxis
    are_counts = chart.decimals == 0 and chart.unit != "%"
    axis.set_major_locator(MaxNLocator(4, integer=are_counts))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(round(value, 12))))
    (axes.set_xlabel if lying else axes.set_ylabel)(visible(chart.unit))
    axes.grid(axis="x" if lying else "y", color=GRID, linewidth=0.8)
    if lying:
        axes.margins(x=0.08)
    else:
        axes.margins(y=0.08)
    if chart.form == "line":
        heights = [height(y, chart) for series in chart.series for _, y in series.points]
        if 0 <= min(heights) <= max(heights) / 2 or min(heights) == max(heights) > 0:
            axes.set_ylim(0, max(heights) * 1.08 or 1)


def _svg(figure: Figure, name: str, title: str) -> str:
    """The same picture, the same text; nothing in it says when, or by which version, it was drawn."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    body = text.getvalue()
    start = _OPENING_TAG.search(body)
    assert start is not None
    width, height_pt = figure.get_size_inches() * 72
    inner = re.sub(r"\s*<metadata>.*?</metadata>", "", body[start.end() :], flags=re.DOTALL)
    name, title = escape(name), escape(title)
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    opening = f'<svg {namespaces} viewBox="0 0 {width:g} {height_pt:g}" role="img" aria-labelledby="{name}">'
    return _without_idle_ids(f'{opening}<title id="{name}">{title}</title>{inner}', keep={name}).strip()


def _without_idle_ids(text: str, keep: set[str]) -> str:
    """Drops the ids that nothing refers to: matplotlib gives the same ones to every picture, and a page has several."""
    used = keep | set(_REFERENCE.findall(text))
    return _ID.sub(lambda match: match[0] if match[1] in used else "", text)
