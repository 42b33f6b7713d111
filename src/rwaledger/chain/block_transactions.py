"""The transactions of a block: that the hashes by which receipts name them are theirs.

A receipt does not hold the hash of its transaction, so that the root of the receipts does not prove it. The root of the
transactions does: it stands in the header as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.chain.block_faults import BlockFault, wrong_transaction, wrong_transactions
from rwaledger.chain.headers import Header
from rwaledger.chain.rlp_items import MalformedItem, decode_rlp
from rwaledger.chain.tries import keccak, ordered_root


def fault_of_transactions(header: Header, hashes: Sequence[str], raws: Sequence[bytes]) -> BlockFault | None:
    """What is wrong with the transactions of a block, given in their order; None where each has the hash named."""
    root = "0x" + ordered_root(raws).hex()
    if root != header.transactions_root:
        return wrong_transactions(header, root)
    for named, raw in zip(hashes, raws, strict=True):
        found = "0x" + keccak(raw).hex()
        if found != named and is_signed(raw):
            return wrong_transaction(header, named, found)
    return None


def is_signed(raw: bytes) -> bool:
    """Whether a transaction bears a signature: a local node that sends in another's name leaves it empty.

    Its hash is then one that the node made up, and its place in the block all that can be proved.
    """
    try:
        fields = decode_rlp(raw if raw[0] >= 0xC0 else raw[1:])
    except MalformedItem:
        return True
    return any(fields[-2:])
