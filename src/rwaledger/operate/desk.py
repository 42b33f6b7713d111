"""The operations desk: the register, the node, and the two pairs of eyes of one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rwaledger.chain.rpc import Node
from rwaledger.registry.database import Database

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

DAY_S = 86_400


def _silent(stage: str, done: int, total: int) -> None:
    """No progress shown."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that an operation works with.

    `open_maker` and `open_checker` ask for the key only when there is something to sign. `lifetime_s` is how long a
    signed instruction may be executed. `progress` is told the stage, how many are done, and of how many.
    """

    database: Database
    node: Node
    maker: str
    checker: str
    open_maker: Callable[[], Signer]
    open_checker: Callable[[], Signer]
    lifetime_s: int = DAY_S
    progress: Callable[[str, int, int], None] = field(default=_silent)
