"""The redemption queue: who gets in, when it is due, and how it shows what is late."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from rwaledger.chain.local import set_clock
from rwaledger.cli.main import run
from rwaledger.domain.errors import RedemptionRefused
from rwaledger.domain.instruction import Operation
from rwaledger.domain.redemption import RedemptionStatus
from rwaledger.domain.restriction import Restriction
from rwaledger.operate.redemption import queue, read_requests
from rwaledger.operate.redemption_cancel import cancel
from rwaledger.operate.redemption_pay import pay as pay_all
from rwaledger.operate.redemption_pay import single_payments
from rwaledger.policies.loading import load_policy
from rwaledger.registry import audit_log, redemptions
from tests.office import ORDER, Office
from tests.operate.queued import UNIT, ago, ask, listed, open_queue, stored

# 30 June 2031 is a Monday, and 1 July a holiday, as in 2026.
ASKED = datetime(2031, 6, 30, 2, 0, tzinfo=UTC)
HEADER = "request,instrument,account,amount,requested_at"


@pytest.fixture
def office_open(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    return open_queue(office, monkeypatch)


def test_what_is_asked_for_before_a_holiday_is_due_after_it(
    office_open: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    set_clock(office_open.node, int(ASKED.timestamp()))
    assert run(ask("R-1", "lantau", "10")) == 0
    assert run(ask("R-2", "lantau", "10", "--at", "2031-06-29T23:30:00+08:00")) == 0  # a Sunday, there
    assert [(row["request"], row["requested_on"], row["due_on"]) for row in listed(capsys)] == [
        ("R-2", "2031-06-29", "2031-06-30"),
        ("R-1", "2031-06-30", "2031-07-02"),
    ]
    capsys.readouterr()
    assert run(["redemption", "list", "--open"]) == 0
    shown = capsys.readouterr().out
    assert "2031-06-30 02:00:00 UTC  2031-06-30  2031-07-02  open    2 d 14 h left" in shown


def test_the_chains_clock_says_what_is_overdue(office_open: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The due day ends at midnight in Hong Kong, which is 16:00 UTC."""
    set_clock(office_open.node, int(ASKED.timestamp()))
    assert run(ask("R-1", "lantau", "10")) == 0
    set_clock(office_open.node, int(datetime(2031, 7, 2, 15, 59, 50, tzinfo=UTC).timestamp()))
    assert listed(capsys, "--overdue") == []
    set_clock(office_open.node, int(datetime(2031, 7, 2, 16, 30, tzinfo=UTC).timestamp()))
    (late,) = listed(capsys, "--overdue")
    assert (late["request"], late["late"]) == ("R-1", True)
    assert run(["redemption", "list", "--overdue"]) == 0
    assert "0 h 30 min late" in capsys.readouterr().out


def test_a_refused_request_is_not_queued_and_is_remembered(
    office_open: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["units", "precheck", "--instrument", "HKDS", "--from", "lapsed", "--amount", "5"]) == 1
    assert "code 7: sender lapsed" in capsys.readouterr().out
    assert run([*ask("R-1", "lapsed", "5"), "--dry-run"]) == 2
    assert run(ask("R-1", "lapsed", "5")) == 2
    assert "command line: R-1 would be refused, code 7: sender lapsed" in capsys.readouterr().err

    assert listed(capsys) == []
    with office_open.database.read() as connection:
        (entry,) = audit_log.entries(connection, action="redemption refused")
    assert (entry.subject, entry.detail["code"]) == ("R-1", "7")


def test_the_refusals_of_a_file_are_typed_and_named_by_line_and_nothing_of_it_is_queued(office_open: Office) -> None:
    """Each is judged on what those before it leave: the second of lantau asks for more than is left then."""
    lines = ("A,HKDS,kowloon,1,", "B,HKDS,lapsed,1,", "C,HKDS,lantau,50,", "D,HKDS,lantau,30.000001,")
    path = office_open.write("requests.csv", "\n".join((HEADER, *lines)))
    requests = read_requests(path, office_open.names())
    with pytest.raises(RedemptionRefused) as caught:
        queue(office_open.database, office_open.node, "0xclerk", load_policy(None), requests)
    assert caught.value.restrictions == [Restriction.SENDER_LAPSED, Restriction.INSUFFICIENT_BALANCE]
    assert [problem.line for problem in caught.value.problems] == [3, 5]
    with office_open.database.read() as connection:
        assert redemptions.redemptions(connection) == {}


