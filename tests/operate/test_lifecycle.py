"""Maker and checker apart: drafted, approved or rejected, and sent; and what was tampered with gets nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from rwaledger.chain import typed_data
from rwaledger.chain.instructions import execution
from rwaledger.chain.keys import Signer, dev_address, dev_signer
from rwaledger.chain.local import let_pass
from rwaledger.chain.sender import await_receipts, broadcast, next_nonce, send_and_wait, sign_calls
from rwaledger.cli.main import run as rwaledger
from rwaledger.domain.errors import AuthorisationError, ContractRevert, RegisterConflict, UnknownName
from rwaledger.domain.instruction import InstructionStatus, Line, Operation
from rwaledger.operate.desk import Desk
from rwaledger.operate.execute import run
from rwaledger.operate.lifecycle import approve_chosen, chosen, draft_all, reject, send_chosen
from rwaledger.operate.plan import Plan
from rwaledger.registry import audit_log, tables
from rwaledger.registry.instructions import StoredInstruction, lines_text
from tests.office import CHECKER, MAKER, Office, desk_of

ROWS = "HKDS,kowloon,10\nHKDS,lantau,5"


def closed() -> Signer:
    raise AssertionError("a key was opened that is not at hand")


@pytest.fixture
def maker(office: Office) -> Desk:
    """The desk of a maker who has no checker's key."""
    return replace(office.desk, open_checker=closed)


@pytest.fixture
def checker(office: Office) -> Desk:
    """The desk of a checker, who is no maker and has no maker's key."""
    return replace(office.desk, maker="0x" + "00" * 20, open_maker=closed)


@pytest.fixture
def plan(office: Office) -> Plan:
    return office.plan(Operation.ISSUE, ROWS, "jan")


def stored(office: Office, name: str = "jan") -> list[StoredInstruction]:
    return chosen(office.database, office.node.chain_id, [name])


def approved(office: Office, maker: Desk, checker: Desk, plan: Plan) -> StoredInstruction:
    draft_all(maker, [plan])
    (each,) = approve_chosen(checker, stored(office))
    return each


def test_each_step_opens_only_its_own_key(office: Office, maker: Desk, checker: Desk, plan: Plan) -> None:
    sent = office.sent_by_maker()
    (draft,) = draft_all(maker, [plan])
    assert (draft.status, draft.signature) == (InstructionStatus.DRAFT, None)

    (signed,) = approve_chosen(checker, stored(office))
    assert (signed.status, signed.digest) == (InstructionStatus.APPROVED, draft.digest)
    assert office.sent_by_maker() == sent

    outcome = send_chosen(maker, stored(office, draft.instruction.ref[:12]))
    assert (outcome.lines_done, len(outcome.tx_hashes)) == (2, 1)
    assert (office.balance("kowloon"), office.balance("lantau")) == (10_000_000, 5_000_000)
    assert send_chosen(maker, stored(office)).lines_done == 0
    assert run(maker, plan).lines_done == 0
    assert office.sent_by_maker() == sent + 1


def test_drafting_again_changes_nothing_unless_it_is_for_another_checker(
    office: Office, maker: Desk, checker: Desk, plan: Plan
) -> None:
    first = approved(office, maker, checker, plan)
    assert [each.signature for each in draft_all(maker, [plan])] == [first.signature]
    tamper(office, first, checker=dev_address("dev:8"))

    (again,) = draft_all(maker, [plan])

    assert (again.status, again.signature) == (InstructionStatus.DRAFT, None)
    assert again.instruction.checker == dev_address(CHECKER)
    assert stored(office)[0].digest == again.digest


def test_the_command_that_made_the_draft_carries_out_what_was_approved(
    office: Office, maker: Desk, checker: Desk, plan: Plan
) -> None:
    approved(office, maker, checker, plan)

    assert run(maker, plan).lines_done == 2


