"""L1: the checks once more from the pack alone, held against what the operator's reconciliation found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from rwaledger.verifier import digest, release
from rwaledger.verifier.checks import run_all
from rwaledger.verifier.level import Level, Progress, silent
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.periods import Period, unattested
from rwaledger.verifier.values import CheckResult, Finding, Policy

PLACE = "reconciliation.json"
TIMING = "TIMING"
_BLOCK = re.compile(r"block (\d+)|(\d+)/\d+")
_EXPECTED = "expected head"
_OWN_COUNTS = frozenset({"expected_heads", "movements_beyond"})
"""Counts that need not be the same: heads that a reader has kept, and what lies behind the pinned block."""


def check(pack: Pack, heads: Mapping[str, str], progress: Progress = silent) -> tuple[Level, list[CheckResult]]:
    """The level, and what was found; `heads` are those that the caller has kept, by instrument.

    Raises:
        Refuted: the register is not in the shape that it must be in.
    """
    level = Level("L1")
    found, told = run_all(pack, heads, progress), {each.check: each for each in pack.reconciliation}
    for each in found:
        other = told.pop(each.check, None)
        if other is None:
            level.fault(PLACE, f"{each.check} was not run by the operator; here it is {each.outcome}")
        else:
            _compare(each, other, level, pack.manifest.pin.block_number)
    for other in told.values():
        level.unproved.append(f"{other.check} ({other.outcome}): this verifier does not do this check again.")
    _check_digest(pack, level)
    _tell_unproved(pack, level)
    _tell_unattested(pack, level)
    for each in found:
        if each.outcome == "EXEMPT":
            level.trusted.append(f"That who let the findings of {each.check} pass may do so. {each.note}")
    level.trusted.append(
        "What the register states from outside the chain: identities, bank balances, prices, dates of requests."
    )
    level.trusted += [_kinds(pack), _policy(pack.policy)]
    return level, found


def _check_digest(pack: Pack, level: Level) -> None:
    """The manifest names the register by the digest of just these rows."""
    lacking, named = digest.missing(pack), pack.manifest.register_digest
    if lacking:
        level.unproved.append(f"That the register's digest is {named}: {lacking}, so that the pack has not all of it.")
    elif (again := digest.register_digest(pack)) == named:
        level.prove(None, "the register's digest is that of the pack's rows")
    else:
        level.fault("manifest.json, register_digest", f"{named}, the digest of the pack's rows is {again}")


def _tell_unproved(pack: Pack, level: Level) -> None:
    """Instruments of which no contract is in the pack: whatever it has of them, nothing is held against a chain.

    Those on other chains, or deployed behind the pinned block, may be listed; of their units there are no rows.
    """
    here = {each.instrument_id for each in pack.manifest.tokens}
    contracts = {(row.chain_id, row.address) for row in pack.table("contracts")}
    others = {row.instrument_id: row for row in pack.table("instruments") if row.instrument_id not in here}
    for name, row in others.items():
        if row.chain_id == pack.manifest.pin.chain_id and (row.chain_id, row.address) not in contracts:
            level.break_("register/instruments.jsonl", f"{name} is at {row.address}, which is none of the contracts")
    for table in ("positions", "postings", "standings") if others else ():
        counted = Counter(row.instrument_id for row in pack.rows(table) if row.instrument_id in others)
        for name, number in sorted(counted.items()):
            message = f"{number} rows are of {name}, of which there is no contract in the pack: nothing proves them"
            level.break_(f"register/{table}.jsonl", message)


def _tell_unattested(pack: Pack, level: Level) -> None:
    """A head holds no more than its preimage lists, whoever signed it."""
    for row in pack.table("periods"):
        period = Period.of(row)
        lacking = [] if period.problem else unattested(period)
        if lacking:
            level.unproved.append(
                f"That since period {row.sequence} of {row.instrument_id} was signed nobody has changed "
                f"{', '.join(lacking)}: its head leaves them out."
            )


def _policy(policy: Policy) -> str:
    """By what was judged: figures, clock and holidays are the operator's choice, and known only by their release."""
    is_released = release.POLICIES.get(policy.name) == release.policy_digest(policy)
    figures = "which are those of this release" if is_released else "which are NOT those of this release: read them"
    offsets = ", ".join(f"{seconds:+} s from {moment[:10]}" for moment, seconds in policy.utc_offsets) or "UTC"
    clock = "its clock" if release.is_clock(policy) else f"its clock, which is NOT that of this release: {offsets}"
    return f"That policy.json is the law of the place: figures of {policy.name!r}, {figures}; {clock}; {_days(policy)}."


