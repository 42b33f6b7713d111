"""Wallets of holders: proved with their own key, added, and replaced under four eyes where one was lost."""

from __future__ import annotations

import shutil

import pytest
from eth_account.messages import _hash_eip191_message, encode_defunct

from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.domain.restriction import Refusal
from rwaledger.registry import holders, orders, wallet_proofs
from tests.office import Office
from tests.operate.clerk import Clerk, killed_after, seated

NEW_KEY = "dev:9"
NEW = dev_address(NEW_KEY)


@pytest.fixture
def clerk(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clerk:
    office.write("order.pdf", "an order")
    return seated(office, monkeypatch, capsys)


@pytest.fixture
def recover(clerk: Clerk) -> list[str]:
    """The recovery of lantau's wallet, which holds units of two instruments, to one that is proved."""
    clerk.office.issue("HKDS,lantau,100\nGRN28,lantau,40\nHKDS,kowloon,5")
    clerk.run("holder", "prove-wallet", "lantau", "--address", NEW, "--as", NEW_KEY)
    order = ["--order", "order.pdf", "--order-ref", "HCMP 7/2026", "--key", "recover-lantau", "--yes"]
    return ["holder", "recover", "lantau", "--lost", clerk.office.address("lantau"), "--new", NEW, *order]


def test_a_wallet_is_proved_by_its_own_key_over_the_message_that_is_printed(clerk: Clerk) -> None:
    office, address = clerk.office, clerk.office.address("kowloon")
    message = clerk.run("holder", "wallet-message", "kowloon", "--address", address).rstrip("\n")
    assert "Kowloon Life" not in message
    for part in ("Holder: kowloon", f"Chain: {office.node.chain_id}", f"Date: {clerk.today}"):
        assert part in message.splitlines()
    signature = dev_signer(office.node, "dev:3").sign_text(message)
    prove = ("holder", "prove-wallet", "kowloon", "--address", address, "--signature", signature)

    assert "is proved" in clerk.run(*prove)
    assert "nothing to do" in clerk.run(*prove)

    with office.database.read() as connection:
        (proof,) = wallet_proofs.proofs(connection, office.node.chain_id, "kowloon")
    assert (proof.address, proof.message, proof.signature) == (address, message, signature)


def test_a_message_of_another_key_holder_or_day_proves_nothing(clerk: Clerk) -> None:
    office, address = clerk.office, clerk.office.address("kowloon")
    message = clerk.run("holder", "wallet-message", "kowloon", "--address", address).rstrip("\n")
    own = dev_signer(office.node, "dev:3")
    yesterday = clerk.run("holder", "wallet-message", "kowloon", "--address", address, "--date", clerk.ahead(-1))
    of_yesterday = own.sign_text(yesterday.rstrip("\n"))
    prove = ("holder", "prove-wallet", "kowloon", "--address", address)
    for signature in (dev_signer(office.node, "dev:4").sign_text(message), of_yesterday, "0x1234", "0x" + "00" * 65):
        assert "is not that of" in clerk.run(*prove, "--signature", signature, code=4)
    assert "not written in hex digits" in clerk.run(*prove, "--signature", "hello", code=2)
    assert "has not come yet" in clerk.run(*prove, "--as", "dev:3", "--date", clerk.ahead(1), code=2)
    clerk.run(*prove, code=2)
    clerk.run("holder", "prove-wallet", "lantau", "--address", address, "--as", "dev:3", code=2)
    clerk.run("holder", "prove-wallet", "nobody", "--address", NEW, "--as", NEW_KEY, code=2)

    clerk.run(*prove, "--signature", of_yesterday, "--date", clerk.ahead(-1))


def test_a_wallet_that_is_a_contract_answers_for_the_message_by_its_code(clerk: Clerk) -> None:
    """ERC-1271: this one accepts any signature, and this one message only."""
    office, address = clerk.office, clerk.office.address("kowloon")
    message = clerk.run("holder", "wallet-message", "kowloon", "--address", address).rstrip("\n")
    digest, magic = _hash_eip191_message(encode_defunct(text=message)).hex(), "1626ba7e".ljust(64, "0")
    office.node.request("anvil_setCode", [address, f"0x7f{digest}600435147f{magic}0260005260206000f3"])
    prove = ("holder", "prove-wallet", "kowloon", "--address", address, "--signature", "0x1234")

    assert "is not that of" in clerk.run(*prove, "--date", clerk.ahead(-1), code=4)
    clerk.run(*prove)


def test_an_account_is_added_to_a_known_holder_and_admitted_where_wanted(clerk: Clerk) -> None:
    add = ("holder", "account", "add", "peak", "--address", NEW, "--kind", "omnibus", "--require-proof", "--yes")
    assert "nothing proves" in clerk.run(*add, code=4)
    clerk.run("holder", "prove-wallet", "peak", "--address", NEW, "--as", NEW_KEY)
    clerk.run(*add[:-1], "--dry-run")
    with clerk.office.database.read() as connection:
        assert NEW not in holders.accounts(connection, clerk.office.node.chain_id)

    clerk.run(*add)
    assert "nothing to do" in clerk.run(*add)
    assert not clerk.standing(NEW).admitted
    clerk.run(*add, "--instrument", "HKDS")
    assert clerk.standing(NEW) == clerk.standing(clerk.office.names().accounts_by_holder["peak"][0])
    assert not clerk.standing(NEW, "GRN28").admitted

    assert "is an omnibus account already" in clerk.run("holder", "account", "add", "peak", "--address", NEW, "--yes",
                                                        code=2)  # fmt: skip
    said = clerk.run("holder", "account", "add", "lantau", "--address", NEW, "--yes", code=2)
    assert "is an account of 'peak'" in said
    clerk.run("holder", "account", "add", "nobody", "--address", "0x" + "12" * 20, "--yes", code=2)
    clerk.run("holder", "account", "add", "peak", "--address", "0x" + "00" * 20, "--yes", code=2)


def test_a_lost_wallet_is_recovered_on_every_instrument_once(clerk: Clerk, recover: list[str]) -> None:
    office, lost = clerk.office, clerk.office.address("lantau")
    before = clerk.standing("lantau")

    assert clerk.json(*recover)["lines_done"] == 2

    assert office.address("lantau") == NEW  # the name stands for the new wallet
    assert (office.balance("lantau"), office.balance("lantau", "GRN28")) == (100 * 10**6, 40)
    assert clerk.standing("lantau") == before
    assert not clerk.standing(lost).admitted
    sent = office.sent_by_maker()
    assert "nothing to do" in clerk.run(*recover)
    assert office.sent_by_maker() == sent
    with office.database.read() as connection:
        (order,) = orders.orders(connection).values()
        accounts = holders.accounts(connection, office.node.chain_id)
    assert (order.reference, accounts[lost].replaced_by) == ("HCMP 7/2026", NEW)
    office.back()
    office.settle_and_sync()
    clerk.run("reconcile", "run")
    clerk.run("units", "redeem", "--instrument", "HKDS", "--account", "lantau", "--amount", "1", "--key", "r", "--yes")
    clerk.run("holder", "move", "lantau", "--country", "SG", "--from", clerk.ahead(0), "--yes")
    assert clerk.standing("lantau").country == 702


@pytest.mark.parametrize("step", ["rwaledger.operate.wallets:enter_recovery", "rwaledger.chain.rpc:Node.request"])
def test_a_recovery_that_was_killed_is_ended_by_the_same_command(clerk: Clerk, recover: list[str], step: str) -> None:
    """After the register was written, and after the first of two transactions was sent."""
    killed_after(step, *recover)

    clerk.run(*recover)

    assert (clerk.office.balance("lantau"), clerk.office.balance("lantau", "GRN28")) == (100 * 10**6, 40)
    assert "nothing to do" in clerk.run(*recover)


def test_a_register_that_was_restored_learns_of_a_recovery_and_sends_nothing(clerk: Clerk, recover: list[str]) -> None:
    office = clerk.office
    shutil.copy(office.folder / "register.db", office.folder / "kept.db")
    for rest in office.folder.glob("register.db-*"):
        shutil.copy(rest, office.folder / rest.name.replace("register", "kept"))
    clerk.run(*recover)
    sent = office.sent_by_maker()
    office.database.close()
    for kept in office.folder.glob("kept.db*"):
        kept.replace(office.folder / kept.name.replace("kept", "register"))

    clerk.run(*recover)

    assert office.sent_by_maker() == sent
    assert office.address("lantau") == NEW


@pytest.mark.parametrize(
    ("change", "message", "code"),
    [
        ({"--new": "kowloon"}, "is an account of 'kowloon'", 2),
        ({"--new": "lantau"}, "the new wallet is the lost one", 2),
        ({"--lost": "kowloon"}, "is no account of 'lantau'", 2),
        ({"--lost": "0x000000000000000000000000000000000000dEaD"}, "is no account of 'lantau'", 2),
        ({"--new": "0x000000000000000000000000000000000000dEaD"}, "nothing proves", 4),
        ({"--new": "0x0000000000000000000000000000000000000000"}, "the zero address is the issuance account", 2),
    ],
)
def test_a_recovery_that_is_not_right_is_refused(
    clerk: Clerk, recover: list[str], change: dict[str, str], message: str, code: int
) -> None:
    for option, value in change.items():
        given = value if value.startswith("0x") else clerk.office.address(value)
        recover[recover.index(option) + 1] = given
    sent = clerk.office.sent_by_maker()

    assert message in clerk.run(*recover, code=code)

    assert clerk.office.sent_by_maker() == sent
    assert clerk.office.balance("lantau") == 100 * 10**6


def test_a_recovery_needs_an_order_and_a_wallet_that_was_never_used(clerk: Clerk, recover: list[str]) -> None:
    at = recover.index("--order")
    assert "--order FILE" in clerk.run(*recover[:at], *recover[at + 4 :], code=2)
    dead = "0x000000000000000000000000000000000000dEaD"
    recover[recover.index("--new") + 1] = dead
    clerk.run("holder", "account", "add", "lantau", "--address", dead, "--instrument", "GRN28", "--yes")
    said = clerk.run(*recover, "--no-proof", code=2)
    assert Refusal.WALLET_IN_USE.message in said
    with clerk.office.database.read() as connection:
        assert not any(each.replaced_by for each in holders.accounts(connection, 31337).values())


def test_without_a_proof_a_recovery_is_possible_where_that_is_said(clerk: Clerk, recover: list[str]) -> None:
    dead = "0x000000000000000000000000000000000000dead"
    recover[recover.index("--new") + 1] = dead
    clerk.run(*recover, "--no-proof")
    assert clerk.office.address("lantau") == dead
    assert "was replaced by" in clerk.run(*recover[:-3], "--key", "again", "--new", NEW, "--yes", code=2)
