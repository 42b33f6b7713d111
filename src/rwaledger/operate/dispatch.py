"""One lane for each key: every transaction gets its nonce, is signed and stored in one step, and only then leaves.

Nonces are given out under a lock on chain and sender: the lowest for which neither the node nor the register has a
transaction. So two processes never sign for the same nonce, and whoever comes after a crash first sends what the other
one left lying, so that no nonce is missing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

from rwaledger.chain.addresses import checksummed
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import (
    POLL_S,
    RECEIPT_TIMEOUT_S,
    Outgoing,
    Receipt,
    SignedTransaction,
    broadcast,
    call_of,
    estimate,
    failure_of,
    fee_of,
    hash_of,
    mined_nonce,
    next_nonce,
    receipts,
    sign_with,
)
from rwaledger.domain.errors import AuthorisationError, RwaledgerError
from rwaledger.operate.follow import write_receipts
from rwaledger.operate.reprice import reprice
from rwaledger.registry import instructions, transactions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.locks import hold
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

ATTEMPTS = 10
"""How often in a row another wallet with the same key may take our nonce, before we say so."""

GRACE_S = 1.0
"""A node may count a transaction before it has the receipt; so long we wait before we call it replaced."""

_DEAD = (TransactionStatus.REVERTED, TransactionStatus.REPLACED)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A call that is ready to be signed: its gas, why it is made, and the instruction behind it, if there is one."""

    call: Outgoing
    gas: int
    purpose: str
    instruction_ref: str | None = None


def send_recorded(database: Database, node: Node, signer: Signer, call: Outgoing, purpose: str) -> Receipt:
    """Sends one call for which there is no instruction, once, and returns the receipt of its success.

    `purpose` names the one thing that it is for, such as `settle T-1`. Where this key has sent the same call for the
    same purpose, that transaction is waited for, or its receipt returned; nothing is sent twice.

    Raises:
        ContractRevert: it would fail; nothing was sent.
        TransactionFailed: it was sent and failed.
    """
    for _ in range(ATTEMPTS):
        reprice(database, node, signer.address, lambda: signer)
        sent = _of_purpose(database, node, signer.address, call, purpose)
        if not sent:
            (gas,) = estimate(node, signer.address, [call])
            if isinstance(gas, RwaledgerError):
                raise gas
            sent = sign_and_store(database, node, signer, [Parcel(call, gas, purpose)])
        (receipt,) = push(database, node, sent[-1:])
        if receipt is None:
            continue
        if not receipt.succeeded:
            raise failure_of(node, receipt)
        return receipt
    raise overtaken(signer.address)


def sign_and_store(
    database: Database, node: Node, signer: Signer, parcels: Sequence[Parcel]
) -> list[StoredTransaction]:
    """The transaction of each parcel, in the register before any is sent, so that what is resent is the same bytes.

    A parcel that has one already which may still succeed, from another process or an earlier run, gets no second.

    Raises:
        AuthorisationError: an instruction was rejected meanwhile.
    """
    with database.begin() as connection:
        hold(connection, "nonces", node.chain_id, signer.address)
        known = _known(connection, node, signer.address, parcels)
        fresh = [parcel for parcel, found in zip(parcels, known, strict=True) if found is None]
        made = iter(_sign(connection, node, signer, fresh))
        transactions_of_parcels = [found or next(made) for found in known]
        added = [each for each, found in zip(transactions_of_parcels, known, strict=True) if found is None]
        transactions.add_transactions(connection, added)
        for each in added:
            if each.instruction_ref is not None:
                instructions.set_sent(connection, each.instruction_ref)
    return transactions_of_parcels


def push(database: Database, node: Node, sent: Sequence[StoredTransaction]) -> list[Receipt | None]:
    """Sends what is stored and in no block, and waits until each of `sent` is in one.

    What else the same keys have signed before goes out first. None stands for a transaction that is in no block after
    all: another one has its nonce, and it is marked as replaced, or a reorganisation has dropped it.

    Raises:
        RwaledgerError: no more were mined for too long; they may be later, and the same command can be run again.
    """
    waiting = [*sent, *_rivals(database, node, sent)]
    for sender in sorted({each.sender for each in sent}):
        taken = _broadcast_lane(database, node, sender, [each for each in waiting if each.sender == sender])
        waiting = [each for each in waiting if each.tx_hash not in taken]
    found = await_receipts(node, waiting)
    write_receipts(database, waiting, found)
    lost = [each for each, receipt in zip(waiting, found, strict=True) if receipt is None]
    # After a reorganisation the nonce may be free again; then it is only to be sent once more.
    mark_replaced(database, [each for each in lost if each.nonce < mined_nonce(node, each.sender)])
    by_hash = {receipt.tx_hash: receipt for receipt in found if receipt is not None}
    return [by_hash.get(each.tx_hash) for each in sent]


def await_receipts(node: Node, sent: Sequence[StoredTransaction]) -> list[Receipt | None]:
    """Waits until every nonce is used, and gives the receipts; None where another transaction has used it."""
    _await_nonces(node, sent)
    deadline = time.monotonic() + GRACE_S
    while True:
        found = receipts(node, [each.tx_hash for each in sent])
        if None not in found or time.monotonic() > deadline:
            return found
        time.sleep(POLL_S)


def _await_nonces(node: Node, sent: Sequence[StoredTransaction]) -> None:
    deadline, missing = time.monotonic() + RECEIPT_TIMEOUT_S, len(sent) + 1
    while True:
        nonces = {sender: mined_nonce(node, sender) for sender in {each.sender for each in sent}}
        still_missing = sum(each.nonce >= nonces[each.sender] for each in sent)
        if not still_missing:
            return
        if still_missing < missing:
            deadline, missing = time.monotonic() + RECEIPT_TIMEOUT_S, still_missing
        if time.monotonic() > deadline:
            raise RwaledgerError(
                f"{still_missing} of {len(sent)} transactions not mined; no block had one for {RECEIPT_TIMEOUT_S} s",
                "They are stored; run the same command again to go on waiting.",
            )
        time.sleep(POLL_S)


