"""Signed periods: what was signed, what is anchored, and what the register says of it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Pin
from rwaledger.domain.instrument import Instrument
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract


@dataclass(frozen=True, slots=True)
class PeriodsExtract:
    """What the register says, as of one snapshot."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Signed periods of all instruments."""


def extract_periods(
    c: Connection, pin: Pin, instruments: Sequence[Instrument], contracts: Sequence[Contract]
) -> PeriodsExtract:
    """The register's part, up to the pinned block."""
    return PeriodsExtract()


def read_periods(node: Node, extract: PeriodsExtract, pin: Pin, expected_heads: Mapping[str, str]) -> Periods:
    """The extract, with what is anchored on the chain; `expected_heads` are the caller's own, by instrument."""
    return Periods()
