"""A finished chain with a judge of it, and registers half-way along it: where faults are tried on a mirror."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import RwaledgerError
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import SyncSummary, sync
from rwaledger.registry.database import Database
from tests.mirror.anvil import anvil
from tests.mirror.archive import Archive
from tests.mirror.asset_token import A, B, C, D, Token, deploy_control_book, deploy_token, register
from tests.mirror.judge import Judge, rows_of
from tests.mirror.rawrpc import RawRpc
from tests.mirror.replay import Known
from tests.mirror.scenario import play

LATEST = Finality("latest")
BLOCKS_MAX = 12


@dataclass(frozen=True)
class Stage:
    """A chain of two instruments and a control book; nothing happens on it any more."""

    node: Node
    stablecoin: Token
    bond: Token
    judge: Judge
    head: str
    register_all: Callable[[Database], None]

    def sync(self, database: Database, node: Node | None = None) -> SyncSummary:
        """A sync in small batches, from another node where one is given."""
        return sync(database, node or self.node, LATEST, blocks_max=BLOCKS_MAX)

    def bring_half_way(self, database: Database) -> None:
        """Makes of an empty register one that stands in the middle of the chain."""
        self.register_all(database)
        middle = self.judge.archive.blocks[self.head].number // 2
        sync(database, self.node, LATEST, until=middle, blocks_max=BLOCKS_MAX)
        database.close()

    def tried(self, database: Database, node: Node) -> RwaledgerError | None:
        """The typed error in which a sync from that node ended, if it did; the register is right either way."""
        stopped = None
        try:
            self.sync(database, node)
        except RwaledgerError as error:
            stopped = error
        self.require_right(database)
        assert stopped is None or (stopped.message and stopped.next_step), f"{stopped!r} does not say what to do"
        return stopped

    def require_right(self, database: Database) -> None:
        """The register is the replay of some part of the chain."""
        assert self.judge.faults(rows_of(database.url)) == []

    def require_complete(self, database: Database) -> None:
        """The register is the replay of the whole chain."""
        assert self.judge.faults_at(rows_of(database.url), self.head) == []


@contextmanager
def finished_stage() -> Iterator[Stage]:
    """About 40 blocks with everything on them that a token can do."""
    with anvil() as node:
        stablecoin = deploy_token(node)
        book = deploy_control_book(node)
        stablecoin.admit(A, B, C, D)
        stablecoin.send("mint", A, 2**70)
        bond = deploy_token(node, "GRN28")
        bond.admit(A, B, C, D)
        bond.send("mint", B, 1_000)
        for seed in (11, 12):
            play(stablecoin, seed, operations=30)
            play(bond, seed, operations=15)
        archive = Archive()
        with RawRpc(node.url) as raw:
            head = archive.observe(raw)
        known = [
            *(Known(each.address, each.instrument.deploy_block, each.instrument.instrument_id) for each in
              (stablecoin, bond)),
            Known(book.address, book.deploy_block),
        ]  # fmt: skip
        yield Stage(
            node,
            stablecoin,
            bond,
            Judge(archive, node.chain_id, known),
            head.hash,
            lambda database: register(database, stablecoin, bond, book),
        )
