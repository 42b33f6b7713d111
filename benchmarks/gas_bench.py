"""A fresh local chain on which gas is measured: deploy, send from any address, read the receipt."""

from __future__ import annotations

from typing import Any

import solcx
from eth_utils.crypto import keccak

from rwaledger.chain.compile import PROJECT, SETTINGS, find_compiler
from rwaledger.chain.contracts import Binding
from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import fund
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import await_receipts

UNITS = 10**21
"""What one line moves: 1,000 of a token with 18 decimals. Its bytes are part of what a transaction costs."""

_GAS_LIMIT = 25_000_000
_PLAIN = "benchmarks/contracts/PlainToken.sol"


class Bench:
    """Sends transactions of any address on a node that lets it, and counts their gas."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.deployer = dev_address("dev:0")
        node.request("anvil_autoImpersonateAccount", [True])

    def send(self, sender: str, to: str | None, data: str) -> dict[str, Any]:
        """The receipt of a transaction.

        Raises:
            RuntimeError: it was refused; a measurement of it would mean nothing.
        """
        fund(self.node, sender)
        transaction = {"from": sender, "data": data, "gas": hex(_GAS_LIMIT)} | ({"to": to} if to else {})
        tx_hash = self.node.request("eth_sendTransaction", [transaction])
        await_receipts(self.node, [tx_hash])
        receipt: dict[str, Any] = self.node.request("eth_getTransactionReceipt", [tx_hash])
        if receipt["status"] != "0x1":
            self.node.request("eth_call", [transaction, "latest"])
            raise RuntimeError(f"{tx_hash} was refused")
        return receipt

    def call(self, sender: str, binding: Binding, to: str, function: str, *args: Any) -> int:
        """Gas of a contract call."""
        return gas_of(self.send(sender, to, binding.encode(function, args)))

    def deploy(self, code: str) -> tuple[str, int]:
        """Address and gas of a new contract."""
        receipt = self.send(self.deployer, None, code)
        return receipt["contractAddress"], gas_of(receipt)

    def contract(self, binding: Binding, *args: Any) -> tuple[str, int]:
        """Address and gas of one of the shipped contracts."""
        return self.deploy(binding.creation_code(args))

    def skip_to(self, timestamp_s: int) -> None:
        """Mines a block at a time to come."""
        self.node.request("evm_setNextBlockTimestamp", [timestamp_s])
        self.node.request("anvil_mine", ["0x1"])

    def now_s(self) -> int:
        """Time of the last block."""
        block = self.node.block("latest")
        assert block is not None
        return block.timestamp


def gas_of(receipt: dict[str, Any]) -> int:
    """Gas used, refunds counted."""
    return int(receipt["gasUsed"], 16)


def person(label: str, number: int = 0) -> str:
    """A made-up address."""
    return "0x" + keccak(text=f"{label} {number}")[12:].hex()


def people(label: str, count: int = 100) -> list[str]:
    """Made-up addresses."""
    return [person(label, number) for number in range(count)]


def amounts(count: int = 100) -> list[int]:
    """An amount for each of many, no two alike."""
    return [UNITS + number for number in range(count)]


def plain_token_code() -> str:
    """Creation code of OpenZeppelin's ERC-20, compiled now with the settings of the shipped contracts."""
    source = {"content": PROJECT.joinpath(_PLAIN).read_text("utf-8")}
    outputs = {_PLAIN: {"PlainToken": ["evm.bytecode.object"]}}
    request = {
        "language": "Solidity",
        "sources": {_PLAIN: source},
        "settings": SETTINGS | {"outputSelection": outputs},
    }
    answer = solcx.compile_standard(request, PROJECT, allow_paths=[PROJECT], solc_binary=find_compiler())
    return "0x" + str(answer["contracts"][_PLAIN]["PlainToken"]["evm"]["bytecode"]["object"])


def per_line(gas: int, lines: int = 100) -> int:
    """The share of one line of a batch, rounded up."""
    return -(-gas // lines)
