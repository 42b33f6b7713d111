"""Reconciliations on record, one row for each instrument: what gates coupons, prices and distributions."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, insert, select

from rwaledger.domain.reconciliation import CheckResult, Outcome, Reconciliation
from rwaledger.registry import audit_log, tables
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import instruments
from rwaledger.registry.types import json_text, utc_now


@dataclass(frozen=True, slots=True)
class RecordedReconciliation:
    """What a reconciliation found of one instrument, at a block of the chain; `block_time` is in seconds since 1970."""

    instrument_id: str
    block_number: int
    block_hash: str
    block_time: int
    failed_checks: tuple[str, ...]
    register_digest: str
    recorded_at: datetime

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failed_checks


def record_reconciliation(
    c: Connection, found: Reconciliation, instrument_ids: Collection[str]
) -> list[RecordedReconciliation]:
    """Records a reconciliation by all checks, a row for each of the instruments, in the order of their names."""
    now, pin = utc_now(), found.pin
    recorded = [
        RecordedReconciliation(
            instrument_id=instrument_id,
            block_number=pin.block_number,
            block_hash=pin.block_hash,
            block_time=pin.timestamp,
            failed_checks=failed_checks(found, instrument_id, instrument_ids),
            register_digest=found.register_digest,
            recorded_at=now,
        )
        for instrument_id in sorted(instrument_ids)
    ]
    for each in recorded:
        c.execute(insert(tables.reconciliations).values(_row(each)))
        detail = {"block": str(each.block_number), "failed": list(each.failed_checks)}
        audit_log.record(c, "reconcile", "reconciliation recorded", each.instrument_id, detail)
    return recorded


def failed_checks(found: Reconciliation, instrument_id: str, instrument_ids: Collection[str]) -> tuple[str, ...]:
    """The checks that an instrument does not pass: those with a finding on it, or with one on no instrument alone."""
    return tuple(
        result.check
        for result in found.results
        if result.outcome not in (Outcome.PASS, Outcome.EXEMPT) and _concerns(result, instrument_id, instrument_ids)
    )


def latest_reconciliation(c: Connection, instrument_id: str) -> RecordedReconciliation | None:
    """The reconciliation at the highest block, and of several there the one recorded last; None where there is none.

    A later run at an earlier block does not count: it would hide what was found since.
    """
    t = tables.reconciliations.c
    query = select(tables.reconciliations).where(t.instrument_id == instrument_id)
    row = c.execute(query.order_by(t.block_number.desc(), t.recorded_at.desc()).limit(1)).one_or_none()
    return None if row is None else _recorded(row)


def latest_passed(c: Connection, chain_id: int, upto: int) -> RecordedReconciliation | None:
    """The last one up to a block that passed for every instrument of a chain that was there; the row of the first."""
    t = tables.reconciliations.c
    begins = {each.instrument_id: each.deploy_block for each in instruments(c) if each.chain_id == chain_id}
    rows = select(tables.reconciliations).where(t.instrument_id.in_(sorted(begins)), t.block_number <= upto)
    at_block: dict[int, dict[str, RecordedReconciliation]] = {}
    for row in c.execute(rows.order_by(t.block_number.desc(), t.recorded_at)):
        each = _recorded(row)
        at_block.setdefault(each.block_number, {})[each.instrument_id] = each
    for block, found in at_block.items():
        there = {instrument_id for instrument_id, begin in begins.items() if begin <= block}
        hashes = {each.block_hash for each in found.values()}
        if there <= found.keys() and len(hashes) == 1 and all(each.passed for each in found.values()):
            return min(found.values(), key=lambda each: each.instrument_id)
    return None


def newest_block_time(c: Connection) -> int | None:
    """Time of the newest block at which anything was reconciled, in seconds since 1970; None where nothing was."""
    newest = c.execute(select(func.max(tables.reconciliations.c.block_time))).scalar()
    return None if newest is None else int(newest)


def reconciliations(c: Connection, instrument_id: str) -> list[RecordedReconciliation]:
    """All reconciliations of an instrument, oldest first."""
    t = tables.reconciliations.c
    query = select(tables.reconciliations).where(t.instrument_id == instrument_id).order_by(t.recorded_at)
    return [_recorded(row) for row in c.execute(query)]


def _concerns(result: CheckResult, instrument_id: str, instrument_ids: Collection[str]) -> bool:
    if not result.failing:
        return True
    return any(
        each.instrument_id == instrument_id or each.instrument_id not in instrument_ids for each in result.failing
    )


def _row(each: RecordedReconciliation) -> dict[str, object]:
    return {
        "instrument_id": each.instrument_id,
        "block_number": each.block_number,
        "block_hash": each.block_hash,
        "block_time": each.block_time,
        "passed": each.passed,
        "failed_checks": json_text(each.failed_checks),
        "register_digest": each.register_digest,
        "recorded_at": each.recorded_at,
    }


def _recorded(row: Row[tuple[object, ...]]) -> RecordedReconciliation:
    return RecordedReconciliation(
        instrument_id=row.instrument_id,
        block_number=row.block_number,
        block_hash=row.block_hash,
        block_time=row.block_time,
        failed_checks=tuple(json.loads(row.failed_checks)),
        register_digest=row.register_digest,
        recorded_at=row.recorded_at,
    )
