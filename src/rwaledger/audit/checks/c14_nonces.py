"""C14: the nonces of the office's own keys have no gap, and each is accounted for, reverted transactions included.

Source: our own policy. The nonces of a key are counted by the chain, so a transaction that is kept out of the register
leaves a gap that nobody can close. audit/senders.py says whose nonces these are, and why not an investor's.

A transaction that was signed anew at the same nonce is two rows, of which one was mined; the other has to be called
replaced. Of accounts that are nobody's operator every row is held against the chain, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator

from rwaledger.audit.findings import REGISTER, Findings
from rwaledger.audit.records import Records
from rwaledger.audit.senders import Lane
from rwaledger.chain.abi import MalformedData
from rwaledger.chain.contracts import CONTROL_BOOK
from rwaledger.chain.mined import MinedTransaction, signed_by
from rwaledger.chain.sender import hash_of
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value
from rwaledger.registry.instruments import ContractKind
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus

ID = "C14"
TITLE = "Every nonce is accounted for"
PURPOSE = (
    "Every nonce that a key of the office has used since the first deployment stands in the register, with the "
    "transaction that the chain has, how it ended, and the instruction or purpose behind it; and every transaction of "
    "the register is on the chain as the register says."
)

_IN_A_BLOCK = (TransactionStatus.MINED, TransactionStatus.REVERTED)
_CHAIN = "chain"
_NOTHING = "nothing"


def run(records: Records) -> CheckResult:
    """From the chain's nonces to the register, then from each row to the chain."""
    findings = Findings(ID, TITLE, records)
    sent = records.past.sent
    findings.count(operators=len(sent.lanes), nonces=0, transactions=0)
    for lane in sent.lanes:
        findings.count(nonces=lane.end - lane.first)
        _require_rows(findings, lane)
    beyond = 0
    for row in sent.rows:
        if row.block_number is not None and row.block_number > records.pin.block_number:
            beyond += 1
            continue
        findings.count(transactions=1)
        _judge(findings, row, sent.mined.get(row.tx_hash))
    if beyond:
        findings.note(f"{beyond} transactions were mined beyond this block.")
    return findings.result()


def _require_rows(findings: Findings, lane: Lane) -> None:
    for nonce, tx_hash in lane.unrecorded:
        if tx_hash not in findings.records.past.answered.tx_hashes:
            findings.add(
                BreakClass.MISSING_IN_REGISTER,
                "",
                lane.sender,
                f"the operator's transaction of nonce {nonce} is not in the register: {tx_hash}",
                (Value(_CHAIN, f"nonce {nonce}, {tx_hash}"), Value(REGISTER, _NOTHING)),
                cause=f"nonce {nonce}",
            )


def _judge(findings: Findings, row: StoredTransaction, mined: MinedTransaction | None) -> None:
    """One finding a row, of the first thing that is wrong with it."""
    if row.instruction_ref in findings.records.past.answered.refs:
        return
    for break_class, summary, on_chain, in_register in _faults(findings.records, row, mined):
        findings.add(
            break_class,
            "",
            row.sender,
            f"{summary}: nonce {row.nonce}, {row.tx_hash}",
            (Value(_CHAIN, on_chain), Value(REGISTER, in_register)),
            cause=f"transaction {row.tx_hash}",
        )
        return


_Fault = tuple[BreakClass, str, str, str]


def _faults(records: Records, row: StoredTransaction, mined: MinedTransaction | None) -> Iterator[_Fault]:
    """Class, summary, and what chain and register say."""
    if mined is None and row.status in _IN_A_BLOCK:
        yield BreakClass.MISSING_ON_CHAIN, "the chain has no such transaction", _NOTHING, _ended(row)
    if _hash(row) != row.tx_hash:
        yield BreakClass.TAMPER, "the bytes are those of another transaction", f"bytes of {_hash(row)}", row.tx_hash
    if mined is None:
        signed = signed_by(row.raw)
        if signed != (row.sender, row.nonce):
            due = f"nonce {signed[1]} of {signed[0]}" if signed else _NOTHING
            yield BreakClass.TAMPER, "somebody else signed it", due, f"nonce {row.nonce} of {row.sender}"
    elif row.status not in _IN_A_BLOCK:
        yield BreakClass.STALE_REFERENCE, "the register does not know how it ended", _on_chain(mined), _ended(row)
    elif _on_chain(mined) != _ended(row):
        yield BreakClass.TAMPER, "it did not end as the register says", _on_chain(mined), _ended(row)
    yield from _unexplained(records, row, mined)


def _unexplained(records: Records, row: StoredTransaction, mined: MinedTransaction | None) -> Iterator[_Fault]:
    """What a transaction was for: the instruction that it carries, or words."""
    carried = _carried_ref(records, mined) if mined else row.instruction_ref or ""
    recorded = row.instruction_ref or ""
    if carried != recorded:
        on_chain, in_register = (f"instruction {ref}" if ref else "no instruction" for ref in (carried, recorded))
        yield BreakClass.TAMPER, "it carries out another instruction than the register says", on_chain, in_register
    if recorded and recorded not in records.past.instruction_refs:
        yield BreakClass.UNAUTHORISED, "the register has no such instruction", f"instruction {recorded}", _NOTHING
    if not recorded and not row.purpose.strip():
        yield BreakClass.UNAUTHORISED, "nobody says what it was for", "a transaction", "no purpose"


def _carried_ref(records: Records, mined: MinedTransaction) -> str:
    """The reference of the instruction that a transaction had a control book carry out; empty where it did not."""
    kinds = {each.contract.address: each.contract.kind for each in records.books}
    if kinds.get(mined.recipient) is not ContractKind.CONTROL_BOOK:
        return ""
    try:
        name, args = CONTROL_BOOK.decode_input(mined.calldata)
    except MalformedData:
        return ""
    return str(args["instruction"]["ref"]) if name == "execute" else ""


def _hash(row: StoredTransaction) -> str:
    try:
        return hash_of(row.raw)
    except ValueError:
        return "no bytes"


def _on_chain(mined: MinedTransaction) -> str:
    how = "succeeded" if mined.succeeded else "reverted"
    place = f"block {mined.block_number} {mined.block_hash}, gas {mined.gas_used}"
    return f"nonce {mined.nonce} of {mined.sender}, {how} in {place}"


def _ended(row: StoredTransaction) -> str:
    start = f"nonce {row.nonce} of {row.sender}"
    if row.status not in _IN_A_BLOCK:
        return f"{start}, {row.status}"
    how = "succeeded" if row.status is TransactionStatus.MINED else "reverted"
    return f"{start}, {how} in block {row.block_number} {row.block_hash}, gas {row.gas_used}"
