"""Bindings of the shipped contracts: encode a call, decode its answer, with reverts as typed errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple
from web3 import Web3
from web3.contract import Contract

from rwaledger.chain.artifacts import Artifact, artifact
from rwaledger.chain.reverts import decode_revert
from rwaledger.chain.rpc import Call, Node
from rwaledger.domain.errors import NodeError, RwaledgerError


class Binding:
    """One contract type, wherever it is deployed."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def artifact(self) -> Artifact:
        """Interface and bytecode as shipped."""
        return artifact(self.name)

    @cached_property
    def _contract(self) -> type[Contract]:
        return Web3().eth.contract(abi=self.artifact.abi, bytecode=self.artifact.bytecode)

    @cached_property
    def _output_types(self) -> dict[str, list[str]]:
        return {
            entry["name"]: [collapse_if_tuple(output) for output in entry["outputs"]]
            for entry in self.artifact.abi
            if entry["type"] == "function"
        }

    def encode(self, function: str, args: Sequence[Any]) -> str:
        """Calldata of a call."""
        return str(self._contract.encode_abi(function, args=[_checksummed(arg) for arg in args]))

    def decode_input(self, calldata: str) -> tuple[str, dict[str, Any]]:
        """Name and arguments of a call, from its calldata."""
        function, args = self._contract().decode_function_input(calldata)
        return function.fn_name, dict(args)

    def creation_code(self, args: Sequence[Any]) -> str:
        """Bytecode with the constructor's arguments behind it."""
        built = self._contract.constructor(*[_checksummed(arg) for arg in args])
        return str(built.data_in_transaction)

    def call(
        self, node: Node, address: str, function: str, args: Sequence[Any], block: int | str = "latest"
    ) -> tuple[Any, ...]:
        """The answer of a view at `block`, one item for each value that it returns."""
        return self.call_many(node, address, [(function, list(args))], block)[0]

    def call_many(
        self,
        node: Node,
        address: str,
        calls: Sequence[tuple[str, list[Any]]],
        block: int | str = "latest",
    ) -> list[tuple[Any, ...]]:
        """The answers of many views at `block`, in batches."""
        tag = block if isinstance(block, str) else hex(block)
        requests: list[Call] = [
            ("eth_call", [{"to": address, "data": self.encode(function, args)}, tag]) for function, args in calls
        ]
        with_reverts = typed_reverts(node.batch, requests)
        return [
            decode(self._output_types[function], bytes.fromhex(answer[2:]))
            for (function, _), answer in zip(calls, with_reverts, strict=True)
        ]


def typed_reverts(send: Any, *args: Any) -> Any:
    """Calls `send(*args)`; a revert that the node reports is raised as the contract's own typed error."""
    try:
        return send(*args)
    except NodeError as error:
        raise revert_of(error) from error


def revert_of(error: NodeError) -> RwaledgerError:
    """The contract's error behind a node's error, or that error itself where there is none."""
    data = error.data.get("data") if isinstance(error.data, dict) else error.data
    if isinstance(data, str) and data.startswith("0x") and len(data) >= 10:
        return decode_revert(data)
    return error


def _checksummed(arg: Any) -> Any:
    """web3 accepts addresses in EIP-55 form only; ours are lower-case inside."""
    if isinstance(arg, str) and len(arg) == 42 and arg.startswith("0x"):
        return Web3.to_checksum_address(arg)
    if isinstance(arg, list | tuple):
        return type(arg)(_checksummed(item) for item in arg)
    return arg


ASSET_TOKEN = Binding("AssetToken")
CONTROL_BOOK = Binding("ControlBook")
