"""What people have signed of findings: corrections that count, and findings that are let pass.

A result is EXEMPT where each of its findings is under an exemption in force, or is a fact that was signed off for good.
C01 is exempt from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.cured import with_changes, with_ledgers
from rwaledger.verifier.lives import Life, covers, exemptions_in_force, lives
from rwaledger.verifier.reversing import effective, is_taken_back, reversed_by
from rwaledger.verifier.values import CheckResult, Finding

_FACTS = frozenset({"UNDUE_CREATION", "UNDUE_DELETION", "UNAUTHORISED", "RULE_BREACH", "SERVICE_LEVEL"})
_TO_REVERSE = frozenset({"UNDUE_CREATION", "UNDUE_DELETION"})


def with_corrections(case: Case, known: Mapping[str, Life]) -> Case:
    """The case with what a corrector has signed taken into account."""
    rows: dict[str, list[Any]] = {}
    for row in case.pack.table("corrections"):
        life = known.get(row.break_id)
        if life is not None and life.is_corrected:
            rows.setdefault(row.instrument_id, []).append(row)
    linked = [life for life in known.values() if life.reversals]
    if not rows and not linked:
        return case
    ledgers = []
    for ledger in case.ledgers:
        counted = effective(ledger, rows.get(ledger.instrument_id, ()))
        back = reversed_by(ledger, (life for life in linked if life.record.instrument_id == ledger.instrument_id))
        changed = {
            "groups": counted.groups,
            "worked_out": {},
            "reversals": counted.reversals,
            "corrected": counted.corrected,
            "authorised_units": ledger.authorised_units - back.units,
            "reversed_units": back.units,
            "reversing": back.whole,
        }
        ledgers.append(with_changes(ledger, changed, ("closing",)))
    return with_ledgers(with_changes(case, {}), ledgers)


class Waivers:
    """The exemptions in force and the lives of breaks; both only as far as their signatures hold."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._exemptions = exemptions_in_force(case)
        self.lives = lives(case)

    def waive(self, result: CheckResult) -> CheckResult:
        """The result, EXEMPT where everything that was found is let pass."""
        if result.outcome != "FAIL" or result.check == "C01":
            return result
        settled = {each.break_id for each in result.findings if self._is_settled(each)}
        used: dict[str, Any] = {}
        left = 0
        for each in result.findings:
            ids = each.break_id, each.follows_from
            row = next((r for r in self._exemptions if covers(r, each.check, each.instrument_id, ids)), None)
            if row is not None:
                used[row.exemption_id] = row
            elif not settled.intersection(ids):
                left += 1
        notes = [result.note] if result.note else []
        notes += [
            f"Exemption {id_} by {row.first_signer} and {row.second_signer}, until {row.expires_on}: {row.reason}"
            for id_, row in used.items()
        ]
        notes += [f"Break {id_} was signed off by {self.lives[id_].events[-1].actor}." for id_ in sorted(settled)]
        return replace(result, outcome="FAIL" if left else "EXEMPT", note=" ".join(notes))

    def _is_settled(self, found: Finding) -> bool:
        """A fact stays for ever: once it was signed off, and taken back where it has to be, it needs no exemption."""
        life = self.lives.get(found.break_id)
        if life is None or not life.is_whole or (life.state, life.break_class) != ("SIGNED_OFF", found.break_class):
            return False
        if found.break_class not in _FACTS and found.check != "C14":
            return False
        if found.break_class not in _TO_REVERSE:
            return True
        ledger = self._case.ledger_of.get(found.instrument_id)
        return ledger is not None and is_taken_back(ledger, found.cause, life.reversals)
