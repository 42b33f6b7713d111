"""Transactions without an instruction: recorded before they leave, sent once, and one nonce after another."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import Signer, dev_signer
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, mined_nonce, next_nonce, send_and_wait, simulate
from rwaledger.domain.errors import AuthorisationError, ContractRevert, NodeError
from rwaledger.operate.dispatch import Parcel, send_recorded, sign_and_store
from rwaledger.registry import tables, transactions
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus
from tests.office import Office


@pytest.fixture
def holder(office: Office) -> Signer:
    return dev_signer(office.node, "dev:3")


def approval(office: Office, units: int) -> Outgoing:
    token = office.instrument()
    return Outgoing(token.address, ASSET_TOKEN.encode("approve", [token.control_book, units]))


def recorded(office: Office, sender: Signer) -> list[StoredTransaction]:
    with office.database.read() as connection:
        return transactions.transactions(connection, sender=sender.address)


def test_a_call_is_sent_once_for_its_purpose(office: Office, holder: Signer) -> None:
    first = send_recorded(office.database, office.node, holder, approval(office, 5), "approve A")
    again = send_recorded(office.database, office.node, holder, approval(office, 5), "approve A")
    other = send_recorded(office.database, office.node, holder, approval(office, 5), "approve B")

    assert first == again
    assert other.tx_hash != first.tx_hash
    assert [(each.purpose, each.status.value) for each in recorded(office, holder)] == [
        ("approve A", "mined"),
        ("approve B", "mined"),
    ]


def test_a_call_that_would_fail_is_neither_stored_nor_sent(office: Office, holder: Signer) -> None:
    pause = Outgoing(office.instrument().address, ASSET_TOKEN.encode("pause", []))

    with pytest.raises(ContractRevert):
        send_recorded(office.database, office.node, holder, pause, "pause")

    assert recorded(office, holder) == []


def test_what_was_signed_before_a_crash_goes_out_first_and_is_found_again(office: Office, holder: Signer) -> None:
    """Two were signed and never sent; a third call takes the nonce behind them, and no gap remains."""
    nonce = next_nonce(office.node, holder.address)
    for number in (1, 2):
        parcel = Parcel(approval(office, number), 100_000, f"approve {number}")
        sign_and_store(office.database, office.node, holder, [parcel])

    send_recorded(office.database, office.node, holder, approval(office, 3), "approve 3")

    assert mined_nonce(office.node, holder.address) == nonce + 3
    send_recorded(office.database, office.node, holder, approval(office, 1), "approve 1")
    assert mined_nonce(office.node, holder.address) == nonce + 3
    assert [each.nonce for each in recorded(office, holder)] == [nonce, nonce + 1, nonce + 2]


def test_a_nonce_that_another_wallet_has_taken_is_given_up_and_the_call_signed_anew(
    office: Office, holder: Signer
) -> None:
    (lost,) = sign_and_store(office.database, office.node, holder, [Parcel(approval(office, 5), 100_000, "approve")])
    send_and_wait(office.node, holder, Outgoing(holder.address, "0x"))

    receipt = send_recorded(office.database, office.node, holder, approval(office, 5), "approve")

    assert receipt.tx_hash != lost.tx_hash
    assert [each.status for each in recorded(office, holder)] == [
        TransactionStatus.REPLACED,
        TransactionStatus.MINED,
    ]


def test_what_a_reorganisation_has_dropped_is_sent_again(office: Office, holder: Signer) -> None:
    first = send_recorded(office.database, office.node, holder, approval(office, 5), "approve")
    office.node.request("anvil_reorg", [1, []])

    again = send_recorded(office.database, office.node, holder, approval(office, 5), "approve")

    assert again.tx_hash == first.tx_hash
    assert [each.status.value for each in recorded(office, holder)] == ["mined"]


def test_what_a_reorganisation_has_dropped_leaves_no_gap_before_what_was_signed_behind_it(
    office: Office, holder: Signer
) -> None:
    """The first was mined and dropped, the second never sent: the third is not mined before both are."""
    nonce = next_nonce(office.node, holder.address)
    send_recorded(office.database, office.node, holder, approval(office, 1), "approve 1")
    sign_and_store(office.database, office.node, holder, [Parcel(approval(office, 2), 100_000, "approve 2")])
    office.node.request("anvil_reorg", [1, []])
    assert next_nonce(office.node, holder.address) == nonce

    send_recorded(office.database, office.node, holder, approval(office, 3), "approve 3")

    assert mined_nonce(office.node, holder.address) == nonce + 3
    assert [each.nonce for each in recorded(office, holder)] == [nonce, nonce + 1, nonce + 2]


def test_bytes_that_were_altered_in_the_register_do_not_leave(office: Office, holder: Signer) -> None:
    nonce = next_nonce(office.node, holder.address)
    for number in (1, 2):
        parcel = Parcel(approval(office, number), 100_000, f"approve {number}")
        (signed,) = sign_and_store(office.database, office.node, holder, [parcel])
    with office.database.begin() as connection:
        table = tables.transactions
        forged = update(table).where(table.c.tx_hash == signed.tx_hash).values(raw=signed.raw[:-2] + "00")
        connection.execute(forged)

    with pytest.raises(AuthorisationError, match=rf"transaction {signed.tx_hash} .* was altered"):
        send_recorded(office.database, office.node, holder, approval(office, 3), "approve 3")

    assert next_nonce(office.node, holder.address) == nonce


def test_a_simulation_tells_what_each_call_takes_and_why_one_would_fail(office: Office, holder: Signer) -> None:
    """Also of a node that cannot simulate: it is asked for one call after another."""

    class Plain(Node):
        def request(self, method: str, params: list[Any] | None = None) -> Any:
            if method == "eth_simulateV1":
                raise NodeError(method, -32601, "the method does not exist")
            return super().request(method, params)

    pause = Outgoing(office.instrument().address, ASSET_TOKEN.encode("pause", []))
    calls = [approval(office, 1), pause, approval(office, 2)]

    for node in (office.node, Plain(office.node.url)):
        first, refused, last = simulate(node, holder.address, calls)
        assert isinstance(first, int)
        assert isinstance(last, int)
        assert isinstance(refused, ContractRevert)
        assert refused.error == "AccessControlUnauthorizedAccount"
