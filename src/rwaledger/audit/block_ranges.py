"""One range of blocks, examined on its own: a pure function of what a node answers for it, here or in another process.

What it takes and gives is small: instead of logs it gives a seal of each block's, to be held against the logs that the
node gave when it was asked for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from rwaledger.audit.block_faults import BlockFault, wrong_hash, wrong_receipts
from rwaledger.chain.bodies import Receipts, encode_receipt, logs_of_receipts, receipts_of
from rwaledger.chain.headers import Header, headers
from rwaledger.chain.rpc import Node
from rwaledger.chain.tries import EMPTY_ROOT, ordered_root
from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import NodeError

_NO_ROOT = "0x" + EMPTY_ROOT.hex()
_SEAL_BYTES = 16


@dataclass(slots=True)
class Examined:
    """What a range of blocks shows.

    `of_headers` and, by number, `of_receipts` are what is wrong, `seals` those of our contracts' logs in the blocks
    whose receipts are those of their headers. `refusal` is what the node answered where it does not give receipts.
    """

    headers: list[Block] = field(default_factory=list)
    of_headers: list[BlockFault] = field(default_factory=list)
    of_receipts: dict[int, BlockFault] = field(default_factory=dict)
    seals: dict[int, bytes] = field(default_factory=dict)
    receipts: int = 0
    logs: int = 0
    refusal: str = ""


def examine(node: Node, numbers: range, contracts: frozenset[str]) -> Examined:
    """Hashes of the headers of a range, roots of its receipts, and the contracts' logs in these.

    Raises:
        NodeUnreachable: the node does not have all of the blocks.
    """
    found = Examined()
    full: dict[int, Header] = {}
    for header in headers(node, numbers):
        found.headers.append(Block(header.number, header.hash, header.parent_hash, header.timestamp))
        found.of_headers += wrong_hash(header)
        if header.receipts_root != _NO_ROOT:
            full[header.number] = header
    try:
        for number, receipts in receipts_of(node, list(full)):
            fault = fault_of(full[number], receipts)
            if fault is not None:
                found.of_receipts[number] = fault
                continue
            logs = list(logs_of_receipts(receipts, contracts))
            found.seals[number] = seal_of(logs)
            found.receipts += len(receipts)
            found.logs += len(logs)
    except NodeError as error:
        found.refusal = error.message
    return found


def fault_of(header: Header, receipts: Receipts) -> BlockFault | None:
    """What is wrong with a block's receipts; None where they are those of its header."""
    try:
        root = "0x" + ordered_root([encode_receipt(raw) for raw in receipts]).hex()
    except (KeyError, ValueError, TypeError) as error:
        root = f"unreadable: {type(error).__name__} {error}"
    return None if root == header.receipts_root else wrong_receipts(header, root)


def seal_of(logs: Sequence[Log]) -> bytes:
    """A hash over all that is said of logs: blocks with the same seal have the same logs."""
    return blake2b(msgspec.json.encode(logs), digest_size=_SEAL_BYTES).digest()


NO_LOGS = seal_of([])
