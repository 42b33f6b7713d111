"""C07: a stablecoin's reserve is enough at each count and at the pinned block, and each line of it counts.

Source: Stablecoins Ordinance (Cap. 656) and the HKMA's Guideline on Supervision of Licensed Stablecoin Issuers. Frozen
units are outstanding as well; what is short without them is short with them. A shortfall that is there only without
lines that do not count follows from those.
"""

from __future__ import annotations

from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c07_attestations import Miscounted, compare_attestations
from rwaledger.verifier.checks.c07_backing import Count, counts_of, ineligible, worth
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.moves import Outstanding, outstanding_at

ID, TITLE = "C07", "Reserves cover what is outstanding"
RESERVE = f"{REGISTER}: reserve"


def run(case: Case) -> Findings:
    """Each count of each stablecoin, then its attestations."""
    found = Findings(ID, TITLE, case)
    found.count(stablecoins=0, counts=0, lines=0, attestations=0)
    for ledger in case.ledgers:
        if ledger.row.kind == "stablecoin":
            found.count(stablecoins=1)
            _judge_counts(found, ledger, compare_attestations(found, ledger))
        else:
            _require_no_reserve(found, ledger)
    return found


def _judge_counts(found: Findings, ledger: Ledger, miscounted: Miscounted) -> None:
    now = found.case.pin.block_time
    counts = [each for each in counts_of(found.case, ledger.instrument_id) if each.as_of <= now]
    *then, at_pin = outstanding_at(ledger, [*(each.as_of for each in counts), now])
    if not counts and at_pin.units:
        units = ledger.amount(at_pin.units)
        summary = f"{units} {ledger.row.symbol} are outstanding, and the register has no count of what backs them"
        found.add("COVERAGE", ledger.instrument_id, "", summary, (EVENTS, units), (RESERVE, "none"), "no count")
    for count, outstanding in zip(counts, then, strict=True):
        wrong = _judge_lines(found, ledger, count)
        lost = sum(worth(line) for line, _ in wrong)
        roots = [(count.total, id_) for _, id_ in wrong] + [
            each for as_of, each in miscounted.items() if as_of == count.as_of
        ]
        is_short = _judge_coverage(found, ledger, count, outstanding, lost, roots)
        if count is counts[-1] and not is_short:
            _judge_coverage(found, ledger, count, at_pin, lost, roots)


def _judge_lines(found: Findings, ledger: Ledger, count: Count) -> list[tuple[Any, str]]:
    """The lines that do not count, each with the break_id of its finding."""
    found.count(counts=1, lines=len(count.lines))
    wrong = []
    for line, rule, instead in ineligible(count, found.case.calendar):
        summary = f"line {line.line} of the reserve as of {count.as_of} is not eligible: {line.description}"
        values = ("policy", rule), (RESERVE, instead)
        cause = f"reserve as of {count.as_of} line {line.line}"
        finding = found.add("VALUATION", ledger.instrument_id, "", summary, *values, cause)
        wrong.append((line, finding.break_id))
    return wrong


def _judge_coverage(
    found: Findings, ledger: Ledger, count: Count, outstanding: Outstanding, lost: int, roots: list[tuple[int, str]]
) -> bool:
    """Whether it is short; judged on the amounts themselves.

    `lost` are units of lines that do not count, `roots` what the reserve would be but for each finding on it.
    """
    counted = count.total - lost
    if counted >= outstanding.units:
        return False
    short = ledger.amount(outstanding.units - counted)
    unfrozen = ledger.amount(outstanding.units - outstanding.frozen)
    summary = (
        f"the reserve as of {count.as_of} is {ledger.amount(counted)}, short of {short} {ledger.row.symbol}; "
        f"{unfrozen} are outstanding without what is frozen"
    )
    values = (EVENTS, ledger.amount(outstanding.units)), (RESERVE, ledger.amount(counted))
    follows = next((id_ for units, id_ in roots if units >= outstanding.units), "")
    found.add("VALUATION", ledger.instrument_id, "", summary, *values, f"reserve as of {count.as_of}", follows)
    return True


def _require_no_reserve(found: Findings, ledger: Ledger) -> None:
    """An instrument that has a reserve is a stablecoin, or nobody would look at it."""
    name = ledger.instrument_id
    signed = [row for row in found.case.pack.table("attestations") if row.instrument_id == name]
    kept = len(counts_of(found.case, name)) + len(signed)
    if kept:
        summary = f"the register keeps a reserve of {name} and calls it a {ledger.row.kind}: it was not judged"
        values = (RESERVE, f"{kept} counts and attestations"), (REGISTER, ledger.row.kind)
        found.add("COVERAGE", name, "", summary, *values, "kind")
