"""A chain with everything on it that a token can do, made by chance from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tests.mirror.asset_token import BOSS, DEV_ACCOUNTS, LAST_DAY, Token, mine, one_block

_HOLDERS = DEV_ACCOUNTS[1:]


def play(token: Token, seed: int, operations: int) -> None:
    """Sends operations, up to six a block, among empty blocks; those that a rule refuses leave no event."""
    chance = random.Random(seed)
    calls = _operations(chance)
    while operations > 0:
        if chance.random() < 0.3:
            mine(token.node, chance.randint(1, 3))
        with one_block(token.node):
            for _ in range(chance.randint(1, 6)):
                sender, function, args = next(calls)
                token.send_unmined(function, *args, sender=sender)
                operations -= 1


def _operations(chance: random.Random) -> Iterator[tuple[str, str, list[Any]]]:
    kinds = ["transfer"] * 8 + ["mint"] * 3 + ["burn", "forced", "freeze", "frozen", "suspend", "admit", "pause"]
    while True:
        one, two, units = chance.choice(_HOLDERS), chance.choice(_HOLDERS), chance.choice([0, 1, 7, 150, 2**70])
        match chance.choice(kinds):
            case "transfer":
                yield one, "transfer", [two, units]
            case "mint":
                yield BOSS, "mint", [one, units]
            case "burn":
                yield BOSS, "burn", [one, units]
            case "forced":
                yield BOSS, "forcedTransfer", [one, two, units]
            case "freeze":
                yield BOSS, "setFrozenTokens", [one, min(units, 150)]
            case "frozen":
                yield BOSS, "setAddressFrozen", [one, chance.random() < 0.2]
            case "suspend":
                yield BOSS, "setSuspended", [one, chance.random() < 0.2]
            case "admit":
                country = chance.choice([344, 156, 36])
                yield BOSS, "admit", [[(each, country, chance.randint(1, 5), LAST_DAY) for each in (one, two)]]
            case "pause":
                yield BOSS, "pause", []
                yield BOSS, "unpause", []
