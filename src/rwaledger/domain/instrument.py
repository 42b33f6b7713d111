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
    """Who may receive how much, and when. Zero and the empty set turn a rule off.

    `max_balance_units`: most an account may hold after receiving. `classes`: investor classes (1 to 15) that may
    receive. `countries`: ISO 3166-1 numeric codes whose residents may receive, judged only where
    `countries_restricted`; where they are not, residents of `guarded_country` may not receive. `holder_cap`: most
    accounts that may hold a balance, only where the instrument `counts_holders`. `opens_at`, `closes_at`: first and
    last second, since 1970, at which holders may transfer. Guarded country and counting are settled for ever at
    deployment; the rest can be changed.
    """

    max_balance_units: int = 0
    classes: frozenset[int] = frozenset()
    countries_restricted: bool = False
    countries: frozenset[int] = frozenset()
    holder_cap: int = 0
    opens_at: int = 0
    closes_at: int = 0
    guarded_country: int = 0
    counts_holders: bool = False

    @property
    def class_mask(self) -> int:
        """The classes as the contract stores them: bit n for class n."""
        return sum(1 << investor_class for investor_class in self.classes)


def classes_of_mask(mask: int) -> frozenset[int]:
    """The investor classes of a stored class mask."""
    return frozenset(n for n in range(16) if mask >> n & 1)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an instrument stands for, settled at its activation.

    `isin` (ISO 6166) and `dti` (ISO 24165) are empty where it has none. `domicile` is the ISO 3166-1 numeric code of
    the place where the underlying asset is, `filing` the hash of the filing with the authority there, zero for none.
    """

    isin: str
    dti: str
    domicile: int
    filing: str


@dataclass(frozen=True, slots=True)
class Document:
    """A paper behind an instrument: where it is, its hash, and when that was set (seconds since 1970)."""

    uri: str
    document_hash: str
    last_modified: int = 0


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

    @property
    def may_pay_yield(self) -> bool:
        """Whether its holders may be paid for holding it: no stablecoin may (Stablecoins Ordinance, Cap. 656)."""
        return self.kind is not InstrumentKind.STABLECOIN
