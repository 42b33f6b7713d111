"""C15: changes of roles, rules, pauses, standings, documents and licences match approved instructions.

Source: four eyes over every privileged operation; for roles our own policy (ADR 9). No instruction changes a role, so
that each change of one is a finding, a grant together with the revocation that ended it. Every other act since
deployment is one line of one authorised instruction, and every such line has its act.
"""

from __future__ import annotations

from rwaledger.verifier.acts import Deed, judge
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c15_roles import Episode, episodes, role_name
from rwaledger.verifier.checks.found import CONTROL_BOOK, EVENTS, Findings, at, where
from rwaledger.verifier.ledger import Governed, Ledger

ID, TITLE = "C15", "Powers and rules changed by instruction"


def run(case: Case) -> Findings:
    """Roles of all contracts, then the acts on instruments and settlement contracts."""
    found = Findings(ID, TITLE, case)
    found.count(contracts=len(case.contracts), deployed_roles=0, role_changes=0, acts=0)
    for address in case.contracts:
        deployed, changes = episodes(case.pack.events_of(address))
        found.count(deployed_roles=len(deployed), role_changes=len(changes))
        for episode in changes:
            if episode.place not in case.answered.places:
                _changed(found, address, episode)
    # A token that the register calls a settlement contract is one here, and judged once.
    for governed in {each.address: each for each in (*case.ledgers, *case.settlements)}.values():
        _judge(found, governed)
    return found


def _changed(found: Findings, address: str, episode: Episode) -> None:
    ledger = found.case.ledger_at.get(address)
    name = ledger.instrument_id if ledger else found.case.contracts[address].kind
    told = "; ".join(f"{event.name} in {where(event.log)}" for event in episode.events)
    summary = f"{role_name(episode.role)} of {name} changed: {told}"
    values = (EVENTS, episode.words), (CONTROL_BOOK, "no instruction")
    ids = ledger.instrument_id if ledger else "", episode.account
    found.add("UNAUTHORISED", *ids, summary, *values, at(episode.events[0]))


def _judge(found: Findings, governed: Governed) -> None:
    answered = found.case.answered
    judged = judge(governed.events, governed.executions, answered.refs, answered.places)
    name = governed.instrument_id if isinstance(governed, Ledger) else ""
    found.count(acts=len(judged.acts))
    for act in judged.acts:
        objection = judged.objections.get(act.place)
        if objection:
            words = _words(act.deed)
            summary = f"{words}, but {objection}: {where(act.event.log)}"
            values = (EVENTS, words), (CONTROL_BOOK, objection)
            found.add("UNAUTHORISED", name, act.deed.account, summary, *values, at(act.event))
    for each in judged.lacking:
        summary = f"line {each.number} ({each.deed.operation}) had no effect: {where(each.execution.event.log)}"
        values = (EVENTS, "nothing"), (CONTROL_BOOK, _words(each.deed))
        cause = f"instruction {each.execution.ref} line {each.number}"
        found.add("MISSING_ON_CHAIN", name, each.deed.account, summary, *values, cause)


def _words(deed: Deed) -> str:
    """The operation and its values as a line has them; docs/contracts.md says how they are packed."""
    of = f" of {deed.account}" if deed.account else ""
    values = " ".join(str(value) for value in deed.values)
    return f"{deed.operation}{of}" + (f": {values}" if values else "")
