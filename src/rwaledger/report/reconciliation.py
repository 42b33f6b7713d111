"""A reconciliation as a document: exemptions first, then checks, root findings with what follows, and holdings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rwaledger.domain.exemption import Exemption
from rwaledger.domain.reconciliation import CheckResult
from rwaledger.report.document import Cell, Column, Document, Kind, Table
from rwaledger.report.holdings import charts, holdings, instruments, moment, supply
from rwaledger.report.incremental import INCREMENTAL_NOTICE, INCREMENTAL_TITLE, incremental_facts
from rwaledger.report.parts import Finding, Report

TITLE = "Reconciliation report"
NOTICE = (
    "The block hash above is what this report stands on. A chain that one party runs by itself, such as a local "
    "node, proves nothing against whoever runs the node."
)


def document(report: Report) -> Document:
    """The report, with every row of what was found and of what is held."""
    parts, of_part = report.instruments, report.incremental
    return Document(
        kind="reconciliation",
        title=INCREMENTAL_TITLE if of_part else TITLE,
        facts=(*_facts(report), *(incremental_facts(of_part) if of_part else ())),
        tables=(
            *_exemptions(report.exemptions),
            _checks(report.results),
            *_findings(report),
            *(() if of_part else (instruments(parts),)),
            *(table for part in parts for table in (holdings(part), supply(part))),
        ),
        charts=tuple(chart for part in parts for chart in charts(part, report.pin.timestamp)),
        notes=(NOTICE, INCREMENTAL_NOTICE) if of_part else (NOTICE,),
        verdict=report.verdict,
    )


def coverage(covered: Mapping[str, int], out_of: Mapping[str, int] | None = None) -> str:
    """What a check covered, such as `3 instruments, 18 totals`; names are plurals, and singular for one.

    With `out_of`, how many there are of some of it: `412 of 10,001 accounts`.
    """
    known = out_of or {}
    numbers = {name: f"{n:,} of {known[name]:,}" if name in known else f"{n:,}" for name, n in covered.items()}
    return ", ".join(f"{text} {_named(name, known.get(name, covered[name]))}" for name, text in numbers.items())


def _named(name: str, number: int) -> str:
    words = name.replace("_", " ")
    return words.removesuffix("s") if number == 1 else words


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    pin = report.pin
    return (
        ("chain", str(pin.chain_id)),
        ("block", str(pin.block_number)),
        ("block hash", pin.block_hash),
        ("block time", f"{moment(pin.timestamp):%Y-%m-%d %H:%M:%S} UTC"),
        ("software", report.generated_by),
        *((("register digest", report.register_digest),) if report.register_digest else ()),
    )


def _exemptions(exemptions: Sequence[Exemption]) -> Iterator[Table]:
    if exemptions:
        yield Table(
            "exemptions",
            "Exempt, by two signatures",
            (
                Column("scope", "Scope", Kind.TEXT),
                Column("reason", "Reason", Kind.TEXT),
                Column("valid_from", "From", Kind.DATE),
                Column("expires_on", "Until", Kind.DATE),
                Column("first_signer", "Signed by", Kind.ACCOUNT),
                Column("second_signer", "Countersigned by", Kind.ACCOUNT),
                Column("evidence_hash", "Evidence", Kind.HASH),
            ),
            tuple(
                (e.scope, e.reason, e.valid_from, e.expires_on, e.first_signer, e.second_signer, e.evidence_hash)
                for e in exemptions
            ),
            "What these cover is found and listed, and fails nothing until the day on which they expire.",
        )


def _checks(results: Sequence[CheckResult]) -> Table:
    columns = (
        Column("check", "Check", Kind.TEXT),
        Column("result", "Result", Kind.TEXT),
        Column("title", "What has to hold", Kind.TEXT),
        Column("covered", "Covered", Kind.TEXT),
        *((Column("note", "Note", Kind.TEXT),) if any(each.note for each in results) else ()),
    )
    rows = ((e.check, e.outcome.value, e.title, coverage(e.coverage, e.out_of), e.note) for e in results)
    return Table("checks", "Checks", columns, tuple(row[: len(columns)] for row in rows))


def _findings(report: Report) -> Iterator[Table]:
    if report.findings:
        note = "One for each cause. What follows from it stands beneath it, and goes when it is put right."
        yield _finding_table("findings", "Findings", report.findings, note)
    if report.let_pass:
        note = "Found, and failing nothing: exempt, or signed off as facts. The notes of the checks say by whom."
        yield _finding_table("let-pass", "Let pass", report.let_pass, note)
    if report.timing:
        note = (
            "Each names what came after the block. They fail nothing, and have to be gone in the next reconciliation."
        )
        yield _finding_table("timing", "Differences of timing", report.timing, note)


def _finding_table(name: str, title: str, roots: Sequence[Finding], note: str) -> Table:
    columns = (
        Column("number", "No.", Kind.TEXT),
        Column("check", "Check", Kind.TEXT),
        Column("class", "Class", Kind.TEXT),
        Column("instrument", "Instrument", Kind.TEXT),
        Column("break_id", "Break", Kind.TEXT),
        Column("summary", "Finding", Kind.TEXT),
        Column("holder_id", "Holder id", Kind.TEXT),
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("left_record", "One record", Kind.TEXT),
        Column("left_value", "says", Kind.FIGURE),
        Column("right_record", "Another", Kind.TEXT),
        Column("right_value", "says", Kind.FIGURE),
        Column("cause", "Cause", Kind.TEXT),
        Column("follows_from", "Follows from", Kind.TEXT),
    )
    rows: list[tuple[Cell, ...]] = []
    for number, root in enumerate(roots, 1):
        rows.append(_finding_row(str(number), root))
        rows += [_finding_row(f"{number}.{i}", each) for i, each in enumerate(root.consequences, 1)]
    return Table(name, title, columns, tuple(rows), note)


def _finding_row(number: str, found: Finding) -> tuple[Cell, ...]:
    return (
        number,
        found.check,
        found.break_class,
        found.instrument_id,
        found.break_id,
        found.summary,
        found.holder_id,
        found.holder,
        found.account,
        found.left.record,
        found.left.value,
        found.right.record,
        found.right.value,
        found.cause,
        found.follows_from,
    )
