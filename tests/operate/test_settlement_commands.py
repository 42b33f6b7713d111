"""Trades on the command line: propose, show, sign here and elsewhere, settle, cancel, and the travel rule."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_account import Account

from rwaledger.cli.main import run
from rwaledger.operate.allowances import Spender, allowance, spender_address
from tests.market import DVP, SMALL, Market
from tests.office import CHECKER, DEV_OF, MAKER, PRIVACY, Office

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def market(office: Office, monkeypatch: pytest.MonkeyPatch) -> Market:
    market = Market.open(office)
    monkeypatch.chdir(office.folder)
    settings = {
        "RPC_URL": office.node.url,
        "DATABASE_URL": f"sqlite:///{office.folder / 'register.db'}",
        "MAKER": MAKER,
        "CHECKER": CHECKER,
        "PRIVACY": PRIVACY,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    market.trades_file("T-1", DVP)
    return market


def json_of(capsys: Capture, *args: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert run([*args, "--json"]) == code, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def refused(capsys: Capture, *args: str, code: int) -> str:
    capsys.readouterr()
    assert run(list(args)) == code
    return capsys.readouterr().err


def as_(holder: str) -> tuple[str, str]:
    return "--as", DEV_OF[holder]


def approve(holder: str, instrument: str, amount: str, *more: str) -> list[str]:
    options = ["--instrument", instrument, "--account", DEV_OF[holder], "--amount", amount, "--for", "settlement"]
    return ["units", "approve", *options, "--yes", *more]


def test_a_trade_from_its_file_to_its_travel_rule_record(market: Market, capsys: Capture) -> None:
    dry = json_of(capsys, "settlement", "propose", "T-1.csv", "--dry-run")
    assert [(each["trade"], each["known"]) for each in dry["trades"]] == [("T-1", False)]
    assert json_of(capsys, "settlement", "list") == []
    assert run(["settlement", "propose", "T-1.csv", "--yes"]) == 0
    assert run(["settlement", "propose", "T-1.csv"]) == 0
    assert "nothing to do: 1 trade known" in capsys.readouterr().out

    shown = json_of(capsys, "settlement", "show", "T-1")
    assert (shown["status"], shown["unsigned"]) == ("proposed", ["kowloon", "lantau"])
    assert shown["allowances_missing"] == [
        {"instrument": "GRN28", "holder": "kowloon", "needed": "10", "approved": "0"},
        {"instrument": "HKDS", "holder": "lantau", "needed": "10015.500000", "approved": "0.000000"},
    ]
    assert [leg["amount"] for leg in shown["legs"]] == ["10", "10015.500000"]
    assert run(approve("kowloon", "GRN28", "10")) == 0
    assert run(approve("lantau", "HKDS", "10015.5")) == 0
    assert run(["settlement", "sign", "T-1", *as_("kowloon"), "--yes"]) == 0
    assert "signed T-1; 1 signature missing" in capsys.readouterr().out
    assert "has not signed" in refused(capsys, "settlement", "settle", "T-1", *as_("kowloon"), "--yes", code=1)
    assert run(["settlement", "sign", "T-1", *as_("lantau"), "--yes"]) == 0

    assert run(["settlement", "settle", "T-1", *as_("lantau"), "--dry-run"]) == 0
    assert "T-1 can be settled, with 1 travel-rule record; nothing was sent" in capsys.readouterr().out
    assert json_of(capsys, "settlement", "travel", "T-1") == []
    done = json_of(capsys, "settlement", "settle", "T-1", *as_("lantau"), "--yes")
    assert (done["status"], done["before"]) == ("settled", False)
    assert market.held("kowloon", "lantau") == [(90, 60_015_500_000), (110, 39_984_500_000)]

    assert run(["settlement", "travel", "T-1"]) == 0
    out = capsys.readouterr().out
    assert "originator    Lantau Securities (lantau), BR 10203040" in out
    assert "beneficiary   Kowloon Life (kowloon)" in out
    assert [each["status"] for each in json_of(capsys, "settlement", "list", "--status", "settled")] == ["settled"]
    assert json_of(capsys, "settlement", "list", "--status", "proposed") == []


def test_a_signature_made_by_any_wallet_from_the_typed_data(market: Market, capsys: Capture) -> None:
    assert run(["settlement", "propose", "T-1.csv", "--yes"]) == 0
    typed = json_of(capsys, "settlement", "show", "T-1")["typed_data"]
    Account.enable_unaudited_hdwallet_features()
    words = "test test test test test test test test test test test junk"
    wallet = Account.from_mnemonic(words, account_path=f"m/44'/60'/0'/0/{DEV_OF['lantau'][4:]}")
    signature = "0x" + wallet.sign_typed_data(full_message=typed).signature.hex()
    given = ["--signature", signature, "--yes"]

    err = refused(capsys, "settlement", "sign", "T-1", "--party", "kowloon", *given, code=4)
    assert "this is not the signature of" in err
    assert run(["settlement", "sign", "T-1", "--party", "lantau", *given]) == 0
    assert run(["settlement", "sign", "T-1", "--party", "lantau", *given]) == 0
    assert "nothing to do: lantau has signed T-1" in capsys.readouterr().out
    assert "Give --as KEYSTORE, or --party HOLDER" in refused(capsys, "settlement", "sign", "T-1", code=2)


def test_refusals_of_a_proposal_have_their_exit_codes(market: Market, capsys: Capture) -> None:
    market.office.issue("HKDS,retail-a,5000", "issue-retail")
    legs = ["--leg", "GRN28 kowloon retail-a 1", "--leg", "HKDS retail-a kowloon 1001.5"]
    err = refused(capsys, "settlement", "propose", "--trade", "R-1", *legs, "--yes", code=2)
    assert "command line:1: would be refused, code 14: class not allowed" in err
    assert run(["settlement", "propose", "T-1.csv", "--yes"]) == 0
    market.trades_file("T-1", SMALL)
    assert "'T-1' was used before" in refused(capsys, "settlement", "propose", "T-1.csv", "--yes", code=6)
    assert "no trade called 'T-9'" in refused(capsys, "settlement", "show", "T-9", code=2)
    assert "Add --yes" in refused(capsys, "settlement", "cancel", "T-1", *as_("kowloon"), code=2)
    assert "would say it twice" in refused(capsys, "settlement", "propose", "T-1.csv", "--trade", "T-1", code=2)


def test_a_trade_is_cancelled_once(market: Market, capsys: Capture) -> None:
    assert run(["settlement", "propose", "T-1.csv", "--yes"]) == 0
    assert run(["settlement", "cancel", "T-1", *as_("kowloon"), "--dry-run"]) == 0
    assert json_of(capsys, "settlement", "show", "T-1")["status"] == "proposed"
    assert json_of(capsys, "settlement", "cancel", "T-1", *as_("kowloon"), "--yes")["before"] is False
    assert json_of(capsys, "settlement", "cancel", "T-1", *as_("kowloon"), "--yes")["before"] is True
    assert "cancelled in transaction" in refused(capsys, "settlement", "sign", "T-1", *as_("lantau"), "--yes", code=1)


def test_a_venue_is_licensed_under_four_eyes(market: Market, capsys: Capture) -> None:
    options = ["--until", "2099-12-31T23:59:59+08:00", "--key", "peak-venue"]
    assert run(["settlement", "license-venue", "peak", *options, "--dry-run"]) == 0
    assert json_of(capsys, "settlement", "license-venue", "peak", *options, "--yes")["lines_done"] == 1
    listed = json_of(capsys, "instruction", "list", "--instrument", "settlement")
    assert [(each["operation"], each["status"]) for each in listed] == [("license-venue", "mined")]
    entry = json_of(capsys, "instruction", "show", listed[0]["ref"])["entries"][0]
    assert entry["detail"].endswith("until 2099-12-31 15:59:59 UTC")
    assert run(["settlement", "propose", "T-1.csv", "--venue", "peak", "--yes"]) == 0
    assert json_of(capsys, "settlement", "show", "T-1")["venue"] == "peak"


def test_the_settlement_takes_what_was_approved_to_it_and_the_control_book_nothing(
    market: Market, capsys: Capture
) -> None:
    first = json_of(capsys, *approve("lantau", "HKDS", "7"))
    again = json_of(capsys, *approve("lantau", "HKDS", "7"))
    assert (first["for"], bool(first["transaction"]), again["transaction"]) == ("settlement", True, None)
    office = market.office
    token, lantau = office.instrument(), office.address("lantau")
    with office.database.read() as connection:
        taker = spender_address(connection, token, Spender.SETTLEMENT)
    assert first["spender"].lower() == taker
    assert [allowance(office.node, token, lantau, each) for each in (taker, token.control_book)] == [7_000_000, 0]

    for amount in ("0", "7"):  # the same amount once more, after it was revoked
        assert json_of(capsys, *approve("lantau", "HKDS", amount))["transaction"]
    assert allowance(office.node, token, lantau, taker) == 7_000_000


def test_a_large_transfer_by_instruction_is_recorded_before_it_is_sent(market: Market, capsys: Capture) -> None:
    for holder in ("kowloon", "peak"):
        options = ["--instrument", "HKDS", "--account", DEV_OF[holder], "--amount", "20000"]
        assert run(["units", "approve", *options, "--yes"]) == 0

    def transfer(sender: str, amount: str) -> list[str]:
        options = ["--instrument", "HKDS", "--from", sender, "--to", "lantau", "--amount", amount]
        return ["units", "transfer", *options, "--key", f"{sender}-{amount}", "--yes"]

    err = refused(capsys, *transfer("peak", "8000"), code=1)
    assert "peak, who pays, has neither a postal address nor an identifier" in err
    assert market.office.balance("lantau") == 50_000_000_000
    assert run(transfer("peak", "7999.999999")) == 0
    done = json_of(capsys, *transfer("kowloon", "8000"))
    (record,) = json_of(capsys, "settlement", "travel", done["instructions"][0])
    assert record["originator"]["postal_address"] == "1 Harbour Road, Wan Chai"
    assert market.office.balance("lantau") == 65_999_999_999
