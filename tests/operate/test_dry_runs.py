"""A dry run says what the run would say, and whatever is refused leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account

from rwaledger.cli.main import run
from rwaledger.registry import audit_log, instructions
from tests.office import CHECKER, MAKER, Office

# The mnemonic of every local anvil; account 2 is the checker of the tests.
MNEMONIC = "test test test test test test test test test test test junk"


@pytest.fixture
def folder(office: Office, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The office's folder, with its settings in the environment."""
    settings = {"RPC_URL": office.node.url, "MAKER": MAKER, "CHECKER": CHECKER}
    settings["DATABASE_URL"] = f"sqlite:///{office.folder / 'register.db'}"
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    monkeypatch.chdir(office.folder)
    return office.folder


def test_an_order_of_another_reference_is_refused_by_the_dry_run_too(office: Office, folder: Path) -> None:
    office.issue("HKDS,kowloon,100")
    (folder / "order.txt").write_text("hold it\n")
    freeze = [
        "units",
        "freeze",
        "--instrument",
        "HKDS",
        "--account",
        "kowloon",
        "--amount",
        "5",
        "--order",
        "order.txt",
    ]
    assert run([*freeze, "--key", "f", "--order-ref", "A", "--yes"]) == 0
    assert run([*freeze, "--key", "g", "--order-ref", "B", "--dry-run"]) == 1
    assert run([*freeze, "--key", "g", "--order-ref", "A", "--dry-run"]) == 0


def test_a_sub_ledger_that_could_not_be_booked_is_refused_by_the_dry_run_too(office: Office, folder: Path) -> None:
    (folder / "holders.csv").write_text(
        "holder,name,country,class,valid_until,address,account\n"
        "bank,Bank,HK,professional,2099-12-31,0x00000000000000000000000000000000000abcde,omnibus\n"
    )
    assert run(["holder", "admit", "holders.csv", "--yes"]) == 0
    (folder / "clients.csv").write_text("instrument,client,balance\nHKDS,B-1,10\n")
    (folder / "trades.csv").write_text("instrument,from,to,amount\nHKDS,B-1,B-2,4\n")
    trade, statement = ["omnibus", "trade", "bank", "trades.csv"], ["omnibus", "import", "bank", "clients.csv"]
    assert run([*trade, "--dry-run"]) == 2
    assert run([*statement, "--dry-run"]) == 0
    assert run([*trade, "--dry-run"]) == 2  # the statement was not booked
    assert run([*statement, "--yes"]) == 0
    assert run([*trade, "--dry-run"]) == 0


def test_a_wrong_password_leaves_nothing_behind(office: Office, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Account.enable_unaudited_hdwallet_features()
    key = Account.from_mnemonic(MNEMONIC, account_path="m/44'/60'/0'/0/2").key
    (folder / "keystores").mkdir()
    (folder / "keystores" / "checker").write_text(json.dumps(Account.encrypt(key, "right", kdf="scrypt", iterations=2)))
    (folder / "password").write_text("wrong\n")
    for name, value in {"CHECKER": "checker", "KEYSTORE_FOLDER": "keystores", "PASSWORD_FILE": "password"}.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)

    def left() -> tuple[int, int]:
        with office.database.read() as connection:
            return len(instructions.instructions(connection)), len(audit_log.entries(connection))

    before = left()
    issue = ["units", "issue", "--instrument", "HKDS", "--account", "kowloon", "--amount", "5", "--key", "i", "--yes"]
    assert run(issue) == 4
    assert left() == before
    (folder / "password").write_text("right\n")
    assert run(issue) == 0


def test_typed_data_holds_no_number_that_a_wallet_would_round(
    office: Office, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "big.csv").write_text("instrument,account,amount\nHKDS,kowloon,79228162514264337593543.950335\n")
    assert run(["units", "issue", "big.csv", "--draft", "--yes"]) == 0
    capsys.readouterr()
    assert run(["instruction", "show", "issue:big.csv", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    found = document[0] if isinstance(document, list) else document
    (line,) = found["typed_data"]["message"]["lines"]
    assert line["amount"] == str(2**96 - 1)
    assert found["typed_data"]["domain"]["chainId"] == 31_337
