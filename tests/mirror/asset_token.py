"""A real AssetToken on a real anvil, driven by an unlocked dev account that holds every role."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rwaledger.chain.code import code_hash
from rwaledger.chain.contracts import ASSET_TOKEN, CONTROL_BOOK, Binding
from rwaledger.chain.rpc import Node
from rwaledger.domain.instrument import Instrument, InstrumentKind, RecordOfTruth
from rwaledger.registry.database import Database
from rwaledger.registry.instruments import Contract, ContractKind, add_chain, add_contract, add_instrument

LAST_DAY = 2**16 - 1
DEV_ACCOUNTS = (
    "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
    "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
    "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
    "0x90f79bf6eb2c4f870365e785982e1f101e93b906",
    "0x15d34aaf54267db7d7c367839aaf71a00a2c6a65",
)
"""The first of anvil's unlocked accounts. The first of all holds every role, the others units."""

BOSS, A, B, C, D = DEV_ACCOUNTS
NOBODY = "0x" + "00" * 20
_GAS = hex(29_000_000)

# Emits calldata as one log: topics 0 to 2, then 32 bytes of data.
_EMITTER = "0x6020606060003760403560203560003560206000a300"


@dataclass(frozen=True, slots=True)
class Token:
    """A deployed token; `send` calls it as the holder of every role, or as another unlocked account."""

    node: Node
    instrument: Instrument

    @property
    def address(self) -> str:
        return self.instrument.address

    def call(self, function: str, *args: Any, sender: str | None = None) -> dict[str, str]:
        """The transaction, not sent; also what `anvil_reorg` takes."""
        data = ASSET_TOKEN.encode(function, args)
        return {"from": sender or BOSS, "to": self.address, "data": data, "gas": _GAS}

    def send(self, function: str, *args: Any, sender: str | None = None) -> None:
        """Mined at once, in a block of its own."""
        mined(self.node, self.send_unmined(function, *args, sender=sender))

    def send_unmined(self, function: str, *args: Any, sender: str | None = None) -> str:
        tx_hash: str = self.node.request("eth_sendTransaction", [self.call(function, *args, sender=sender)])
        return tx_hash

    def admit(self, *accounts: str) -> None:
        self.send("admit", [(account, 344, 2, LAST_DAY) for account in accounts])

    def emit(self, topics: Sequence[str], data: str) -> None:
        """Makes the token emit any log of three topics, which its own code never would."""
        code = self.node.code(self.address)
        calldata = "0x" + "".join(word[2:] for word in (*topics, data))
        transaction = {"from": BOSS, "to": self.address, "data": calldata}
        self.node.request("anvil_setCode", [self.address, _EMITTER])
        mined(self.node, self.node.request("eth_sendTransaction", [transaction]))
        self.node.request("anvil_setCode", [self.address, code])


def word(value: int | str) -> str:
    """A value as 32 bytes of hex."""
    return f"0x{value if isinstance(value, int) else int(value, 16):064x}"


def mined(node: Node, tx_hash: str) -> dict[str, Any]:
    """The receipt; anvil gives it a moment after it has mined."""
    deadline = time.monotonic() + 10
    while (receipt := node.request("eth_getTransactionReceipt", [tx_hash])) is None:
        assert time.monotonic() < deadline, f"{tx_hash} was not mined"
        time.sleep(0.005)
    assert receipt["status"] == "0x1", f"{tx_hash} failed"
    return dict(receipt)


@contextmanager
def one_block(node: Node) -> Iterator[None]:
    """All that is sent inside goes into one block."""
    node.request("evm_setAutomine", [False])
    yield
    node.request("evm_mine")
    node.request("evm_setAutomine", [True])


def mine(node: Node, blocks: int) -> None:
    """Empty blocks."""
    node.request("anvil_mine", [hex(blocks)])


def deploy_token(
    node: Node,
    instrument_id: str = "HKDS",
    *,
    guarded_country: int = 0,
    counts_holders: bool = False,
    reserve_attestor: str = NOBODY,
    is_active: bool = True,
) -> Token:
    """Deploys a token without rules, all of whose roles are dev account 0's."""
    # A control book has code; with some at his address, dev account 0 is one.
    node.request("anvil_setCode", [BOSS, "0x00"])
    no_rules = (0, 0, 0, 0, 0, False)
    settled = (guarded_country, counts_holders, reserve_attestor)
    terms: tuple[Any, ...] = (instrument_id, instrument_id, 6, no_rules, [], *settled, BOSS, BOSS, 0)
    receipt = _deploy(node, ASSET_TOKEN, [terms])
    token = Token(
        node,
        Instrument(
            instrument_id, instrument_id, instrument_id, 6, InstrumentKind.STABLECOIN, RecordOfTruth.CHAIN,
            node.chain_id, receipt["contractAddress"].lower(), BOSS, int(receipt["blockNumber"], 16),
            receipt["blockHash"], code_hash(node.code(receipt["contractAddress"])),
        ),
    )  # fmt: skip
    if is_active:
        token.send("activate", ("0x" + "00" * 12, "0x" + "00" * 9, 344, "0x" + "00" * 32))
    return token


def deploy_control_book(node: Node) -> Contract:
    """Deploys a control book; its deployment alone emits events."""
    receipt = _deploy(node, CONTROL_BOOK, [BOSS, 0, [A], [B]])
    address = receipt["contractAddress"].lower()
    block = int(receipt["blockNumber"], 16)
    return Contract(
        node.chain_id, address, ContractKind.CONTROL_BOOK, block, receipt["blockHash"], code_hash(node.code(address))
    )  # fmt: skip


def _deploy(node: Node, binding: Binding, args: Sequence[Any]) -> dict[str, Any]:
    transaction = {"from": BOSS, "data": binding.creation_code(args), "gas": _GAS}
    return mined(node, node.request("eth_sendTransaction", [transaction]))


def register(database: Database, *deployed: Token | Contract) -> None:
    """Enters the node's chain and the contracts into the register, as a deployment does."""
    for each in deployed:
        with database.begin() as c:
            if isinstance(each, Token):
                add_chain(c, each.instrument.chain_id, each.node.genesis_hash)
                add_instrument(c, each.instrument)
            else:
                add_contract(c, each)
