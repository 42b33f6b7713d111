"""Exemptions on record: proposed with one signature, in force with two. A row is only ever completed."""

from __future__ import annotations

from sqlalchemy import Row, insert, select, update

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.exemption import Exemption
from rwaledger.registry import tables
from rwaledger.registry.database import Connection


def add_exemption(c: Connection, proposed: Exemption) -> None:
    """Adds a proposal.

    Raises:
        RegisterConflict: the same is proposed already, or it is for C01; `Database.begin` raises it.
    """
    row = {
        "exemption_id": proposed.exemption_id,
        "chain_id": proposed.chain_id,
        "check_id": proposed.check,
        "instrument_id": proposed.instrument_id,
        "break_id": proposed.break_id,
        "reason": proposed.reason,
        "evidence_hash": proposed.evidence_hash,
        "valid_from": proposed.valid_from,
        "expires_on": proposed.expires_on,
        "preimage": proposed.preimage,
        "first_signer": proposed.first_signer,
        "first_signature": proposed.first_signature,
        "second_signer": None,
        "second_signature": None,
        "recorded_at": proposed.recorded_at,
    }
    c.execute(insert(tables.exemptions).values(row))


def countersign(c: Connection, exemption_id: str, signer: str, signature: str) -> None:
    """Completes a proposal with the second signature.

    Raises:
        RegisterConflict: it has one, or both would be of one key.
    """
    t = tables.exemptions
    change = update(t).where(t.c.exemption_id == exemption_id, t.c.second_signer.is_(None))
    if c.execute(change.values(second_signer=signer, second_signature=signature)).rowcount != 1:
        raise RegisterConflict(f"the exemption {exemption_id} is countersigned already, or is not there")


def exemptions(c: Connection, chain_id: int | None = None) -> list[tuple[str, Exemption, str]]:
    """Key, exemption, and the text that was signed, as the rows have them; the oldest first."""
    t = tables.exemptions
    query = select(t).order_by(t.c.recorded_at, t.c.exemption_id)
    if chain_id is not None:
        query = query.where(t.c.chain_id == chain_id)
    return [(row.exemption_id, _exemption(row), row.preimage) for row in c.execute(query)]


def exemption_named(c: Connection, name: str) -> Exemption:
    """The exemption whose id begins so.

    Raises:
        UnknownName: none does, or several do.
    """
    found = [each for key, each, _ in exemptions(c) if key.startswith(name)]
    if len(found) != 1:
        reason = f"{len(found)} begin so" if found else "no id begins so"
        raise UnknownName("exemption", name, f"{reason}; see `rwaledger break exemptions`.")
    return found[0]


def _exemption(row: Row[tuple[object, ...]]) -> Exemption:
    return Exemption(
        row.chain_id,
        row.check_id,
        row.instrument_id,
        row.break_id,
        row.reason,
        row.evidence_hash,
        row.valid_from,
        row.expires_on,
        row.recorded_at,
        row.first_signer,
        row.first_signature,
        row.second_signer,
        row.second_signature,
    )