def test_what_was_rejected_is_never_carried_out(office: Office, maker: Desk, checker: Desk, plan: Plan) -> None:
    draft_all(maker, [plan])
    sent = office.sent_by_maker()

    (rejected,) = reject(office.database, checker.checker, stored(office), "Lantau is 4, not 5")

    assert reject(office.database, checker.checker, stored(office), "once more") == []
    with office.database.read() as connection:
        (entry,) = audit_log.entries(connection, action="instruction rejected")
    assert (entry.actor, entry.subject) == (checker.checker, rejected.instruction.ref)
    for attempt in (
        lambda: run(office.desk, plan),
        lambda: draft_all(maker, [plan]),
        lambda: approve_chosen(checker, stored(office)),
        lambda: send_chosen(maker, stored(office)),
    ):
        with pytest.raises(AuthorisationError, match=r"'jan' was rejected by 0x3C44.*: Lantau is 4, not 5") as refused:
            attempt()
        assert "key of its own" in refused.value.next_step
    assert office.sent_by_maker() == sent


def test_what_is_approved_can_be_rejected_until_it_is_sent(
    office: Office, maker: Desk, checker: Desk, plan: Plan
) -> None:
    approved(office, maker, checker, plan)
    reject(office.database, maker.maker, stored(office), "withdrawn")
    with pytest.raises(AuthorisationError, match="withdrawn"):
        send_chosen(maker, stored(office))

    office.issue("HKDS,kowloon,1", "feb")
    with pytest.raises(RegisterConflict, match="is mined, and cannot be rejected any more"):
        reject(office.database, maker.maker, stored(office, "feb"), "too late")


def test_what_is_not_approved_is_not_sent(office: Office, maker: Desk, plan: Plan) -> None:
    draft_all(maker, [plan])
    sent = office.sent_by_maker()

    with pytest.raises(AuthorisationError, match="is not approved; nothing was sent") as refused:
        send_chosen(maker, stored(office))

    assert "rwaledger instruction approve jan" in refused.value.next_step
    assert office.sent_by_maker() == sent


def test_who_made_it_cannot_check_it_and_who_is_not_named_neither(office: Office, maker: Desk, plan: Plan) -> None:
    draft_all(maker, [plan])

    with pytest.raises(AuthorisationError, match=r"has made instruction .*, and cannot check it"):
        approve_chosen(desk_of(office.database, office.node, checker=MAKER), stored(office))
    with pytest.raises(AuthorisationError, match="is for the checker 0x3C44"):
        approve_chosen(desk_of(office.database, office.node, checker="dev:8"), stored(office))

    assert stored(office)[0].signature is None


def test_a_draft_that_expired_gets_a_new_expiry_when_it_is_approved(
    office: Office, maker: Desk, checker: Desk, plan: Plan
) -> None:
    (draft,) = draft_all(maker, [plan])
    let_pass(office.node, 2 * maker.lifetime_s)

    (signed,) = approve_chosen(checker, stored(office))

    assert signed.instruction.not_after > draft.instruction.not_after
    assert send_chosen(maker, stored(office)).lines_done == 2


def test_a_name_stands_for_a_key_or_the_start_of_one_reference(office: Office, maker: Desk, plan: Plan) -> None:
    draft_all(maker, [plan])

    for name in ("nothing", "0x", "0xffffffffffffff"):
        with pytest.raises(UnknownName, match="no instruction called"):
            stored(office, name)


# What was tampered with: refused off chain, and on chain where it is sent past this program.


def tamper(office: Office, each: StoredInstruction, **columns: Any) -> None:
    with office.database.begin() as connection:
        table = tables.instructions
        connection.execute(update(table).where(table.c.ref == each.instruction.ref).values(**columns))


