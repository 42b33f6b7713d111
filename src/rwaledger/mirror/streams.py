"""Streams: which contracts are read on together, and from which block."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rwaledger.domain.block import Checkpoint
from rwaledger.mirror.identity import Mirrored


@dataclass(frozen=True, slots=True)
class Stream:
    """Contracts whose events are in the register up to the same block.

    `stored` holds the checkpoint of each by its address; None where nothing of it was ever read, and the
    block is the one before its deployment.
    """

    block_number: int
    block_hash: str
    stored: Mapping[str, Checkpoint | None]


def streams(
    mirrored: Mirrored, checkpoints: Iterable[Checkpoint], among: Collection[str] | None = None
) -> list[Stream]:
    """The streams in the order of their blocks, of all contracts or of those `among` them.

    Contracts that stand at the same block share one. A contract that was added later has its own until it has
    caught up with the next.
    """
    stored = {checkpoint.address: checkpoint for checkpoint in checkpoints}
    members: dict[tuple[int, str], dict[str, Checkpoint | None]] = {}
    for contract in mirrored.contracts:
        if among is not None and contract.address not in among:
            continue
        checkpoint = stored.get(contract.address)
        if checkpoint is None:
            place = (contract.deploy_block - 1, mirrored.origin_hashes[contract.address])
        else:
            place = (checkpoint.block_number, checkpoint.block_hash)
        members.setdefault(place, {})[contract.address] = checkpoint
    return [Stream(*place, addresses) for place, addresses in sorted(members.items())]
