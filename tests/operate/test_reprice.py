"""A key is not blocked for ever by what it once signed at fees that no block takes any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import Signer, dev_signer
from rwaledger.chain.sender import Outgoing, hash_of, mined_nonce, sign_calls
from rwaledger.domain.errors import AuthorisationError
from rwaledger.domain.instruction import Operation
from rwaledger.operate import lifecycle
from rwaledger.operate.dispatch import Parcel, send_recorded, sign_and_store
from rwaledger.operate.execute import run
from rwaledger.operate.send import _ready
from rwaledger.registry import tables, transactions
from rwaledger.registry.transactions import StoredTransaction
from tests.office import ADMIN, MAKER, Office


@pytest.fixture
def holder(office: Office) -> Signer:
    return dev_signer(office.node, "dev:3")


def approval(office: Office, units: int) -> Outgoing:
    token = office.instrument()
    return Outgoing(token.address, ASSET_TOKEN.encode("approve", [token.control_book, units]))


@pytest.fixture
def raise_fees(office: Office) -> Iterator[Callable[[], None]]:
    """A thousand gwei, a thousand times what the local chain begins with; set back behind the test."""
    before = office.node.request("eth_getBlockByNumber", ["latest", False])["baseFeePerGas"]

    def set_fee() -> None:
        office.node.request("anvil_setNextBlockBaseFeePerGas", [hex(10**12)])
        office.node.request("evm_mine")

    yield set_fee
    office.node.request("anvil_setNextBlockBaseFeePerGas", [before])


def recorded(office: Office, sender: str, nonce: int) -> list[StoredTransaction]:
    with office.database.read() as connection:
        known = transactions.transactions(connection, sender=sender)
    return [each for each in known if each.nonce >= nonce]


def test_what_was_signed_before_fees_rose_does_not_block_its_key(
    office: Office, holder: Signer, raise_fees: Callable[[], None]
) -> None:
    nonce = mined_nonce(office.node, holder.address)
    sign_and_store(office.database, office.node, holder, [Parcel(approval(office, 5), 100_000, "approve 5")])
    raise_fees()

    send_recorded(office.database, office.node, holder, approval(office, 6), "approve 6")
    send_recorded(office.database, office.node, holder, approval(office, 5), "approve 5")

    assert mined_nonce(office.node, holder.address) == nonce + 2
    assert [(each.nonce, each.status.value) for each in recorded(office, holder.address, nonce)] == [
        (nonce, "replaced"),
        (nonce, "mined"),
        (nonce + 1, "mined"),
    ]


def test_an_instruction_that_was_signed_before_fees_rose_is_carried_out_once(
    office: Office, raise_fees: Callable[[], None]
) -> None:
    """As after a crash between storing and sending; once more while it waits in the node's pool."""
    plan = office.plan(Operation.ISSUE, "HKDS,kowloon,10", "jan")
    lifecycle.draft_all(office.desk, [plan])
    approved = lifecycle.approve_chosen(office.desk, lifecycle.chosen(office.database, office.node.chain_id, ["jan"]))
    nonce, maker = office.sent_by_maker(), dev_signer(office.node, MAKER)
    (cheap,) = sign_and_store(office.database, office.node, maker, _ready(office.desk, approved))
    office.node.request("evm_setAutomine", [False])
    office.node.request("eth_sendRawTransaction", [cheap.raw])
    raise_fees()
    office.node.request("evm_setAutomine", [True])

    assert run(office.desk, plan).lines_done == 1

    assert office.balance("kowloon") == 10_000_000
    assert [each.status.value for each in recorded(office, maker.address, nonce)] == ["replaced", "mined"]
    assert run(office.desk, plan).lines_done == 0
    assert office.sent_by_maker() == nonce + 1


def test_while_fees_stay_nothing_is_signed_twice(office: Office, holder: Signer) -> None:
    nonce = mined_nonce(office.node, holder.address)
    sign_and_store(office.database, office.node, holder, [Parcel(approval(office, 5), 100_000, "approve 5")])

    send_recorded(office.database, office.node, holder, approval(office, 5), "approve 5")

    assert len(recorded(office, holder.address, nonce)) == 1


def test_a_transaction_that_the_key_has_not_signed_is_never_signed_in_its_name(
    office: Office, holder: Signer, raise_fees: Callable[[], None]
) -> None:
    """Whoever can write into the register could have any call signed, as a cheap transaction that waits."""
    (genuine,) = sign_and_store(office.database, office.node, holder, [Parcel(approval(office, 5), 100_000, "a")])
    nonce = genuine.nonce
    admin = dev_signer(office.node, ADMIN)
    (forged,) = sign_calls(office.node, admin, [approval(office, 10**12)], [100_000], nonce)
    assert hash_of(forged.raw) == forged.tx_hash
    with office.database.begin() as connection:
        table = tables.transactions
        row = update(table).where(table.c.tx_hash == genuine.tx_hash)
        connection.execute(row.values(tx_hash=forged.tx_hash, raw=forged.raw))
    raise_fees()

    with pytest.raises(AuthorisationError, match="was not signed by"):
        send_recorded(office.database, office.node, holder, approval(office, 6), "approve 6")

    assert [each.tx_hash for each in recorded(office, holder.address, nonce)] == [forged.tx_hash]
    assert mined_nonce(office.node, holder.address) == nonce
