"""C02, event by event: what of the chain is not in the register as it should be, and the other way round."""

from __future__ import annotations

from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings, cause_of, where
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.replay import Leg, Move, Place, accounts_in
from rwaledger.verifier.values import ZERO_ADDRESS, Event

NOTHING = "nothing"


def trace(found: Findings, ledger: Ledger) -> None:
    """Events that the register lacks or has otherwise, then postings and standings that no event stands behind."""
    logs = ledger.case.register_logs.get(ledger.address, {})
    moves = ledger.played.moves
    for place, event in ledger.event_at.items():
        move = moves.get(place)
        entered = place in ledger.groups if move else (place, _told_of(event)) in ledger.standings
        if not (entered and (place in logs or place in ledger.entered)):
            _missing(found, ledger, place, event, move)
        elif move:
            _compare_posted(found, ledger, place, event, move)
        else:
            _compare_standing(found, ledger, place, _told_of(event))
    for place in ledger.groups:
        if place not in moves:
            _without_event(found, ledger, place)
    for place, account in ledger.standings:
        if (place, account) not in ledger.played.standings_at:
            summary = f"a standing with no event on the chain: block {place[0]}, log {place[1]}"
            stored = str(ledger.standings[place, account])
            _add(found, ledger, "MISSING_ON_CHAIN", place, account, summary, NOTHING, stored)


def _told_of(event: Event) -> str:
    """Who received, unless it was redeemed."""
    named = [account for account in accounts_in(event) if account != ZERO_ADDRESS]
    return named[-1] if named else ZERO_ADDRESS


def _missing(found: Findings, ledger: Ledger, place: Place, event: Event, move: Move | None) -> None:
    what = f"{event.name} of {ledger.amount(move.units)} {ledger.row.symbol}" if move else event.name
    summary = f"{what} is on the chain and not in the register: {where(event.log)}"
    _add(found, ledger, "MISSING_IN_REGISTER", place, _told_of(event), summary, what, NOTHING)


def _compare_posted(found: Findings, ledger: Ledger, place: Place, event: Event, move: Move) -> None:
    legs = ledger.groups[place]
    posted = tuple((leg.account, leg.units) for leg in legs)
    if posted != move.legs:
        summary = f"the postings are not those of the transfer: {where(event.log)}"
        values = _shown(ledger, move.legs), _shown(ledger, posted)
        _add(found, ledger, "AMOUNT", place, _told_of(event), summary, *values)
    elif [(_side(ledger, place, leg), leg.tx_hash) for leg in legs] != [(side, event.log.tx_hash) for side in (0, 1)]:
        summary = f"the postings name another transaction or other legs: {where(event.log)}"
        labels = ", ".join(f"leg {leg.number} of {leg.tx_hash}" for leg in legs)
        due = f"legs 0 and 1 of {event.log.tx_hash}"
        _add(found, ledger, "TAMPER", place, _told_of(event), summary, due, labels)


def _side(ledger: Ledger, place: Place, leg: Leg) -> int:
    """A leg that a correction has entered stands for the one that should have been there: even or odd like that."""
    return leg.number % 2 if (place, leg.number) in ledger.corrected else leg.number


def _compare_standing(found: Findings, ledger: Ledger, place: Place, account: str) -> None:
    """A former standing; the last one is compared field by field, by the checks of what it says."""
    stood, stored = ledger.played.standings_at[place, account], ledger.standings[place, account]
    if stood != stored and place != ledger.played.last_standing[account]:
        summary = f"the standing is not what the event made it: block {place[0]}, log {place[1]}"
        _add(found, ledger, "STALE_REFERENCE", place, account, summary, str(stood), str(stored))


def _without_event(found: Findings, ledger: Ledger, place: Place) -> None:
    legs = ledger.groups[place]
    summary = f"{len(legs)} posted with no transfer on the chain: block {place[0]}, log {place[1]}"
    shown = _shown(ledger, tuple((leg.account, leg.units) for leg in legs))
    _add(found, ledger, "MISSING_ON_CHAIN", place, legs[-1].account, summary, NOTHING, shown)


def _shown(ledger: Ledger, legs: tuple[tuple[str, int], ...]) -> str:
    names = (("issuance account" if account == ZERO_ADDRESS else account, units) for account, units in legs)
    return ", ".join(f"{name} {ledger.amount(units)}" for name, units in names)


def _add(
    found: Findings, ledger: Ledger, kind: str, place: Place, account: str, summary: str, left: str, right: str
) -> None:
    values = (EVENTS, left), (REGISTER, right)
    found.add(kind, ledger.instrument_id, account, summary, *values, cause_of(place))
