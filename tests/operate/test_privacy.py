"""The register opened as a stranger shows no name and no key, whatever the office has written into it."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from rwaledger.chain.keys import _dev_account, dev_signer
from rwaledger.chain.wallet_proof import wallet_message
from rwaledger.cli.main import run
from rwaledger.operate import execute
from rwaledger.operate.admissions import read_admissions
from rwaledger.operate.admit import admission_plan, enter_holders
from rwaledger.operate.statements import chain_day
from rwaledger.operate.wallets import enter_proof
from rwaledger.registry import holders
from rwaledger.registry.database import Database
from rwaledger.registry.migrations.upgrade import upgrade
from tests.office import ADMIN, CHECKER, DEV_OF, MAKER, PRIVACY, Office
from tests.stranger import log_of_the_server, seen_by_a_stranger

OWNER = "0x00000000000000000000000000000000000000b7"
ADDRESS, IDENTIFIER = "Flat 7B, 12 Caine Road, Mid-Levels", "HKID Z683365(5)"
NAMES = ("Kowloon Life", "Lantau Securities", "Au Wing-yan", "Ding Xiaoyu", "Ho Lai-wah", "Peak Holdings")
SEALED_KEY = "5e" * 64


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {"MAKER": MAKER, "CHECKER": CHECKER, "ADMIN": ADMIN}.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    return monkeypatch


def point_to(settings: pytest.MonkeyPatch, office: Office, url: str) -> None:
    settings.setenv("RWALEDGER_RPC_URL", office.node.url)
    settings.setenv("RWALEDGER_DATABASE_URL", url)
    settings.chdir(office.folder)


def private_keys(office: Office) -> list[bytes]:
    """Every key that has signed or sealed here: as bytes and as hex."""
    raw = [dev_key(name) for name in (ADMIN, MAKER, CHECKER, PRIVACY, *DEV_OF.values())]
    return [*raw, *(key.hex().encode() for key in raw), office.seal._key, office.seal._key.hex().encode()]


def dev_key(name: str) -> bytes:
    return bytes(_dev_account(name)._account.key)


def test_no_name_and_no_key_is_to_be_seen(office_on_each: Office, database_url: str) -> None:
    office = office_on_each
    path = office.write(
        "more.csv",
        "holder,name,country,class,valid_until,address,account,postal_address,identifier\n"
        f'chan,Chan Tai-man 陳大文,HK,professional,2099-12-31,{OWNER},own,"{ADDRESS}",{IDENTIFIER}\n',
    )
    admissions = read_admissions(path, office.node.chain_id)
    enter_holders(office.desk, path, admissions, office.seal)
    execute.run(office.desk, admission_plan(path, admissions, [office.instrument()], "more"))
    kowloon, today = office.address("kowloon"), chain_day(office.node)
    message = wallet_message("kowloon", kowloon, office.node.chain_id, today)
    signature = dev_signer(office.node, DEV_OF["kowloon"]).sign_text(message)
    assert enter_proof(office.desk, "kowloon", kowloon, today, signature)
    office.issue("HKDS,kowloon,5\nHKDS,chan,7")
    office.settle_and_sync()

    seen = seen_by_a_stranger(database_url)

    assert OWNER.encode() in seen
    assert b"kowloon" in seen
    own = ["Chan Tai-man", "陳大文", ADDRESS, IDENTIFIER, "Z683365"]
    assert [secret for secret in (*NAMES, *own) if secret.encode() in seen] == []
    assert [key for key in private_keys(office) if key in seen] == []
    # The other names are written in clear by tests of old registers, on the same server.
    log = log_of_the_server(database_url)
    assert [secret for secret in own if secret.encode() in log] == []
    assert [key for key in private_keys(office) if key in log] == []
    with office.database.read() as connection:
        chan = holders.person(connection, office.seal, "chan")
    assert (chan.name, chan.postal_address, chan.identifier) == ("Chan Tai-man 陳大文", ADDRESS, IDENTIFIER)


def test_names_are_shown_to_whoever_has_the_key_and_asks(
    office: Office, settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_to(settings, office, f"sqlite:///{office.folder / 'register.db'}")

    for command in (["holder", "list"], ["holder", "show", "kowloon"]):
        settings.setenv("RWALEDGER_PRIVACY", "nobody")
        assert run(command) == 0
        shown = capsys.readouterr().out
        assert "(sealed)" in shown
        assert "Kowloon Life" not in shown
        assert run([*command, "--names"]) == 4
        settings.setenv("RWALEDGER_PRIVACY", PRIVACY)
        assert run([*command, "--names"]) == 0
        assert "Kowloon Life" in capsys.readouterr().out
        settings.setenv("RWALEDGER_PRIVACY", MAKER)
        assert run([*command, "--names"]) == 4
        assert "does not open" in capsys.readouterr().err


def test_a_report_names_holders_only_where_it_is_asked_to(
    office: Office, settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_to(settings, office, f"sqlite:///{office.folder / 'register.db'}")
    office.issue("HKDS,kowloon,5")
    office.settle_and_sync()
    settings.setenv("RWALEDGER_PRIVACY", "nobody")

    assert run(["reconcile", "run", "--check", "C01"]) == 0
    assert "kowloon (sealed)" in capsys.readouterr().out
    settings.setenv("RWALEDGER_PRIVACY", PRIVACY)
    assert run(["reconcile", "run", "--check", "C01", "--names"]) == 0
    assert "Kowloon Life" in capsys.readouterr().out


def test_nobody_is_entered_under_a_second_privacy_key(
    office: Office, settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point_to(settings, office, f"sqlite:///{office.folder / 'register.db'}")
    header = "holder,name,country,class,valid_until,address,account"
    office.write("more.csv", f"{header}\nchan,Chan,HK,retail,2099-12-31,{OWNER},own\n")
    before = office.sent_by_maker()

    settings.setenv("RWALEDGER_PRIVACY_KEY", SEALED_KEY)
    assert run(["holder", "admit", "more.csv", "--yes"]) == 4
    assert "another privacy key" in capsys.readouterr().err
    settings.setenv("RWALEDGER_PRIVACY_KEY", "no hex")
    assert run(["holder", "admit", "more.csv", "--yes"]) == 4
    assert office.sent_by_maker() == before
    settings.delenv("RWALEDGER_PRIVACY_KEY")
    assert run(["holder", "admit", "more.csv", "--yes"]) == 0


def test_register_migrate_seals_with_the_key_of_the_settings(
    office: Office, settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{office.folder / 'old.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, "0002")
        connection.execute(text("INSERT INTO holders VALUES ('au', 'Au Wing-yan', 344, 1, '2027-06-30')"))
    engine.dispose()
    point_to(settings, office, url)
    settings.setenv("RWALEDGER_PRIVACY", "nobody")
    assert run(["register", "migrate"]) == 4
    assert "rwaledger key new nobody" in capsys.readouterr().err
    settings.setenv("RWALEDGER_PRIVACY_KEY", SEALED_KEY)
    assert run(["register", "migrate"]) == 0
    settings.delenv("RWALEDGER_PRIVACY_KEY")
    assert run(["register", "migrate"]) == 0
    assert b"Au Wing-yan" not in seen_by_a_stranger(url)
    Database(url).require_current()
