"""What the first page of an incremental reconciliation says: what it rests on, what it looked at, and what not."""

from __future__ import annotations

from typing import Any

from rwaledger.domain.reconciliation import Incremental

INCREMENTAL_TITLE = "Incremental reconciliation report"
INCREMENTAL_NOTICE = (
    "An incremental reconciliation rests on the full one that is on record, and repeats nothing of it. It opens no "
    "gate, no other run begins behind it, and no digest of the register was taken."
)


def incremental_facts(of: Incremental) -> tuple[tuple[str, str], ...]:
    """Base, what was looked at, and what was not, in words."""
    parts, looked_at = of.share.partition("/")[2], of.whole + of.opened
    left_out = "".join(f"; {check}" for check in of.left_out)
    return (
        ("mode", f"INCREMENTAL since block {of.base_block} ({of.base_hash}), the last that was reconciled in full"),
        (
            "looked at",
            f"all that came behind block {of.base_block}; state and balance of {looked_at:,} of {of.known:,} accounts, "
            f"and of {of.whole:,} of these, among them turn {of.turn + 1} of {parts}, their whole history",
        ),
        (
            "not looked at",
            f"the other {of.known - looked_at:,} accounts; rows and events up to block {of.base_block} of all but the "
            f"{of.whole:,}; instructions, transactions and trades that were done with by then{left_out}",
        ),
    )


def incremental_fields(of: Incremental) -> dict[str, Any]:
    """The same for programs."""
    return {
        "since_block": of.base_block,
        "since_block_hash": of.base_hash,
        "share": of.share,
        "turn": of.turn + 1,
        "accounts_whole": of.whole,
        "accounts_opened": of.opened,
        "accounts_known": of.known,
        "left_out": list(of.left_out),
    }
