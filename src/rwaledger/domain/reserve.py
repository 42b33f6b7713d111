"""What backs an instrument: an attestor's signed count, and what of it is in force."""

from __future__ import annotations

from dataclasses import dataclass


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