def send_raw(office: Office, each: StoredInstruction) -> str:
    """Sends it as a maker with another program would, and returns the name of the contract's refusal."""
    call = execution(each.instruction, each.signature or "0x")
    maker = dev_signer(office.node, MAKER)
    with pytest.raises(ContractRevert) as refused:
        send_and_wait(office.node, maker, call)
    # Past the estimate as well: the transaction itself reverts, and nothing is issued.
    supply = office.supply()
    (signed,) = sign_calls(office.node, maker, [call], [1_000_000], next_nonce(office.node, maker.address))
    broadcast(office.node, [signed.raw])
    (receipt,) = await_receipts(office.node, [signed.tx_hash])
    assert not receipt.succeeded
    assert office.supply() == supply
    return refused.value.error


@pytest.mark.parametrize("with_digest", [False, True], ids=["the lines", "the lines and their digest"])
def test_what_was_altered_after_its_approval_is_not_sent(
    office: Office, maker: Desk, checker: Desk, plan: Plan, with_digest: bool
) -> None:
    genuine = approved(office, maker, checker, plan)
    more = (replace(genuine.instruction.lines[0], amount_units=10**12), *genuine.instruction.lines[1:])
    forged = replace(genuine, instruction=replace(genuine.instruction, lines=more))
    digest = {"digest": typed_data.digest(forged.instruction)} if with_digest else {}
    tamper(office, genuine, lines=lines_text(more), **digest)
    sent = office.sent_by_maker()

    attempts: list[Callable[[], object]] = [
        lambda: send_chosen(maker, stored(office)),
        lambda: run(office.desk, plan),
    ]
    for attempt in attempts:
        with pytest.raises(AuthorisationError, match=rf"{genuine.instruction.ref} .*altered"):
            attempt()

    assert office.sent_by_maker() == sent
    assert send_raw(office, forged) == "InvalidCheckerSignature"


def test_a_draft_that_was_altered_is_not_signed(office: Office, maker: Desk, checker: Desk, plan: Plan) -> None:
    (draft,) = draft_all(maker, [plan])
    tamper(office, draft, lines=lines_text([Line(recipient=office.address("kowloon"), amount_units=1)]))

    with pytest.raises(AuthorisationError, match=f"{draft.instruction.ref} was altered in the register"):
        approve_chosen(checker, stored(office))

    assert stored(office)[0].signature is None


def test_what_its_maker_has_approved_is_not_sent(office: Office, maker: Desk, plan: Plan) -> None:
    (draft,) = draft_all(maker, [plan])
    alone = replace(draft.instruction, checker=maker.maker)
    signature = dev_signer(office.node, MAKER).sign_typed_data(*typed_data.hashes(alone))
    forged = replace(draft, instruction=alone, digest=typed_data.digest(alone), signature=signature)
    tamper(office, draft, checker=maker.maker, digest=forged.digest, signature=signature, status="approved")

    with pytest.raises(AuthorisationError, match="maker and checker are the same account"):
        send_chosen(maker, stored(office))

    assert send_raw(office, forged) == "MakerIsChecker"


def test_what_has_expired_is_not_sent_until_it_is_approved_anew(
    office: Office, maker: Desk, checker: Desk, plan: Plan
) -> None:
    late = approved(office, maker, checker, plan)
    let_pass(office.node, 2 * maker.lifetime_s)

    with pytest.raises(AuthorisationError, match="has expired; nothing was sent") as refused:
        send_chosen(maker, stored(office))
    assert "rwaledger instruction approve jan" in refused.value.next_step
    assert send_raw(office, late) == "InstructionExpired"

    approve_chosen(checker, stored(office))
    assert send_chosen(maker, stored(office)).lines_done == 2


def test_what_was_carried_out_is_not_carried_out_again(office: Office, maker: Desk, checker: Desk, plan: Plan) -> None:
    done = approved(office, maker, checker, plan)
    send_chosen(maker, stored(office))
    sent = office.sent_by_maker()
    # A register that was set back to the moment before, by accident or not.
    tamper(office, done, status="approved")

    assert send_chosen(maker, stored(office)).lines_done == 0
    assert office.sent_by_maker() == sent
    assert send_raw(office, done) == "ReferenceUsed"


# The commands.


