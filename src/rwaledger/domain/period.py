"""A signed period: what an instrument's register said at a block, hashed together with the period before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rwaledger.domain.anchor import Head

NO_HEAD = "0x" + "00" * 32
"""What stands before the first head of an instrument."""


@dataclass(frozen=True, slots=True)
class Period:
    """A period of an instrument, in order from 1, as it was signed.

    `preimage` are the bytes that `head` hashes, as hex. `anchor` is the contract under whose domain operator and
    auditor sign. `auditor` and its signature are empty until it is countersigned.
    """

    instrument_id: str
    sequence: int
    chain_id: int
    block_number: int
    block_hash: str
    block_time: int
    previous_head: str
    head: str
    preimage: str
    supply_units: int
    holder_count: int
    anchor: str
    operator: str
    operator_signature: str
    auditor: str
    auditor_signature: str
    recorded_at: datetime

    @property
    def is_countersigned(self) -> bool:
        """Whether an auditor has signed it too."""
        return bool(self.auditor_signature)

    def signed_head(self, instrument: str) -> Head:
        """What operator and auditor sign of it; `instrument` is the address of the token."""
        return Head(
            instrument,
            self.sequence,
            self.previous_head,
            self.head,
            self.block_number,
            self.block_hash,
            self.supply_units,
            self.holder_count,
        )


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A part of a row that a period attests for the first time; `key` is its primary key as a JSON list."""

    table: str
    part: str
    key: str
    hash: str


@dataclass(frozen=True, slots=True)
class Section:
    """What a head has of a table: the columns of a part, how many rows, and the SHA-256 over them in hex."""

    table: str
    part: str
    columns: tuple[str, ...]
    count: int
    digest: str
