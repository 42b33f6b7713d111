"""Licences of intermediaries, from and until when: one row a statement, none ever changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import insert, select

from rwaledger.domain.dossier import Licence
from rwaledger.registry import tables
from rwaledger.registry.database import Connection


def add_licences(c: Connection, stated: Sequence[Licence]) -> None:
    """Adds statements; a newer one on the same licence takes the place of an older one.

    Raises:
        RegisterConflict: one of the holders is not on the register; `Database.begin` raises it.
    """
    if stated:
        c.execute(insert(tables.licences), [asdict(each) for each in stated])


def licences(c: Connection, holder_ids: Collection[str] | None = None) -> list[Licence]:
    """All statements on the licences of some holders, or of all, the oldest first."""
    t = tables.licences.c
    columns = (t.holder_id, t.kind, t.number, t.valid_from, t.valid_until, t.suspended_from, t.recorded_at)
    query = select(*columns)
    if holder_ids is not None:
        query = query.where(t.holder_id.in_(holder_ids))
    return [Licence(*row) for row in c.execute(query.order_by(t.holder_id, t.recorded_at, t.kind, t.number))]
