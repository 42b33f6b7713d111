"""What two people let pass: findings under an exemption in force, and facts that were signed off for good.

Either way the finding is listed like any other, and the result's note names scope, reason, expiry and signers. A check
with any other finding fails. C01 is exempt from nothing. The sources are our policy and `domain/breaks.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rwaledger.audit.records import Records
from rwaledger.audit.reversals import holds
from rwaledger.audit.waivers import Waivers, reversal_refs
from rwaledger.domain.break_life import Life
from rwaledger.domain.breaks import BreakState, is_fact, needs_reversal
from rwaledger.domain.calendar import local_date
from rwaledger.domain.exemption import NEVER_EXEMPT, Exemption
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Outcome

BY_SIGN_OFF = "signed off"


def waive(records: Records, results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """The results, EXEMPT where everything that a check found is let pass."""
    day = local_date(records.pin.time, records.policy.zone)
    in_force = [each for each in records.waivers.exemptions if each.is_in_force(day)]
    faults = " ".join(f"Not counted: {fault}." for fault in records.waivers.faults)
    waived = [_waived(records, in_force, result) for result in results]
    if faults and waived:
        waived[0] = replace(waived[0], note=_joined(waived[0].note, faults))
    return tuple(waived)


def is_settled(records: Records, found: Break) -> bool:
    """Whether a fact was signed off as it is found now, and what had to be reversed is reversed."""
    life = records.waivers.lives.get(found.break_id)
    if life is None or life.faults or life.state is not BreakState.SIGNED_OFF:
        return False
    return is_fact(found.check, found.break_class) and _is_as_recorded(life, found) and is_reversed(records, found)


def is_reversed(records: Records, found: Break) -> bool:
    """Whether what only the chain can put right was put right there, or need not be."""
    if not needs_reversal(found.break_class):
        return True
    life = records.waivers.lives.get(found.break_id)
    each = next((i for i in records.instruments if i.instrument.instrument_id == found.instrument_id), None)
    return life is not None and each is not None and holds(found, each.book, each.token.events, reversal_refs(life))


def _waived(records: Records, in_force: Sequence[Exemption], result: CheckResult) -> CheckResult:
    if result.outcome is not Outcome.FAIL or result.check == NEVER_EXEMPT:
        return result
    counted = [found for found in result.breaks if found.break_class is not BreakClass.TIMING]
    settled = {found.break_id for found in counted if is_settled(records, found)}
    used: dict[str, Exemption] = {}
    let_pass: set[str] = set()
    for found in counted:
        exemption = next((each for each in in_force if each.covers(found)), None)
        if exemption is not None:
            used[exemption.exemption_id] = exemption
        if exemption is not None or found.break_id in settled or found.follows_from in settled:
            let_pass.add(found.break_id)
    notes = [_exemption_note(each) for each in used.values()]
    notes += [_settled_note(records.waivers, break_id) for break_id in sorted(settled)]
    outcome = Outcome.EXEMPT if len(let_pass) == len(counted) else Outcome.FAIL
    return replace(result, outcome=outcome, note=_joined(result.note, *notes), let_pass=frozenset(let_pass))


def _is_as_recorded(life: Life, found: Break) -> bool:
    recorded = life.record.found
    return (found.break_class, found.left, found.right) == (life.break_class, recorded.left, recorded.right)


def _exemption_note(each: Exemption) -> str:
    until = f"until {_day(each.expires_on)}"
    return (
        f"Exempt: {each.scope}, {until}, because {each.reason.rstrip('.')}; signed by {each.first_signer} and "
        f"{each.second_signer} (exemption {each.exemption_id})."
    )


def _settled_note(waivers: Waivers, break_id: str) -> str:
    life = waivers.lives[break_id]
    explained, approved = life.explanation, life.events[-1]
    reason = explained.text.rstrip(".") if explained else ""
    signers = [str(each.actor) for each in (explained, life.last(BreakState.CORRECTED), approved) if each is not None]
    named = f"{', '.join(signers[:-1])} and {signers[-1]}" if len(signers) > 1 else signers[0]
    reversal = "".join(f"; reversed by instruction {ref}" for ref in sorted(reversal_refs(life)))
    return f"Exempt: break {break_id}, {BY_SIGN_OFF}, no expiry, because {reason}{reversal}; signed by {named}."


def _joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
