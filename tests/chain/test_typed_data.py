"""What a checker signs: our EIP-712 hash of an instruction, eth-account's, and the control book's are one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.chain.contracts import CONTROL_BOOK
from rwaledger.chain.deploy import deploy
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.rpc import Node
from rwaledger.chain.typed_data import digest, typed_message
from rwaledger.domain.instruction import Instruction, Line, Operation
from tests.mirror.anvil import anvil


@pytest.fixture(scope="module")
def book() -> Iterator[tuple[Node, str]]:
    """A node, and a control book on it."""
    with anvil() as node:
        deployed = deploy(node, dev_signer(node, "dev:0"), CONTROL_BOOK, [dev_address("dev:0"), 0, [], []], bytes(32))
        yield node, deployed.address


addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
hashes = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
words = st.integers(0, 2**256 - 1)
lines = st.builds(Line, sender=addresses, recipient=addresses, amount_units=words, detail=words)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_control_book_eth_account_and_we_hash_alike(book: tuple[Node, str], data: st.DataObject) -> None:
    node, control_book = book
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
    )
    head = (
        instruction.ref,
        instruction.instrument,
        instruction.operation.value,
        instruction.maker,
        instruction.checker,
        instruction.not_after,
        instruction.order,
    )
    body = [(line.sender, line.recipient, line.amount_units, line.detail) for line in instruction.lines]
    (hashed,) = CONTROL_BOOK.call(node, control_book, "hashInstruction", [head, body])
    signable = encode_typed_data(full_message=typed_message(instruction))
    shown_to_a_wallet = keccak(b"\x19" + signable.version + signable.header + signable.body)
    assert hashed == shown_to_a_wallet
    assert "0x" + hashed.hex() == digest(instruction)
