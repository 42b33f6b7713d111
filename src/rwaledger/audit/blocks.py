"""The blocks themselves: headers and receipts, recomputed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Pin
from rwaledger.domain.instrument import Instrument
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract


@dataclass(frozen=True, slots=True)
class BlocksExtract:
    """What the register says, as of one snapshot."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Headers and receipts up to the pinned block."""


def extract_blocks(
    c: Connection, pin: Pin, instruments: Sequence[Instrument], contracts: Sequence[Contract]
) -> BlocksExtract:
    """The register's part, up to the pinned block."""
    return BlocksExtract()


def read_blocks(node: Node, extract: BlocksExtract, pin: Pin) -> Blocks:
    """The extract, with what the chain says at the pinned block."""
    return Blocks()
