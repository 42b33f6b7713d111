"""Proofs that a wallet is a holder's: the message that its key has signed."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import insert, select

from rwaledger.domain.holder import WalletProof
from rwaledger.registry import tables
from rwaledger.registry.database import Connection


def add_proof(c: Connection, proof: WalletProof) -> bool:
    """Adds a proof; whether it was new."""
    known = proofs(c, proof.chain_id, proof.holder_id)
    if any((each.address, each.message) == (proof.address, proof.message) for each in known):
        return False
    c.execute(insert(tables.wallet_proofs), asdict(proof))
    return True


def proofs(c: Connection, chain_id: int, holder_id: str) -> list[WalletProof]:
    """The proofs that a holder has given for its wallets on a chain, the oldest first."""
    t = tables.wallet_proofs.c
    query = select(t.chain_id, t.address, t.holder_id, t.message, t.signature, t.recorded_at)
    query = query.where(t.chain_id == chain_id, t.holder_id == holder_id)
    return [WalletProof(*row) for row in c.execute(query.order_by(t.recorded_at, t.address))]
