"""Lens: many words of a token's storage by one call, with code that stands in for the token's own while it runs.

A node that takes state overrides for `eth_call` runs the lens at the token's address and on the token's storage. It
takes half the time of the token's own view, and a third of its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import BrokenAnswer, NodeError

WORDS_MAX = 1_000
"""Words of one call: three million gas, which every node gives a call, and 20 kB; many calls go in one request."""

_GAS_A_WORD = 3_000
_GAS_OF_A_CALL = 200_000
_WORD_BYTES = 32
_SLOT_MAX = 255
_HEX = re.compile("0x(?:[0-9a-f]{64})*")

# The addresses come packed, 20 bytes each; the words go back packed, 32 bytes each, from 0x40 of the memory on.
# At 0x00 and 0x20 lie the key and the slot of the mapping, whose hash is where the account's word is.
_BEFORE_SLOT = "60"  # PUSH1 slot
_BEHIND_SLOT = (
    "602052"  # MSTORE at 0x20
    "6040" "5f"  # out = 0x40, in = 0
    "5b" "803611" "601757"  # loop: where CALLDATASIZE > in, jump to the body
    "50" "60409003" "6040f3"  # RETURN from 0x40 on, out - 0x40 bytes
    "5b" "803560601c5f52"  # body: MSTORE at 0x00 the address at in
    "60405f2054" "8252"  # SLOAD of KECCAK256(0x00, 0x40), MSTORE at out
    "601401" "90602001" "90"  # in + 20, out + 32
    "600856"  # JUMP to the loop
)  # fmt: skip


def lens_code(slot: int) -> str:
    """The lens on the mapping at `slot`, as hex."""
    if not 0 <= slot <= _SLOT_MAX:
        raise ValueError(f"the lens has one byte for the slot of a mapping, and this is {slot}")
    return f"0x{_BEFORE_SLOT}{slot:02x}{_BEHIND_SLOT}"


def mapped_words(node: Node, address: str, slot: int, keys: Sequence[str], block: int | str) -> list[int] | None:
    """The words that the mapping at `slot` of a contract has for these addresses; None where the node has no lens.

    Raises:
        NodeUnreachable: as `Node` raises it.
    """
    chunks = [keys[at : at + WORDS_MAX] for at in range(0, len(keys), WORDS_MAX)]
    tag, lens = block if isinstance(block, str) else hex(block), {address: {"code": lens_code(slot)}}
    try:
        answers = node.batch([("eth_call", [_call(address, some), tag, lens]) for some in chunks])
    except (NodeError, BrokenAnswer):
        return None
    words = [_words(answer) for answer in answers]
    return [word for some in words for word in some] if list(map(len, words)) == list(map(len, chunks)) else None


def _call(address: str, keys: Sequence[str]) -> dict[str, str]:
    gas = _GAS_OF_A_CALL + _GAS_A_WORD * len(keys)
    return {"to": address, "data": "0x" + "".join([key[2:] for key in keys]), "gas": hex(gas)}


def _words(answer: object) -> list[int]:
    """The words of an answer; none where a node that knows no overrides says anything else."""
    raw = bytes.fromhex(answer[2:]) if isinstance(answer, str) and _HEX.fullmatch(answer) else b""
    return [int.from_bytes(raw[at : at + _WORD_BYTES]) for at in range(0, len(raw), _WORD_BYTES)]
