"""Bindings of the shipped contracts: encode a call, decode its answer, with reverts as typed errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIFunction
from eth_utils.abi import function_abi_to_4byte_selector

from rwaledger.chain.abi import Decoder, MalformedData, type_of
from rwaledger.chain.artifacts import Artifact, artifact
from rwaledger.chain.reverts import decode_revert
from rwaledger.chain.rpc import Call, Node
from rwaledger.domain.errors import ChainMismatch, NodeError, RwaledgerError

if TYPE_CHECKING:
    from web3.contract import Contract

_WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Function:
    """What encoding and decoding need of one function, worked out once."""

    selector: bytes
    input_types: list[str]
    output_types: list[str]
    input: Decoder


class Binding:
    """One contract type, wherever it is deployed.

    Arguments and answers are plain values: addresses and bytes as lower-case hex, tuples in the order of the ABI.
    Calls are encoded by eth-abi itself: web3's own encoder formats every value again and again, which takes most of
    the time of a batch. `at` gives a web3 contract to whoever wants one.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def artifact(self) -> Artifact:
        """Interface and bytecode as shipped."""
        return artifact(self.name)

    @cached_property
    def _functions(self) -> dict[str, _Function]:
        entries = (entry for entry in self.artifact.abi if entry["type"] == "function")
        return {
            entry["name"]: _Function(
                selector=function_abi_to_4byte_selector(cast(ABIFunction, entry)),
                input_types=[type_of(each) for each in entry["inputs"]],
                output_types=[type_of(each) for each in entry["outputs"]],
                input=Decoder(entry["inputs"]),
            )
            for entry in entries
        }

    def at(self, node: Node, address: str) -> Contract:
        """A web3.py contract on the same node, for interactive use and for whoever builds on web3."""
        from web3 import HTTPProvider, Web3  # noqa: PLC0415 - importing it takes a second, and most runs need none

        w3 = Web3(HTTPProvider(node.url))
        return w3.eth.contract(address=Web3.to_checksum_address(address), abi=self.artifact.abi)

    def encode(self, function: str, args: Sequence[Any]) -> str:
        """Calldata of a call."""
        found = self._functions[function]
        return "0x" + (found.selector + encode(found.input_types, _raw(found.input_types, args))).hex()

    def decode_input(self, calldata: str) -> tuple[str, dict[str, Any]]:
        """Name and arguments of a call, from its calldata; tuples as dicts, addresses and bytes as lower-case hex.

        Raises:
            MalformedData: it is no call of this contract.
        """
        raw = bytes.fromhex(calldata[2:])
        for name, function in self._functions.items():
            if function.selector == raw[:4]:
                return name, function.input.decode(raw[4:])
        raise MalformedData(f"{self.name} has no function with selector 0x{raw[:4].hex()}")

    def creation_code(self, args: Sequence[Any]) -> str:
        """Bytecode with the constructor's arguments behind it."""
        (constructor,) = (entry for entry in self.artifact.abi if entry["type"] == "constructor")
        types = [type_of(each) for each in constructor["inputs"]]
        return self.artifact.bytecode + encode(types, _raw(types, args)).hex()

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
        answers = with_typed_reverts(lambda: node.batch(requests))
        try:
            return [
                decode(self._functions[function].output_types, bytes.fromhex(answer[2:]))
                for (function, _), answer in zip(calls, answers, strict=True)
            ]
        except DecodingError:
            raise self._another(node, address, block) from None

    def call_words(
        self, node: Node, address: str, function: str, lists: Sequence[Sequence[str]], block: int | str = "latest"
    ) -> list[list[int]]:
        """The answers of a view that takes `address[]` and gives `uint256[]`, for lists of accounts.

        Packed by hand: through eth-abi a hundred thousand accounts take ten seconds, and so one.
        """
        tag = block if isinstance(block, str) else hex(block)
        selector = "0x" + self._functions[function].selector.hex()
        requests: list[Call] = [
            ("eth_call", [{"to": address, "data": selector + _pack_addresses(accounts)}, tag]) for accounts in lists
        ]
        answers = with_typed_reverts(lambda: node.batch(requests))
        try:
            return [_unpack_words(answer, len(each)) for answer, each in zip(answers, lists, strict=True)]
        except DecodingError:
            raise self._another(node, address, block) from None

    def _another(self, node: Node, address: str, block: int | str) -> ChainMismatch:
        return ChainMismatch(
            f"{address} on chain {node.chain_id} does not answer as {self.name} at block {block}",
            "Check that rpc_url is the node of this register.",
        )


def _pack_addresses(accounts: Sequence[str]) -> str:
    """The one argument `address[]`, as hex: where it begins, how many there are, each in a word."""
    return f"{_WORD_BYTES:064x}{len(accounts):064x}" + "".join(account[2:].rjust(64, "0") for account in accounts)


def _unpack_words(answer: str, count: int) -> list[int]:
    """The one result `uint256[]` of so many words, as hex."""
    raw = bytes.fromhex(answer[2:])
    if len(raw) != (count + 2) * _WORD_BYTES or int.from_bytes(raw[_WORD_BYTES : 2 * _WORD_BYTES]) != count:
        raise DecodingError("an array of words is of another length than it says")
    return [int.from_bytes(raw[at : at + _WORD_BYTES]) for at in range(2 * _WORD_BYTES, len(raw), _WORD_BYTES)]


def with_typed_reverts(request: Callable[[], Any]) -> Any:
    """The result of a request; a revert that the node reports is raised as the contract's own typed error."""
    try:
        return request()
    except NodeError as error:
        raise revert_of(error) from error


def revert_of(error: NodeError) -> RwaledgerError:
    """The contract's error behind a node's error, or that error itself where there is none."""
    data = error.data.get("data") if isinstance(error.data, dict) else error.data
    if isinstance(data, str) and data.startswith("0x") and len(data) >= 10:
        return decode_revert(data)
    return error


def _raw(types: Sequence[str], values: Sequence[Any]) -> list[Any]:
    """Values as eth-abi takes them: bytes out of hex, wherever no address is meant."""
    return [_raw_value(abi_type, value) for abi_type, value in zip(types, values, strict=True)]


def _raw_value(abi_type: str, value: Any) -> Any:
    if abi_type.endswith("]"):
        item_type = abi_type[: abi_type.rindex("[")]
        return [_raw_value(item_type, item) for item in value]
    if abi_type.startswith("("):
        return tuple(_raw(_members(abi_type), value))
    if isinstance(value, str) and abi_type.startswith("bytes"):
        return bytes.fromhex(value.removeprefix("0x"))
    return value


def _members(tuple_type: str) -> list[str]:
    """The types inside a tuple type such as `(bytes32,(uint8,address)[])`."""
    members, depth, start = [], 0, 1
    for at, character in enumerate(tuple_type):
        depth += (character == "(") - (character == ")")
        if (character == "," and depth == 1) or (character == ")" and depth == 0):
            members.append(tuple_type[start:at])
            start = at + 1
    return members


ASSET_TOKEN = Binding("AssetToken")
CONTROL_BOOK = Binding("ControlBook")
SETTLEMENT = Binding("Settlement")
RESERVE_ATTESTOR = Binding("ReserveAttestor")
REGISTRY_ANCHOR = Binding("RegistryAnchor")
