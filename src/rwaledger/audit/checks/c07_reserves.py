"""C07: at each count and at the pinned block, a stablecoin's reserve is enough for it, and each line of it counts.

Source: Stablecoins Ordinance (Cap. 656) and the HKMA's Guideline on Supervision of Licensed Stablecoin Issuers: the
market value of the reserve is at least the par value of what is outstanding, at all times, in assets of high quality
and the same currency. Frozen units are outstanding as well; some audit criteria leave them out, so that both counts are
made. Kinds of assets, tenors and currencies are figures of the policy in force on the local day of the count.

A count is judged against what was outstanding at its own time, and the last one at the pinned block as well. One
finding tells of a count that is too low; what is short by the narrower definition is short by the wider one too. A line
that is not eligible is a finding, and a shortfall that is there only without such lines follows from it. An attestation
is the sum of the count that it attests, in the register as on the chain. That one has lapsed stops issuing, which the
contract sees to, and is noted only.
"""

from __future__ import annotations

from rwaledger.audit.attestations import compare_attestations
from rwaledger.audit.backing import Ineligible, Outstanding, ineligible_lines, outstanding_at
from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount, moment_words, named_amount
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.domain.instrument import InstrumentKind
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Value
from rwaledger.domain.reserve import Coverage, Definition, ReserveStatement

ID = "C07"
TITLE = "Reserves cover what is outstanding"
PURPOSE = (
    "The reserve of every stablecoin is at least what is outstanding, with and without frozen units, at each count and "
    "at this block; every line is eligible in kind, currency and tenor; what was attested on the chain is in the "
    "register, and is the sum of the count that it attests."
)

RESERVE = f"{REGISTER}: reserve"
_Miscounted = dict[int, tuple[int, str]]


def run(records: Records) -> CheckResult:
    """Judges each count of each stablecoin, then its attestations."""
    findings = Findings(ID, TITLE, records)
    findings.count(stablecoins=0, counts=0, lines=0, attestations=0)
    for each in records.instruments:
        if each.instrument.kind is InstrumentKind.STABLECOIN:
            findings.count(stablecoins=1)
            _judge_counts(findings, each, compare_attestations(findings, each))
        else:
            _require_no_reserve(findings, each)
    return findings.result()


def statements_of(records: Records, each: InstrumentRecords) -> list[ReserveStatement]:
    """The counts of an instrument's reserve up to the pinned block's time, oldest first."""
    name = each.instrument.instrument_id
    known = (found for found in records.office.register.statements if found.instrument_id == name)
    return [found for found in known if found.as_of <= records.pin.timestamp]


def _judge_counts(findings: Findings, each: InstrumentRecords, miscounted: _Miscounted) -> None:
    records = findings.records
    statements = statements_of(records, each)
    *then, now = outstanding_at(records, each, [*(found.as_of for found in statements), records.pin.timestamp])
    if not statements:
        _require_nothing_outstanding(findings, each, now)
        return
    for statement, outstanding in zip(statements, then, strict=True):
        is_new, is_last = statement.as_of > each.opening.time, statement is statements[-1]
        if not is_new and not is_last:
            continue
        ineligible = _judge_lines(findings, each, statement)
        roots = [(statement.total_units, found.break_id) for _, found in ineligible]
        roots += [miscounted[statement.as_of]] if statement.as_of in miscounted else []
        lost = sum(found.line.value_units for found, _ in ineligible)
        is_short = is_new and _judge_coverage(findings, each, statement, outstanding, (lost, roots))
        if is_last and not is_short:
            _judge_coverage(findings, each, statement, now, (lost, roots))


def _require_nothing_outstanding(findings: Findings, each: InstrumentRecords, now: Outstanding) -> None:
    if now.units:
        findings.add(
            BreakClass.COVERAGE,
            each.instrument.instrument_id,
            "",
            f"{named_amount(each, now.units)} are outstanding, and the register has no count of what backs them",
            (Value(EVENTS, amount(each, now.units)), Value(RESERVE, "none")),
            cause="no count",
        )


def _judge_lines(
    findings: Findings, each: InstrumentRecords, statement: ReserveStatement
) -> list[tuple[Ineligible, Break]]:
    """A finding for each line that does not count."""
    findings.count(counts=1, lines=len(statement.lines))
    return [
        (
            found,
            findings.add(
                BreakClass.VALUATION,
                each.instrument.instrument_id,
                "",
                f"line {found.line.line} of the reserve as of {_when(statement)} is not eligible: "
                f"{named_amount(each, found.line.value_units)} of {found.line.kind}, {found.line.description}",
                (Value("policy", found.rule), Value(RESERVE, found.found)),
                cause=f"{_cause(statement)} line {found.line.line}",
            ),
        )
        for found in ineligible_lines(statement, findings.records.policy)
    ]


def _judge_coverage(
    findings: Findings,
    each: InstrumentRecords,
    statement: ReserveStatement,
    outstanding: Outstanding,
    wrong: tuple[int, list[tuple[int, str]]],
) -> bool:
    """Whether the count is too low; by all that is outstanding, since that is more than without what is frozen.

    `wrong` are the units that do not count, and what the reserve would be but for each break that was found of it.
    """
    lost, roots = wrong
    counted = statement.total_units - lost
    coverage = Coverage(Definition.ALL, counted, outstanding.units)
    unfrozen = Coverage(Definition.WITHOUT_FROZEN, counted, outstanding.units - outstanding.frozen_units)
    if coverage.is_covered:
        return False
    explained = (break_id for units, break_id in roots if units >= outstanding.units)
    findings.add(
        BreakClass.VALUATION,
        each.instrument.instrument_id,
        "",
        f"the reserve as of {_when(statement)} is {named_amount(each, counted)}, {coverage.percent} % of what is "
        f"outstanding and short of {named_amount(each, -coverage.excess_units)}; without frozen units it is "
        f"{unfrozen.percent or '100.00'} %",
        (Value(EVENTS, amount(each, outstanding.units)), Value(RESERVE, amount(each, counted))),
        cause=_cause(statement),
        follows_from=next(explained, ""),
    )
    return True


def _require_no_reserve(findings: Findings, each: InstrumentRecords) -> None:
    """An instrument that has a reserve is a stablecoin, or nobody would look at it."""
    office, name = findings.records.office.register, each.instrument.instrument_id
    kept = sum(found.instrument_id == name for found in office.statements)
    kept += sum(found.instrument_id == name for found in office.attestations)
    if kept:
        findings.add(
            BreakClass.COVERAGE,
            name,
            "",
            f"the register keeps a reserve of {name} and calls it a {each.instrument.kind}, so that it was not judged",
            (Value(RESERVE, f"{kept} counts and attestations"), Value(REGISTER, str(each.instrument.kind))),
            cause="kind",
        )


def _cause(statement: ReserveStatement) -> str:
    return f"reserve as of {statement.as_of}"


def _when(statement: ReserveStatement) -> str:
    return moment_words(statement.as_of)
