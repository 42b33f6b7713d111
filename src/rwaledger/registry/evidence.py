"""Evidence on holders: which document was seen, and until when it counts; one row a statement, none ever changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import insert, select

from rwaledger.domain.dossier import Evidence, EvidenceKind
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_tuples
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member


def add_evidence(c: Connection, stated: Sequence[Evidence]) -> None:
    """Adds statements; a newer one of the same kind takes the place of an older one.

    Raises:
        RegisterConflict: one of the holders is not on the register; `Database.begin` raises it.
    """
    if stated:
        c.execute(insert(tables.evidence), [asdict(each) | {"kind": str(each.kind)} for each in stated])


def evidence(c: Connection, holder_ids: Collection[str] | None = None) -> list[Evidence]:
    """All statements on some holders, or on all, the oldest first."""
    t = tables.evidence.c
    query = select(t.holder_id, t.kind, t.document_hash, t.valid_from, t.valid_until, t.recorded_at)
    if holder_ids is not None:
        query = query.where(t.holder_id.in_(holder_ids))
    rows = stream_tuples(c, query.order_by(t.holder_id, t.recorded_at, t.kind, t.document_hash))
    return [Evidence(each, stored_member(EvidenceKind, kind), *rest) for each, kind, *rest in rows]
