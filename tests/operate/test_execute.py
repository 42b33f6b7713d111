"""Carrying out a plan: once, whatever happens to file, register or key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rwaledger.chain.instructions import execution
from rwaledger.chain.keys import Signer, dev_address, dev_signer
from rwaledger.chain.sender import Outgoing, broadcast, send_and_wait
from rwaledger.domain.errors import (
    AuthorisationError,
    ChainMismatch,
    IdempotencyConflict,
    InputFileError,
    TermsConflict,
    TransferRefused,
)
from rwaledger.domain.instruction import InstructionStatus, Operation
from rwaledger.domain.restriction import Restriction
from rwaledger.operate.approve import approve
from rwaledger.operate.deploy import Offices, deploy
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.dispatch import Parcel, sign_and_store
from rwaledger.operate.execute import preview, run
from rwaledger.operate.follow import follow
from rwaledger.operate.plan import Plan
from rwaledger.operate.store import store
from rwaledger.registry import audit_log, instructions, transactions
from rwaledger.registry.database import Database
from rwaledger.registry.transactions import StoredTransaction
from tests.mirror.anvil import anvil
from tests.office import ADMIN, CHECKER, MAKER, ORDER, Office, desk_of, open_office


def test_issue_mints_each_line_and_records_who_authorised_it(office_on_each: Office) -> None:
    office = office_on_each
    outcome = office.issue("HKDS,kowloon,150.5\nHKDS,lantau,1\nGRN28,kowloon,7")

    assert (office.balance("kowloon"), office.balance("lantau")) == (150_500_000, 1_000_000)
    assert office.balance("kowloon", "GRN28") == 7
    assert (outcome.lines_done, outcome.lines_before, len(outcome.tx_hashes)) == (3, 0, 2)
    with office.database.read() as connection:
        stored = instructions.instructions_of_key(
            connection, office.node.chain_id, office.instrument().control_book, "issue"
        )
        sent = transactions.transactions(connection, chain_id=office.node.chain_id)
        actions = [entry.action for entry in audit_log.entries(connection)]
    assert {each.status for each in stored} == {InstructionStatus.MINED}
    assert all(each.instruction.maker == dev_address(MAKER) for each in stored)
    assert all(each.instruction.checker == dev_address(CHECKER) and each.signature for each in stored)
    assert {each.tx_hash for each in sent} >= set(outcome.tx_hashes)
    assert {"instruction stored", "instruction approved", "instruction mined"} <= set(actions)


def test_the_same_request_again_mints_nothing(office: Office) -> None:
    office.issue("HKDS,kowloon,10")
    sent = office.sent_by_maker()

    again = office.issue("HKDS,kowloon,10")

    assert (again.lines_done, again.lines_before) == (0, 1)
    assert office.balance("kowloon") == 10_000_000
    assert office.sent_by_maker() == sent


def test_the_same_key_for_another_request_is_refused(office: Office) -> None:
    office.issue("HKDS,kowloon,10")
    sent = office.sent_by_maker()

    for rows in ("HKDS,kowloon,11", "HKDS,lantau,10", "HKDS,kowloon,10\nHKDS,lantau,1"):
        with pytest.raises(IdempotencyConflict, match="'issue' was used before"):
            office.issue(rows)

    assert office.sent_by_maker() == sent


def test_a_lost_register_cannot_issue_twice(office: Office) -> None:
    rows = "\n".join(f"HKDS,{holder},{n}" for n, holder in enumerate(("kowloon", "lantau", "retail-a"), 1))
    office.issue(rows)
    supply = office.supply()
    again = _with_new_register(office)

    outcome = again.issue(rows)

    assert (outcome.lines_done, outcome.lines_before) == (0, 3)
    assert again.supply() == supply
    with again.database.read() as connection:
        (stored,) = [s for s in instructions.instructions(connection) if s.idempotency_key == "issue"]
    assert stored.signature is not None
    assert stored.status is InstructionStatus.MINED


def test_a_lost_register_cannot_use_a_key_for_something_else(office: Office) -> None:
    office.issue("HKDS,kowloon,10")
    again = _with_new_register(office)
    sent = again.sent_by_maker()

    with pytest.raises(IdempotencyConflict, match="issue in transaction 0x"):
        again.issue("HKDS,kowloon,9999")

    assert again.sent_by_maker() == sent


def test_a_dry_run_stores_signs_and_sends_nothing(office: Office) -> None:
    sent = office.sent_by_maker()

    def refuse() -> Signer:
        raise AssertionError("a dry run opened a key")

    desk = replace(office.desk, open_maker=refuse, open_checker=refuse)
    outcome = preview(desk, office.plan(Operation.ISSUE, "HKDS,kowloon,10", "dry"))

    assert outcome.lines_done == 1
    assert (office.sent_by_maker(), office.balance("kowloon")) == (sent, 0)
    with office.database.read() as connection:
        assert not [s for s in instructions.instructions(connection) if s.idempotency_key == "dry"]


def test_maker_and_checker_must_be_two(office: Office) -> None:
    desk = desk_of(office.database, office.node, maker=MAKER, checker=MAKER)

    with pytest.raises(AuthorisationError, match="the same account"):
        run(desk, office.plan(Operation.ISSUE, "HKDS,kowloon,10", "alone"))


@pytest.mark.parametrize(
    ("maker", "checker", "office_name"), [("dev:8", CHECKER, "maker"), (MAKER, "dev:8", "checker")]
)
def test_a_key_without_its_role_is_refused(office: Office, maker: str, checker: str, office_name: str) -> None:
    desk = desk_of(office.database, office.node, maker=maker, checker=checker)

    with pytest.raises(AuthorisationError, match=f"is no {office_name} of the control book"):
        run(desk, office.plan(Operation.ISSUE, "HKDS,kowloon,10", "stranger"))

    with office.database.read() as connection:
        assert not [s for s in instructions.instructions(connection) if s.idempotency_key == "stranger"]


def test_later_lines_are_judged_on_what_earlier_ones_move(office: Office) -> None:
    office.issue("GRN28,kowloon,900")

    with pytest.raises(InputFileError, match=r"over\.csv:2: would be refused, code 18"):
        office.issue("GRN28,kowloon,101", "over")


def test_redeem_transfer_freeze_release_and_force(office: Office) -> None:
    office.issue("HKDS,kowloon,100\nHKDS,lantau,50")
    office.send_as("kowloon", "HKDS", "approve", office.instrument().control_book, 30_000_000)

    office.carry_out(Operation.TRANSFER, "HKDS,kowloon,lantau,30", "t")
    office.carry_out(Operation.REDEEM, "HKDS,lantau,10", "r")
    office.carry_out(Operation.FREEZE, "HKDS,lantau,60", "f", ORDER)
    with pytest.raises(InputFileError, match="code 16"):
        office.carry_out(Operation.REDEEM, "HKDS,lantau,11", "r2")
    office.carry_out(Operation.RELEASE, "HKDS,lantau,20", "f2", ORDER)
    office.carry_out(Operation.FORCE_TRANSFER, "HKDS,lantau,kowloon,70", "ft", ORDER)

    assert (office.balance("kowloon"), office.balance("lantau")) == (140_000_000, 0)
    assert office.supply() == 140_000_000


def test_a_transfer_beyond_the_senders_approval_is_refused(office: Office) -> None:
    office.issue("HKDS,kowloon,100")

    with pytest.raises(InputFileError, match=r"approved 0\.000000 to the control book.*rwaledger units approve"):
        office.carry_out(Operation.TRANSFER, "HKDS,kowloon,lantau,30", "t")


def test_a_chain_of_transfers_that_need_one_another_goes_through(office: Office) -> None:
    """The second instruction only succeeds on what the first has moved, so it is sent after it."""
    office.issue("HKDS,kowloon,5050")
    book = office.instrument().control_book
    for holder in ("kowloon", "lantau"):
        office.send_as(holder, "HKDS", "approve", book, 10**12)
    rows = [f"HKDS,kowloon,lantau,{n}" for n in range(1, 101)] + ["HKDS,lantau,retail-a,5050"]

    outcome = office.carry_out(Operation.TRANSFER, "\n".join(rows), "chain")

    assert len(outcome.tx_hashes) == 2
    assert office.balance("retail-a") == 5_050_000_000


def test_deploying_twice_finds_what_is_there(office: Office) -> None:
    descriptions = read_descriptions(office.folder / "instruments.toml")
    offices = Offices(dev_address(ADMIN), (dev_address(MAKER),), (dev_address(CHECKER),), admin_delay_s=60)
    head = office.node.head()
    empty = Database(f"sqlite:///{office.folder / 'other.db'}")
    empty.migrate()

    for database in (office.database, empty):
        found = deploy(database, office.node, dev_signer(office.node, ADMIN), descriptions, offices)
        assert [each.created for each in found] == [False, False]
        assert found[0].instrument == office.instrument()

    assert office.node.head() == head


@pytest.mark.parametrize(
    "change", [('"Green Bond"', '"Greener Bond"'), ('"bond"', '"fund"'), ('"hybrid"', '"register"')]
)
def test_an_instrument_of_the_same_name_with_other_terms_is_refused(office: Office, change: tuple[str, str]) -> None:
    text = (office.folder / "instruments.toml").read_text().replace(*change)
    descriptions = read_descriptions(office.write("changed.toml", text))
    offices = Offices(dev_address(ADMIN), (dev_address(MAKER),), (dev_address(CHECKER),), admin_delay_s=60)
    head = office.node.head()

    with pytest.raises(TermsConflict, match="GRN28"):
        deploy(office.database, office.node, dev_signer(office.node, ADMIN), descriptions, offices)

    assert office.node.head() == head


def test_an_instruction_that_expired_before_it_was_sent_is_signed_anew(office: Office) -> None:
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "slow")
    approve(office.desk, store(office.desk, plan))
    office.node.request("evm_increaseTime", [2 * office.desk.lifetime_s])
    office.node.request("anvil_mine", ["0x1"])

    run(office.desk, plan)

    assert office.balance("kowloon") == 10_000_000


def test_a_reorganisation_that_drops_an_issue_is_made_good_by_the_same_command(office: Office) -> None:
    office.issue("HKDS,kowloon,10")
    office.node.request("anvil_reorg", [1, []])
    assert office.balance("kowloon") == 0

    office.issue("HKDS,kowloon,10")

    assert office.balance("kowloon") == 10_000_000


def test_a_refusal_of_the_chain_names_the_rule(office: Office) -> None:
    office.issue("HKDS,kowloon,10")

    with pytest.raises(TransferRefused) as caught:
        office.send_as("kowloon", "HKDS", "transfer", office.address("mainland"), 1)

    assert caught.value.restriction is Restriction.COUNTRY_NOT_ALLOWED


def _with_new_register(office: Office) -> Office:
    """The same chain, the same keys, and a register that knows nothing of what was issued."""
    database = Database(f"sqlite:///{office.folder / 'new.db'}")
    database.migrate()
    return open_office(database, office.node, office.folder)


def test_a_key_that_was_carried_out_elsewhere_with_other_content_is_a_conflict(office: Office) -> None:
    """Stored and signed here, and then another register was faster with something else."""
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "shared")
    approve(office.desk, store(office.desk, plan))
    _with_new_register(office).issue("HKDS,lantau,9999", "shared")

    for attempt in (preview, run):
        with pytest.raises(IdempotencyConflict, match="issue in transaction 0x"):
            attempt(office.desk, plan)


def test_a_register_restored_from_last_night_learns_what_was_carried_out(office: Office) -> None:
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "shared")
    store(office.desk, plan)
    elsewhere = _with_new_register(office)
    elsewhere.issue("HKDS,kowloon,10", "shared")

    outcome = run(office.desk, plan)

    assert (outcome.lines_done, outcome.lines_before) == (0, 1)
    with office.database.read() as connection:
        here = instructions.instruction(connection, plan.parts[0].ref)
    with elsewhere.database.read() as connection:
        there = instructions.instruction(connection, plan.parts[0].ref)
    assert (here.status, here.signature, here.digest) == (there.status, there.signature, there.digest)


def test_of_two_transactions_with_one_reference_the_one_that_succeeded_counts(office: Office) -> None:
    """Two registers with the same keys have both signed and sent; one reverts, and it is carried out all the same."""
    elsewhere = _with_new_register(office)
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "race")
    maker = dev_signer(office.node, MAKER)
    office.node.request("evm_setAutomine", [False])
    for desk in (office.desk, elsewhere.desk):
        (approved,) = approve(desk, store(desk, plan))
        parcel = Parcel(execution(approved.instruction, approved.signature or ""), 500_000, "issue", plan.parts[0].ref)
        (signed,) = sign_and_store(desk.database, office.node, maker, [parcel])
        broadcast(office.node, [signed.raw])
    office.node.request("anvil_mine", ["0x1"])
    office.node.request("evm_setAutomine", [True])

    outcomes = [run(desk, plan) for desk in (office.desk, elsewhere.desk)]

    assert [each.lines_done for each in outcomes] == [0, 0]
    assert office.balance("kowloon") == 10_000_000
    ended = []
    for desk in (office.desk, elsewhere.desk):
        follow(desk.database, office.node, final_block=0)
        with desk.database.read() as connection:
            assert instructions.instruction(connection, plan.parts[0].ref).status is InstructionStatus.MINED
            ended += transactions.transactions(connection, instruction_ref=plan.parts[0].ref)
    assert sorted(each.status.value for each in ended) == ["mined", "reverted"]


def test_a_dropped_issue_whose_nonce_was_taken_and_whose_signature_expired_is_issued_again(office: Office) -> None:
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "dropped")
    run(office.desk, plan)
    office.node.request("anvil_reorg", [1, []])
    office.node.request("anvil_dropAllTransactions")
    maker = dev_signer(office.node, MAKER)
    send_and_wait(office.node, maker, Outgoing(maker.address, "0x"))
    _let_expire(office)

    outcome = run(office.desk, plan)

    assert (outcome.lines_done, len(outcome.tx_hashes)) == (1, 1)
    assert office.balance("kowloon") == 10_000_000


def test_what_was_signed_before_a_crash_and_has_expired_is_signed_anew_in_one_run(office: Office) -> None:
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "late")
    _sign_and_store(office, plan)
    _let_expire(office)

    run(office.desk, plan)

    assert office.balance("kowloon") == 10_000_000


def test_following_twice_writes_nothing_twice(office: Office) -> None:
    office.issue("HKDS,kowloon,10")
    with office.database.read() as connection:
        before = len(audit_log.entries(connection))

    for _ in range(3):
        follow(office.database, office.node, final_block=0)

    with office.database.read() as connection:
        assert len(audit_log.entries(connection)) == before


def test_the_register_of_another_chain_is_refused(office: Office, tmp_path: Path) -> None:
    """The same chain id, the same addresses, and another history."""
    with anvil("--timestamp", "1700000000") as other:
        desk = replace(office.desk, node=other)
        with pytest.raises(ChainMismatch, match="by genesis"):
            run(desk, office.plan(Operation.ISSUE, "HKDS,kowloon,10", "astray"))


def _let_expire(office: Office) -> None:
    office.node.request("evm_increaseTime", [2 * office.desk.lifetime_s])
    office.node.request("anvil_mine", ["0x1"])


def test_a_nonce_that_another_wallet_takes_is_given_up_and_the_instruction_signed_anew(office: Office) -> None:
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "slower")
    lost = _sign_and_store(office, plan)
    maker = dev_signer(office.node, MAKER)
    send_and_wait(office.node, maker, Outgoing(maker.address, "0x"))

    run(office.desk, plan)

    assert office.balance("kowloon") == 10_000_000
    with office.database.read() as connection:
        sent = transactions.transactions(connection, instruction_ref=plan.parts[0].ref)
    assert [(each.nonce, each.status.value) for each in sent] == [(lost.nonce, "replaced"), (lost.nonce + 1, "mined")]


def test_what_a_crash_left_unsent_goes_out_before_the_next_request(office: Office) -> None:
    """Otherwise a later transaction would wait behind a nonce that nobody uses."""
    left = _sign_and_store(office, office.plan(Operation.ISSUE, "HKDS,kowloon,10", "crashed"))

    office.issue("HKDS,lantau,1", "next")

    assert (office.balance("kowloon"), office.balance("lantau")) == (10_000_000, 1_000_000)
    assert office.sent_by_maker() == left.nonce + 2
    follow(office.database, office.node, final_block=0)
    with office.database.read() as connection:
        assert {each.status for each in instructions.instructions(connection)} == {InstructionStatus.MINED}


def _sign_and_store(office: Office, plan: Plan) -> StoredTransaction:
    """All of a run of one instruction, up to the moment before it sends."""
    (approved,) = approve(office.desk, store(office.desk, plan))
    call = execution(approved.instruction, approved.signature or "")
    parcel = Parcel(call, 500_000, "issue", approved.instruction.ref)
    (signed,) = sign_and_store(office.database, office.node, dev_signer(office.node, MAKER), [parcel])
    return signed
