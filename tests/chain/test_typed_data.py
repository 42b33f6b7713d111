"""What people sign: our EIP-712 hashes, eth-account's, and those of the four contracts are one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.chain import anchor, reserve, settlement
from rwaledger.chain.contracts import CONTROL_BOOK, REGISTRY_ANCHOR, RESERVE_ATTESTOR, SETTLEMENT, Binding
from rwaledger.chain.deploy import deploy
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing
from rwaledger.chain.typed_data import digest, typed_message
from rwaledger.domain.anchor import Head
from rwaledger.domain.instruction import Instruction, Line, Operation
from rwaledger.domain.posting import ISSUANCE_ACCOUNT as NOBODY
from rwaledger.domain.reserve import Attestation
from rwaledger.domain.settlement import Leg, Trade
from tests.mirror.anvil import anvil


@dataclass(frozen=True)
class Contracts:
    """A node, and on it the contracts that people sign for."""

    node: Node
    control_book: str
    settlement: str
    attestor: str
    anchor: str


@pytest.fixture(scope="module")
def contracts() -> Iterator[Contracts]:
    with anvil() as node:
        admin = dev_address("dev:0")

        def deployed(binding: Binding, *args: Any) -> str:
            return deploy(node, dev_signer(node, "dev:0"), binding, [admin, 0, *args], bytes(32)).address

        book = deployed(CONTROL_BOOK, [], [])
        yield Contracts(
            node,
            book,
            deployed(SETTLEMENT, book),
            deployed(RESERVE_ATTESTOR, []),
            deployed(REGISTRY_ANCHOR, [], []),
        )


def hash_in_a_wallet(message: dict[str, Any]) -> str:
    signable = encode_typed_data(full_message=message)
    return "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex()


def struct_in(binding: Binding, call: Outgoing) -> list[Any]:
    """The struct as the client encodes it in the call that carries it, so that its order is tested too."""
    _, args = binding.decode_input(call.data)
    return [positional(next(iter(args.values())))]


def positional(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(positional(item) for item in value.values())
    return [positional(item) for item in value] if isinstance(value, list) else value


addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
hashes = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
words = st.integers(0, 2**256 - 1)
instants = st.integers(0, 2**48 - 1)
lines = st.builds(Line, sender=addresses, recipient=addresses, amount_units=words, detail=words)


trades = st.builds(
    Trade,
    ref=hashes,
    venue=addresses,
    not_after=instants,
    legs=st.lists(
        st.builds(Leg, token=addresses, sender=addresses, recipient=addresses, amount_units=words),
        min_size=1,
        max_size=4,
    ).map(tuple),
)
attestations = st.builds(
    Attestation,
    instrument=addresses,
    amount_units=st.integers(0, 2**96 - 1),
    as_of=instants,
    expires_at=instants,
    document_hash=hashes,
)
heads = st.builds(
    Head,
    instrument=addresses,
    sequence=st.integers(0, 2**64 - 1),
    previous_head=hashes,
    head=hashes,
    block_number=st.integers(0, 2**64 - 1),
    block_hash=hashes,
    supply_units=words,
    holder_count=st.integers(0, 2**32 - 1),
)


@settings(max_examples=50)
@given(data=st.data())
def test_control_book_eth_account_and_we_hash_alike(contracts: Contracts, data: st.DataObject) -> None:
    node, control_book = contracts.node, contracts.control_book
    instruction = Instruction(
        ref=data.draw(hashes),
        chain_id=node.chain_id,
        control_book=control_book,
        instrument_id="ANY",
        instrument=data.draw(addresses),
        operation=data.draw(st.sampled_from(Operation)),
        maker=data.draw(addresses),
        checker=data.draw(addresses),
        not_after=data.draw(st.integers(0, 2**48 - 1)),
        order=data.draw(hashes),
        lines=tuple(data.draw(st.lists(lines, max_size=4))),
        text=data.draw(st.text(max_size=70)),
    )
    head = (
        instruction.ref,
        instruction.instrument,
        instruction.operation.value,
        instruction.maker,
        instruction.checker,
        instruction.not_after,
        instruction.order,
        instruction.text,
    )
    body = [(line.sender, line.recipient, line.amount_units, line.detail) for line in instruction.lines]
    (hashed,) = CONTROL_BOOK.call(node, control_book, "hashInstruction", [head, body])
    assert "0x" + hashed.hex() == hash_in_a_wallet(typed_message(instruction)) == digest(instruction)


@settings(max_examples=20)
@given(trade=trades)
def test_settlement_eth_account_and_we_hash_a_trade_alike(contracts: Contracts, trade: Trade) -> None:
    node, address = contracts.node, contracts.settlement
    args = struct_in(SETTLEMENT, settlement.settling(address, trade, ["0x"] * len(trade.legs)))
    (hashed,) = SETTLEMENT.call(node, address, "hashTrade", args)
    in_a_wallet = hash_in_a_wallet(settlement.typed_message(node.chain_id, address, trade))
    assert "0x" + hashed.hex() == in_a_wallet == settlement.digest(node.chain_id, address, trade)


@settings(max_examples=20)
@given(attestation=attestations)
def test_attestor_eth_account_and_we_hash_an_attestation_alike(contracts: Contracts, attestation: Attestation) -> None:
    node, address = contracts.node, contracts.attestor
    args = struct_in(RESERVE_ATTESTOR, reserve.attesting(address, attestation, NOBODY, "0x"))
    (hashed,) = RESERVE_ATTESTOR.call(node, address, "hashAttestation", args)
    in_a_wallet = hash_in_a_wallet(reserve.typed_message(node.chain_id, address, attestation))
    assert "0x" + hashed.hex() == in_a_wallet == reserve.digest(node.chain_id, address, attestation)


@settings(max_examples=20)
@given(head=heads)
def test_anchor_eth_account_and_we_hash_a_head_alike(contracts: Contracts, head: Head) -> None:
    node, address = contracts.node, contracts.anchor
    args = struct_in(REGISTRY_ANCHOR, anchor.anchoring(address, head, (NOBODY, "0x"), (NOBODY, "0x")))
    (hashed,) = REGISTRY_ANCHOR.call(node, address, "hashHead", args)
    in_a_wallet = hash_in_a_wallet(anchor.typed_message(node.chain_id, address, head))
    assert "0x" + hashed.hex() == in_a_wallet == anchor.digest(node.chain_id, address, head)
