"""What backs an instrument: its assets line by line, the attestor's signed count, and how far it covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rwaledger.domain.units import format_amount

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Attestation:
    """What an attestor signs of an instrument's reserve; times in seconds since 1970.

    `amount_units` is the reserve at market value in base units of the instrument, `document_hash` that of the report.
    """

    instrument: str
    amount_units: int
    as_of: int
    expires_at: int
    document_hash: str


@dataclass(frozen=True, slots=True)
class Reserve:
    """The reserve in force, and the last second at which it may be relied on; 0 where none was ever attested."""

    amount_units: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class SignedAttestation:
    """An attestation with its signature, and the contract that it is for."""

    instrument_id: str
    contract: str
    attestation: Attestation
    attestor: str
    digest: str
    signature: str


@dataclass(frozen=True, slots=True)
class ReserveLine:
    """An asset of the reserve: at market value in base units of the instrument, which is at par with the currency.

    `haircut_bp` is taken off for market risk, in hundredths of a per cent. `matures_on` is None where it is payable
    on demand.
    """

    line: int
    kind: str
    description: str
    currency: str
    amount_units: int
    haircut_bp: int
    matures_on: date | None

    @property
    def value_units(self) -> int:
        """What it counts for: the amount less its haircut, rounded down."""
        return self.amount_units * (BASIS_POINTS - self.haircut_bp) // BASIS_POINTS


@dataclass(frozen=True, slots=True)
class ReserveStatement:
    """All that backed an instrument at `as_of` (seconds since 1970), as a file said whose SHA-256 is `source_hash`."""

    instrument_id: str
    as_of: int
    lines: tuple[ReserveLine, ...]
    source_hash: str

    @property
    def total_units(self) -> int:
        """What the lines count for together, after their haircuts."""
        return sum(line.value_units for line in self.lines)


class Definition(StrEnum):
    """What counts as outstanding. The HKMA's final guideline counts frozen units; some audit criteria do not."""

    ALL = "all outstanding"
    WITHOUT_FROZEN = "without frozen units"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a reserve covers what is outstanding by one definition; all in base units."""

    definition: Definition
    reserve_units: int
    outstanding_units: int

    @property
    def excess_units(self) -> int:
        """What the reserve has more than it needs; negative for a shortfall."""
        return self.reserve_units - self.outstanding_units

    @property
    def is_covered(self) -> bool:
        """Whether the reserve is enough; judged on the amounts themselves, never on the percentage."""
        return self.excess_units >= 0

    @property
    def percent(self) -> str:
        """Reserve over outstanding in per cent with two digits, half up; never 100.00 where it is less.

        Empty where nothing is outstanding.
        """
        if not self.outstanding_units:
            return ""
        hundredths = (2 * BASIS_POINTS * self.reserve_units + self.outstanding_units) // (2 * self.outstanding_units)
        if not self.is_covered:
            hundredths = min(hundredths, BASIS_POINTS - 1)
        return format_amount(hundredths, 2)
