"""When each holder came onto the register, and when it ceased to be one: from the postings, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry.movements import Leg


@dataclass(frozen=True, slots=True)
class Ended:
    """A holding that came to nothing; times are those of the blocks, in seconds since 1970."""

    key: str
    entered: int
    ceased: int


@dataclass(slots=True)
class Spells:
    """Who held something without a break until when; `entered` has those who still do, by their keys."""

    units: dict[str, int] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=dict)
    ended: list[Ended] = field(default_factory=list)


def spells(legs: Iterable[Leg], key_of: Callable[[str], str]) -> Spells:
    """The spells of holding of every key, of all its accounts together.

    Only what stands at the end of a block counts: units that pass through somebody within one, or from an account of
    a holder to another one of it, make nobody a holder and end no holding.
    """
    found = Spells()
    for _, of_block in groupby(legs, key=lambda leg: leg.block_number):
        before: dict[str, int] = {}
        timestamp = 0
        for leg in of_block:
            if leg.account != ISSUANCE_ACCOUNT:
                key, timestamp = key_of(leg.account), leg.timestamp
                held = found.units.get(key, 0)
                before.setdefault(key, held)
                found.units[key] = held + leg.amount_units
        for key, units in before.items():
            _note(found, key, units, timestamp)
    return found


def _note(found: Spells, key: str, before: int, timestamp: int) -> None:
    after = found.units[key]
    if before <= 0 < after:
        found.entered[key] = timestamp
    elif after <= 0 < before:
        found.ended.append(Ended(key, found.entered.pop(key), timestamp))
