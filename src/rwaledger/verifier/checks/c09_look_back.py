"""C09: the rules in force at its block judge every move again, written a third time and apart from the contracts.

Source: the terms of each instrument, such as an offer to professional investors alone (Securities and Futures
Ordinance, Cap. 571, s. 103(3)(k)) and a reserve behind every token (Stablecoins Ordinance, Cap. 656). In force is what
deployment and authorised instructions have set: a rule that was switched off by nobody's instruction counts, and one
that was tightened later does not.
"""

from __future__ import annotations

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import CHAIN, Findings, at, where
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.look_back import Breach, look_back
from rwaledger.verifier.rules import MESSAGES
from rwaledger.verifier.values import ZERO_ADDRESS

ID, TITLE = "C09", "Every move kept the rules in force"

_COUNTED = {
    "issue": "issues",
    "redeem": "redemptions",
    "transfer": "transfers",
    "force-transfer": "forced_transfers",
    "recover": "recoveries",
}


def run(case: Case) -> Findings:
    """Each instrument by itself."""
    found = Findings(ID, TITLE, case)
    found.count(**dict.fromkeys(_COUNTED.values(), 0))
    for ledger in case.ledgers:
        terms = case.pack.tokens[ledger.instrument_id].terms
        if terms is None:
            _not_judged(found, ledger)
            continue
        if terms.reserve_attestor != ZERO_ADDRESS and terms.reserve_attestor not in case.contracts:
            found.note(f"The reserve of {ledger.instrument_id} is attested elsewhere, and not judged.")
        looked = look_back(ledger, terms)
        found.count(**{_COUNTED[operation]: number for operation, number in looked.judged.items()})
        for breach in looked.breaches:
            if place_of(breach.event) not in case.answered.places:
                _breached(found, ledger, breach)
    return found


def _not_judged(found: Findings, ledger: Ledger) -> None:
    """Code that is not the released one has no immutables to read; it is a finding where it is not even deployed."""
    if found.can_read_state(ledger):
        found.note(f"What deployment settled of {ledger.instrument_id} cannot be read out of code of another release.")


def _breached(found: Findings, ledger: Ledger, breach: Breach) -> None:
    rule = f"code {breach.code}: {MESSAGES[breach.code]}"
    done = f"{breach.operation} of {ledger.amount(breach.move.units)}"
    summary = f"{done} against the rules in force, {rule}: {where(breach.event.log)}"
    ids = ledger.instrument_id, breach.account
    found.add("RULE_BREACH", *ids, summary, (CHAIN, done), ("authorised rules", rule), at(breach.event))
