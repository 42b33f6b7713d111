"""C15: changes of roles, rules, pauses, standings, documents and licences match approved instructions.

Sources: four eyes over every privileged operation, as the licensing conditions of a custodian ask for (HKMA, "Guideline
on supervision of licensed stablecoin issuers", 2025, on token management; SFC circular of 2 November 2023 on tokenised
securities, on ownership and transfer records); for roles our own policy (ADR 9).

What deployment gave and set is where everything starts: C16 holds the code to what was released, C14 the transactions
of deployment to the register. Every act after that has to be one line of one authorised instruction, and every such
line has to have its act; what a maker that is a contract adds in the transaction of an instruction has no line.

No instruction changes a role: contracts know none. So each change of a role is a finding, one for each role and
account, a grant together with the revocation that ended it: a role that came and went is what this check is for. Where
it was rightly done, two people say so by exempting the finding with their signatures.
"""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.audit.act_words import deed_words
from rwaledger.audit.acts import Act, place_of_event
from rwaledger.audit.findings import CONTROL_BOOK, EVENTS, Findings, cause_of, where
from rwaledger.audit.judgement import NO_INSTRUCTION, Judgement, Lacking
from rwaledger.audit.records import ContractRecords, Records
from rwaledger.audit.roles import Episode, role_episodes
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C15"
TITLE = "Powers and rules changed by instruction"
PURPOSE = (
    "Every change of a role, a rule, a pause, a standing, a lock-up, a record date, a document or a licence since "
    "deployment has an instruction with a maker and a checker, line for line, and every such line had its effect. A "
    "role that was granted and taken back is shown as well. Code cannot change; C16 looks at it."
)


def run(records: Records) -> CheckResult:
    """Roles of all contracts, then the acts on instruments and settlement contracts."""
    findings = Findings(ID, TITLE, records)
    findings.count(contracts=len(records.contracts), deployed_roles=0, role_changes=0, acts=0)
    for contract in records.contracts:
        deployed, episodes = role_episodes(contract.events)
        findings.count(deployed_roles=len(deployed), role_changes=len(episodes))
        for episode in episodes:
            if episode.place not in records.past.answered.places:
                _unapproved_role(findings, contract, episode)
    for each in records.instruments:
        instrument = each.instrument
        judgement = records.judgements[instrument.address]
        _tell(findings, judgement, (instrument.instrument_id, instrument.decimals))
    for contract in records.books:
        of_settlement = records.judgements.get(contract.contract.address)
        if of_settlement is not None:
            _tell(findings, of_settlement, ("", 0))
    return findings.result()


def _unapproved_role(findings: Findings, contract: ContractRecords, episode: Episode) -> None:
    instrument = findings.records.instrument_of(contract.contract)
    name = instrument.instrument.instrument_id if instrument else contract.artifact
    findings.add(
        BreakClass.UNAUTHORISED,
        instrument.instrument.instrument_id if instrument else "",
        episode.account,
        f"{episode.name} of {name} changed: {_told(episode)}",
        (Value(EVENTS, f"{episode.name} {episode.words}"), Value(CONTROL_BOOK, NO_INSTRUCTION)),
        cause=cause_of(episode.place),
    )


def _told(episode: Episode) -> str:
    return "; ".join(f"{event.name} in {where(event.log)}" for event in episode.events)


def _tell(findings: Findings, judgement: Judgement, named: tuple[str, int]) -> None:
    """`named` is the instrument's id, empty for a settlement contract, and its decimals."""
    findings.count(acts=judgement.judged)
    if judgement.objections:
        for act in judgement.acts:
            objection = judgement.objections.get(act.place)
            if objection:
                _unapproved(findings, act, objection, named)
    _without_effect(findings, judgement.lacking, named)


def _unapproved(findings: Findings, act: Act, objection: str, named: tuple[str, int]) -> None:
    words = deed_words(act.deed, named[1])
    findings.add(
        BreakClass.UNAUTHORISED,
        named[0],
        act.account,
        f"{words}, but {objection}: {where(act.event.log)}",
        (Value(EVENTS, words), Value(CONTROL_BOOK, objection)),
        cause=cause_of(place_of_event(act.event)),
    )


def _without_effect(findings: Findings, lacking: Sequence[Lacking], named: tuple[str, int]) -> None:
    for each in lacking:
        words = deed_words(each.deed, named[1])
        findings.add(
            BreakClass.MISSING_ON_CHAIN,
            named[0],
            each.deed[1],
            f"line {each.number} ({each.deed[0]}) had no effect: {where(each.execution.event.log)}",
            (Value(EVENTS, "nothing"), Value(CONTROL_BOOK, words)),
            cause=f"instruction {each.execution.ref} line {each.number}",
        )
