"""Rewrite all that was signed of a register, as its owner can: lists, bytes, heads, signatures, and the anchor."""

from __future__ import annotations

from pathlib import Path

from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import fund
from tests.audit.signing import close, forget_periods
from tests.played import Played

OPERATOR, AUDITOR = "dev:30", "dev:31"


def forge(played: Played) -> None:
    """Signs the register anew, as it is now, with other keys and under another anchor.

    What the register then says holds together, and is on the chain. That another anchor was there before, only the
    register said; and what it said there, only who has kept a head.
    """
    forget_periods(played)
    settings = ("--config", str(_settings(played)))
    for name in (OPERATOR, AUDITOR):
        fund(played.node, dev_address(name))
    assert played.run(*settings, "period", "deploy-anchor", "--yes") == 0
    close(played, *settings, auditor=AUDITOR)


def _settings(played: Played) -> Path:
    """The settings with the forger's keys."""
    path = played.folder / "forged.toml"
    told = (played.folder / "rwaledger.toml").read_text()
    path.write_text(f'operator = "{OPERATOR}"\nauditor = "{AUDITOR}"\n{told}')
    return path
