"""Payment of redemptions: burnt once, paid once, at par less a fee within the policy; and what is cancelled."""

from __future__ import annotations

import pytest

from rwaledger.cli.main import run
from rwaledger.domain.redemption import RedemptionStatus
from rwaledger.operate.redemption_cancel import cancel
from rwaledger.operate.redemption_pay import begin, single_payments
from rwaledger.operate.redemption_pay import pay as pay_all
from rwaledger.policies.loading import load_policy
from rwaledger.registry import audit_log, instructions
from tests.office import Office
from tests.operate.queued import UNIT, ago, ask, listed, open_queue, pay, stored


@pytest.fixture
def office_open(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Lantau has asked for 10 HKDS yesterday."""
    open_queue(office, monkeypatch)
    assert run(ask("R-1", "lantau", "10", "--at", ago(office, days=1))) == 0
    return office


def test_a_payment_takes_the_units_out_of_issue_and_is_entered_once(
    office_open: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = office_open.sent_by_maker()
    assert run([*pay("R-1"), "--dry-run"]) == 0
    assert (office_open.supply(), office_open.sent_by_maker()) == (230 * UNIT, sent)

    assert run(pay("R-1")) == 0
    assert run(pay("R-1")) == 0
    assert "nothing to do: 1 request redeemed and paid before" in capsys.readouterr().out
    assert (office_open.supply(), office_open.sent_by_maker()) == (220 * UNIT, sent + 1)
    assert office_open.balance("lantau") == 70 * UNIT
    (row,) = listed(capsys)
    assert (row["status"], row["paid"], row["fee"], row["payment_reference"]) == (
        *("paid", "10.000000", "0.000000", "BANK-1"),
    )
    with office_open.database.read() as connection:
        (burn,) = [s for s in instructions.instructions(connection) if s.idempotency_key == "redemption:R-1"]
        actions = [each.action for each in audit_log.entries(connection, subject="R-1")]
    assert (burn.instruction.operation.value, burn.status.value) == ("redeem", "mined")
    assert actions == ["redemption requested", "redemption payment begun", "redemption paid"]

    assert run(pay("R-1", reference="BANK-2")) == 6
    assert run(pay("R-1", options=("--fee", "0.01"))) == 6
    assert run(pay("R-1", options=("--paid-at", ago(office_open, hours=1)))) == 6
    assert run(["redemption", "cancel", "R-1", "--reason", "late", "--yes"]) == 2


def test_a_fee_within_the_policy_is_kept_back_and_one_above_it_is_refused(
    office_open: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten basis points of 10 are 0.01."""
    assert run(pay("R-1", options=("--fee", "0.010001"))) == 2
    assert "fee: 0.010001 is above 0.010000, the most that the policy allows (10 basis" in capsys.readouterr().err
    assert run(pay("R-1", options=("--fee", "0.01"))) == 0
    assert stored(office_open, "R-1").payment_units == 9_990_000
    assert office_open.supply() == 220 * UNIT


def test_payments_from_a_file_are_all_checked_before_the_first(
    office_open: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(ask("R-2", "kowloon", "150")) == 0
    office_open.write("bad.csv", "request,reference,fee\nR-2,BANK-2,0\nR-9,BANK-9,0\nR-1,,\n")
    assert run(["redemption", "pay", "bad.csv", "--yes"]) == 2
    told = capsys.readouterr().err
    assert "bad.csv:3: request: there is no request 'R-9'" in told
    assert "bad.csv:4: reference: is empty" in told
    assert office_open.supply() == 230 * UNIT

    day = ago(office_open, hours=2)
    office_open.write("payments.csv", f"request,reference,paid_at\nR-2,BANK-2,\nR-1,BANK-1,{day}\n")
    assert run(["redemption", "pay", "payments.csv", "--reference", "X", "--yes"]) == 2
    assert run(["redemption", "pay", "payments.csv", "--yes"]) == 0
    assert run(["redemption", "pay", "payments.csv", "--yes"]) == 0
    assert office_open.supply() == 70 * UNIT
    assert {row["request"]: row["status"] for row in listed(capsys)} == {"R-1": "paid", "R-2": "paid"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--paid-at", "2120-01-01T00:00Z"), "paid_at: 2120-01-01 00:00:00 UTC is after the chain's time"),
        (("--paid-at", "2001-01-01T00:00Z"), "paid_at: 2001-01-01 00:00:00 UTC is before the request"),
        (("--paid-at", "2026-01-01T00:00"), "is no time with its zone"),
    ],
)
def test_a_payment_at_a_time_that_cannot_be_is_refused(
    office_open: Office, capsys: pytest.CaptureFixture[str], options: tuple[str, str], message: str
) -> None:
    assert run(pay("R-1", options=options)) == 2
    assert message in capsys.readouterr().err
    assert stored(office_open, "R-1").status is RedemptionStatus.OPEN


def test_a_late_payment_shows_as_late(office_open: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ask("R-2", "lantau", "10", "--at", ago(office_open, days=20))) == 0
    assert run(pay("R-1", "R-2")) == 0
    assert {row["request"]: row["late"] for row in listed(capsys)} == {"R-1": False, "R-2": True}
    assert listed(capsys, "--overdue") == []


def test_a_cancelled_request_is_never_redeemed(office_open: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["redemption", "cancel", "R-1", "--reason", "withdrawn by the holder", "--dry-run"]) == 0
    assert stored(office_open, "R-1").status is RedemptionStatus.OPEN
    assert run(["redemption", "cancel", "R-1", "--reason", "withdrawn by the holder", "--yes"]) == 0
    assert run(["redemption", "cancel", "R-1", "--reason", "withdrawn by the holder", "--yes"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert run(pay("R-1")) == 2
    assert "R-1 was cancelled: withdrawn by the holder" in capsys.readouterr().err
    assert office_open.supply() == 230 * UNIT


def test_whoever_began_to_pay_before_it_was_cancelled_redeems_nothing(office_open: Office) -> None:
    """The other process has read the open request, claimed it, and not stored its instruction yet."""
    rows = [{"request": "R-1", "reference": "BANK-1", "fee": "", "paid_at": ""}]
    payments = single_payments(rows, office_open.database, load_policy(None))
    begin(office_open.desk, payments[0])
    assert cancel(office_open.desk, "R-1", "withdrawn")

    with pytest.raises(Exception, match="was rejected by 0x70997970C51812dc3A010C7d01b50e0d17dc79C8: withdrawn"):
        pay_all(office_open.desk, payments)
    assert office_open.supply() == 230 * UNIT


def test_a_claimed_request_is_paid_by_no_other_payment(office_open: Office, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"request": "R-1", "reference": "BANK-1", "fee": "", "paid_at": ""}]
    (payment,) = single_payments(rows, office_open.database, load_policy(None))
    begin(office_open.desk, payment)
    assert run(pay("R-1", reference="BANK-2")) == 6
    assert "payment BANK-1" in capsys.readouterr().err
    assert run(pay("R-1")) == 0
    assert office_open.supply() == 220 * UNIT