def _days(policy: Policy) -> str:
    days, strange = sorted(policy.holidays), release.strange_holidays(policy)
    between = f"{len(days)} holidays" + (f" from {days[0]} to {days[-1]}" if days else "")
    years = sorted({day[:4] for day in days} - release.HOLIDAYS.get(policy.name, {}).keys())
    unknown = f", of which this release knows none in {', '.join(years)}" if years else ""
    return between + unknown + (f", which are NOT those of this release on {', '.join(strange)}" if strange else "")


def _kinds(pack: Pack) -> str:
    """What an instrument is called decides what is asked of it, and nothing on the chain tells it."""
    kinds = ", ".join(f"{row.instrument_id} a {row.kind}" for row in pack.table("instruments"))
    return f"That each instrument is what the register calls it, by which some checks look at it or do not: {kinds}."


def _compare(found: CheckResult, told: CheckResult, level: Level, pin: int) -> None:
    """Outcome, coverage and every finding have to be the same, but for what no pack can show."""
    here, there = _identities(found.findings), _identities(told.findings)
    unseen = _unseen([each for each in told.findings if not here[_identity(each)]], pin)
    for each, _ in sorted((there - here - _identities(unseen)).items()):
        level.fault(PLACE, f"{_words(each)}: the operator found it, here it is not found")
    for each, _ in sorted((here - there).items()):
        level.fault(PLACE, f"{_words(each)}: found here, and not by the operator")
    _take_unseen(unseen, level)
    failed = any(each.break_class != TIMING for each in unseen)
    if told.outcome != found.outcome and not (failed and told.outcome == "FAIL"):
        level.fault(PLACE, f"{found.check}: the operator has {told.outcome}, here it is {found.outcome}")
    for name, here_count, there_count in _differing(found.coverage, told.coverage):
        level.fault(PLACE, f"{found.check} coverage, {name}: the operator has {there_count}, here it is {here_count}")
    covered = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.coverage.items()) or "nothing"
    level.prove(None, f"{found.check} {found.outcome}, {found.title}: {covered}")


Identity = tuple[str, str, str, str, str, str, str, bool]
"""Check, class, instrument, account, holder, cause, break_id, and whether it follows from another."""


def _identity(each: Finding) -> Identity:
    """All of a finding but its words, and which of several it follows from: these are whoever's that wrote them."""
    of = each.check, each.break_class, each.instrument_id, each.account, each.holder_id
    return *of, each.cause, each.break_id, bool(each.follows_from)


def _identities(findings: Iterable[Finding]) -> Counter[Identity]:
    return Counter(map(_identity, findings))


def _unseen(missing: list[Finding], pin: int) -> list[Finding]:
    """What the operator found and no pack can show, with what follows from it."""
    roots = [each for each in missing if each.cause == _EXPECTED or _is_beyond(each, pin)]
    ids = {each.break_id for each in roots}
    return [each for each in missing if each in roots or each.follows_from in ids]


def _is_beyond(finding: Finding, pin: int) -> bool:
    """Whether it is about a block behind the pinned one: a movement not read yet, or a chain that parted there."""
    at = _BLOCK.match(finding.cause)
    return finding.break_class == TIMING or (at is not None and int(at[1] or at[2]) > pin)


def _take_unseen(unseen: Iterable[Finding], level: Level) -> None:
    """What the operator says of itself is a break; whether it is so, the pack cannot show."""
    for each in unseen:
        words = f"{_words(_identity(each))}: the operator found it, and "
        why = "you gave no such head" if each.cause == _EXPECTED else "what lies behind the pinned block is in no pack"
        if each.break_class == TIMING:
            level.unproved.append(f"{words}{why}.")
        elif not each.follows_from:
            level.break_(PLACE, f"{words}{why}, so that it was not looked at again: {each.summary}")


def _differing(found: Mapping[str, int], told: Mapping[str, int]) -> Iterator[tuple[str, int | None, int | None]]:
    """Counts that are not the same."""
    for name in sorted({*found, *told} - _OWN_COUNTS):
        if found.get(name) != told.get(name):
            yield name, found.get(name), told.get(name)


def _words(each: Identity) -> str:
    check, break_class, instrument_id, account, holder_id, cause, _, follows = each
    parts = check, break_class, instrument_id, account, holder_id, cause
    return ", ".join(part for part in parts if part) + (" (follows from another)" if follows else "")


def breaks(results: Iterable[CheckResult]) -> list[Finding]:
    """What lets a reconciliation fail, as it is found here: nobody's word exempts it.

    What follows from another finding is told with that one; but where that one was let pass, nothing else tells of it.
    """
    failing = [finding for each in results if each.outcome == "FAIL" for finding in each.findings]
    roots = {each.break_id for each in failing if not each.follows_from}
    return [each for each in failing if each.follows_from not in roots]
