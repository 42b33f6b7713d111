"""One root finding a cause: what follows from another finding says so.

A finding follows from a root if it is gone once the root's cause is put right. So kinds of roots are put right one
after another, in the order of their authority (code, orders, entries, balances), in memory, and the checks run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c20_links import roots_of_closings, roots_of_rows
from rwaledger.verifier.checks.kinds import KINDS, place_in
from rwaledger.verifier.replay import Place, accounts_in
from rwaledger.verifier.values import Finding

Rerun = Callable[[Case], Iterable[Finding]]


def link(case: Case, findings: Iterable[Finding], rerun: Rerun) -> dict[str, str]:
    """The root of each finding that is only a consequence, both by break_id."""
    everything = list(findings)
    pending = {each.break_id: each for each in everything}
    follows = {each.break_id: each.follows_from for each in pending.values() if each.follows_from}
    for kind in KINDS:
        treated = [each for each in pending.values() if kind.treats(each)]
        roots = [each for each in treated if not each.follows_from]
        if not roots:
            continue
        case = kind.put_right(case, treated)
        settled = {root.break_id for root in roots}
        left = {each.break_id for each in rerun(case)} | settled
        for id_ in [id_ for id_ in pending if id_ not in left]:
            follows[id_] = _nearest(case, pending.pop(id_), roots).break_id
        for id_ in settled:
            del pending[id_]
    left_over = [each for each in everything if each.break_id not in follows]
    signed = [each for each in left_over if each.check == "C20"]
    follows |= dict(roots_of_rows(signed, [each for each in left_over if each.check != "C20"]))
    signed = [each for each in everything if each.check == "C20"]
    closings = (each for each in left_over if each.check == "C03")
    follows |= dict(roots_of_closings(signed, closings))
    return {id_: _last(root, follows) for id_, root in follows.items()}


def _nearest(case: Case, found: Finding, roots: Sequence[Finding]) -> Finding:
    """The root of the instrument with the same place, else account, else one that touches the account, else any."""
    place = _place(found)

    def far(root: Finding) -> tuple[bool, ...]:
        elsewhere, apart = root.instrument_id != found.instrument_id, place is None or _place(root) != place
        return elsewhere, apart, root.account != found.account, found.account not in _touched(case, root)

    return min(roots, key=far)


def _place(found: Finding) -> Place | None:
    return place_in(found.cause.partition(" ")[0])


def _touched(case: Case, root: Finding) -> set[str]:
    """The accounts of the event that a root names, on the chain and in the register."""
    ledger, place = case.ledger_of.get(root.instrument_id), place_in(root.cause)
    if ledger is None or place is None:
        return {root.account}
    event = ledger.event_at.get(place)
    return {leg.account for leg in ledger.groups.get(place, ())}.union(accounts_in(event) if event else ())


def _last(root: str, follows: dict[str, str]) -> str:
    while root in follows:
        root = follows[root]
    return root
