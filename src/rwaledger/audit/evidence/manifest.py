"""What stands on the first page of a pack: what it is of, what is in it, and one hash over all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from rwaledger import __version__
from rwaledger.audit.evidence.parts import Part
from rwaledger.domain.block import Pin
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.reconciliation import Reconciliation
from rwaledger.registry.instruments import Contract

FORMAT = "rwaledger-evidence-1"
_LEAF, _NODE = b"\x00", b"\x01"


def manifest(
    found: Reconciliation,
    contracts: Sequence[Contract],
    instruments: Sequence[Instrument],
    heads: Sequence[tuple[str, int, str]],
    parts: Sequence[Part],
) -> dict[str, Any]:
    """The manifest; `heads` are instrument, sequence and head of the last signed period of each."""
    named = {each.address: each.instrument_id for each in instruments}
    return {
        "format": FORMAT,
        "software": {"name": "rwaledger", "version": __version__},
        "pin": _pin(found.pin),
        "first_block": min(each.deploy_block for each in contracts),
        "contracts": [
            {
                "address": each.address,
                "kind": each.kind.value,
                "deploy_block": each.deploy_block,
                "instrument_id": named.get(each.address, ""),
            }
            for each in sorted(contracts, key=lambda contract: contract.address)
        ],
        "register_digest": found.register_digest,
        "heads": [dict(zip(("instrument_id", "sequence", "head"), each, strict=True)) for each in sorted(heads)],
        "passed": found.passed,
        "files": [{"name": each.name, "bytes": each.size_bytes, "sha256": each.sha256} for each in parts],
        "root": root(parts),
    }


def root(parts: Sequence[Part]) -> str:
    """The top of the SHA-256 tree over the parts, bound to the format and to their number; hex."""
    row = [_leaf(part) for part in parts]
    while len(row) > 1:
        paired = [hashlib.sha256(_NODE + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        row = [*paired, *row[len(paired) * 2 :]]
    count = len(parts).to_bytes(8, "big")
    return hashlib.sha256(_prefixed(FORMAT) + count + row[0]).hexdigest()


def _leaf(part: Part) -> bytes:
    size = part.size_bytes.to_bytes(8, "big")
    return hashlib.sha256(_LEAF + _prefixed(part.name) + size + bytes.fromhex(part.sha256)).digest()


def _prefixed(text: str) -> bytes:
    return len(text.encode()).to_bytes(4, "big") + text.encode()


def _pin(pin: Pin) -> dict[str, Any]:
    return {
        "chain_id": pin.chain_id,
        "block_number": pin.block_number,
        "block_hash": pin.block_hash,
        "block_time": pin.timestamp,
    }
