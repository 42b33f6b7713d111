"""C11: frozen on the chain = frozen in the register = net of orders, and nothing frozen moved but by order.

Source: docs/contracts.md, freezing and forced transfer; an order of a court or authority stands behind each.
"""

from __future__ import annotations

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c11_orders import Frozen, frozen_by_order
from rwaledger.verifier.checks.found import CONTROL_BOOK, EVENTS, REGISTER, STATE, Findings, at, where
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.replay import STRANGER, Standing, changed, whose_standing

ID, TITLE = "C11", "Freezes follow orders"

BY_STATE = "state = events"
BY_REGISTER = "events = register"
BY_ORDERS = "events = orders"
_MAY_MOVE_FROZEN = frozenset({"issue", "force-transfer", "recover"})

Side = tuple[str, Frozen]


def run(case: Case) -> Findings:
    """What is frozen of each account, then every move of what was."""
    found = Findings(ID, TITLE, case)
    for ledger in case.ledgers:
        found.can_read_state(ledger)
        orders = frozen_by_order(ledger)
        for account in ledger.accounts:
            _compare(found, ledger, account, orders.get(account, Frozen()))
        _follow_moves(found, ledger)
        found.count(accounts=len(ledger.accounts), moves=len(ledger.effects), enforced_accounts=len(orders))
    return found


def _compare(found: Findings, ledger: Ledger, account: str, ordered: Frozen) -> None:
    played = EVENTS, Frozen.of(ledger.played.standings.get(account, STRANGER))
    if ledger.state:
        _differ(found, ledger, account, (STATE, Frozen.of(ledger.state.standing(account))), played, BY_STATE)
    register = REGISTER, Frozen.of(ledger.standing_now.get(account, STRANGER))
    _differ(found, ledger, account, played, register, BY_REGISTER)
    if account not in ledger.unclear:
        _differ(found, ledger, account, played, (f"{CONTROL_BOOK}: orders", ordered), BY_ORDERS)


def _differ(found: Findings, ledger: Ledger, account: str, left: Side, right: Side, cause: str) -> None:
    if left[1] == right[1]:
        return
    kind, told = ("UNAUTHORISED", "is not what was ordered") if cause == BY_ORDERS else ("AMOUNT", "differs")
    shown = [(name, _shown(ledger, frozen)) for name, frozen in (left, right)]
    found.add(kind, ledger.instrument_id, account, f"what is frozen {told}", shown[0], shown[1], cause)


def _follow_moves(found: Findings, ledger: Ledger) -> None:
    """A holder's own move may leave no less than is frozen, and nothing leaves an account that is frozen whole."""
    deeds = {place_of(effect.event): effect for effect in ledger.effects}
    balances: dict[str, int] = {}
    standings: dict[str, Standing] = {}
    for event in ledger.events:
        account = whose_standing(event)
        if account:
            standings[account] = changed(standings.get(account, STRANGER), event)
            continue
        if event.name != "Transfer":
            continue
        effect = deeds[place_of(event)]
        move = effect.deed.move
        for who, units in move.legs:
            balances[who] = balances.get(who, 0) + units
        held = Frozen.of(standings.get(move.sender, STRANGER))
        if effect.deed.operation in _MAY_MOVE_FROZEN or not move.units:
            continue
        if held.whole or balances[move.sender] < held.units:
            values = (EVENTS, f"{ledger.amount(move.units)} moved"), ("rule", f"{_shown(ledger, held)} stays")
            summary = f"frozen units moved without an order: {where(event.log)}"
            found.add("RULE_BREACH", ledger.instrument_id, move.sender, summary, *values, at(event))


def _shown(ledger: Ledger, frozen: Frozen) -> str:
    return f"{ledger.amount(frozen.units)} frozen" + (", and the whole account" if frozen.whole else "")
