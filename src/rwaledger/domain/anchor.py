"""The head of a register's hash chain, as it is anchored on a chain and countersigned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """What operator and auditor both sign of an instrument's register at a block.

    `sequence` counts an instrument's heads from 1; `previous_head` is zero for the first.
    """

    instrument: str
    sequence: int
    previous_head: str
    head: str
    block_number: int
    block_hash: str
    supply_units: int
    holder_count: int


@dataclass(frozen=True, slots=True)
class AnchoredHead:
    """What the chain keeps of a head, and who signed it."""

    head: str
    block_hash: str
    supply_units: int
    operator: str
    block_number: int
    holder_count: int
    auditor: str
