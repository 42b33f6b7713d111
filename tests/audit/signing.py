"""The periods that the scenario signs, and further ones: closed with the story's own keys, under its own anchor."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from rwaledger.domain.period import Period
from rwaledger.registry import periods
from tests.audit.seeding import read_again
from tests.played import Played


def forget_periods(played: Played) -> None:
    """The register as it would be had the story signed nothing: no period, no anchor, nothing of it was ever read."""
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        for table in ("period_rows", "periods"):
            connection.execute(f"DELETE FROM {table}")
        (anchor,) = connection.execute("SELECT address FROM contracts WHERE kind = 'registry_anchor'").fetchone()
        for table in ("events", "checkpoints", "contracts"):
            connection.execute(f"DELETE FROM {table} WHERE address = ?", (anchor,))


def close(played: Played, *settings: str, auditor: str = "auditor") -> list[Period]:
    """Reconciled, signed, countersigned and anchored; all periods there are.

    At a new block: of those before its start, a node tells the anchor other hashes than it tells everyone else.
    """
    read_again(played)
    assert played.run(*settings, "reconcile", "run", "--record") == 0
    assert played.run(*settings, "period", "close", "--auditor", auditor, "--yes") == 0
    assert played.run(*settings, "period", "anchor", "--yes") == 0
    read_again(played)
    return signed_periods(played)


def signed_periods(played: Played) -> list[Period]:
    with played.database.read() as c:
        return periods.periods(c)


def last_period(played: Played, name: str = "HKDS") -> Period:
    return max((each for each in signed_periods(played) if each.instrument_id == name), key=lambda each: each.sequence)
