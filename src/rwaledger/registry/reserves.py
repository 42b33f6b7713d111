"""Reserves: the statements of what backs an instrument, and the attestations that were signed on them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, insert, select

from rwaledger.domain.reserve import Attestation, ReserveLine, ReserveStatement, SignedAttestation
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import utc_now


def add_statement(c: Connection, statement: ReserveStatement) -> None:
    """Records a statement. One of the same time is kept beside it; the newest is the one that counts."""
    recorded_at = utc_now()
    rows = [
        {
            "instrument_id": statement.instrument_id,
            "as_of": statement.as_of,
            "line": line.line,
            "kind": line.kind,
            "description": line.description,
            "currency": line.currency,
            "amount_units": line.amount_units,
            "haircut_bp": line.haircut_bp,
            "matures_on": line.matures_on,
            "source_hash": statement.source_hash,
            "recorded_at": recorded_at,
        }
        for line in statement.lines
    ]
    c.execute(insert(tables.reserve_lines), rows)


def statement(c: Connection, instrument_id: str, upto: int | None = None) -> ReserveStatement | None:
    """The statement of the latest time, up to `upto` (seconds since 1970) where given; of that time the newest."""
    t = tables.reserve_lines.c
    of_instrument = select(t.as_of, t.recorded_at).where(t.instrument_id == instrument_id)
    if upto is not None:
        of_instrument = of_instrument.where(t.as_of <= upto)
    newest = c.execute(of_instrument.order_by(t.as_of.desc(), t.recorded_at.desc()).limit(1)).one_or_none()
    if newest is None:
        return None
    query = select(tables.reserve_lines).where(
        t.instrument_id == instrument_id, t.as_of == newest.as_of, t.recorded_at == newest.recorded_at
    )
    rows = c.execute(query.order_by(t.line)).all()
    return ReserveStatement(instrument_id, newest.as_of, tuple(_line(row) for row in rows), rows[0].source_hash)


def all_statements(c: Connection) -> list[ReserveStatement]:
    """The statement that counts of each time, which is the newest, in order of instrument and time."""
    t = tables.reserve_lines.c
    query = select(tables.reserve_lines).order_by(t.instrument_id, t.as_of, t.recorded_at, t.line)
    rows: dict[tuple[str, int], list[Row[Any]]] = {}
    for row in c.execute(query):
        known = rows.setdefault((row.instrument_id, row.as_of), [])
        if known and known[0].recorded_at != row.recorded_at:
            known.clear()
        known.append(row)
    return [
        ReserveStatement(*key, tuple(_line(row) for row in found), found[0].source_hash) for key, found in rows.items()
    ]


def add_attestation(c: Connection, signed: SignedAttestation) -> None:
    """Records an attestation; to be committed before it is sent.

    Raises:
        RegisterConflict: there is one of that time; `Database.begin` raises it.
    """
    row = {
        "instrument_id": signed.instrument_id,
        "as_of": signed.attestation.as_of,
        "contract": signed.contract,
        "amount_units": signed.attestation.amount_units,
        "expires_at": signed.attestation.expires_at,
        "document_hash": signed.attestation.document_hash,
        "attestor": signed.attestor,
        "digest": signed.digest,
        "signature": signed.signature,
        "recorded_at": utc_now(),
    }
    c.execute(insert(tables.attestations).values(row))


def attestation(c: Connection, instrument_id: str, as_of: int) -> SignedAttestation | None:
    """The attestation of that time; None where nothing was signed."""
    t = tables.attestations.c
    row = c.execute(_attestations().where(t.instrument_id == instrument_id, t.as_of == as_of)).one_or_none()
    return None if row is None else _attestation(row)


def attestations(c: Connection, instrument_id: str) -> list[SignedAttestation]:
    """What was signed of an instrument, oldest first."""
    t = tables.attestations.c
    query = _attestations().where(t.instrument_id == instrument_id).order_by(t.as_of)
    return [_attestation(row) for row in c.execute(query)]


def all_attestations(c: Connection) -> list[SignedAttestation]:
    """What was ever signed, in order of instrument and time."""
    t = tables.attestations.c
    return [_attestation(row) for row in c.execute(_attestations().order_by(t.instrument_id, t.as_of))]


def _attestations() -> Select[Any]:
    return select(tables.attestations, tables.instruments.c.address).join_from(tables.attestations, tables.instruments)


def _attestation(row: Row[Any]) -> SignedAttestation:
    counted = Attestation(row.address, row.amount_units, row.as_of, row.expires_at, row.document_hash)
    return SignedAttestation(row.instrument_id, row.contract, counted, row.attestor, row.digest, row.signature)


def _line(row: Row[Any]) -> ReserveLine:
    return ReserveLine(
        line=row.line,
        kind=row.kind,
        description=row.description,
        currency=row.currency,
        amount_units=row.amount_units,
        haircut_bp=row.haircut_bp,
        matures_on=row.matures_on,
    )
