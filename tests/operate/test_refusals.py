"""Every rule: the contract refuses with a typed error, and precheck gave the same code before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rwaledger.chain import state
from rwaledger.chain.keys import dev_address
from rwaledger.domain.errors import InputFileError, TransferRefused
from rwaledger.domain.instruction import Line, Operation, rules_line
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move
from rwaledger.operate.entries import COMMAND, Entry
from rwaledger.operate.execute import run
from rwaledger.operate.judge import judge_move
from rwaledger.operate.plan import make_plan
from tests.office import ORDER, Office

FAR_AHEAD = 2**39

Prepare = Callable[[Office], None]


def pause(office: Office) -> None:
    plan = make_plan(Operation.PAUSE, [Entry(COMMAND, 0, office.instrument("GRN28"), Line())], "pause", "test")
    run(office.desk, plan)


def suspend(holder: str) -> Prepare:
    def prepare(office: Office) -> None:
        office.carry_out(Operation.SUSPEND, f"GRN28,{holder}", "suspend")

    return prepare


def freeze_account(holder: str) -> Prepare:
    def prepare(office: Office) -> None:
        office.carry_out(Operation.FREEZE_ACCOUNT, f"GRN28,{holder}", "freeze-account", ORDER)

    return prepare


def freeze(amount: int) -> Prepare:
    def prepare(office: Office) -> None:
        office.carry_out(Operation.FREEZE, f"GRN28,kowloon,{amount}", "freeze", ORDER)

    return prepare


def lapse(office: Office) -> None:
    """A hundred years later everybody's evidence has lapsed."""
    office.node.request("evm_increaseTime", [100 * 366 * 86_400])
    office.node.request("anvil_mine", ["0x1"])


def renew_recipient_only(office: Office) -> None:
    """Only the sender's has."""
    lapse(office)
    number = (2**16 - 1) << 24 | 2 << 16 | 344
    entry = Entry(COMMAND, 0, office.instrument("GRN28"), Line(recipient=office.address("lantau"), detail=number))
    run(office.desk, make_plan(Operation.ADMIT, [entry], "renew", "test"))


def set_rules(**changes: Any) -> Prepare:
    def prepare(office: Office) -> None:
        rules = replace(state.rules(office.node, office.instrument("GRN28").address, "latest"), **changes)
        entry = Entry(COMMAND, 0, office.instrument("GRN28"), rules_line(rules))
        run(office.desk, make_plan(Operation.SET_RULES, [entry], "rules", "test"))

    return prepare


def lock_up(office: Office) -> None:
    line = Line(sender=office.address("kowloon"), amount_units=600, detail=FAR_AHEAD)
    entry = Entry(COMMAND, 0, office.instrument("GRN28"), line)
    run(office.desk, make_plan(Operation.SET_LOCK_UP, [entry], "lock-up", "test"))


def nothing(office: Office) -> None:
    """No preparation."""


CASES: list[tuple[Restriction, Prepare, str, str, int]] = [
    (Restriction.PAUSED, pause, "kowloon", "lantau", 1),
    (Restriction.SENDER_NOT_ADMITTED, nothing, "dev:9", "lantau", 0),
    (Restriction.SENDER_SUSPENDED, suspend("kowloon"), "kowloon", "lantau", 1),
    (Restriction.SENDER_LAPSED, renew_recipient_only, "kowloon", "lantau", 1),
    (Restriction.SENDER_FROZEN, freeze_account("kowloon"), "kowloon", "lantau", 1),
    (Restriction.RECIPIENT_NOT_ADMITTED, nothing, "kowloon", "dev:9", 1),
    (Restriction.RECIPIENT_SUSPENDED, suspend("lantau"), "kowloon", "lantau", 1),
    (Restriction.RECIPIENT_LAPSED, nothing, "kowloon", "lapsed", 1),
    (Restriction.RECIPIENT_FROZEN, freeze_account("lantau"), "kowloon", "lantau", 1),
    (Restriction.COUNTRY_NOT_ALLOWED, nothing, "kowloon", "mainland", 1),
    (Restriction.CLASS_NOT_ALLOWED, nothing, "kowloon", "retail-a", 1),
    (Restriction.INSUFFICIENT_BALANCE, nothing, "kowloon", "lantau", 601),
    (Restriction.INSUFFICIENT_UNFROZEN_BALANCE, freeze(500), "kowloon", "lantau", 101),
    (Restriction.BALANCE_CAP_EXCEEDED, nothing, "kowloon", "lantau", 501),
    (Restriction.NOT_YET_OPEN, set_rules(opens_at=FAR_AHEAD), "kowloon", "lantau", 1),
    (Restriction.CLOSED, set_rules(closes_at=1), "kowloon", "lantau", 1),
    (Restriction.LOCKED_UP, lock_up, "kowloon", "lantau", 1),
    (Restriction.HOLDER_CAP_EXCEEDED, set_rules(holder_cap=2), "kowloon", "peak", 1),
]

