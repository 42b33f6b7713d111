"""What of the past follows from root findings: instructions, acts and transactions that another finding tells of.

The checks of the past pass over what is answered for, so that a cause that several of them see is one finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rwaledger.audit.acts import Place, acts_of, place_of_event
from rwaledger.audit.authority import Execution
from rwaledger.audit.look_back import look_back
from rwaledger.audit.past import Answered
from rwaledger.audit.records import Records
from rwaledger.audit.roles import role_episodes
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reconciliation import Break

_PLACE = re.compile(r"(\d+)/(\d+)")
_INSTRUCTION = re.compile(r"instruction (0x[0-9a-f]+)")
_OF_THE_PAST = ("C05", "C09", "C11", "C15")


def answered(records: Records, roots: Sequence[Break], strangers: Iterable[str]) -> Answered:
    """What is answered for once the roots are known, with what was before.

    `strangers` are accounts that hold nothing but undue creations: that they were admitted follows from those.
    """
    before = records.past.answered
    told = [root for root in roots if root.check in _OF_THE_PAST]
    if not told:
        return before
    places = {place for root in told if (place := _place_of(root))}
    refs = {match[1] for root in told if (match := _INSTRUCTION.match(root.cause))}
    executions = [each for each in _executions(records) if place_of_event(each.event) in places]
    refs.update(each.ref for each in executions)
    places.update(place_of_event(event) for each in executions for event in each.effects)
    places.update(_lifting(records, {place for root in told if root.check == "C09" and (place := _place_of(root))}))
    places.update(_of_episodes(records, places), _admissions(records, frozenset(strangers)))
    tx_hashes = {event.log.tx_hash for event in _events(records) if place_of_event(event) in places}
    tx_hashes.update(each.event.log.tx_hash for each in _executions(records) if each.ref in refs)
    return Answered(before.refs | refs, before.places | places, before.tx_hashes | tx_hashes)


def _place_of(root: Break) -> Place | None:
    match = _PLACE.fullmatch(root.cause)
    return (int(match[1]), int(match[2])) if match else None


def _events(records: Records) -> Iterator[ChainEvent]:
    return (event for contract in records.contracts for event in contract.events)


def _executions(records: Records) -> Iterator[Execution]:
    books = [*(each.book for each in records.instruments), *records.past.licences.values()]
    return (execution for book in books for execution in book.executions)


def _lifting(records: Records, breaches: set[Place]) -> Iterator[Place]:
    """The acts without authority that let those moves pass, until they were undone."""
    for each in records.instruments if breaches else ():
        terms = records.past.terms.get(each.instrument.address)
        for breach in look_back(records, each, terms).breaches if terms else ():
            if place_of_event(breach.event) in breaches:
                for episode in breach.lifted_by:
                    yield from episode


def _of_episodes(records: Records, places: set[Place]) -> Iterator[Place]:
    """All that is told in one finding on a role."""
    for contract in records.contracts:
        for episode in role_episodes(contract.events)[1]:
            if episode.place in places:
                yield from (place_of_event(event) for event in episode.events)


def _admissions(records: Records, accounts: frozenset[str]) -> Iterator[Place]:
    for each in records.instruments if accounts else ():
        for act in acts_of(each.token.events):
            if act.operation is Operation.ADMIT and act.account in accounts:
                yield act.place
