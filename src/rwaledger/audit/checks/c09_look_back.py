"""C09: the rules in force at its block judge every move again, in an implementation independent of the contracts.

The rules are those of the instrument's terms: to whom it may be offered (professional investors alone: Securities and
Futures Ordinance, Cap. 571, s. 103(3)(k)), residents of which places may receive, caps, lock-ups and trading windows of
the offering document, a reserve behind every token (Stablecoins Ordinance, Cap. 656, Schedule 2). Which rule binds
which kind of move is in docs/contracts.md.

In force is what deployment and authorised instructions have set. A rule that somebody switched off without an
instruction counts as if it were on; a rule that was tightened later does not bind what went before.
"""

from __future__ import annotations

from rwaledger.audit.acts import place_of_event
from rwaledger.audit.findings import Findings, amount, cause_of, where
from rwaledger.audit.look_back import Breach, knows_reserve, look_back
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.domain.instruction import Operation
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C09"
TITLE = "Every move kept the rules in force"
PURPOSE = (
    "Every issue, redemption, transfer and forced transfer is judged again by the rules that authorised instructions "
    "had put in force at its block, on a model that is fed from the events alone and was written apart from the "
    "contracts."
)

_VERBS = {
    Operation.ISSUE: "issued",
    Operation.REDEEM: "redeemed",
    Operation.TRANSFER: "transferred",
    Operation.FORCE_TRANSFER: "moved by order",
    Operation.RECOVER: "recovered",
}
_COUNTED = {
    Operation.ISSUE: "issues",
    Operation.REDEEM: "redemptions",
    Operation.TRANSFER: "transfers",
    Operation.FORCE_TRANSFER: "forced_transfers",
    Operation.RECOVER: "recoveries",
}


def run(records: Records) -> CheckResult:
    """Looks back on each instrument by itself."""
    findings = Findings(ID, TITLE, records)
    findings.count(**dict.fromkeys(_COUNTED.values(), 0))
    for each in records.instruments:
        terms = records.past.terms.get(each.instrument.address)
        if terms is None:
            findings.can_read_state(each)
            continue
        if terms.reserve_attestor != ISSUANCE_ACCOUNT and not knows_reserve(records, terms):
            findings.note(f"The reserve of {each.instrument.instrument_id} is attested elsewhere, and not judged.")
        found = look_back(records, each, terms)
        findings.count(**{name: found.judged[operation] for operation, name in _COUNTED.items()})
        for breach in found.breaches:
            if place_of_event(breach.event) not in records.past.answered.places:
                _breached(findings, each, breach)
    return findings.result()


def _breached(findings: Findings, each: InstrumentRecords, breach: Breach) -> None:
    rule = f"code {breach.restriction.value}: {breach.restriction.message}"
    done = f"{_VERBS[breach.operation]} {amount(each, breach.move.amount_units)}"
    findings.add(
        BreakClass.RULE_BREACH,
        each.instrument.instrument_id,
        breach.account,
        f"{done} against the rules in force, {rule}: {where(breach.event.log)}",
        (Value("chain", done), Value("authorised rules", rule)),
        cause=cause_of(place_of_event(breach.event)),
    )
