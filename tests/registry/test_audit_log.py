"""The audit log can be added to, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rwaledger.domain.errors import RegisterConflict
from rwaledger.registry import audit_log
from rwaledger.registry.database import Database


def test_entries_are_given_back_in_their_order(database: Database) -> None:
    detail = {"amount": str(2**96 - 1), "lines": [1, 2], "name": "九龍", "nothing": None}
    before = datetime.now(UTC)
    with database.begin() as c:
        first = audit_log.record(c, "maker", "propose", "0x01", detail)
        second = audit_log.record(c, "checker", "approve", "0x01", {})
    with database.read() as c:
        found = audit_log.entries(c)
    assert [(e.id, e.actor, e.action, e.subject, e.detail) for e in found] == [
        (first, "maker", "propose", "0x01", detail),
        (second, "checker", "approve", "0x01", {}),
    ]
    assert before <= found[0].at <= datetime.now(UTC)
    assert second > first


def test_entries_are_found_by_what_they_say(database: Database) -> None:
    with database.begin() as c:
        ids = [audit_log.record(c, f"actor{n % 2}", f"action{n % 3}", f"subject{n % 5}", {}) for n in range(10)]
        assert [e.id for e in audit_log.entries(c, actor="actor1")] == ids[1::2]
        assert [e.id for e in audit_log.entries(c, action="action2")] == ids[2::3]
        assert [e.id for e in audit_log.entries(c, subject="subject3")] == [ids[3], ids[8]]
        assert [e.id for e in audit_log.entries(c, actor="actor0", subject="subject3")] == [ids[8]]
        assert [e.id for e in audit_log.entries(c, after_id=ids[7])] == ids[8:]


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"])
def test_an_entry_is_neither_changed_nor_deleted(database: Database, statement: str) -> None:
    with database.begin() as c:
        audit_log.record(c, "maker", "propose", "0x01", {})
    with pytest.raises(RegisterConflict, match="audit_log is append-only"), database.begin() as c:
        c.exec_driver_sql(statement)
    with database.read() as c:
        assert [e.actor for e in audit_log.entries(c)] == ["maker"]


def test_what_json_cannot_carry_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"), database.begin() as c:
        audit_log.record(c, "maker", "propose", "0x01", {"amount": float("nan")})
