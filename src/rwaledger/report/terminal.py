"""The report for a terminal: result, checks, findings with both values, and the largest holdings."""

from __future__ import annotations

import io
import shutil

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rwaledger.domain.reconciliation import CheckResult, Outcome
from rwaledger.report.model import Finding, InstrumentPart, Report
from rwaledger.report.text import coverage, following, grouped, grouped_text, utc_words, whom

WIDTH_MAX = 100
HOLDINGS_SHOWN = 10
ADDRESS_WIDTH = 42
REST_WIDTH = 32  # the share, the gaps between four columns, and room for some of a name

_COLOURS = {Outcome.PASS: "bold green", Outcome.FAIL: "bold red", Outcome.EXEMPT: "bold yellow"}


def render(report: Report, *, colour: bool = True, width: int | None = None) -> str:
    """The report as text, by default as wide as the terminal and at most 100 columns, with ANSI colours."""
    columns = width or min(WIDTH_MAX, shutil.get_terminal_size((WIDTH_MAX, 24)).columns)
    text = io.StringIO()
    console = Console(
        file=text,
        width=columns,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    console.print(_page(report, columns))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _page(report: Report, columns: int) -> RenderableType:
    parts: list[RenderableType] = [_heading(report), _facts(report), Text(), _checks(report), *_notes(report)]
    if report.findings:
        parts += [Text(), Text("Findings", style="bold")]
        parts += [_finding(number, found) for number, found in enumerate(report.findings, 1)]
    for part in report.instruments:
        parts += [Text(), _holdings(part, columns)]
    parts += [Text(), Text(report.notice, style="dim")]
    return Group(*parts)


def _heading(report: Report) -> RenderableType:
    verdict = Text(report.verdict, style=_COLOURS[Outcome.PASS if report.passed else Outcome.FAIL])
    return Group(Text(report.title, style="bold"), verdict, Text())


def _facts(report: Report) -> RenderableType:
    facts = {
        "chain id": str(report.pin.chain_id),
        "block": f"{report.pin.block_number:,}, {utc_words(report.pin.timestamp)}",
        "block hash": report.pin.block_hash,
        "register": f"SHA-256 {report.register_digest}",
        "software": report.generated_by,
    }
    return _pairs(facts, label_style="dim")


def _pairs(pairs: dict[str, str], label_style: str = "") -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=label_style, no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in pairs.items():
        grid.add_row(label, value)
    return grid


def _checks(report: Report) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("check", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("what has to hold")
    table.add_column("covered")
    for result in report.results:
        table.add_row(result.check, _outcome(result), result.title, coverage(result.coverage))
    return table


def _outcome(result: CheckResult) -> Text:
    return Text(result.outcome.value, style=_COLOURS.get(result.outcome, "bold"))


def _notes(report: Report) -> list[RenderableType]:
    return [Text(f"{result.check}: {result.note}", style="dim") for result in report.results if result.note]


def _finding(number: int, found: Finding) -> RenderableType:
    headline = Text.assemble((f"{number}. ", "bold"), (f"{found.check} {found.break_class}", "bold red"))
    headline.append(f"  {found.instrument_id}", style="bold")
    body: list[RenderableType] = [
        Text(found.summary),
        Text(whom(found)),
        _pairs({value.record: grouped_text(value.value) for value in (found.left, found.right)}),
        Text(f"break {found.break_id}", style="dim"),
    ]
    if found.consequences:
        body.append(Text(following(found), style="dim"))
        body += _consequences(found)
    return Group(Text(), headline, Padding(Group(*(part for part in body if str(part))), (0, 0, 0, 3)))


def _consequences(root: Finding) -> list[RenderableType]:
    """Every one of them with both values, under a line that those of a kind share."""
    lines: list[RenderableType] = []
    kind = ""
    for found in root.consequences:
        line = "  ".join(part for part in (found.check, found.instrument_id, found.summary, whom(found)) if part)
        if line != kind:
            lines.append(Padding(Text(line), (0, 0, 0, 2)))
            kind = line
        left, right = (f"{value.record} {grouped_text(value.value)}" for value in (found.left, found.right))
        lines.append(Padding(Text(f"{left} ≠ {right}", style="dim"), (0, 0, 0, 4)))
    return lines


def _holdings(part: InstrumentPart, columns: int) -> RenderableType:
    instrument = part.instrument
    heading = Text.assemble(
        (instrument.instrument_id, "bold"),
        f"  {instrument.name}  ",
        (f"{instrument.kind.value} at {part.address}", "dim"),
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_footer=True)
    table.add_column("holder", Text("total", style="bold"), overflow="fold", ratio=1)
    # On a narrow terminal names are folded, then addresses, figures never: no holding is longer than the total.
    total = grouped(part, part.held_units)
    whole_address = columns >= ADDRESS_WIDTH + len(total) + REST_WIDTH
    table.add_column("account", f"{len(part.holdings):,} accounts", overflow="fold", no_wrap=whole_address)
    table.add_column("amount", Text(total, style="bold"), justify="right", no_wrap=True, min_width=len(total))
    table.add_column("share %", justify="right", no_wrap=True, min_width=len("100.0000"))
    for holding in part.holdings[:HOLDINGS_SHOWN]:
        table.add_row(holding.holder, holding.account, grouped(part, holding.units), holding.share_percent)
    more = len(part.holdings) - HOLDINGS_SHOWN
    if more > 0:
        units, percent = grouped(part, part.rest_units(HOLDINGS_SHOWN)), part.rest_percent(HOLDINGS_SHOWN)
        table.add_row(f"{more:,} more", "", units, percent, style="dim")
    return Group(heading, table)
