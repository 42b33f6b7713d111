"""What the office keeps off the chain, and what the chain says of it: sub-ledgers, reserves, redemptions, actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Pin
from rwaledger.domain.instrument import Instrument
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract


@dataclass(frozen=True, slots=True)
class OfficeExtract:
    """What the register says, as of one snapshot."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the checks of the office look at."""


def extract_office(
    c: Connection, pin: Pin, instruments: Sequence[Instrument], contracts: Sequence[Contract]
) -> OfficeExtract:
    """The register's part, up to the pinned block."""
    return OfficeExtract()


def read_office(node: Node, extract: OfficeExtract, pin: Pin) -> Office:
    """The extract, with what the chain says at the pinned block."""
    return Office()
