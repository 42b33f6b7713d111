"""The twenty checks once more, from a pack alone: what L1 holds against the operator's reconciliation.

They share no code with the rest of the package and follow the same definitions, so that outcomes, coverage and root
findings (check, class, instrument, account) are the same. Where they cannot be:

- What lies beyond the pinned block is in no pack: TIMING (C02), a reorganisation that the register has not followed yet
  (C13), and rows of the register beyond that block (C02, C04, C12). What the register says was mined beyond it is taken
  at its word, and the notes say so.
- Rows that the register keeps under another chain, and positions of an instrument that it does not list, are in no pack
  either: here they are missing where the operator finds them edited (C05, C12, C18, C20).
- Of the log of who did what a pack has what C17 and C19 look at, and no more: it does not show whether an event was
  taken out from behind a break's life.
- What an ERC-1271 wallet accepts cannot be asked offline. That the released control book or settlement contract has
  accepted a signature is proved by its event; a trade's signature that only the register has is not (C18).
- A transaction without a signature, as a node makes that impersonates an account, has no sender here (C14).
- A pack has no head of the caller's own: `run_all` takes those that the caller has kept (C20).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import ModuleType

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks import (
    c01_supply,
    c02_holders,
    c03_roll_forward,
    c04_double_entry,
    c05_authority,
    c06_sub_ledgers,
    c07_reserves,
    c08_redemptions,
    c09_look_back,
    c10_standing,
    c11_frozen,
    c12_logs,
    c13_completeness,
    c14_nonces,
    c15_powers,
    c16_bytecode,
    c17_actions,
    c18_settlements,
    c19_travel_rule,
    c20_signed_periods,
)
from rwaledger.verifier.checks.found import Findings
from rwaledger.verifier.checks.roots import link
from rwaledger.verifier.checks.waiving import Waivers, with_corrections
from rwaledger.verifier.level import Progress, silent
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import CheckResult, Finding

CHECKS: tuple[ModuleType, ...] = (
    c01_supply,
    c02_holders,
    c03_roll_forward,
    c04_double_entry,
    c05_authority,
    c06_sub_ledgers,
    c07_reserves,
    c08_redemptions,
    c09_look_back,
    c10_standing,
    c11_frozen,
    c12_logs,
    c13_completeness,
    c14_nonces,
    c15_powers,
    c16_bytecode,
    c17_actions,
    c18_settlements,
    c19_travel_rule,
    c20_signed_periods,
)
_ONCE = frozenset({"C13", "C16"})
"""Checks of what no cure changes: what they found stays, and they are not run again."""


def run_all(
    pack: Pack, expected_heads: Mapping[str, str] | None = None, progress: Progress = silent
) -> list[CheckResult]:
    """Every check on a pack, in the order of their ids; heads that the caller has kept are by instrument.

    Raises:
        Refuted: the pack does not hold what its format says.
    """
    case = Case(pack, expected_heads)
    waivers = Waivers(case)
    case = with_corrections(case, waivers.lives)
    found = []
    for done, check in enumerate(CHECKS):
        progress("checks", done, len(CHECKS))
        found.append(check.run(case))
    progress("checks", len(CHECKS), len(CHECKS))
    every = [finding for each in found for finding in each.found.values()]
    follows = link(case, every, partial(_again, found)) if every else {}
    return [waivers.waive(_result(each, follows)) for each in found]


def _again(before: Sequence[Findings], case: Case) -> Iterator[Finding]:
    for check, found in zip(CHECKS, before, strict=True):
        again = found if check.ID in _ONCE else check.run(case)
        yield from again.found.values()


def _result(found: Findings, follows: dict[str, str]) -> CheckResult:
    result = found.result()
    linked = tuple(replace(each, follows_from=follows.get(each.break_id, "")) for each in result.findings)
    return replace(result, findings=linked)
