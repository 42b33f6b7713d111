"""One root finding for each cause: what follows from it says so.

A break follows from a root if it is gone once the root's cause is put right. So the kinds of roots are put right one
after another, in memory, and the checks run again each time; a break that stays, or stays with other values, has a
cause of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rwaledger.audit.checks import c03_roll_forward, c20_signed_periods
from rwaledger.audit.cures import KINDS, place_of_cause
from rwaledger.audit.period_links import roots_of_closings, roots_of_rows
from rwaledger.audit.records import Records
from rwaledger.audit.replay import accounts_of
from rwaledger.domain.reconciliation import Break, CheckResult

RunChecks = Callable[[Records], Sequence[CheckResult]]


def link(records: Records, results: Sequence[CheckResult], run: RunChecks) -> tuple[CheckResult, ...]:
    """The results with `follows_from` set in every break that is only a consequence of another one."""
    pending = {found.break_id: found for result in results for found in result.breaks}
    follows = {found.break_id: found.follows_from for found in pending.values() if found.follows_from}
    for kind in KINDS:
        treated = [found for found in pending.values() if kind.treats(found)]
        roots = [found for found in treated if not found.follows_from]
        if not roots:
            continue
        records = kind.put_right(records, treated)
        remaining = {found.break_id for result in run(records) for found in result.breaks}
        settled = {root.break_id for root in roots}
        for break_id in [i for i in pending if i not in remaining and i not in settled]:
            follows[break_id] = _root_of(records, pending.pop(break_id), roots).break_id
        for break_id in settled:
            del pending[break_id]
    follows |= _behind_signed_rows(results, follows)
    follows |= _behind_signed_closings(results, follows)
    return tuple(_with_roots(result, follows) for result in results)


def _behind_signed_rows(results: Sequence[CheckResult], follows: dict[str, str]) -> dict[str, str]:
    """What another check finds of a row stands behind its being another one than was signed."""
    found = [each for result in results for each in result.breaks if each.break_id not in follows]
    signed = [each for each in found if each.check == c20_signed_periods.ID]
    return dict(roots_of_rows(signed, [each for each in found if each.check != c20_signed_periods.ID]))


def _behind_signed_closings(results: Sequence[CheckResult], follows: dict[str, str]) -> dict[str, str]:
    """That a closing does not roll forward follows from its being another one than was signed."""
    found = [each for result in results for each in result.breaks]
    signed = [each for each in found if each.check == c20_signed_periods.ID]
    closings = [each for each in found if each.check == c03_roll_forward.ID and each.break_id not in follows]
    return dict(roots_of_closings(signed, closings))


def _root_of(records: Records, found: Break, roots: Sequence[Break]) -> Break:
    """The root that explains a break best: of the same event, account, or event's account, else the first there is."""
    near = [root for root in roots if root.instrument_id == found.instrument_id] or list(roots)
    same_event = [root for root in near if _place(root) and _place(root) == _place(found)]
    same_account = [root for root in near if root.account == found.account]
    touching = [root for root in near if found.account in _touched(records, root)]
    return [*same_event, *same_account, *touching, *near][0]


def _place(found: Break) -> object:
    return place_of_cause(found.cause.partition(" ")[0])


def _touched(records: Records, root: Break) -> set[str]:
    """The accounts of the event that a root names, on the chain and in the register."""
    place = place_of_cause(root.cause)
    each = next((i for i in records.instruments if i.instrument.instrument_id == root.instrument_id), None)
    if place is None or each is None:
        return {root.account}
    event = each.account_events.get(place)
    posted = {posting.account for posting in each.groups.get(place, ())}
    return posted | set(accounts_of(event) if event else ())


def _with_roots(result: CheckResult, follows: dict[str, str]) -> CheckResult:
    breaks = (replace(found, follows_from=_last(found.break_id, follows)) for found in result.breaks)
    return replace(result, breaks=tuple(breaks))


def _last(break_id: str, follows: dict[str, str]) -> str:
    """The root at the end of a row of consequences; empty for a root itself."""
    root = follows.get(break_id, "")
    while root in follows:
        root = follows[root]
    return root
