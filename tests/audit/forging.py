"""Rewrite all that was signed of a register, as its owner can: lists, bytes, heads, signatures, and the anchor."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import fund
from rwaledger.registry.digest import register_digest
from tests.audit.signing import signed_periods, sync
from tests.played import Played

OPERATOR, AUDITOR = "dev:30", "dev:31"


def forge(played: Played) -> None:
    """Signs the register anew, as it is now, at the block of its periods, with other keys and under another anchor.

    What the register then says holds together, and is on the chain. That another anchor was there before, only the
    register said; and what it said there, only who has kept a head.
    """
    old = signed_periods(played)
    (block,) = {each.block_number for each in old}
    (anchor,) = {each.anchor for each in old}
    _forget(played, anchor, block)
    settings = ("--config", str(_settings(played)))
    for name in (OPERATOR, AUDITOR):
        fund(played.node, dev_address(name))
    assert played.run(*settings, "period", "deploy-anchor", "--yes") == 0
    sync(played)
    with played.database.read() as c:
        digest = register_digest(c, block)
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        connection.execute("UPDATE reconciliations SET register_digest = ? WHERE block_number = ?", (digest, block))
    assert played.run(*settings, "period", "close", "--auditor", AUDITOR, "--yes") == 0
    assert played.run(*settings, "period", "anchor", "--yes") == 0
    sync(played)


def _forget(played: Played, anchor: str, block: int) -> None:
    """The periods, the anchor, and whatever was reconciled since."""
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        connection.execute("DELETE FROM period_rows")
        connection.execute("DELETE FROM periods")
        connection.execute("DELETE FROM reconciliations WHERE block_number > ?", (block,))
        for table in ("events", "checkpoints", "contracts"):
            connection.execute(f"DELETE FROM {table} WHERE address = ?", (anchor,))


def _settings(played: Played) -> object:
    """The settings with the forger's keys."""
    told = (played.folder / "rwaledger.toml").read_text().splitlines()
    forged = [line for line in told if not line.startswith(("operator", "auditor"))]
    path = played.folder / "forged.toml"
    path.write_text("\n".join([f'operator = "{OPERATOR}"', f'auditor = "{AUDITOR}"', *forged]) + "\n")
    return path
