"""Unblock a key: what was signed at fees that no block takes any more is signed anew, under the same nonce.

Nonces are mined in order, so that everything of the key would wait behind it. Only one transaction of a nonce can be
mined; which one it was is written down when the nonce is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import SignedTransaction, fee_of, mined_nonce, outpriced, sign_dearer
from rwaledger.registry import transactions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.locks import hold
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus
from rwaledger.registry.types import utc_now

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


def reprice(database: Database, node: Node, sender: str, open_signer: Callable[[], Signer]) -> None:
    """Signs and stores anew, at today's fees, what a key has in no block and what pays too little by now.

    The key is opened only where there is such a transaction.

    Raises:
        AuthorisationError: the register has a transaction that the key has not signed; nothing was signed.
    """
    with database.read() as connection:
        if not _stuck(connection, node, sender):
            return
    signer = open_signer()
    with database.begin() as connection:
        hold(connection, "nonces", node.chain_id, sender)
        stuck = _stuck(connection, node, sender)
        dearer = [_instead(each, sign_dearer(node, signer, each.raw)) for each in stuck]
        transactions.add_transactions(connection, dearer)


def _stuck(connection: Connection, node: Node, sender: str) -> Sequence[StoredTransaction]:
    unmined = transactions.unmined_transactions(connection, node.chain_id, sender, mined_nonce(node, sender))
    if not unmined:
        return []
    waiting = list({each.nonce: each for each in sorted(unmined, key=lambda each: fee_of(each.raw))}.values())
    return [each for each, is_out in zip(waiting, outpriced(node, [w.raw for w in waiting]), strict=True) if is_out]


def _instead(of: StoredTransaction, signed: SignedTransaction) -> StoredTransaction:
    now = utc_now()
    return replace(
        of, tx_hash=signed.tx_hash, raw=signed.raw, status=TransactionStatus.SIGNED, created_at=now, updated_at=now
    )
