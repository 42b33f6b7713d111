"""C05, the second pair of eyes: the checker's signature in the register is the one that was sent, bit for bit."""

from __future__ import annotations

from rwaledger.verifier.book import Execution, Instruction
from rwaledger.verifier.calldata import executed
from rwaledger.verifier.checks.found import CONTROL_BOOK, EVENTS, Findings, where
from rwaledger.verifier.ledger import Governed


def compare_signature(
    found: Findings, governed: Governed, execution: Execution, stored: Instruction, follows_from: str
) -> None:
    """Compares them, and counts the signatures that are no key's and were accepted as a contract's (ERC-1271)."""
    sent = _sent(governed, execution, stored.row.signature)
    if sent == stored.row.signature:
        return
    shown = "another" if sent == "" else str(sent)
    kind, told = ("COVERAGE", "not compared") if sent is None else ("TAMPER", "not the one sent")
    summary = f"the checker's signature is {told}: {where(execution.event.log)}"
    values = (
        (EVENTS, "the pack has no such transaction" if sent is None else shown),
        (
            CONTROL_BOOK,
            str(stored.row.signature),
        ),
    )
    cause = f"instruction {execution.ref} signature"
    found.add(kind, governed.instrument_id, stored.row.checker, summary, *values, cause, follows_from)


def _sent(governed: Governed, execution: Execution, signature: str) -> str | None:
    """The signature in the transaction; None where the pack lacks that.

    A maker that is a contract calls the book from within: there the stored one is looked for among all that was sent.
    """
    log = execution.event.log
    transaction = governed.case.pack.transactions.get(log.tx_hash)
    if transaction is None:
        return None
    if transaction.to == log.address:
        carried = executed(transaction.data)
        return carried[1] if carried else ""
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        return ""
    return signature if len(raw).to_bytes(32, "big") + raw in transaction.data else ""
