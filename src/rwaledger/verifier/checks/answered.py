"""What root findings answer for already, so that no other check speaks of it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from rwaledger.verifier.acts import acts_of
from rwaledger.verifier.book import Execution
from rwaledger.verifier.case import Answered, Case, Excused
from rwaledger.verifier.checks.c15_roles import episodes
from rwaledger.verifier.checks.found import at
from rwaledger.verifier.ledger import place_of
from rwaledger.verifier.look_back import look_back
from rwaledger.verifier.replay import Place, accounts_in
from rwaledger.verifier.values import ZERO_ADDRESS, Finding

Excuse = Callable[[Case, Sequence[Finding]], Excused]

_PLACE = re.compile(r"(\d+)/(\d+)")
_INSTRUCTION = re.compile(r"instruction (0x[0-9a-f]+)")


# ---------------------------------------------------------------- for the checks of the office


def excuse_nothing(case: Case, _: Sequence[Finding]) -> Excused:
    """What was excused before."""
    return case.excused


def excuse_deeds(case: Case, roots: Sequence[Finding]) -> Excused:
    """What was done against authority or rules: what it upset in sub-ledgers, reserves and payments follows."""
    causes = {root.cause.partition(" line ")[0] for root in roots}
    refs = {match[1] for cause in causes if (match := _INSTRUCTION.fullmatch(cause))}
    places: set[tuple[str, Place]] = set()
    touched: set[str] = set()
    for ledger in case.ledgers:
        events = [effect.event for effect in ledger.effects if at(effect.event) in causes]
        for execution in ledger.executions:
            if at(execution.event) in causes or execution.ref in refs:
                refs.add(execution.ref)
                events += execution.effects
        places.update((ledger.instrument_id, place_of(event)) for event in events)
        touched.update(account for event in events for account in accounts_in(event))
    strangers = {account for account in touched if account != ZERO_ADDRESS and not case.holder_of(account)}
    return _more(case, places=places, refs=refs, accounts=strangers)


def excuse_accounts(case: Case, roots: Sequence[Finding]) -> Excused:
    """Accounts of nobody: nothing can be said of whose they are."""
    return _more(case, accounts={root.account for root in roots})


def excuse_holders(case: Case, roots: Sequence[Finding]) -> Excused:
    """Holders whose row is not what was attested of them."""
    return _more(case, holders={root.holder_id for root in roots})


def _more(
    case: Case,
    places: Iterable[tuple[str, Place]] = (),
    refs: Iterable[str] = (),
    accounts: Iterable[str] = (),
    holders: Iterable[str] = (),
) -> Excused:
    before = case.excused
    return Excused(
        before.places.union(places),
        before.refs.union(refs),
        before.accounts.union(accounts),
        before.holders.union(holders),
    )


# ---------------------------------------------------------------- for the checks of the past


def answered(case: Case, roots: Sequence[Finding], strangers: Iterable[str]) -> Answered:
    """Instructions, events and transactions that the roots tell of, with what was told before.

    `strangers` hold nothing but undue creations: that they were admitted follows from those.
    """
    before = case.answered
    told = [root for root in roots if root.check in ("C05", "C09", "C11", "C15")]
    if not told:
        return before
    places = {place for root in told if (place := _place(root))}
    refs = {match[1] for root in told if (match := _INSTRUCTION.match(root.cause))}
    behind = [each for each in _executions(case) if place_of(each.event) in places]
    refs.update(each.ref for each in behind)
    places.update(place_of(event) for each in behind for event in each.effects)
    places.update(_lifting(case, {place for root in told if root.check == "C09" and (place := _place(root))}))
    for address in case.contracts:
        for episode in episodes(case.pack.events_of(address))[1]:
            if episode.place in places:
                places.update(map(place_of, episode.events))
    places.update(_admissions(case, frozenset(strangers)))
    hashes = {event.log.tx_hash for event in case.pack.events if place_of(event) in places}
    hashes.update(each.event.log.tx_hash for each in _executions(case) if each.ref in refs)
    return Answered(before.refs | refs, before.places | places, before.tx_hashes | hashes)


def _place(root: Finding) -> Place | None:
    match = _PLACE.fullmatch(root.cause)
    return (int(match[1]), int(match[2])) if match else None


def _executions(case: Case) -> Iterator[Execution]:
    return (execution for each in (*case.ledgers, *case.settlements) for execution in each.executions)


def _lifting(case: Case, breaches: set[Place]) -> Iterator[Place]:
    """The acts without authority that let those moves pass."""
    for ledger in case.ledgers if breaches else ():
        terms = case.pack.tokens[ledger.instrument_id].terms
        for breach in look_back(ledger, terms).breaches if terms else ():
            if place_of(breach.event) in breaches:
                for row in breach.lifted_by:
                    yield from row


def _admissions(case: Case, accounts: frozenset[str]) -> Iterator[Place]:
    for ledger in case.ledgers if accounts else ():
        for act in acts_of(ledger.events):
            if act.deed.operation == "admit" and act.deed.account in accounts:
                yield act.place
