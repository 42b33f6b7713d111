"""The log of who did what through this program. It is added to and read; a trigger refuses anything else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import json_text, utc_now


@dataclass(frozen=True, slots=True)
class Entry:
    """Who (`actor`) did what (`action`) to what (`subject`), and when; `detail` is what JSON can carry."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def record(c: Connection, actor: str, action: str, subject: str, detail: dict[str, Any]) -> int:
    """Adds an entry, in the transaction of what it tells of, and gives its id. Amounts go as decimal text."""
    row = {
        "at": utc_now(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": json_text(detail),
    }
    added = c.execute(insert(tables.audit_log).values(row).returning(tables.audit_log.c.id))
    return int(added.scalar_one())


def entries(
    c: Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    after_id: int = 0,
) -> list[Entry]:
    """Entries that have every value given and an id above `after_id`, oldest first."""
    t = tables.audit_log.c
    query = select(tables.audit_log).where(t.id > after_id).order_by(t.id)
    for column, value in ((t.actor, actor), (t.action, action), (t.subject, subject)):
        if value is not None:
            query = query.where(column == value)
    return [Entry(**row._asdict() | {"detail": json.loads(row.detail)}) for row in c.execute(query)]
