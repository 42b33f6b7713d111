"""Maturity: the last coupon, the nominal, and every unit redeemed; each once, however often the command is run."""

from __future__ import annotations

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.cli.main import run
from tests.office import Office
from tests.operate.paying import at, json_of, killed, reconcile

LAST = ("GRN28", "--pays-on", "2028-01-20")
MATURE = ["bond", "mature", "GRN28", "--yes"]
BONDS = "GRN28,kowloon,100000\nGRN28,chan,4000\nGRN28,green-issuer,10"


@pytest.fixture
def matured(paying: Office) -> Office:
    """The day of maturity: the last coupon is declared, its record date has passed, the register has followed."""
    paying.issue(BONDS, "bonds")
    at(paying, "2028-01-10T09:00:00+08:00")
    reconcile(paying)
    assert run(["bond", "coupon", "declare", *LAST, "--yes"]) == 0
    at(paying, "2028-01-20T09:00:00+08:00")
    reconcile(paying)
    return paying


def _gained(office: Office, before: dict[str, int]) -> dict[str, int]:
    return {who: office.balance(who) - units for who, units in before.items()}


def test_everything_is_paid_and_every_unit_redeemed(matured: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = {who: matured.balance(who) for who in ("kowloon", "chan", "green-issuer")}
    dry = json_of(capsys, "bond", "mature", "GRN28", "--dry-run")
    assert (dry["lines_done"], dry["transactions"]) == (7, [])
    assert [each["status"] for each in json_of(capsys, "bond", "coupon", "show", "GRN28")] == ["declared"]
    assert run(MATURE) == 0
    assert run(MATURE) == 0
    assert "nothing to do: redemption:GRN28:2028-01-20 is paid" in capsys.readouterr().out
    # 184 days: 1,000 x 2.5 % x 184 / 365 = 12.602739... a unit
    kowloon, chan = 1_260_273_970_000 + 10**14, 50_410_950_000 + 4 * 10**12
    assert _gained(matured, before) == {"kowloon": kowloon, "chan": chan, "green-issuer": -kowloon - chan}
    assert matured.supply("GRN28") == 0
    shown = json_of(capsys, "bond", "coupon", "show", "GRN28")
    assert [(each["action"], each["status"]) for each in shown] == [
        ("coupon:GRN28:2028-01-20", "paid"),
        ("redemption:GRN28:2028-01-20", "paid"),
    ]
    reconcile(matured)


@pytest.mark.parametrize(
    "step",
    ["rwaledger.operate.maturity:enter_maturity", "rwaledger.operate.execute:run", "rwaledger.chain.rpc:Node.request"],
)
def test_killed_in_between_it_goes_on(matured: Office, step: str) -> None:
    before = {who: matured.balance(who) for who in ("kowloon", "chan", "green-issuer")}
    killed(step, MATURE)
    assert run(MATURE) == 0
    assert run(MATURE) == 0
    assert sum(_gained(matured, before).values()) == 0
    assert _gained(matured, before)["chan"] == 50_410_950_000 + 4 * 10**12
    assert matured.supply("GRN28") == 0


def test_units_that_moved_after_the_record_date_stop_it(matured: Office, capsys: pytest.CaptureFixture[str]) -> None:
    matured.send_as("dev:8", "GRN28", "transfer", matured.address("victoria"), 1)
    sent = matured.sent_by_maker()
    assert run(MATURE) == 1
    assert "units of GRN28 have moved since the record date, when 104,010 were held" in capsys.readouterr().err
    assert matured.sent_by_maker() == sent


def test_who_cannot_be_paid_is_held_back_with_the_units(matured: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["holder", "suspend", "chan", "--instrument", "HKDS", "--key", "s", "--yes"]) == 0
    assert run(MATURE) == 2
    before = matured.balance("chan")
    assert run([*MATURE, "--hold-back", "chan"]) == 0
    assert (matured.balance("chan"), matured.supply("GRN28")) == (before, 4000)
    assert run(["holder", "reinstate", "chan", "--instrument", "HKDS", "--key", "r", "--yes"]) == 0
    for action in ("coupon", "redemption"):
        assert run(["bond", "release", f"{action}:GRN28:2028-01-20", "--account", "chan", "--yes"]) == 0
    assert matured.balance("chan") == before + 50_410_950_000 + 4 * 10**12
    assert matured.supply("GRN28") == 0
    reconcile(matured)


def test_who_could_be_paid_the_last_coupon_and_not_the_nominal_is_held_back_of_that_alone(matured: Office) -> None:
    """The coupon went out on its day; the holder was suspended before the redemption."""
    assert run(["bond", "coupon", "entitle", *LAST, "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *LAST, "--yes"]) == 0
    before = matured.balance("chan")
    assert run(["holder", "suspend", "chan", "--instrument", "HKDS", "--key", "s", "--yes"]) == 0
    assert run([*MATURE, "--hold-back", "chan"]) == 0
    assert (matured.balance("chan"), matured.supply("GRN28")) == (before, 4000)
    assert run(["holder", "reinstate", "chan", "--instrument", "HKDS", "--key", "r", "--yes"]) == 0
    assert run(["bond", "release", "redemption:GRN28:2028-01-20", "--account", "chan", "--yes"]) == 0
    assert (matured.balance("chan"), matured.supply("GRN28")) == (before + 4 * 10**12, 0)


def test_a_wallet_lost_after_the_record_date_keeps_nobody_waiting(matured: Office) -> None:
    lost, new = matured.address("chan"), dev_address("dev:10")
    before = matured.balance("chan")
    order = ["--order", str(matured.write("order.txt", "SD 88/2028")), "--order-ref", "SD 88/2028", "--key", "recover"]
    assert run(["holder", "prove-wallet", "chan", "--address", new, "--as", "dev:10"]) == 0
    assert run(["holder", "recover", "chan", "--lost", lost, "--new", new, *order, "--yes"]) == 0
    reconcile(matured)
    assert run(MATURE) == 1
    assert run([*MATURE, "--hold-back", lost]) == 0
    assert matured.supply("GRN28") == 4000
    for action in ("coupon", "redemption"):
        release = ["bond", "release", f"{action}:GRN28:2028-01-20", "--account", lost, "--to", new, "--yes"]
        assert run(release) == 0
        assert run(release) == 0
    assert matured.supply("GRN28") == 0
    assert matured.balance("chan") == before + 50_410_950_000 + 4 * 10**12
    reconcile(matured)


def test_it_needs_the_record_date_of_the_last_coupon(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    at(paying, "2028-01-20T09:00:00+08:00")
    assert run(MATURE) == 2
    assert "no declared action called 'coupon:GRN28:2028-01-20'" in capsys.readouterr().err