@pytest.fixture
def at(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sits down at a machine that has the keys of these two settings."""
    office.write("allocations.csv", f"instrument,account,amount\n{ROWS}\n")
    monkeypatch.chdir(office.folder)
    monkeypatch.setenv("RWALEDGER_RPC_URL", office.node.url)
    monkeypatch.setenv("RWALEDGER_DATABASE_URL", f"sqlite:///{office.folder / 'register.db'}")

    def sit_down(maker: str, checker: str) -> None:
        monkeypatch.setenv("RWALEDGER_MAKER", maker)
        monkeypatch.setenv("RWALEDGER_CHECKER", checker)

    return sit_down


KEY = "issue:allocations.csv"


def test_from_draft_to_chain_by_commands(office: Office, at: Any, capsys: pytest.CaptureFixture[str]) -> None:
    at(MAKER, dev_address(CHECKER))
    assert rwaledger(["units", "issue", "allocations.csv", "--yes"]) == 4
    assert "its key is not at hand" in capsys.readouterr().err
    assert rwaledger(["units", "issue", "allocations.csv", "--draft", "--yes"]) == 0
    assert f"rwaledger instruction approve {KEY}" in capsys.readouterr().out
    assert rwaledger(["instruction", "send", KEY, "--yes"]) == 4
    assert "is not approved" in capsys.readouterr().err

    at("no-such-keystore", CHECKER)
    assert rwaledger(["instruction", "show", KEY, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["total"], shown["status"], shown["chunk"]) == ("15.000000 HKDS", "draft", 0)
    assert [(each["to_holder"], each["units"]) for each in shown["entries"]] == [
        ("kowloon", "10000000"),
        ("lantau", "5000000"),
    ]
    assert rwaledger(["instruction", "approve", KEY]) == 2
    assert "there is no terminal to ask on" in capsys.readouterr().err
    assert rwaledger(["instruction", "approve", KEY, "--yes"]) == 0
    seen = capsys.readouterr()
    assert f"rwaledger instruction send {KEY}" in seen.out
    assert f"signs {shown['digest']}" in seen.err
    assert "kowloon" in seen.err

    at(MAKER, "no-such-keystore")
    assert rwaledger(["instruction", "send", KEY, "--dry-run"]) == 0
    assert "2 of 2 lines would be carried out" in capsys.readouterr().out
    assert rwaledger(["instruction", "send", KEY, "--yes"]) == 0
    assert office.balance("kowloon") == 10_000_000
    assert rwaledger(["instruction", "list", "--status", "mined", "--json"]) == 0
    assert KEY in {each["key"] for each in json.loads(capsys.readouterr().out.split("\n", 1)[1])}


def test_the_digest_that_is_shown_is_the_one_that_is_signed_also_where_the_draft_expired(
    office: Office, at: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    at(MAKER, CHECKER)
    assert rwaledger(["units", "issue", "allocations.csv", "--draft", "--yes"]) == 0
    let_pass(office.node, 2 * office.desk.lifetime_s)
    capsys.readouterr()

    assert rwaledger(["instruction", "approve", KEY, "--yes", "--json"]) == 0

    seen = capsys.readouterr()
    (digest,) = json.loads(seen.out)["digests"]
    assert f"signs {digest}" in seen.err
    assert stored(office, KEY)[0].digest == digest


def test_a_rejection_by_command(office: Office, at: Any, capsys: pytest.CaptureFixture[str]) -> None:
    at(MAKER, CHECKER)
    assert rwaledger(["units", "issue", "allocations.csv", "--draft", "--yes"]) == 0
    assert rwaledger(["instruction", "reject", KEY, "--reason", "wrong month", "--yes"]) == 0
    capsys.readouterr()

    assert rwaledger(["units", "issue", "allocations.csv", "--yes"]) == 4

    assert "was rejected by 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC: wrong month" in capsys.readouterr().err
    assert rwaledger(["units", "issue", "allocations.csv", "--key", "again", "--yes"]) == 0
    assert office.balance("kowloon") == 10_000_000