NO_TRANSFER = {
    Restriction.NONE,
    Restriction.NOT_ACTIVE,
    Restriction.SUPPLY_EXCEEDED,
    Restriction.RESERVE_LAPSED,
    Restriction.RESERVE_EXCEEDED,
}
"""What no transfer between holders meets; the contract's verdict on issues is held to ours in tests/domain."""


def address_of(office: Office, who: str) -> str:
    return dev_address(who) if who.startswith("dev:") else office.address(who)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].name.lower())
def test_precheck_and_contract_give_the_same_code(
    office: Office, case: tuple[Restriction, Prepare, str, str, int]
) -> None:
    restriction, prepare, sender, recipient, amount = case
    office.issue("GRN28,kowloon,600\nGRN28,lantau,500")
    prepare(office)
    move = Move(address_of(office, sender), address_of(office, recipient), amount)

    foretold = judge_move(office.node, office.instrument("GRN28"), move)
    with pytest.raises(TransferRefused) as refused:
        office.send_as(sender, "GRN28", "transfer", move.recipient, amount)

    assert foretold == (restriction, restriction)
    assert refused.value.restriction is restriction


def test_every_restriction_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(Restriction) - NO_TRANSFER


@pytest.mark.parametrize(
    ("operation", "row", "order", "message"),
    [
        (Operation.ISSUE, "GRN28,retail-a,1", False, "code 14"),
        (Operation.ISSUE, "GRN28,kowloon,1001", False, "code 18"),
        (Operation.ISSUE, "HKDS,mainland,1", False, "code 13"),
        (Operation.ISSUE, "GRN28,lapsed,1", False, "code 11"),
        (Operation.REDEEM, "HKDS,kowloon,1", False, "code 15"),
        (Operation.FORCE_TRANSFER, "HKDS,kowloon,mainland,1", True, "code 13"),
        (Operation.FORCE_TRANSFER, "HKDS,kowloon,lantau,1", True, "code 15"),
        (Operation.FORCE_TRANSFER, "HKDS,kowloon,kowloon,1", True, "the same"),
        (Operation.RELEASE, "HKDS,kowloon,1", True, "only 0.000000 is frozen"),
    ],
)
def test_a_file_with_a_move_that_would_be_refused_sends_nothing(
    office: Office, operation: Operation, row: str, order: bool, message: str
) -> None:
    sent = office.sent_by_maker()

    with pytest.raises(InputFileError, match=rf"refused\.csv:2: .*{message}"):
        office.carry_out(operation, row, "refused", ORDER if order else "0x" + "00" * 32)

    assert office.sent_by_maker() == sent


def test_the_supply_ends_at_2_to_the_96_less_one(office: Office) -> None:
    office.issue("HKDS,kowloon,79228162514264337593543.950334")

    with pytest.raises(InputFileError, match=r"code 20: supply over 2\^96-1 units"):
        office.issue("HKDS,lantau,0.000002", "over")
    office.issue("HKDS,lantau,0.000001", "last")

    assert office.supply() == 2**96 - 1
