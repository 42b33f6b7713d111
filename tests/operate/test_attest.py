"""Attestations of the reserve: signed once by the attestor, and no unit is issued beyond them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import let_pass
from rwaledger.chain.sender import next_nonce
from rwaledger.cli.main import run
from rwaledger.registry import reserves
from rwaledger.registry.database import Database
from tests.office import MAKER, Office
from tests.operate.backed import (
    ATTESTOR,
    HEADER,
    UNIT,
    attest,
    chain_now,
    count,
    deposits,
    issue,
    json_of,
    open_issuer,
)


@pytest.fixture
def issuer(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    return open_issuer(office, monkeypatch)


def test_units_are_issued_up_to_what_is_attested_and_no_further(
    issuer: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(issue(issuer, "1", "early")) == 2
    assert "would be refused, code 21: reserve attestation lapsed" in capsys.readouterr().err
    assert run(count(issuer, deposits("100"))) == 0
    assert run(attest(issuer)) == 0
    assert run(issue(issuer, "60", "first")) == 0
    assert run(issue(issuer, "40.000001", "second")) == 2
    assert "would be refused, code 22: supply over reserve" in capsys.readouterr().err
    assert issuer.supply("HKDB") == 60 * UNIT

    let_pass(issuer.node, 3600)
    assert run(count(issuer, deposits("100.000001"), name="later.csv")) == 0
    assert run(attest(issuer)) == 0
    assert run(issue(issuer, "40.000001", "second")) == 0
    assert issuer.supply("HKDB") == 100_000_001


def test_nothing_is_issued_once_the_attestation_has_lapsed(issuer: Office, capsys: pytest.CaptureFixture[str]) -> None:
    as_of = chain_now(issuer)
    assert run(count(issuer, deposits("100"), as_of=as_of)) == 0
    assert run(attest(issuer)) == 0
    let_pass(issuer.node, 32 * 86_400 + 60)  # the lifetime of the policy

    assert run(issue(issuer, "1", "late")) == 2
    assert "code 21: reserve attestation lapsed" in capsys.readouterr().err
    assert run(["reserve", "show", "HKDB"]) == 0
    assert "lapsed on" in capsys.readouterr().out


def test_an_attestation_is_signed_by_the_attestor_once(issuer: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(count(issuer, deposits("100"))) == 0
    nonce = next_nonce(issuer.node, dev_address(ATTESTOR))
    assert run([*attest(issuer), "--dry-run"]) == 0
    assert "nothing was signed or sent" in capsys.readouterr().out
    assert next_nonce(issuer.node, dev_address(ATTESTOR)) == nonce

    assert run(attest(issuer)) == 0
    assert run(attest(issuer)) == 0
    assert "nothing to do: this reserve of HKDB is attested already" in capsys.readouterr().out
    assert next_nonce(issuer.node, dev_address(ATTESTOR)) == nonce + 1
    with issuer.database.read() as connection:
        (signed,) = reserves.attestations(connection, "HKDB")
    assert (signed.attestor, signed.attestation.amount_units) == (dev_address(ATTESTOR), 100 * UNIT)
    assert signed.attestation.instrument == issuer.instrument("HKDB").address

    assert run(attest(issuer, report="another report")) == 6
    assert run(attest(issuer, "--expires", "2099-12-31")) == 6
    assert run(count(issuer, deposits("99"), as_of=datetime.fromtimestamp(signed.attestation.as_of, UTC))) == 2
    assert "is attested, and stays as it is" in capsys.readouterr().err


def test_a_register_that_was_restored_takes_over_what_the_contract_has(
    issuer: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy was made before the attestation; it gets the same signature, and nothing is sent again."""
    assert run(count(issuer, deposits("100"))) == 0
    with closing(sqlite3.connect("register.db")) as register, closing(sqlite3.connect("copy.db")) as copy:
        register.backup(copy)
    assert run(attest(issuer)) == 0
    nonce = next_nonce(issuer.node, dev_address(ATTESTOR))

    monkeypatch.setenv("RWALEDGER_DATABASE_URL", "sqlite:///copy.db")
    assert run(attest(issuer)) == 0
    assert "is attested already" in capsys.readouterr().out
    assert next_nonce(issuer.node, dev_address(ATTESTOR)) == nonce
    with issuer.database.read() as ours, Database("sqlite:///copy.db").read() as restored:
        assert reserves.attestations(restored, "HKDB") == reserves.attestations(ours, "HKDB") != []


def test_a_count_is_there_and_in_force_or_nothing_is_attested(
    issuer: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(attest(issuer)) == 2
    assert "has no reserve of HKDB" in capsys.readouterr().err
    assert run(count(issuer, deposits("100"))) == 0
    assert run(attest(issuer, "--expires", "2020-01-01")) == 2
    assert "would have expired" in capsys.readouterr().err
    assert run(attest(issuer)) == 0


def test_a_shortfall_is_attested_only_when_it_is_meant(issuer: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(count(issuer, deposits("100"))) == 0
    assert run(attest(issuer)) == 0
    assert run(issue(issuer, "100", "all")) == 0
    let_pass(issuer.node, 3600)
    assert run(count(issuer, deposits("99.9"), name="less.csv")) == 0

    assert run(attest(issuer)) == 1
    assert "99.900000, is less than the 100.000000 in issue" in capsys.readouterr().err
    assert run(attest(issuer, "--allow-shortfall")) == 0
    shown = json_of(capsys, "reserve", "show", "HKDB")
    assert shown["attested"] == "99.900000"
    assert [(each["percent"], each["covered"], each["excess"]) for each in shown["coverage"]] == [
        ("99.90", False, "-0.100000"),
        ("99.90", False, "-0.100000"),
    ]


def test_a_key_that_is_no_attestor_signs_nothing(
    issuer: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RWALEDGER_ATTESTOR", MAKER)
    assert run(count(issuer, deposits("100"))) == 0
    assert run(attest(issuer)) == 1
    with issuer.database.read() as connection:
        assert reserves.attestations(connection, "HKDB") == []


def test_an_instrument_without_an_attestor_has_nothing_to_attest(
    issuer: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    path = issuer.write("reserve.csv", f"{HEADER}\n{deposits('5')}\n")
    assert run(["reserve", "import", "HKDS", str(path), "--as-of", chain_now(issuer).isoformat(), "--yes"]) == 0
    assert run(["reserve", "attest", "HKDS", "--document", str(path), "--yes"]) == 2
    assert "needs no attested reserve" in capsys.readouterr().err
