"""Kinds of root findings, in the order of their authority, and how a case is without the cause of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks import c02_holders
from rwaledger.verifier.checks.answered import (
    Excuse,
    answered,
    excuse_accounts,
    excuse_deeds,
    excuse_holders,
    excuse_nothing,
)
from rwaledger.verifier.checks.cured import Cure, with_changes, with_ledgers
from rwaledger.verifier.checks.found import at
from rwaledger.verifier.ledger import Ledger, State
from rwaledger.verifier.replay import Place, accounts_in
from rwaledger.verifier.values import ZERO_ADDRESS, Finding

_PLACE = re.compile(r"(\d+)/(\d+)(?: leg \d+)?")


@dataclass(frozen=True, slots=True)
class Kind:
    """Which findings are of it, how an instrument is without their causes, and what needs no finding of its own."""

    treats: Callable[[Finding], bool]
    cure: Callable[[Ledger, Sequence[Finding]], Ledger]
    excuse: Excuse = excuse_nothing

    def put_right(self, case: Case, treated: Sequence[Finding]) -> Case:
        """A copy of the case without the causes."""
        ledgers = []
        for ledger in case.ledgers:
            mine = [each for each in treated if each.instrument_id == ledger.instrument_id]
            copied = with_changes(ledger, {})
            ledgers.append(self.cure(copied, mine) if mine else copied)
        explained = _explained(case, treated)
        changed = {
            "explained": case.explained | explained,
            "answered": answered(case, treated, explained),
            "excused": self.excuse(case, treated),
        }
        return with_ledgers(with_changes(case, changed), ledgers)


def place_in(cause: str) -> Place | None:
    """The place on the chain that a cause names, if any."""
    match = _PLACE.fullmatch(cause)
    return (int(match[1]), int(match[2])) if match else None


def _trust_events(ledger: Ledger, _: Sequence[Finding]) -> Ledger:
    """Foreign code writes what it likes: the events stand for the state."""
    balances = {account: units for account, units in ledger.played.balances.items() if account != ZERO_ADDRESS}
    state = State(ledger.played.supply, balances, ledger.played.standings)
    found: Ledger = with_changes(ledger, {"state": state})
    return found


def _authorise(ledger: Ledger, roots: Sequence[Finding]) -> Ledger:
    """With every issue and redemption authorised, what was is what is in issue."""
    causes = {root.cause.partition(" line ")[0] for root in roots}
    unclear: set[str] = set()
    for execution in ledger.executions:
        if causes & {at(execution.event), f"instruction {execution.ref}"}:
            unclear.update(account for event in execution.effects for account in accounts_in(event))
            stored = execution.stored
            if stored:
                unclear.update(line.sender for line in stored.lines)
                # Recovery alone freezes what its recipient holds.
                unclear.update(line.recipient for line in stored.lines if stored.row.operation == "recover")
    changed = {"authorised_units": ledger.played.supply, "unclear": ledger.unclear | unclear}
    found: Ledger = with_changes(ledger, changed)
    return found


def _explained(case: Case, roots: Iterable[Finding]) -> set[str]:
    """Accounts of nobody that hold only what was created unduly: that they are nobody's follows from that."""
    created: dict[tuple[str, str], int] = {}
    for root in roots:
        place = place_in(root.cause)
        if root.break_class == "UNDUE_CREATION" and place:
            move = case.ledger_of[root.instrument_id].played.moves.get(place)
            key = root.instrument_id, root.account
            created[key] = created.get(key, 0) + (move.units if move else 0)
    return {
        account
        for (name, account), units in created.items()
        if case.ledger_of[name].played.balances.get(account) == units and not case.holder_of(account)
    }


def _enter(ledger: Ledger, roots: Sequence[Finding]) -> Ledger:
    cure = Cure(ledger)
    for place in sorted({place for root in roots if (place := place_in(root.cause))}):
        cure.enter(place)
    return cure.result()


def _balance_again(ledger: Ledger, roots: Sequence[Finding]) -> Ledger:
    cure = Cure(ledger)
    for place, account in sorted((place, root.account) for root in roots if (place := place_in(root.cause))):
        cure.balance_again(account, place)
    return cure.result()


def _trust_balances(ledger: Ledger, roots: Sequence[Finding]) -> Ledger:
    if ledger.state is None:
        return ledger
    accounts = {root.account for root in roots}
    played = ledger.played
    balances = {account: played.balances.get(account, 0) for account in accounts if account != ZERO_ADDRESS}
    supply = played.supply if ZERO_ADDRESS in accounts else ledger.state.supply
    state = replace(ledger.state, supply=supply, balances={**ledger.state.balances, **balances})
    found: Ledger = with_changes(ledger, {"state": state})
    return found


def _carry_positions(ledger: Ledger, roots: Sequence[Finding]) -> Ledger:
    cure = Cure(ledger)
    for root in roots:
        cure.carry_position(root.account)
    return cure.result()


def _accept(ledger: Ledger, roots: Sequence[Finding]) -> Ledger:
    """What nobody ordered is frozen, or no longer, by acts of nobody's instruction."""
    found: Ledger = with_changes(ledger, {"unclear": ledger.unclear | {root.account for root in roots}})
    return found


def _as_it_is(ledger: Ledger, _: Sequence[Finding]) -> Ledger:
    """Nothing of the instrument itself is wrong."""
    return ledger


def _of(check: str, *causes: str) -> Callable[[Finding], bool]:
    return lambda found: found.check == check and (not causes or found.cause in causes)


def _at_place(check: str) -> Callable[[Finding], bool]:
    return lambda found: found.check == check and place_in(found.cause) is not None


KINDS: tuple[Kind, ...] = (
    Kind(_of("C16", ""), _trust_events),
    Kind(_of("C05"), _authorise, excuse_deeds),
    Kind(_at_place("C11"), _as_it_is, excuse_deeds),
    Kind(_of("C09"), _as_it_is, excuse_deeds),
    Kind(_of("C15"), _accept),
    Kind(_at_place("C04"), _enter),
    Kind(_at_place("C02"), _enter),
    Kind(_at_place("C03"), _balance_again),
    Kind(_of("C02", c02_holders.BY_STATE), _trust_balances),
    Kind(_of("C02", c02_holders.BY_POSITION), _carry_positions),
    Kind(_of("C02", c02_holders.BY_HOLDER), _as_it_is, excuse_accounts),
    Kind(_of("C02", c02_holders.BY_HOLDER_DATA), _as_it_is, excuse_holders),
)
"""Code first, then authority and rules, entries, balances, and whose they are."""
