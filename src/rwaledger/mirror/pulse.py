"""Pulse: how a mirror that runs on is doing, for whoever asks while it works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Vital:
    """What is known of the mirror at one moment.

    Times are seconds of the machine's steady clock; `reached_s` is that of the last sync that came to its end. Lags
    are those of the contract that is furthest behind, to the newest final block; in seconds by the blocks' own clocks.
    """

    turned_s: float
    reached_s: float | None = None
    chain_id: int | None = None
    head: int = 0
    target_block: int = 0
    block_number: int = 0
    lag_blocks: int = 0
    lag_seconds: int = 0
    trouble: str = ""


@dataclass(slots=True)
class Pulse:
    """The vital signs, written by the mirror's thread and read by others.

    It is healthy while its loop turns, however the node is; ready while the register follows the chain: the last sync
    came to its end, not longer ago than `patience_s`, and the register is at most `lag_blocks_max` behind. A node that
    keeps a request waiting makes it unready soon, and unhealthy much later, since a new start would not help.
    """

    patience_s: float = 60
    lag_blocks_max: int = 10
    idle_s_max: float = 600
    clock: Clock = time.monotonic
    vital: Vital = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.vital = Vital(turned_s=self.clock())

    def beat(self, **changes: object) -> None:
        """The loop turns, and these signs are new."""
        with self._lock:
            self.vital = replace(self.vital, turned_s=self.clock(), **changes)  # type: ignore[arg-type]

    def sickness(self) -> str:
        """Why it is not healthy; empty where it is."""
        idle_s = self.clock() - self.vital.turned_s
        return f"nothing has moved for {idle_s:.0f} s" if idle_s > self.idle_s_max else ""

    def unreadiness(self) -> str:
        """Why nobody should rely on the register now; empty where they may."""
        now = self.vital
        if now.trouble:
            return now.trouble
        if now.reached_s is None:
            return "the register has not caught up with the chain yet"
        if now.lag_blocks > self.lag_blocks_max:
            return f"the register is {now.lag_blocks} blocks behind"
        age_s = self.clock() - now.reached_s
        return f"the last sync that came to its end was {age_s:.0f} s ago" if age_s > self.patience_s else ""
