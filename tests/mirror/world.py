"""Chains upon which nothing can be relied: they grow, fork, are reorganised, rolled back and gone back to by chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from rwaledger.chain.rpc import Node
from tests.mirror.anvil import anvil, twin_of
from tests.mirror.archive import Archive
from tests.mirror.asset_token import DEV_ACCOUNTS, Token, deploy_control_book, deploy_token, mine
from tests.mirror.rawrpc import RawRpc
from tests.mirror.replay import Known
from tests.mirror.scenario import play

_DEPTH_MAX = 14
_CHAINS_MAX, _TOKENS_MAX = 3, 3

Deployed = Callable[[Any, Known], None]
"""Told of each contract that was deployed."""


@dataclass
class Chain:
    """A node, and the snapshots of it that can still be gone back to: their ids and heads.

    It does not go back below `floor`: the head behind the last deployment, which no register outlives, or what it
    was given to begin with, below which it knows no state.
    """

    node: Node
    raw: RawRpc
    floor: int = 0
    snapshots: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class World:
    """Some nodes, of which the first is the one behind the address. All that happens is drawn from `chance`."""

    chance: random.Random
    stack: ExitStack
    deployed: Deployed
    archive: Archive = field(default_factory=Archive)
    chains: list[Chain] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)

    def begin(self) -> None:
        """One node with one instrument and a control book."""
        self.chains.append(self._chain(self.stack.enter_context(anvil())))
        self.deploy()
        book = deploy_control_book(self.active.node)
        self._settle(book, Known(book.address, book.deploy_block))

    @property
    def active(self) -> Chain:
        """The chain behind the address that the mirror reads."""
        return self.chains[0]

    @property
    def nodes(self) -> list[Node]:
        return [chain.node for chain in self.chains]

    def observe(self) -> str:
        """Takes note of all blocks that there are; gives the head of the active chain."""
        return [self.archive.observe(chain.raw).hash for chain in self.chains[::-1]][-1]

    def deploy(self) -> None:
        """One more instrument, as long as there is one chain only."""
        if len(self.chains) > 1 or len(self.tokens) == _TOKENS_MAX:
            return
        token = deploy_token(self.active.node, f"T{len(self.tokens)}")
        token.admit(*DEV_ACCOUNTS[1:])
        token.send("mint", DEV_ACCOUNTS[1], 1_000)
        self.tokens.append(token)
        known = token.instrument
        self._settle(token, Known(token.address, known.deploy_block, known.instrument_id))

    def trade(self) -> None:
        """Some blocks of operations on any of the chains."""
        node = self.chance.choice(self.nodes[:1] * 2 + self.nodes)
        token = self._token(node)
        token.send_unmined("unpause")
        play(token, self.chance.randrange(2**32), operations=self.chance.randint(1, 9))

    def pause(self) -> None:
        """Empty blocks."""
        mine(self.active.node, self.chance.randint(1, 4))

    def reorganise(self) -> None:
        """The last blocks are replaced by as many, with other transactions or with none."""
        node, depth = self.active.node, self._depth()
        if depth:
            call = self._token(node).call("mint", self.chance.choice(DEV_ACCOUNTS[1:]), self.chance.randint(0, 99))
            places = sorted(self.chance.randrange(depth) for _ in range(self.chance.choice([0, 1, 4])))
            node.request("anvil_reorg", [depth, [[call, place] for place in places]])
            self.active.snapshots.clear()

    def roll_back(self) -> None:
        """The last blocks go, and none, fewer, as many or more come in their place."""
        depth = self._depth()
        if depth:
            self.active.node.request("anvil_rollback", [depth])
            self.active.snapshots.clear()
            for _ in range(self.chance.choice([0, 1, depth, depth + 2])):
                mine(self.active.node, 1)

    def keep(self) -> None:
        """A snapshot."""
        node = self.active.node
        self.active.snapshots.append((node.request("evm_snapshot"), node.head()))

    def go_back(self) -> None:
        """To a snapshot, if there is one."""
        kept = [each for each in self.active.snapshots if each[1] >= self.active.floor]
        if kept:
            chosen = self.chance.choice(kept)
            self.active.node.request("evm_revert", [chosen[0]])
            del self.active.snapshots[self.active.snapshots.index(chosen) :]

    def part(self) -> None:
        """One more node, of which the chain is the same until now."""
        if len(self.chains) < _CHAINS_MAX:
            self.chains.append(self._chain(self.stack.enter_context(twin_of(self.active.node))))

    def be_alone(self) -> None:
        """All nodes but the one behind the address are forgotten."""
        del self.chains[1:]

    def change_over(self) -> None:
        """Another node is behind the address."""
        self.chains.append(self.chains.pop(0))

    def _chain(self, node: Node) -> Chain:
        return Chain(node, self.stack.enter_context(RawRpc(node.url)), node.head())

    def _token(self, node: Node) -> Token:
        return Token(node, self.chance.choice(self.tokens).instrument)

    def _settle(self, deployed: Any, known: Known) -> None:
        self.active.floor = self.active.node.head()
        self.observe()
        self.deployed(deployed, known)

    def _depth(self) -> int:
        room = self.active.node.head() - self.active.floor
        return self.chance.randint(1, min(room, _DEPTH_MAX)) if room > 0 else 0
