"""Blocks, logs, and the place in a chain up to which something is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Block:
    """The header of a block, as far as the register keeps it. Hashes are lower-case hex.

    `logs_bloom` is what the header says of the logs in its block, where it came from a node; the register keeps none.
    """

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    logs_bloom: str = field(default="", compare=False, repr=False)

    @property
    def time(self) -> datetime:
        """The block's own time, in UTC."""
        return datetime.fromtimestamp(self.timestamp, UTC)


class Log(NamedTuple):
    """One event as the node gives it: `topics` and `data` are lower-case hex, `address` too.

    A tuple, since a history has millions of them, and a frozen dataclass takes four times as long to make.
    """

    address: str
    topics: tuple[str, ...]
    data: str
    block_number: int
    block_hash: str
    tx_hash: str
    tx_index: int
    log_index: int


class ChainEvent(NamedTuple):
    """A decoded log: `name` of the event, and its arguments by the names of the ABI.

    Addresses and bytes are lower-case hex, integers are exact, tuples are dicts.
    """

    name: str
    args: dict[str, object]
    log: Log


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last block of which a contract's events are in the register.

    `generation` counts the changes, so that a second writer can be fenced off.
    """

    chain_id: int
    address: str
    block_number: int
    block_hash: str
    generation: int


@dataclass(frozen=True, slots=True)
class Pin:
    """The one block at which everything in a reconciliation is read."""

    chain_id: int
    block_number: int
    block_hash: str
    timestamp: int

    @property
    def time(self) -> datetime:
        """The pinned block's own time, in UTC."""
        return datetime.fromtimestamp(self.timestamp, UTC)
