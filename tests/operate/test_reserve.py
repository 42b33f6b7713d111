"""The reserve in the register: its lines are judged by the policy, and a correction stands beside what it corrects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from rwaledger.chain.local import set_clock
from rwaledger.cli.main import run
from rwaledger.domain.errors import InputFileError
from rwaledger.domain.instruction import Operation
from rwaledger.operate.reserve import read_statement
from rwaledger.policies.loading import load_policy
from rwaledger.registry import reserves
from tests.office import ORDER, Office
from tests.operate.backed import HEADER, UNIT, attest, chain_now, count, deposits, issue, json_of, open_issuer


@pytest.fixture
def issuer(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    return open_issuer(office, monkeypatch)


FRIDAY = datetime(2026, 7, 31, 9, 0, tzinfo=UTC)

REFUSED = [
    ("shares,Tram Company,HKD,10,0,", "kind: 'shares' is not eligible as reserve; cash, deposits, bills"),
    ("deposits,Elsewhere,USD,10,0,", "currency: deposits count in HKD, not in USD"),
    ("deposits,Time,HKD,10,0,2026-11-01", "matures_on: 2026-11-01 is after 2026-10-31, the last that is eligible"),
    ("bills,No date,HKD,10,0,", "matures_on: is empty; bills have a maturity"),
    ("bills,Long,HKD,10,0,2027-08-01", "matures_on: 2027-08-01 is after 2027-07-31"),
    ("bills,Old,HKD,10,0,2026-07-30", "matures_on: 2026-07-30 is before the day of the count, 2026-07-31"),
    ("reverse-repo,Long,HKD,10,0,2026-08-04", "matures_on: 2026-08-04 is after 2026-08-03"),
    ("bills,Cut,HKD,10,10001,2026-08-31", "haircut_bp: '10001' is no whole number of basis points"),
    ("bills,Fine,HKD,10.1234567,0,2026-08-31", "7 digits after the point; the instrument has 6"),
]


@pytest.mark.parametrize(("row", "message"), REFUSED)
def test_a_line_that_is_not_eligible_is_refused_by_its_place(office: Office, row: str, message: str) -> None:
    path = office.write("reserve.csv", f"{HEADER}\ndeposits,Fine,HKD,1,0,\n{row}\n")
    with pytest.raises(InputFileError) as caught:
        read_statement(path, office.instrument("HKDS"), load_policy(None), FRIDAY)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in str(caught.value)


def test_what_the_policy_lets_count_to_the_day_counts(office: Office) -> None:
    rows = (
        "cash,Vault,HKD,1,0,",
        "deposits,Time,HKD,2,0,2026-10-31",
        "bills,Year,HKD,3,0,2027-07-31",
        "reverse-repo,Over the weekend,HKD,4,0,2026-08-03",
    )
    path = office.write("reserve.csv", "\n".join((HEADER, *rows)))
    statement = read_statement(path, office.instrument("HKDS"), load_policy(None), FRIDAY)
    assert statement.total_units == 10 * UNIT
    with pytest.raises(Exception, match="GRN28 is a bond, and has no reserve"):
        read_statement(path, office.instrument("GRN28"), load_policy(None), FRIDAY)


def test_lines_in_two_currencies_are_not_added_up(office: Office) -> None:
    own = office.write("policy.toml", packaged_policy().replace('["HKD"]', '["HKD", "USD"]'))
    path = office.write("reserve.csv", f"{HEADER}\ncash,Vault,HKD,1,0,\ncash,Vault,USD,1,0,\n")
    with pytest.raises(InputFileError, match=r"reserve\.csv:3: currency: is USD, and HKD in line 2"):
        read_statement(path, office.instrument("HKDS"), load_policy(own), FRIDAY)


def packaged_policy() -> str:
    return (files("rwaledger") / "policies" / "hong-kong.toml").read_text(encoding="utf-8")


def test_the_same_file_again_enters_nothing_and_a_correction_stands_beside_it(
    issuer: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    as_of = chain_now(issuer)
    assert run([*count(issuer, deposits("100"), as_of=as_of), "--dry-run"]) == 0
    assert "would be entered; nothing was" in capsys.readouterr().out
    assert run(["reserve", "show", "HKDB"]) == 2
    assert run(count(issuer, deposits("100"), as_of=as_of)) == 0
    assert run(count(issuer, deposits("100"), as_of=as_of)) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert run(count(issuer, deposits("90"), deposits("5"), as_of=as_of)) == 0
    assert run(count(issuer, deposits("70"), as_of=as_of - timedelta(days=1))) == 0

    assert json_of(capsys, "reserve", "show", "HKDB")["total"] == "95.000000"
    with issuer.database.read() as connection:
        before = reserves.statement(connection, "HKDB", int(as_of.timestamp()) - 1)
    assert before is not None
    assert before.total_units == 70 * UNIT


def test_a_count_of_tomorrow_is_refused(issuer: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(count(issuer, deposits("100"), as_of=chain_now(issuer) + timedelta(hours=1))) == 2
    assert "is after the chain's time" in capsys.readouterr().err
    assert run(["reserve", "import", "HKDB", "reserve.csv", "--as-of", "2026-07-31T17:00", "--yes"]) == 2


def test_freezing_leaves_supply_and_required_reserve_as_they_were(
    issuer: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(count(issuer, deposits("300"))) == 0
    assert run(attest(issuer)) == 0
    assert run(issue(issuer, "200", "issue")) == 0
    before = json_of(capsys, "reserve", "show", "HKDB")

    issuer.carry_out(Operation.FREEZE, "HKDB,kowloon,50", "freeze", order=ORDER)

    after = json_of(capsys, "reserve", "show", "HKDB")
    assert (before["supply"], before["frozen"]) == ("200.000000", "0.000000")
    assert (after["supply"], after["frozen"]) == ("200.000000", "50.000000")
    assert after["coverage"][0] == before["coverage"][0]
    assert after["coverage"][1] == {
        "definition": "without frozen units",
        "outstanding": "150.000000",
        "percent": "200.00",
        "covered": True,
        "excess": "150.000000",
    }
    issuer.carry_out(Operation.FREEZE_ACCOUNT, "HKDB,kowloon", "freeze all", order=ORDER)
    assert json_of(capsys, "reserve", "show", "HKDB")["frozen"] == "200.000000"
    issuer.carry_out(Operation.FREEZE, "HKDB,lantau,7", "freeze ahead", order=ORDER)
    assert json_of(capsys, "reserve", "show", "HKDB")["frozen"] == "200.000000"


def test_the_reserve_is_shown_as_it_was_at_a_time(issuer: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(count(issuer, deposits("300"))) == 0
    assert run(attest(issuer)) == 0
    assert run(issue(issuer, "200", "first")) == 0
    then = chain_now(issuer)
    set_clock(issuer.node, int((then + timedelta(days=1)).timestamp()))
    assert run(count(issuer, deposits("400"), name="later.csv")) == 0
    assert run(issue(issuer, "50", "second")) == 0

    was = json_of(capsys, "reserve", "show", "HKDB", "--as-of", (then + timedelta(minutes=5)).isoformat())
    now = json_of(capsys, "reserve", "show", "HKDB")
    assert (was["total"], was["supply"]) == ("300.000000", "200.000000")
    assert (now["total"], now["supply"]) == ("400.000000", "250.000000")
    assert run(["reserve", "show", "HKDB", "--as-of", "2001-01-01T00:00:00Z"]) == 2
