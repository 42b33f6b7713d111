"""Blooms: what a header says of the logs in its block, without naming them (yellow paper, 4.3.1).

A bloom has three of 2,048 bits set for each address and each topic in its block. A bit that is not set proves that
something is not there; bits that are set prove nothing, but are seldom set by chance while the bloom is sparse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache, reduce
from operator import or_

from rwaledger.chain.tries import keccak
from rwaledger.domain.block import Log

SPARSE_BITS_MAX = 512
"""Up to a quarter of its bits: then an address that is not in the block seems to be in one case of 64, or fewer."""

_BIT_MASK = 2_047
_KNOWN_MAX = 16_384


def bloom_of_header(text: str) -> int | None:
    """The bloom of a header as a number; None where the node gave none."""
    return int(text, 16) if len(text) > 2 else None


def bloom_of_logs(logs: Iterable[Log]) -> int:
    """The bloom that a block has at the least in which these logs are."""
    items = set[str]()
    for log in logs:
        items.add(log.address)
        items.update(log.topics)
    return reduce(or_, map(bloom_of, items), 0)


def names(bloom: int, addresses: Collection[str]) -> bool:
    """Whether a bloom may be that of a block with logs of one of these contracts; if not, there are none."""
    return any(bloom & bits == bits for bits in map(bloom_of, addresses))


def is_sparse(bloom: int) -> bool:
    """Whether what a bloom names is most probably there."""
    return bloom.bit_count() <= SPARSE_BITS_MAX


@lru_cache(_KNOWN_MAX)
def bloom_of(item: str) -> int:
    """The bits of one address or topic, as hex."""
    digest = keccak(bytes.fromhex(item[2:]))
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2]) & _BIT_MASK)
    return bits
