"""A chain that contracts share, with a block in which a log can be left out unseen, and a register that has it all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rwaledger.chain.rpc import Node
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from rwaledger.registry.instruments import Contract
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import A, B, C, D, Token, deploy_control_book, deploy_token, mine, one_block, register
from tests.mirror.faults import LOGS, Fault, on_results
from tests.mirror.proxy import Proxy
from tests.mirror.scenario import play

LATEST = Finality("latest")
STRANGER = "0x" + "57" * 20


@dataclass(frozen=True)
class Verified:
    """`twin` is the place (block, log index) of the second of two logs with the same contract and topics."""

    node: Node
    token: Token
    other: Token
    book: Contract
    twin: tuple[int, int]
    file: Path

    def copy(self, path: Path) -> Database:
        """The register, for one test to spoil."""
        shutil.copyfile(self.file, path)
        return Database(f"sqlite:///{path}")

    @contextmanager
    def without_twin(self, times: int | None = None) -> Iterator[Proxy]:
        """The node without the twin in its answers to eth_getLogs, be it so many times only."""

        def leave_out(_params: list[Any], logs: list[Any]) -> list[Any]:
            return [log for log in logs if (int(log["blockNumber"], 16), int(log["logIndex"], 16)) != self.twin]

        with Proxy(self.node) as proxy:
            proxy.inject(Fault("one left out", frozenset({LOGS}), on_results(LOGS, leave_out)), times=times)
            yield proxy


@contextmanager
def verified(folder: Path, blank: Path) -> Iterator[Verified]:
    """Some 60 blocks; in the middle of them the twins."""
    with anvil() as node:
        token = deploy_token(node)
        token.admit(A, B, C, D)
        token.send("mint", A, 1_000)
        other = deploy_token(node, "OTHER")
        other.admit(A, B, C, D)
        book = deploy_control_book(node)
        play(other, 5, operations=20)
        with one_block(node):
            token.send_unmined("transfer", B, 1, sender=A)
            token.send_unmined("transfer", B, 2, sender=A)
        twin = node.head(), 1
        play(token, 7, operations=60)
        _send_in_anothers_name(token)
        mine(node, 2)
        file = folder / "verified.db"
        shutil.copyfile(blank, file)
        with closing(Database(f"sqlite:///{file}")) as database:
            register(database, token, other, book)
            sync(database, node, LATEST, verify=True)
        yield Verified(node, token, other, book, twin, file)


def _send_in_anothers_name(token: Token) -> None:
    """A transaction that nobody signs: its hash is no hash of its bytes."""
    node = token.node
    token.send_unmined("unpause")
    token.admit(STRANGER)
    node.request("anvil_setBalance", [STRANGER, hex(10**18)])
    node.request("anvil_impersonateAccount", [STRANGER])
    token.send("transfer", STRANGER, 0, sender=STRANGER)
