"""Where holders are and were resident: one row a statement, none ever changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from itertools import starmap

from sqlalchemy import insert, select

from rwaledger.domain.dossier import Residence
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_tuples
from rwaledger.registry.database import Connection


def add_residences(c: Connection, stated: Sequence[Residence]) -> None:
    """Adds statements; a newer one of the same day takes the place of an older one.

    Raises:
        RegisterConflict: one of the holders is not on the register; `Database.begin` raises it.
    """
    if stated:
        c.execute(insert(tables.residences), [asdict(each) for each in stated])


def residences(c: Connection, holder_ids: Collection[str] | None = None) -> list[Residence]:
    """All statements on some holders, or on all, the oldest first."""
    t = tables.residences.c
    query = select(t.holder_id, t.valid_from, t.country, t.recorded_at)
    if holder_ids is not None:
        query = query.where(t.holder_id.in_(holder_ids))
    return list(starmap(Residence, stream_tuples(c, query.order_by(t.holder_id, t.recorded_at, t.valid_from))))
