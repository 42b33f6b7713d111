"""Signed transactions: there before they are sent, and found again after a crash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.registry import instructions, transactions
from rwaledger.registry.database import Database
from rwaledger.registry.transactions import TransactionStatus
from tests.registry.samples import CHAIN, NOON, address, hash_of, instruction, transaction


def test_what_was_stored_is_given_back(database: Database) -> None:
    ref = instruction().instruction.ref
    first, second = transaction(0), transaction(1, instruction_ref=ref, purpose="issue")
    with database.begin() as c:
        instructions.add_instructions(c, [instruction()])
        transactions.add_transactions(c, [second, first])
        transactions.add_transactions(c, [])
    with database.read() as c:
        assert transactions.transactions(c) == [first, second]
        assert transactions.transactions(c, instruction_ref=ref) == [second]
        assert transactions.transactions(c, chain_id=CHAIN, sender=address(11)) == [first, second]
        assert transactions.transactions(c, chain_id=1) == []
        assert transactions.transactions(c, sender=address(12)) == []
        assert transactions.transactions(c, status=TransactionStatus.MINED) == []


def test_what_became_of_it_is_recorded(database: Database) -> None:
    place: dict[str, Any] = {"block_number": 7, "block_hash": hash_of("block", 7), "gas_used": 2**40}
    with database.begin() as c:
        transactions.add_transactions(c, [transaction(0)])
        transactions.set_transaction_status(c, transaction(0).tx_hash, TransactionStatus.MINED, **place)
        (stored,) = transactions.transactions(c, status=TransactionStatus.MINED)
        assert replace(stored, updated_at=NOON) == transaction(0, status=TransactionStatus.MINED, **place)
        assert stored.updated_at > NOON
        transactions.set_transaction_status(c, transaction(0).tx_hash, TransactionStatus.SENT)
        (stored,) = transactions.transactions(c)
        assert (stored.block_number, stored.block_hash, stored.gas_used) == (None, None, None)


def test_what_may_still_change_is_found_in_order_of_nonce(database: Database) -> None:
    """All of an instruction that is not final, but what was replaced; without an instruction what is in no block."""
    statuses = [
        TransactionStatus.SENT,
        TransactionStatus.SIGNED,
        TransactionStatus.MINED,
        TransactionStatus.REVERTED,
        TransactionStatus.REPLACED,
    ]
    moving, final = (
        instruction("moving", status=InstructionStatus.SENT),
        instruction("final", status=InstructionStatus.FINAL),
    )
    ref = moving.instruction.ref
    made = [transaction(9 - nonce, status=status, instruction_ref=ref) for nonce, status in enumerate(statuses)]
    others = [
        transaction(20, status=TransactionStatus.MINED),
        transaction(21, chain_id=1, instruction_ref=ref),
        transaction(22, instruction_ref=final.instruction.ref),
    ]
    unmined = [transaction(30, status=TransactionStatus.SENT), transaction(31)]
    with database.begin() as c:
        instructions.add_instructions(c, [moving, final])
        transactions.add_transactions(c, made + others + unmined)
        assert transactions.unsettled_transactions(c, CHAIN) == [made[3], made[2], made[1], made[0], *unmined]


def test_what_is_in_no_block_and_what_an_instruction_has_is_found(database: Database) -> None:
    ref = instruction().instruction.ref
    statuses = list(TransactionStatus)
    made = [transaction(nonce, status=status) for nonce, status in enumerate(statuses)]
    others = [transaction(10, sender=address(12)), transaction(11, chain_id=1), transaction(12, instruction_ref=ref)]
    with database.begin() as c:
        instructions.add_instructions(c, [instruction()])
        transactions.add_transactions(c, made + others)
        assert transactions.unmined_transactions(c, CHAIN, address(11), 1) == [*made[1:4], others[2]]
        instructions.set_status(c, ref, InstructionStatus.CANCELLED)
        assert transactions.unmined_transactions(c, CHAIN, address(11), 1) == made[1:4]
        assert transactions.transactions_of_instructions(c, [ref]) == [others[2]]
        assert transactions.transactions_of_instructions(c, []) == []
        assert transactions.transactions(c, chain_id=CHAIN, purpose="deploy HKDS", sender=address(12)) == [others[0]]


def test_a_transaction_is_stored_once(database: Database) -> None:
    with database.begin() as c:
        transactions.add_transactions(c, [transaction(0)])
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        transactions.add_transactions(c, [transaction(0)])


def test_a_transaction_of_an_unknown_instruction_is_refused(database: Database) -> None:
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        transactions.add_transactions(c, [transaction(0, instruction_ref=hash_of("nothing"))])


def test_an_unknown_transaction_is_named(database: Database) -> None:
    with database.begin() as c, pytest.raises(UnknownName, match="no transaction called '0xff'"):
        transactions.set_transaction_status(c, "0xff", TransactionStatus.SENT)
