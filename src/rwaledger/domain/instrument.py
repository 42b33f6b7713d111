"""An instrument: what it is, where it lives, and the rules it was given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class InstrumentKind(StrEnum):
    """What the holders of the instrument own."""

    STABLECOIN = "stablecoin"
    BOND = "bond"
    FUND = "fund"


class RecordOfTruth(StrEnum):
    """Which record decides who owns what, by the terms of the instrument."""

    CHAIN = "chain"
    REGISTER = "register"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may receive how much. Zero and the empty set turn a rule off.

    `max_balance_units`: most an account may hold after receiving. `classes`: investor classes (1 to 15) that may
    receive. `countries`: ISO 3166-1 numeric codes whose residents may receive, judged only where
    `countries_restricted`.
    """

    max_balance_units: int = 0
    classes: frozenset[int] = frozenset()
    countries_restricted: bool = False
    countries: frozenset[int] = frozenset()

    @property
    def class_mask(self) -> int:
        """The classes as the contract stores them: bit n for class n."""
        return sum(1 << investor_class for investor_class in self.classes)


def classes_of_mask(mask: int) -> frozenset[int]:
    """The investor classes of a stored class mask."""
    return frozenset(n for n in range(16) if mask >> n & 1)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A deployed instrument. `instrument_id` is its short name in this register, such as `HKDS`.

    `code_hash` is the keccak-256 of the bytecode found at `address` right after deployment.
    """

    instrument_id: str
    name: str
    symbol: str
    decimals: int
    kind: InstrumentKind
    record_of_truth: RecordOfTruth
    chain_id: int
    address: str
    control_book: str
    deploy_block: int
    deploy_block_hash: str
    code_hash: str
