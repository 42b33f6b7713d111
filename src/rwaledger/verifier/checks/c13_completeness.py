"""C13: every block from the lowest deployment to the pinned one is there, and shows all of its logs.

Source: yellow paper, 4.3: the receipts' root stands in the header, and the header's hash in the next one. A pack has
nothing but receipts to take logs from, so that none can be told otherwise than its receipt has it; what is compared is
what is in the pack, with the roots in its headers and with the register.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import CHAIN, REGISTER, Findings
from rwaledger.verifier.values import Header

ID, TITLE = "C13", "No log is left out"

_NO_RECEIPTS = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
"""The root of an empty trie."""


def run(case: Case) -> Findings:
    """Headers and their links, the register's headers, the receipts of each block."""
    found = Findings(ID, TITLE, case)
    headers = case.pack.headers
    stored = {row.number: row for row in case.rows("blocks") if row.number <= case.pin.block_number}
    found.count(blocks=len(headers), stored_headers=len(stored), receipts=0, logs=len(case.pack.logs))
    _require_links(found, headers)
    for header in headers:
        _compare_stored(found, header, stored.get(header.number))
    _require_receipts(found)
    return found


def _require_links(found: Findings, headers: Any) -> None:
    pin = found.case.pin
    for before, after in pairwise(headers):
        if (after.parent_hash, after.number) != (before.hash, before.number + 1):
            values = (CHAIN, f"parent {after.parent_hash}"), (CHAIN, f"block {before.hash}")
            summary = f"block {after.number} does not follow block {before.number}"
            found.add("TAMPER", "", "", summary, *values, f"block {after.number} parent")
    last = headers[-1]
    if (last.number, last.hash) != (pin.block_number, pin.block_hash):
        values = (CHAIN, last.hash), ("pinned", pin.block_hash)
        summary = f"block {pin.block_number} is not the pinned one"
        found.add("TAMPER", "", "", summary, *values, f"block {pin.block_number}")


def _compare_stored(found: Findings, header: Header, row: Any) -> None:
    """The register takes all times from its headers."""
    kept = (row.hash, row.parent_hash, row.timestamp) if row else None
    there = header.hash, header.parent_hash, header.timestamp
    if kept != there:
        shown = "{} behind {}, time {}"
        values = (CHAIN, shown.format(*there)), (REGISTER, shown.format(*kept) if kept else "nothing")
        summary = f"block {header.number} is not in the register as it is on the chain"
        kind = "TAMPER" if kept else "MISSING_IN_REGISTER"
        found.add(kind, "", "", summary, *values, f"block {header.number}")


def _require_receipts(found: Findings) -> None:
    """A block that the pack leaves out has none: so must its header say."""
    there = {block.header.number: block for block in found.case.pack.blocks}
    for header in found.case.pack.headers:
        block = there.get(header.number)
        root = block.receipts_root if block else _NO_RECEIPTS
        found.count(receipts=len(block.receipts) if block else 0)
        if root != header.receipts_root:
            values = ("header", header.receipts_root), ("receipts", root)
            summary = f"the receipts of block {header.number} are not those of its header"
            found.add("TAMPER", "", "", summary, *values, f"block {header.number} receipts")