def test_units_that_are_queued_cannot_be_queued_again(office_open: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ask("R-1", "lantau", "80")) == 0
    assert run(ask("R-2", "lantau", "0.000001")) == 2
    assert "code 15: balance too small" in capsys.readouterr().err
    assert run(["redemption", "cancel", "R-1", "--reason", "withdrawn by the holder", "--yes"]) == 0
    assert run(ask("R-2", "lantau", "80")) == 0


def test_the_same_request_again_is_the_same_request(office_open: Office, capsys: pytest.CaptureFixture[str]) -> None:
    at = ago(office_open, hours=3)
    assert run([*ask("R-1", "lantau", "10"), "--dry-run"]) == 0
    assert listed(capsys) == []
    assert run(ask("R-1", "lantau", "10", "--at", at)) == 0
    assert run(ask("R-1", "lantau", "10")) == 0
    assert "nothing to do: 1 request taken before" in capsys.readouterr().out
    for other in (ask("R-1", "lantau", "11"), ask("R-1", "kowloon", "10"), ask("R-1", "lantau", "10", "--at", ago(office_open, hours=4))):  # fmt: skip  # noqa: E501
        assert run(other) == 6
    assert len(listed(capsys)) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A 1,HKDS,lantau,1,", "request: 'A 1' is no reference"),
        ("A,GRN28,lantau,1,", "instrument: GRN28 is a bond; only a stablecoin is redeemed at par"),
        ("A,HKDS,nobody,1,", "account: no holder 'nobody'"),
        ("A,HKDS,lantau,-1,", "amount: '-1' is not a positive decimal amount"),
        ("A,HKDS,lantau,1,2026-06-30T10:00", "requested_at: '2026-06-30T10:00' is no time with its zone"),
        ("B,HKDS,lantau,1,", "request B stands in line 2 already"),
        ("A,HKDS,lantau,1,2120-01-01T00:00Z", "requested_at: 2120-01-01 00:00:00 UTC is after the chain's time"),
    ],
)
def test_a_bad_row_is_named_and_nothing_of_the_file_is_queued(
    office_open: Office, capsys: pytest.CaptureFixture[str], row: str, message: str
) -> None:
    office_open.write("requests.csv", f"{HEADER}\nB,HKDS,kowloon,1,\n{row}\n")
    assert run(["redemption", "request", "requests.csv", "--yes"]) == 2
    assert f"requests.csv:3: {message}" in capsys.readouterr().err
    assert listed(capsys) == []


def test_units_that_are_frozen_under_order_cannot_be_redeemed(
    office_open: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office_open.carry_out(Operation.FREEZE, "HKDS,lantau,50", "freeze", order=ORDER)
    assert office_open.supply() == 230 * UNIT
    assert run(ask("R-1", "lantau", "30.000001")) == 2
    assert "code 16: unfrozen balance too small" in capsys.readouterr().err
    assert run(ask("R-1", "lantau", "30")) == 0

    office_open.carry_out(Operation.FREEZE_ACCOUNT, "HKDS,lantau", "freeze all", order=ORDER)
    assert run(["redemption", "pay", "R-1", "--reference", "BANK-1", "--yes"]) == 2
    assert "code 8: sender frozen" in capsys.readouterr().err
    assert stored(office_open, "R-1").status is RedemptionStatus.OPEN


def test_the_queue_is_the_same_on_each_database(office_on_each: Office) -> None:
    office, policy = office_on_each, load_policy(None)
    office.issue("HKDS,kowloon,150\nHKDS,lantau,80")
    path = office.write("requests.csv", f"{HEADER}\nA,HKDS,kowloon,50,\nB,HKDS,lantau,10,2026-01-15T10:00+08:00\n")
    requests = read_requests(path, office.names())
    taken = queue(office.database, office.node, office.desk.maker, policy, requests)
    assert [each.due_on for each in taken.new][1] == date(2026, 1, 16)
    assert queue(office.database, office.node, office.desk.maker, policy, requests).new == ()

    rows = [{"request": "B", "reference": "BANK-7", "fee": "0.01", "paid_at": "2026-01-16T09:00+08:00"}]
    for was_before in (False, True):
        (paid,) = pay_all(office.desk, single_payments(rows, office.database, policy))
        assert (paid.before, bool(paid.tx_hashes)) == (was_before, not was_before)
    assert cancel(office.desk, "A", "withdrawn")
    assert not cancel(office.desk, "A", "withdrawn")

    with office.database.read() as connection:
        found = redemptions.redemptions(connection)
    assert [(name, each.status.value, each.payment_units) for name, each in found.items()] == [
        ("B", "paid", 9_990_000),
        ("A", "cancelled", 50 * UNIT),
    ]
    assert found["B"].paid_at == datetime(2026, 1, 16, 1, 0, tzinfo=UTC)
    assert office.supply() == 220 * UNIT