def _of_purpose(database: Database, node: Node, sender: str, call: Outgoing, purpose: str) -> list[StoredTransaction]:
    """What this key has sent for this purpose with this call, and is in no block yet or did succeed."""
    with database.read() as connection:
        known = transactions.transactions(connection, chain_id=node.chain_id, sender=sender, purpose=purpose)
    return [each for each in known if _counts(each, call)]


def _counts(sent: StoredTransaction, call: Outgoing) -> bool:
    return sent.status not in _DEAD and call_of(sent.raw) == call


def _known(
    connection: Connection, node: Node, sender: str, parcels: Sequence[Parcel]
) -> list[StoredTransaction | None]:
    """For each parcel the transaction that it has already, where that may still succeed."""
    refs = [each.instruction_ref for each in parcels if each.instruction_ref is not None]
    found: dict[str, list[StoredTransaction]] = {}
    for sent in transactions.transactions_of_instructions(connection, refs):
        found.setdefault(str(sent.instruction_ref), []).append(sent)
    for purpose in {each.purpose for each in parcels if each.instruction_ref is None}:
        found[purpose] = transactions.transactions(connection, chain_id=node.chain_id, sender=sender, purpose=purpose)
    return [_standing_in(found.get(each.instruction_ref or each.purpose, []), each.call) for each in parcels]


def _standing_in(sent: Sequence[StoredTransaction], call: Outgoing) -> StoredTransaction | None:
    return next((each for each in reversed(sent) if _counts(each, call)), None)


def _sign(connection: Connection, node: Node, signer: Signer, parcels: Sequence[Parcel]) -> list[StoredTransaction]:
    if not parcels:
        return []
    mined, pending = mined_nonce(node, signer.address), next_nonce(node, signer.address)
    unmined = transactions.unmined_transactions(connection, node.chain_id, signer.address, mined)
    taken = {each.nonce for each in unmined}
    nonces = list(islice((nonce for nonce in count(pending) if nonce not in taken), len(parcels)))
    calls, gas = [each.call for each in parcels], [each.gas for each in parcels]
    signed = sign_with(node, signer, calls, gas, nonces)
    return [_stored(node, parcel, each) for parcel, each in zip(parcels, signed, strict=True)]


def _stored(node: Node, parcel: Parcel, signed: SignedTransaction) -> StoredTransaction:
    return StoredTransaction(
        tx_hash=signed.tx_hash,
        chain_id=node.chain_id,
        sender=signed.sender,
        nonce=signed.nonce,
        instruction_ref=parcel.instruction_ref,
        purpose=parcel.purpose,
        raw=signed.raw,
        status=TransactionStatus.SIGNED,
    )


def _broadcast_lane(database: Database, node: Node, sender: str, own: Sequence[StoredTransaction]) -> set[str]:
    """Sends, in order of nonce, what others of this register have left, and our own; the hashes of what is replaced."""
    last, mined = max(each.nonce for each in own), mined_nonce(node, sender)
    with database.read() as connection:
        lane = transactions.unmined_transactions(connection, node.chain_id, sender, mined)
    unmined = [each for each in [*lane, *own] if mined <= each.nonce <= last]
    # Of those with one nonce that which pays most.
    dearest = {each.nonce: each for each in sorted(unmined, key=lambda each: fee_of(each.raw))}
    ordered = [dearest[nonce] for nonce in sorted(dearest)]
    _require_intact(ordered)
    taken = set(broadcast(node, [each.raw for each in ordered]))
    mark_replaced(database, [each for each in ordered if each.tx_hash in taken])
    return taken


def _rivals(database: Database, node: Node, sent: Sequence[StoredTransaction]) -> list[StoredTransaction]:
    """What else was signed with these nonces, at other fees: one of them is mined, and the others never."""
    nonces, known = {(each.sender, each.nonce) for each in sent}, {each.tx_hash for each in sent}
    first = min((each.nonce for each in sent), default=0)
    with database.read() as connection:
        behind = [
            each
            for sender in sorted({each.sender for each in sent})
            for each in transactions.unmined_transactions(connection, node.chain_id, sender, first)
        ]
    return [each for each in behind if (each.sender, each.nonce) in nonces and each.tx_hash not in known]


def _require_intact(stored: Sequence[StoredTransaction]) -> None:
    """What leaves is what was signed here."""
    for each in stored:
        if hash_of(each.raw) != each.tx_hash:
            raise AuthorisationError(
                f"transaction {each.tx_hash} (nonce {each.nonce} of {checksummed(each.sender)}) was altered in the"
                " register; nothing was sent",
                "Find out who changed the row, and restore it.",
            )


def mark_replaced(database: Database, lost: Sequence[StoredTransaction]) -> None:
    """Writes down that another transaction has the nonce, so that these can never be mined."""
    if lost:
        with database.begin() as connection:
            for each in sorted(lost, key=lambda each: (each.sender, each.nonce)):
                transactions.set_transaction_status(connection, each.tx_hash, TransactionStatus.REPLACED)


def overtaken(sender: str) -> RwaledgerError:
    """Somebody else sends with the key all the time."""
    return RwaledgerError(
        f"another wallet with the key of {sender} took the nonce {ATTEMPTS} times in a row; nothing was lost",
        "Let one program send with a key at a time, then run the same command again.",
    )
