"""Approval by a file that travels: what the checker sees is what is signed, and only that comes back in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from eth_account import Account

from rwaledger.chain import typed_data
from rwaledger.chain.keys import SCRYPT_LIGHT_N, dev_address, dev_signer
from rwaledger.chain.local import let_pass
from rwaledger.cli.main import run as rwaledger
from rwaledger.domain.errors import AuthorisationError, InputFileError, UsageError
from rwaledger.domain.instruction import InstructionStatus, Operation
from rwaledger.operate.approval_file import read_paper, sign_paper
from rwaledger.operate.courier import hand_out, take_in
from rwaledger.operate.lifecycle import chosen, draft_all, reject, send_chosen
from rwaledger.registry.instructions import StoredInstruction
from tests.office import CHECKER, MAKER, Office

ACCEPTS_ALL = "0x631626ba7e60e01b60005260206000f3"
"""A contract that answers every call with the four bytes of isValidSignature."""
ACCEPTS_NONE = "0x60206000f3"


@pytest.fixture
def paper(office: Office) -> Path:
    """Two lines of an issue, drafted and handed out."""
    draft_all(office.desk, [office.plan(Operation.ISSUE, "HKDS,kowloon,10\nHKDS,lantau,5", "jan")])
    path = office.folder / "jan.json"
    path.write_bytes(hand_out(office.desk, stored(office)).to_json())
    return path


@pytest.fixture
def signed(office: Office, paper: Path) -> Path:
    """The same, signed by its checker."""
    path = office.folder / "jan-signed.json"
    path.write_bytes(sign_paper(read_paper(paper), dev_signer(office.node, CHECKER)).to_json())
    return path


def stored(office: Office) -> list[StoredInstruction]:
    return chosen(office.database, office.node.chain_id, ["jan"])


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """A copy of the file in which something is different."""
    document = json.loads(path.read_bytes())
    change(document)
    copy = path.with_name("changed.json")
    copy.write_bytes(rfc8785.dumps(document))
    return copy


def first_message(document: Any) -> Any:
    return document["instructions"][0]["typed_data"]["message"]


def test_a_file_goes_out_and_comes_back_signed(office: Office, paper: Path, signed: Path) -> None:
    (before,) = stored(office)
    known = read_paper(paper)
    assert known.instructions[0].instruction == before.instruction
    assert set(known.labels.holders.values()) == {"kowloon", "lantau"}
    assert [each.symbol for each in known.labels.instruments.values()] == ["HKDS"]

    (approved,) = take_in(office.desk, read_paper(signed))

    assert approved.status is InstructionStatus.APPROVED
    assert take_in(office.desk, read_paper(signed))[0].signature == approved.signature
    assert send_chosen(office.desk, stored(office)).lines_done == 2
    assert office.balance("kowloon") == 10_000_000
    assert take_in(office.desk, read_paper(signed)) == []


def test_the_file_is_canonical_json_that_any_wallet_can_read(office: Office, paper: Path) -> None:
    raw = paper.read_bytes()
    document = json.loads(raw)

    assert raw == rfc8785.dumps(document) + b"\n"
    (each,) = document["instructions"]
    wallet = Account.sign_typed_data("0x" + "01" * 32, full_message=each["typed_data"])
    assert "0x" + wallet.message_hash.hex() == each["digest"] == typed_data.digest(stored(office)[0].instruction)


ALTERATIONS: list[Callable[[Any], None]] = [
    lambda d: first_message(d)["lines"][0].update(amount="99000000"),
    lambda d: first_message(d)["lines"].append(first_message(d)["lines"][0]),
    lambda d: first_message(d).update(notAfter=2**40),
    lambda d: d["instructions"][0]["typed_data"]["domain"].update(chainId=1),
    lambda d: d["instructions"][0]["typed_data"]["domain"].update(name="another book"),
    lambda d: d["instructions"][0]["typed_data"]["types"]["Line"].pop(),
    lambda d: d["instructions"][0].update(digest="0x" + "00" * 32),
]


@pytest.mark.parametrize("alter", ALTERATIONS, ids=range(len(ALTERATIONS)))
def test_a_file_whose_digest_is_not_that_of_what_it_says_is_refused(paper: Path, alter: Callable[[Any], None]) -> None:
    with pytest.raises(AuthorisationError, match=r"changed\.json was altered"):
        read_paper(changed(paper, alter))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(version=2),
        lambda d: d.update(more=1),
        lambda d: d.pop("labels"),
        lambda d: first_message(d).update(operation="print"),
        lambda d: first_message(d)["lines"][0].update(to=first_message(d)["lines"][0]["to"].upper()),
        lambda d: first_message(d)["lines"][0].update(amount="-1"),
    ],
    ids=range(6),
)
def test_what_is_no_such_file_is_refused(paper: Path, spoil: Callable[[Any], None]) -> None:
    with pytest.raises(InputFileError, match=r"changed\.json"):
        read_paper(changed(paper, spoil))


def test_only_the_checker_whom_it_names_signs(office: Office, paper: Path) -> None:
    for other in (MAKER, "dev:8"):
        with pytest.raises(AuthorisationError, match="not that of the checker"):
            sign_paper(read_paper(paper), dev_signer(office.node, other))


def test_a_file_that_is_consistent_and_not_what_the_register_has_is_refused(office: Office, paper: Path) -> None:
    """A forger who recomputes the digest, and has the checker sign it, still gets nothing in."""

    def forge(document: Any) -> None:
        (each,) = document["instructions"]
        each["typed_data"]["message"]["lines"][0]["amount"] = "99000000"
        message = Account.sign_typed_data("0x" + "01" * 32, full_message=each["typed_data"])
        each["digest"] = "0x" + message.message_hash.hex()

    forged = sign_paper(read_paper(changed(paper, forge)), dev_signer(office.node, CHECKER))

    with pytest.raises(AuthorisationError, match="is not what the register has; nothing was stored"):
        take_in(office.desk, forged)
    assert stored(office)[0].signature is None


def test_a_file_without_its_checkers_signature_is_refused(office: Office, paper: Path, signed: Path) -> None:
    stranger = dev_signer(office.node, "dev:8").sign_typed_data(
        *typed_data.hashes(read_paper(paper).instructions[0].instruction)
    )
    for signature in (None, stranger, "0x1234"):
        bad = changed(signed, lambda d, s=signature: d["instructions"][0].update(signature=s))  # type: ignore[misc]
        with pytest.raises(AuthorisationError, match="does not bear its checker's signature"):
            take_in(office.desk, read_paper(bad))
    assert stored(office)[0].signature is None


def test_what_expired_or_was_rejected_on_the_way_is_not_taken_in(office: Office, signed: Path) -> None:
    let_pass(office.node, 2 * office.desk.lifetime_s)
    with pytest.raises(AuthorisationError, match="of the file has expired"):
        take_in(office.desk, read_paper(signed))

    again = hand_out(office.desk, stored(office))
    with pytest.raises(AuthorisationError, match="is not what the register has"):
        take_in(office.desk, read_paper(signed))
    take_in(office.desk, sign_paper(again, dev_signer(office.node, CHECKER)))
    with pytest.raises(UsageError, match="nothing to sign"):
        hand_out(office.desk, stored(office))

    reject(office.database, office.desk.checker, stored(office), "no")
    with pytest.raises(AuthorisationError, match="was rejected"):
        take_in(office.desk, again)


def test_a_checker_that_is_a_contract_is_asked_itself(office: Office, paper: Path) -> None:
    """ERC-1271: any bytes are its signature, where its code says so."""
    anything = changed(paper, lambda d: d["instructions"][0].update(signature="0x1234"))
    office.node.request("anvil_setCode", [dev_address(CHECKER), ACCEPTS_NONE])
    with pytest.raises(AuthorisationError, match="does not bear its checker's signature"):
        take_in(office.desk, read_paper(anything))

    office.node.request("anvil_setCode", [dev_address(CHECKER), ACCEPTS_ALL])
    take_in(office.desk, read_paper(anything))
    office.node.request("anvil_setCode", [dev_address(CHECKER), ACCEPTS_NONE])
    with pytest.raises(AuthorisationError, match="does not bear the signature of its checker"):
        send_chosen(office.desk, stored(office))

    office.node.request("anvil_setCode", [dev_address(CHECKER), ACCEPTS_ALL])
    assert send_chosen(office.desk, stored(office)).lines_done == 2
    assert office.balance("lantau") == 5_000_000


def test_the_checkers_machine_has_a_keystore_and_nothing_else(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office.write("allocations.csv", "instrument,account,amount\nHKDS,kowloon,10\n")
    monkeypatch.chdir(office.folder)
    register = f"sqlite:///{office.folder / 'register.db'}"
    settings = {"MAKER": MAKER, "CHECKER": dev_address(CHECKER), "RPC_URL": office.node.url, "DATABASE_URL": register}
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    key = "issue:allocations.csv"
    assert rwaledger(["units", "issue", "allocations.csv", "--draft", "--yes"]) == 0
    assert rwaledger(["instruction", "export", key, "-o", "out.json"]) == 0

    with monkeypatch.context() as checkers_machine:
        _keystore(office.folder / "keys" / "carol")
        checkers_machine.setenv("RWALEDGER_RPC_URL", "http://127.0.0.1:9")
        checkers_machine.setenv("RWALEDGER_DATABASE_URL", "sqlite:////nowhere/register.db")
        checkers_machine.setenv("RWALEDGER_CHECKER", "carol")
        checkers_machine.setenv("RWALEDGER_KEYSTORE_FOLDER", str(office.folder / "keys"))
        checkers_machine.setenv("RWALEDGER_PASSWORD_FILE", str(office.write("password", "secret\n")))
        capsys.readouterr()
        assert rwaledger(["instruction", "sign", "out.json", "-o", "back.json"]) == 2
        shown = capsys.readouterr().err
        assert "kowloon" in shown
        assert "10000000" in shown
        assert "the claim of out.json" in shown
        assert rwaledger(["instruction", "sign", "out.json", "-o", "back.json", "--yes"]) == 0

    assert rwaledger(["instruction", "import", "back.json"]) == 0
    assert rwaledger(["instruction", "send", key, "--yes"]) == 0
    assert office.balance("kowloon") == 10_000_000


def _keystore(path: Path) -> None:
    """The checker's dev key as a keystore, cheap to open."""
    Account.enable_unaudited_hdwallet_features()
    mnemonic = "test test test test test test test test test test test junk"
    key = Account.from_mnemonic(mnemonic, account_path=f"m/44'/60'/0'/0/{CHECKER.removeprefix('dev:')}").key
    path.parent.mkdir()
    path.write_text(json.dumps(Account.encrypt(key, "secret", kdf="scrypt", iterations=SCRYPT_LIGHT_N)))
