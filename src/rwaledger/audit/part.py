"""Which part of a register an incremental reconciliation looks at: blocks since one on record, and some accounts.

Blocks up to the recorded one are not looked at again. Whatever came after is, and every account that has moved since,
or whose standing has changed, is followed from what the register had of it then. Of all accounts a share takes its
turn: of these the whole history is looked at. An account's hash gives it one of as many turns as the share has parts,
and the number of the pinned block says whose turn it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rwaledger.audit.replay import DEPLOYMENT, Start
from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import UsageError
from rwaledger.domain.posting import ISSUANCE_ACCOUNT

DEFAULT_SHARE = "1/19"
"""A prime number of turns: runs that are always as many blocks apart reach all of them, unless that is a multiple."""

_SHARE = re.compile(r"1/([1-9]\d{0,5})")


@dataclass(frozen=True, slots=True)
class Share:
    """One of so many parts of all accounts."""

    parts: int

    @classmethod
    def of(cls, text: str) -> Share:
        """A share as it is written, such as `1/19`.

        Raises:
            UsageError: it is not.
        """
        match = _SHARE.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"{text!r} is no share of the accounts", "Write one over a whole number, such as 1/19.")
        return cls(int(match[1]))

    def turn(self, block: int) -> int:
        """Whose turn it is at a block: 0 up to the number of parts, without it."""
        return block % self.parts

    def takes(self, accounts: Iterable[str], block: int) -> set[str]:
        """Those of the accounts whose turn it is at a block."""
        turn = self.turn(block)
        return {account for account in accounts if _hashed(account) % self.parts == turn}

    def __str__(self) -> str:
        return f"1/{self.parts}"


@dataclass(frozen=True, slots=True)
class Opening:
    """What an instrument began with at the first block that is looked at, by the register that was reconciled there.

    `balances` are those of the accounts of which no earlier events are looked at, the issuance account among them;
    `start` is what the events that are left out come to. `time` is that of the block before, in seconds since 1970.
    """

    balances: Mapping[str, int] = field(default_factory=dict)
    start: Start = DEPLOYMENT
    holder_count: int = 0
    time: int = 0

    @property
    def supply_units(self) -> int:
        """Units that were in issue."""
        return -self.balances.get(ISSUANCE_ACCOUNT, 0)


@dataclass(frozen=True, slots=True)
class Part:
    """What of chain and register is looked at.

    By contract `logs`, and whether they begin where the register says; by instrument its `accounts` and what it began
    with; by number the `headers` of the earlier blocks in which logs stand.
    """

    first_block: int
    logs: Mapping[str, tuple[list[Log], bool]]
    accounts: Mapping[str, tuple[str, ...]]
    openings: Mapping[str, Opening]
    headers: Mapping[int, Block] = field(default_factory=dict)


def _hashed(account: str) -> int:
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:8])
