"""What was in force, and who did what, at every block: rules, roles, nonces, settlements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Pin
from rwaledger.domain.instrument import Instrument
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract


@dataclass(frozen=True, slots=True)
class PastExtract:
    """What the register says, as of one snapshot."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the checks of the past look at."""


def extract_past(
    c: Connection, pin: Pin, instruments: Sequence[Instrument], contracts: Sequence[Contract]
) -> PastExtract:
    """The register's part, up to the pinned block."""
    return PastExtract()


def read_past(node: Node, extract: PastExtract, pin: Pin) -> Past:
    """The extract, with what the chain says at the pinned block."""
    return Past()
