"""Instructions: kept exactly, once, and followed from draft to final."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.domain.block import Block
from rwaledger.domain.errors import AuthorisationError, RegisterConflict, UnknownName
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.registry import instructions, ledger, transactions
from rwaledger.registry.database import Database
from rwaledger.registry.transactions import TransactionStatus
from tests.registry.samples import BOOK, CHAIN, NOON, address, hash_of, instruction, transaction

DRAFT = instruction()
REF = DRAFT.instruction.ref


def test_what_was_stored_is_given_back(database: Database) -> None:
    chunks = [instruction("feb", chunk) for chunk in (2, 0, 1)]
    with database.begin() as c:
        instructions.add_instructions(c, [DRAFT, *chunks])
        instructions.add_instructions(c, [])
    with database.read() as c:
        assert instructions.instruction(c, REF) == DRAFT
        assert instructions.instructions_of_key(c, CHAIN, BOOK, "feb") == [chunks[1], chunks[2], chunks[0]]
        assert instructions.instructions_of_key(c, CHAIN, BOOK, "mar") == []
        assert instructions.instructions_of_key(c, 1, BOOK, "feb") == []
        assert instructions.instructions_of_key(c, CHAIN, address(9), "feb") == []


def test_instructions_are_given_by_instrument_and_status(database: Database) -> None:
    bond = replace(instruction("bond"), instruction=replace(instruction("bond").instruction, instrument_id="GRN28"))
    mined = instruction("mined", status=InstructionStatus.MINED)
    with database.begin() as c:
        instructions.add_instructions(c, [DRAFT, bond, mined])
        assert instructions.instructions(c) == [bond, DRAFT, mined]
        assert instructions.instructions(c, instrument_id="GRN28") == [bond]
        assert instructions.instructions(c, status=InstructionStatus.MINED) == [mined]
        assert instructions.instructions(c, "GRN28", InstructionStatus.MINED) == []


@pytest.mark.parametrize(
    "second",
    [
        replace(DRAFT, idempotency_key="other"),
        replace(DRAFT, instruction=replace(DRAFT.instruction, ref=hash_of("other"))),
    ],
    ids=["reference", "key and chunk"],
)
def test_a_reference_or_a_key_is_stored_once(database: Database, second: instructions.StoredInstruction) -> None:
    with database.begin() as c:
        instructions.add_instructions(c, [DRAFT])
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        instructions.add_instructions(c, [instruction("another"), second])
    with database.read() as c:
        assert instructions.instructions(c) == [DRAFT]


def test_an_approval_is_kept_with_what_was_signed(database: Database) -> None:
    signed = replace(
        DRAFT,
        instruction=replace(DRAFT.instruction, checker=address(13), not_after=1_800_000_000),
        digest=hash_of("signed"),
        signature="0x" + "51" * 65,
        status=InstructionStatus.APPROVED,
    )
    with database.begin() as c:
        instructions.add_instructions(c, [DRAFT])
        instructions.set_approval(c, signed)
        stored = instructions.instruction(c, REF)
        assert replace(stored, updated_at=NOON) == signed
        assert stored.updated_at > NOON


@pytest.mark.parametrize("status", [InstructionStatus.MINED, InstructionStatus.FINAL, InstructionStatus.CANCELLED])
def test_what_is_settled_is_not_signed_anew(database: Database, status: InstructionStatus) -> None:
    settled = replace(DRAFT, status=status, signature="0x01")
    with database.begin() as c:
        instructions.add_instructions(c, [settled])
        with pytest.raises(RegisterConflict, match=f"is {status}, and takes no signature"):
            instructions.set_approval(c, replace(DRAFT, signature="0x02", status=InstructionStatus.APPROVED))
        assert instructions.instruction(c, REF) == settled


def test_the_status_changes(database: Database) -> None:
    with database.begin() as c:
        instructions.add_instructions(c, [DRAFT, instruction("other")])
        instructions.set_status(c, REF, InstructionStatus.SENT)
        assert instructions.instruction(c, REF).status is InstructionStatus.SENT
        assert instructions.instructions(c, status=InstructionStatus.DRAFT) == [instruction("other")]


def test_what_is_not_sent_can_be_cancelled_and_is_then_not_sent(database: Database) -> None:
    open_, settled = ("draft", "approved", "failed"), ("sent", "mined", "final", "cancelled")
    with database.begin() as c:
        for status in (*open_, *settled):
            each = instruction(status, status=InstructionStatus(status))
            instructions.add_instructions(c, [each])
            assert instructions.cancel(c, each.instruction.ref, "wrong month") is (status in open_)
            if status in open_:
                stored = instructions.instruction(c, each.instruction.ref)
                assert (stored.status, stored.reason) == (InstructionStatus.CANCELLED, "wrong month")
                with pytest.raises(AuthorisationError, match="was rejected: wrong month"):
                    instructions.set_sent(c, each.instruction.ref)


def test_what_the_chain_says_is_written_down_once(database: Database) -> None:
    with database.begin() as c:
        instructions.add_instructions(c, [DRAFT])
        assert instructions.change_status(c, REF, InstructionStatus.MINED)
        assert not instructions.change_status(c, REF, InstructionStatus.MINED)
        instructions.set_status(c, REF, InstructionStatus.FINAL)
        assert not instructions.change_status(c, REF, InstructionStatus.MINED)
        assert instructions.change_status(c, REF, InstructionStatus.SENT)


def test_a_name_is_a_key_or_the_start_of_a_reference(database: Database) -> None:
    twin = instruction("jan-issue", 1)
    with database.begin() as c:
        instructions.add_instructions(c, [DRAFT, twin, instruction("other")])
        assert instructions.instructions_named(c, CHAIN, "jan-issue") == [DRAFT, twin]
        assert instructions.instructions_named(c, CHAIN, REF[:10].upper().replace("X", "x")) == [DRAFT]
        for nothing in ("jan", "0x_", "0x%", REF[2:]):
            assert instructions.instructions_named(c, CHAIN, nothing) == []
        assert instructions.instructions_named(c, 1, "jan-issue") == []


def test_what_was_mined_is_final_where_its_block_is(database: Database) -> None:
    """Not above the final block, and not in a block that the register has under another hash."""
    mined = [instruction(key, status=InstructionStatus.MINED) for key in ("one", "two", "orphaned")]
    sent = instruction("three", status=InstructionStatus.SENT)
    places = {"one": (10, "b10"), "two": (11, "b11"), "orphaned": (10, "other"), "three": (10, "b10")}
    with database.begin() as c:
        ledger.insert_blocks(c, [Block(n, hash_of(f"b{n}"), hash_of(f"b{n - 1}"), n) for n in (10, 11)], CHAIN)
        instructions.add_instructions(c, [*mined, sent])
        for nonce, stored in enumerate([*mined, sent]):
            block, label = places[stored.idempotency_key]
            inside = {"instruction_ref": stored.instruction.ref, "block_number": block, "block_hash": hash_of(label)}
            transactions.add_transactions(c, [transaction(nonce, status=TransactionStatus.MINED, **inside)])
        assert instructions.finalise(c, 1, 99) == 0
        assert instructions.finalise(c, CHAIN, 10) == 1
        found = {one.idempotency_key: one.status for one in instructions.instructions(c)}
    assert found == {
        "one": InstructionStatus.FINAL,
        "two": InstructionStatus.MINED,
        "orphaned": InstructionStatus.MINED,
        "three": InstructionStatus.SENT,
    }


def test_an_unknown_instruction_is_named(database: Database) -> None:
    with database.begin() as c:
        with pytest.raises(UnknownName, match="no instruction called '0xff'"):
            instructions.instruction(c, "0xff")
        with pytest.raises(UnknownName, match="no instruction called '0xff'"):
            instructions.set_status(c, "0xff", InstructionStatus.SENT)
        with pytest.raises(UnknownName, match=f"no instruction called '{REF}'"):
            instructions.set_approval(c, DRAFT)
