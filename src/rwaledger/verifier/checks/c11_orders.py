"""C11: what authorised orders leave frozen, added up from the lines of their instructions alone.

Only how much a forced transfer takes of what is frozen depends on the balance at that moment (Enforcement.sol: what is
free goes first), which is played beside it.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from typing import NamedTuple

from rwaledger.verifier.book import ENFORCEMENT, Instruction, Line
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.replay import Standing


class Frozen(NamedTuple):
    """How much of an account is frozen, and whether all of it is."""

    units: int = 0
    whole: bool = False

    @classmethod
    def of(cls, standing: Standing) -> Frozen:
        """What a standing says of it."""
        return cls(standing.frozen_units, standing.address_frozen)


def frozen_by_order(ledger: Ledger) -> dict[str, Frozen]:
    """What orders leave frozen, by account; an account that no order names is missing."""
    frozen: dict[str, Frozen] = {}
    balances: dict[str, int] = {}
    moves = iter(ledger.played.moves.items())
    upcoming = next(moves, None)
    for execution in ledger.executions:
        if execution.authority is None or execution.authority.row.operation not in ENFORCEMENT:
            continue
        place = place_of(execution.event)
        while upcoming and upcoming[0] < place:
            for account, units in upcoming[1].legs:
                balances[account] = balances.get(account, 0) + units
            upcoming = next(moves, None)
        # What the lines of one order move is seen by its later lines, and comes again with the events behind it.
        _carry_out(frozen, execution.authority, ChainMap({}, balances))
    return frozen


def _carry_out(frozen: dict[str, Frozen], order: Instruction, balances: MutableMapping[str, int]) -> None:
    for line in order.lines:
        before = frozen.get(line.sender, Frozen())
        match order.row.operation:
            case "recover":
                frozen[line.recipient], frozen[line.sender] = before, Frozen()
            case "force-transfer":
                frozen[line.sender] = _after_force(before, line, balances)
            case "freeze":
                frozen[line.sender] = before._replace(units=before.units + line.amount)
            case "release":
                frozen[line.sender] = before._replace(units=before.units - line.amount)
            case "freeze-account" | "release-account":
                frozen[line.sender] = before._replace(whole=order.row.operation == "freeze-account")


def _after_force(before: Frozen, line: Line, balances: MutableMapping[str, int]) -> Frozen:
    held = balances.get(line.sender, 0)
    balances[line.sender] = held - line.amount
    balances[line.recipient] = balances.get(line.recipient, 0) + line.amount
    return before._replace(units=before.units - max(0, line.amount - max(0, held - before.units)))
