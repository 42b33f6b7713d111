"""The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from rwaledger.report import text
from rwaledger.report.model import InstrumentPart, Report

LARGEST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of an instrument as SVG; empty where there is nothing to draw."""

    supply: str
    concentration: str


def render(report: Report) -> str:
    """The page; the same report gives the same text. Whatever comes from the register is escaped."""
    pictures = {part.instrument.instrument_id: _pictures(part, report.pin.timestamp) for part in report.instruments}
    return _template().render(report=report, pictures=pictures, largest=LARGEST_SHOWN, text=text)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("rwaledger.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _pictures(part: InstrumentPart, until: int) -> Pictures:
    from rwaledger.report.charts import concentration_svg, supply_svg  # noqa: PLC0415 - matplotlib is slow to load

    return Pictures(
        supply_svg(part, until) if part.history else "",
        concentration_svg(part) if part.held_units > 0 else "",
    )
