"""L1: the checks once more from the pack alone, held against what the operator's reconciliation found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rwaledger.verifier.checks import run_all
from rwaledger.verifier.level import Level
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import CheckResult, Finding

PLACE = "reconciliation.json"
TIMING = "TIMING"
_BLOCK = re.compile(r"block (\d+)|(\d+)/\d+")

Root = tuple[str, str, str, str]
"""Check, class, instrument and account of a root finding."""


def check(pack: Pack, heads: Mapping[str, str]) -> tuple[Level, list[CheckResult]]:
    """The level, and what was found; `heads` are those that the caller has kept, by instrument.

    Raises:
        Refuted: the register is not in the shape that it must be in.
    """
    level = Level("L1")
    found, told = run_all(pack, heads), {each.check: each for each in pack.reconciliation}
    for each in found:
        other = told.pop(each.check, None)
        if other is None:
            level.fault(PLACE, f"{each.check} was not run by the operator; here it is {each.outcome}")
        else:
            _compare(each, other, level, pack.manifest.pin.block_number)
    for other in told.values():
        level.unproved.append(f"{other.check} ({other.outcome}): this verifier does not do this check again.")
    level.trusted.append(
        "What the register states from outside the chain: identities, bank balances, prices, dates of requests."
    )
    return level, found


def _compare(found: CheckResult, told: CheckResult, level: Level, pin: int) -> None:
    """Outcome and root findings have to be the same, but for what has to do with blocks behind the pinned one."""
    unseen = [each for each in told.findings if not each.follows_from and _is_beyond(each, pin)]
    roots, others = _roots(found.findings, []), _roots(told.findings, unseen)
    for root in (others - roots).elements():
        level.fault(PLACE, f"{_words(root)}: the operator found it, here it is not found")
    for root in (roots - others).elements():
        level.fault(PLACE, f"{_words(root)}: found here, and not by the operator")
    if told.outcome != found.outcome and not (unseen and not others and not roots):
        level.fault(PLACE, f"{found.check}: the operator has {told.outcome}, here it is {found.outcome}")
    if unseen:
        what = ", ".join(sorted({each.break_class for each in unseen}))
        level.unproved.append(f"{found.check}: what is {what} behind the pinned block, of which the pack has nothing.")
    covered = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.coverage.items()) or "nothing"
    level.prove(None, f"{found.check} {found.outcome}, {found.title}: {covered}")


def _is_beyond(finding: Finding, pin: int) -> bool:
    """Whether it is about a block behind the pinned one: a movement not read yet, or a chain that parted there."""
    at = _BLOCK.match(finding.cause)
    return finding.break_class == TIMING or (at is not None and int(at[1] or at[2]) > pin)


def _roots(findings: Iterable[Finding], unseen: Sequence[Finding]) -> Counter[Root]:
    return Counter(
        (each.check, each.break_class, each.instrument_id, each.account)
        for each in findings
        if not each.follows_from and each not in unseen
    )


def _words(root: Root) -> str:
    return ", ".join(part for part in root if part)


def breaks(results: Iterable[CheckResult]) -> list[Finding]:
    """The root findings that let a reconciliation fail, as they are found here: nobody's word exempts them."""
    failed = (each for each in results if each.outcome == "FAIL")
    return [finding for each in failed for finding in each.findings if not finding.follows_from]
