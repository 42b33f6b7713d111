"""C14: the nonces of the office's keys have no gap, and each is accounted for, reverted transactions included.

Source: our own policy. The chain counts the nonces of a key, so that a transaction which is kept out of the register
leaves a gap. A transaction that was signed anew at the same nonce is two rows, of which one was mined.

A row that says it was mined before the pack's first block cannot be held against anything, and the note says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rwaledger.verifier import bodies
from rwaledger.verifier.calldata import executed
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c14_lanes import Lane, Lanes
from rwaledger.verifier.checks.found import CHAIN, REGISTER, Findings
from rwaledger.verifier.keccak import keccak256
from rwaledger.verifier.values import Transaction

ID, TITLE = "C14", "Every nonce is accounted for"

_IN_A_BLOCK = ("mined", "reverted")
_NOTHING = "nothing"

Fault = tuple[str, str, str, str]
"""Class, what is wrong, and what chain and register say."""


def run(case: Case) -> Findings:
    """From the chain's nonces to the register, then from each row to the chain."""
    found = Findings(ID, TITLE, case)
    lanes = Lanes(case)
    found.count(operators=len(lanes.by_operator), nonces=0, transactions=0)
    for operator, lane in lanes.by_operator.items():
        found.count(nonces=len(lane.recorded) + len(lane.unrecorded))
        _require_rows(found, operator, lane)
    beyond = before = 0
    for row in lanes.rows.values():
        if (row.block_number or 0) > case.pin.block_number:
            beyond += 1
        elif row.block_number is not None and row.block_number < case.pack.manifest.first_block:
            before += 1
        else:
            found.count(transactions=1)
            _judge(found, row)
    if beyond:
        found.note(f"{beyond} transactions were mined beyond this block.")
    if before:
        found.note(f"{before} transactions were mined before the first block of the pack, and were not judged.")
    return found


def _require_rows(found: Findings, operator: str, lane: Lane) -> None:
    for nonce, transaction in sorted(lane.unrecorded.items()):
        if transaction.hash not in found.case.answered.tx_hashes:
            summary = f"the operator's transaction of nonce {nonce} is not in the register: {transaction.hash}"
            values = (CHAIN, f"nonce {nonce}, {transaction.hash}"), (REGISTER, _NOTHING)
            found.add("MISSING_IN_REGISTER", "", operator, summary, *values, f"nonce {nonce}")


def _judge(found: Findings, row: Any) -> None:
    """One finding a row, of the first thing that is wrong with it."""
    if row.instruction_ref in found.case.answered.refs:
        return
    fault = next(_faults(found.case, row, found.case.pack.transactions.get(row.tx_hash)), None)
    if fault:
        kind, what, on_chain, in_register = fault
        summary = f"{what}: nonce {row.nonce}, {row.tx_hash}"
        values = (CHAIN, on_chain), (REGISTER, in_register)
        found.add(kind, "", row.sender, summary, *values, f"transaction {row.tx_hash}")


def _faults(case: Case, row: Any, mined: Transaction | None) -> Iterator[Fault]:
    if mined is None and row.status in _IN_A_BLOCK:
        yield "MISSING_ON_CHAIN", "the chain has no such transaction", _NOTHING, _ended(row)
    raw = _bytes(row)
    is_same = mined is not None and mined.is_signed and mined.raw == raw
    there = row.tx_hash if is_same else "0x" + keccak256(raw).hex() if raw else "no bytes"
    if there != row.tx_hash:
        yield "TAMPER", "the bytes are those of another transaction", f"bytes of {there}", row.tx_hash
    if mined is None:
        signed = _signed(raw)
        if signed != (row.sender, row.nonce):
            due = f"nonce {signed[1]} of {signed[0]}" if signed else _NOTHING
            yield "TAMPER", "somebody else signed it", due, f"nonce {row.nonce} of {row.sender}"
    elif row.status not in _IN_A_BLOCK:
        yield "STALE_REFERENCE", "the register does not know how it ended", _on_chain(case, mined), _ended(row)
    elif _on_chain(case, mined) != _ended(row):
        yield "TAMPER", "it did not end as the register says", _on_chain(case, mined), _ended(row)
    yield from _unexplained(case, row, mined)


def _unexplained(case: Case, row: Any, mined: Transaction | None) -> Iterator[Fault]:
    """What it was for: the instruction that it carries, or words."""
    recorded = row.instruction_ref or ""
    carried = _carried(case, mined) if mined else recorded
    if carried != recorded:
        shown = [f"instruction {ref}" if ref else "no instruction" for ref in (carried, recorded)]
        yield "TAMPER", "it carries out another instruction than the register says", shown[0], shown[1]
    if recorded and recorded not in case.instructions:
        yield "UNAUTHORISED", "the register has no such instruction", f"instruction {recorded}", _NOTHING
    if not recorded and not row.purpose.strip():
        yield "UNAUTHORISED", "nobody says what it was for", "a transaction", "no purpose"


def _carried(case: Case, mined: Transaction) -> str:
    """The reference that it had a control book carry out; empty where it went elsewhere."""
    contract = case.contracts.get(mined.to or "")
    if contract is None or contract.kind != "control_book":
        return ""
    carried = executed(mined.data)
    return carried[0] if carried else ""


def _bytes(row: Any) -> bytes:
    try:
        return bytes.fromhex(row.raw.removeprefix("0x"))
    except ValueError:
        return b""


def _signed(raw: bytes) -> tuple[str, int] | None:
    try:
        transaction = bodies.transaction(raw, keccak256(raw), 0, 0)
        return bodies.sender(transaction), transaction.nonce
    except (ValueError, IndexError):
        return None


def _on_chain(case: Case, mined: Transaction) -> str:
    receipt = case.pack.receipts[mined.hash]
    how = "succeeded" if receipt.succeeded else "reverted"
    place = f"block {mined.block_number} {case.pack.header(mined.block_number).hash}, gas {receipt.gas_used}"
    return f"nonce {mined.nonce} of {case.pack.sender(mined)}, {how} in {place}"


def _ended(row: Any) -> str:
    start = f"nonce {row.nonce} of {row.sender}"
    if row.status not in _IN_A_BLOCK:
        return f"{start}, {row.status}"
    how = "succeeded" if row.status == "mined" else "reverted"
    return f"{start}, {how} in block {row.block_number} {row.block_hash}, gas {row.gas_used}"
