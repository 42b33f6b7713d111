"""Travel-rule records as the register keeps them, and the currency that decides whether one is needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import select

from rwaledger.domain.travel import TravelRecord
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import utc_now
from rwaledger.registry.upsert import insert_if_new


def add_travel_record(c: Connection, record: TravelRecord) -> bool:
    """Whether the record went in; False where its line has one, which stays as it is."""
    return insert_if_new(c, tables.travel_records, asdict(record) | {"recorded_at": utc_now()})


def travel_records(c: Connection, subjects: Iterable[str]) -> list[TravelRecord]:
    """The records of these trades and instructions, by digest or reference, in the order of their lines."""
    t = tables.travel_records.c
    query = select(*(t[name] for name in TravelRecord.__dataclass_fields__)).where(t.subject.in_(list(subjects)))
    return [TravelRecord(*row) for row in c.execute(query.order_by(t.subject, t.line))]


def all_travel_records(c: Connection) -> list[TravelRecord]:
    """Every record, in order of its subject and line."""
    t = tables.travel_records.c
    query = select(*(t[name] for name in TravelRecord.__dataclass_fields__)).order_by(t.subject, t.line)
    return [TravelRecord(*row) for row in c.execute(query)]


def currency_of(c: Connection, instrument_id: str) -> str | None:
    """The currency of a stablecoin, by what its reserve is held in; None where no reserve was entered yet."""
    t = tables.reserve_lines.c
    query = select(t.currency).where(t.instrument_id == instrument_id)
    found = c.execute(query.order_by(t.as_of.desc(), t.recorded_at.desc(), t.line).limit(1)).scalar_one_or_none()
    return None if found is None else str(found)
