"""Pictures for the report, as SVG to be put into a page. Floats are for drawing only; amounts stand beside in text.

Importing this module loads matplotlib, which is slow: import it where a picture is drawn.
"""

from __future__ import annotations

import io
import re
from datetime import UTC
from html import escape
from itertools import accumulate
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from rwaledger.report.model import InstrumentPart

INK = "#47555f"
LINE = "#1f5f8b"
FILL = "#e3eef5"
GRID = "#e3e7ea"

FEW = 12
"""Up to so many accounts each is a dot of its own."""

_HEIGHT_IN = 2.3
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r"(?:url\(#|href=\"#)([^\")]+)")
_OPENING_TAG = re.compile(r"<svg[^>]*>")
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def supply_svg(part: InstrumentPart, until: int) -> str:
    """Units in issue as steps over the blocks' time, up to the pinned block's time `until`."""
    times = [point.timestamp for point in part.history]
    amounts = [point.units / 10**part.instrument.decimals for point in part.history]
    end = max(until, times[-1] + 1)
    margin = max((end - times[0]) * 0.02, 1)
    xs = [_day(time) for time in (times[0] - margin, *times, end)]
    steps = [0.0, *amounts, amounts[-1]]
    with style.context(_style(f"supply {part.address}"), after_reset=True):
        figure, axes = _figure(6.0)
        axes.fill_between(xs, steps, step="post", color=FILL, linewidth=0)
        axes.step(xs, steps, where="post", color=LINE, linewidth=1.6)
        _time_axis(axes)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        axes.set_ylim(bottom=0, top=max(*amounts, 0) * 1.08 or 1)
        axes.set_xlim(xs[0], _day(end + margin))
        return _svg(figure, f"supply-{part.instrument.instrument_id}", f"Supply of {part.instrument.symbol} over time")


def concentration_svg(part: InstrumentPart) -> str:
    """How much the largest accounts hold together, by their number."""
    total = part.held_units
    shares = [100 * units / total for units in accumulate(holding.units for holding in part.holdings)]
    with style.context(_style(f"concentration {part.address}"), after_reset=True):
        figure, axes = _figure(3.2)
        numbers = range(1, len(shares) + 1)
        marker = "o" if len(shares) <= FEW else ""
        axes.fill_between(numbers, shares, color=FILL, linewidth=0)
        axes.plot(numbers, shares, color=LINE, linewidth=1.6, marker=marker, markersize=3.5, clip_on=False)
        _count_axis(axes, len(shares))
        axes.set_ylim(0, 108)
        axes.set_yticks(range(0, 101, 25))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f} %"))
        title = f"Share of {part.instrument.symbol} held by its largest accounts"
        return _svg(figure, f"concentration-{part.instrument.instrument_id}", title)


def short(value: float) -> str:
    """A number for an axis: `150 m`, `2.5 k`; beyond what has a name, in powers of ten."""
    if abs(value) >= 1e15:
        return f"{value:.1e}".replace("e+", "e")
    for scale, name in _SCALES:
        if abs(value) >= scale:
            return f"{value / scale:g} {name}"
    return f"{value:g}"


def _style(salt: str) -> Any:
    """Settings of matplotlib; the salt makes the ids in a picture its own, and the same each time."""
    colours = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    fixed = {"svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 8, "axes.edgecolor": GRID}
    return {**fixed, **dict.fromkeys(colours, INK), "svg.hashsalt": salt}


def _figure(width_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width_in, _HEIGHT_IN), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    return figure, axes


def _day(timestamp: float) -> float:
    """Time as matplotlib counts it: days since 1970, in UTC."""
    return timestamp / 86_400


def _time_axis(axes: Axes) -> None:
    locator = AutoDateLocator(tz=UTC, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]


def _count_axis(axes: Axes, count: int) -> None:
    """A scale by powers of ten once there are many accounts; the first few hold the most."""
    if count > FEW:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(min(count, 6), integer=True))
    axes.set_xlim(1, max(count, 2))
    axes.set_xlabel("largest accounts")


def _svg(figure: Figure, name: str, title: str) -> str:
    """The picture alone, as wide as its place, with a title that is read aloud; the same picture, the same text."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    body = text.getvalue()
    start = _OPENING_TAG.search(body)
    assert start is not None
    width, height = figure.get_size_inches() * 72
    inner = re.sub(r"\s*<metadata>.*?</metadata>", "", body[start.end() :], flags=re.DOTALL)
    name, title = escape(name), escape(title)
    opening = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}">'
    return _without_idle_ids(f'{opening}<title id="{name}">{title}</title>{inner}', keep={name}).strip()


def _without_idle_ids(svg: str, keep: set[str]) -> str:
    """Drops the ids that nothing refers to: matplotlib gives the same ones to every picture, and a page has several."""
    used = keep | set(_REFERENCE.findall(svg))
    return _ID.sub(lambda match: match[0] if match[1] in used else "", svg)
