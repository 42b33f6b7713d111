"""What was signed and what became of it decide whether an instruction can still be rejected; rejected, it is over."""

from __future__ import annotations

import pytest

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import dev_signer
from rwaledger.chain.local import let_pass
from rwaledger.chain.sender import Outgoing, broadcast, next_nonce, sign_calls
from rwaledger.domain.errors import ContractRevert, RegisterConflict, TransactionFailed
from rwaledger.domain.instruction import InstructionStatus, Operation
from rwaledger.operate.dispatch import sign_and_store
from rwaledger.operate.execute import run
from rwaledger.operate.follow import follow
from rwaledger.operate.lifecycle import approve_chosen, chosen, draft_all, reject, send_chosen
from rwaledger.operate.plan import Plan
from rwaledger.operate.send import _ready
from rwaledger.registry import transactions
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.transactions import StoredTransaction
from tests.office import DEV_OF, MAKER, Office


def stored(office: Office) -> list[StoredInstruction]:
    return chosen(office.database, office.node.chain_id, ["jan"])


def approved(office: Office, plan: Plan) -> StoredInstruction:
    draft_all(office.desk, [plan])
    (each,) = approve_chosen(office.desk, stored(office))
    return each


def transactions_of(office: Office, each: StoredInstruction) -> list[StoredTransaction]:
    with office.database.read() as connection:
        return transactions.transactions(connection, instruction_ref=each.instruction.ref)


def test_what_its_maker_has_signed_is_not_rejected_even_where_it_was_approved_anew(office: Office) -> None:
    """As after a crash of the maker. A minute before it expires it is approved anew; the first bytes still count."""
    first = approved(office, office.plan(Operation.ISSUE, "HKDS,kowloon,10", "jan"))
    sign_and_store(office.database, office.node, dev_signer(office.node, MAKER), _ready(office.desk, [first]))
    let_pass(office.node, office.desk.lifetime_s - 30)
    (again,) = approve_chosen(office.desk, stored(office))
    assert again.status is InstructionStatus.APPROVED
    assert again.digest != first.digest

    with pytest.raises(RegisterConflict, match="has a transaction that is signed and in no block"):
        reject(office.database, office.desk.checker, stored(office), "no")

    assert stored(office)[0].status is InstructionStatus.APPROVED


def test_what_failed_and_was_rejected_is_not_sent_again_behind_a_reorganisation(office: Office) -> None:
    """Its bytes would succeed now. Another transaction takes their nonce."""
    office.issue("HKDS,kowloon,10")
    redemption = approved(office, office.plan(Operation.REDEEM, "HKDS,kowloon,10", "jan"))
    key, sent = dev_signer(office.node, MAKER), office.sent_by_maker()
    sign_and_store(office.database, office.node, key, _ready(office.desk, [redemption]))
    office.send_as("kowloon", "HKDS", "transfer", office.address("lantau"), 10_000_000)
    (failed,) = transactions_of(office, redemption)
    broadcast(office.node, [failed.raw])
    with pytest.raises(ContractRevert):
        send_chosen(office.desk, stored(office))
    assert stored(office)[0].status is InstructionStatus.FAILED
    reject(office.database, office.desk.checker, stored(office), "no")
    office.node.request("anvil_reorg", [2, []])
    assert (office.sent_by_maker(), office.balance("kowloon")) == (sent, 10_000_000)

    office.carry_out(Operation.ISSUE, "HKDS,lantau,1", "feb")

    assert office.sent_by_maker() == sent + 1
    assert (office.balance("kowloon"), office.balance("lantau")) == (10_000_000, 1_000_000)


def test_what_is_sent_and_reverts_has_failed_and_can_be_rejected(office: Office) -> None:
    """The holder's own transfer, which was in the pool before, takes the units away."""
    office.issue("HKDS,kowloon,10")
    redemption = approved(office, office.plan(Operation.REDEEM, "HKDS,kowloon,10", "jan"))
    kowloon = dev_signer(office.node, DEV_OF["kowloon"])
    token = office.instrument()
    move = Outgoing(token.address, ASSET_TOKEN.encode("transfer", [office.address("lantau"), 10_000_000]))
    (first,) = sign_calls(office.node, kowloon, [move], [200_000], next_nonce(office.node, kowloon.address))
    office.node.request("evm_setAutomine", [False])
    broadcast(office.node, [first.raw])
    office.node.request("evm_setIntervalMining", [1])
    try:
        with pytest.raises(TransactionFailed):
            send_chosen(office.desk, stored(office))
    finally:
        office.node.request("evm_setIntervalMining", [0])
        office.node.request("evm_setAutomine", [True])

    assert stored(office)[0].status is InstructionStatus.FAILED
    (rejected,) = reject(office.database, office.desk.checker, stored(office), "no")
    assert rejected.instruction.ref == redemption.instruction.ref


def test_what_expired_before_it_was_sent_blocks_nobody_and_can_be_done_again(office: Office) -> None:
    """Its bytes go first, for the sake of their nonce, and revert; the same command has it approved anew."""
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "jan")
    sign_and_store(
        office.database, office.node, dev_signer(office.node, MAKER), _ready(office.desk, [approved(office, plan)])
    )
    let_pass(office.node, 2 * office.desk.lifetime_s)

    office.carry_out(Operation.ISSUE, "HKDS,lantau,1", "feb")
    follow(office.database, office.node, final_block=0)

    assert stored(office)[0].status is InstructionStatus.FAILED
    assert run(office.desk, plan).lines_done == 1
    assert (office.balance("kowloon"), office.balance("lantau")) == (10_000_000, 1_000_000)
