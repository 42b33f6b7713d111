"""How far the register is behind, contract by contract."""

from __future__ import annotations

from rwaledger.chain.rpc import Node
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.status import status
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import Token, deploy_token, mine, register
from tests.mirror.books import everything

LATEST = Finality("latest")


def test_each_contract_has_its_checkpoint_and_its_lag(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    sync(sqlite, node, LATEST)
    known = node.head()
    bond = deploy_token(node, "GRN28", is_active=False)
    register(sqlite, bond)
    mine(node, 4)
    before = everything(sqlite)

    found = status(sqlite, node, LATEST)

    assert (found.chain_id, found.head, found.target_block) == (node.chain_id, known + 5, known + 5)
    lags = {
        each.address: (each.checkpoint and each.checkpoint.block_number, each.lag_blocks) for each in found.contracts
    }
    assert lags == {token.address: (known, 5), bond.address: (None, 5)}
    assert everything(sqlite) == before


def test_what_is_not_final_is_no_lag(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    sync(sqlite, node, LATEST)
    mine(node, 2)
    (contract,) = status(sqlite, node, Finality("", 5)).contracts
    assert (contract.lag_blocks, contract.kind) == (0, "asset_token")
