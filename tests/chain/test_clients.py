"""The typed clients of settlement, reserve attestor and registry anchor: sent, carried out and read back on anvil."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rwaledger.chain import anchor, reserve, settlement, state
from rwaledger.chain.contracts import ASSET_TOKEN, CONTROL_BOOK, REGISTRY_ANCHOR, RESERVE_ATTESTOR, SETTLEMENT, Binding
from rwaledger.chain.deploy import deploy
from rwaledger.chain.keys import Signer, dev_signer
from rwaledger.chain.reverts import OPERATING_ROLES, decode_revert
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, send_and_wait
from rwaledger.domain.anchor import AnchoredHead, Head
from rwaledger.domain.errors import ContractRevert
from rwaledger.domain.instrument import Particulars
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Attestation, Reserve
from rwaledger.domain.settlement import NO_VENUE, Leg, Trade, TradeStatus
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import A, B, C, Token, deploy_token

HASHES = ["0x" + digit * 64 for digit in "01234"]
FAR_AHEAD = 2**39


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with anvil() as started:
        yield started


@pytest.fixture(scope="module")
def token(node: Node) -> Token:
    """A hundred units each to two holders."""
    deployed = deploy_token(node)
    deployed.admit(A, B)
    deployed.send("batchMint", [A, B], [100, 100])
    return deployed


def people(node: Node) -> tuple[Signer, Signer]:
    """The keys of the holders A and B."""
    return dev_signer(node, "dev:1"), dev_signer(node, "dev:2")


def deployed(node: Node, binding: Binding, *args: Any) -> str:
    admin = dev_signer(node, "dev:3")
    return deploy(node, admin, binding, [admin.address, 0, *args], bytes(32)).address


def send(node: Node, call: Outgoing) -> None:
    send_and_wait(node, people(node)[0], call)


def test_a_trade_settles_once(node: Node, token: Token) -> None:
    address = deployed(node, SETTLEMENT, deployed(node, CONTROL_BOOK, [], []))
    token.send("approve", address, 30, sender=A)
    token.send("approve", address, 20, sender=B)
    legs = (Leg(token.address, A, B, 30), Leg(token.address, B, A, 20), Leg(token.address, A, B, 0))
    trade = Trade(HASHES[1], NO_VENUE, FAR_AHEAD, legs[:2])
    signed = [each.sign_typed_data(*settlement.hashes(node.chain_id, address, trade)) for each in people(node)]
    assert settlement.status_of(node, address, trade.initiator, trade.ref) is TradeStatus.OPEN

    send(node, settlement.settling(address, trade, signed))

    assert settlement.status_of(node, address, A, trade.ref) is TradeStatus.SETTLED
    held = state.account_words(node, token.address, [A, B], "latest")
    assert [held[account].balance_units for account in (A, B)] == [90, 110]
    with pytest.raises(ContractRevert, match="ReferenceNotOpen"):
        send(node, settlement.settling(address, trade, signed))


def test_a_trade_that_was_cancelled_never_settles(node: Node, token: Token) -> None:
    address = deployed(node, SETTLEMENT, deployed(node, CONTROL_BOOK, [], []))
    trade = Trade(HASHES[2], NO_VENUE, FAR_AHEAD, (Leg(token.address, A, B, 1), Leg(token.address, B, A, 1)))

    send(node, settlement.cancelling(address, trade))

    assert settlement.status_of(node, address, A, trade.ref) is TradeStatus.CANCELLED
    assert settlement.venue_valid_until(node, address, C) == 0


def test_an_attested_reserve_is_read_back_and_bounds_the_supply(node: Node) -> None:
    attestor, _ = people(node)
    address = deployed(node, RESERVE_ATTESTOR, [attestor.address])
    token = deploy_token(node, reserve_attestor=address)
    latest = node.block("latest")
    assert latest is not None
    attestation = Attestation(token.address, 50, latest.timestamp, FAR_AHEAD, HASHES[3])
    assert state.reserve(node, token.address, "latest") == Reserve(0, 0)

    signature = attestor.sign_typed_data(*reserve.hashes(node.chain_id, address, attestation))
    send(node, reserve.attesting(address, attestation, attestor.address, signature))

    assert state.reserve(node, token.address, "latest") == Reserve(50, FAR_AHEAD)
    assert reserve.source_of(node, address, token.address) == (latest.timestamp, HASHES[3])
    token.admit(A)
    assert state.restriction_code(node, token.address, (ISSUANCE_ACCOUNT, A, 50)) == 0
    assert state.restriction_code(node, token.address, (ISSUANCE_ACCOUNT, A, 51)) == 22


def test_a_head_is_anchored_and_read_back(node: Node, token: Token) -> None:
    operator, auditor = people(node)
    address = deployed(node, REGISTRY_ANCHOR, [operator.address], [auditor.address])
    latest = node.block("latest")
    assert latest is not None
    head = Head(token.address, 1, HASHES[0], HASHES[4], latest.number, latest.hash, 200, 2)
    assert anchor.head_of(node, address, token.address, 1) is None

    digests = anchor.hashes(node.chain_id, address, head)
    parties = [(each.address, each.sign_typed_data(*digests)) for each in (operator, auditor)]
    send(node, anchor.anchoring(address, head, *parties))

    assert anchor.last_sequence(node, address, token.address) == 1
    assert anchor.head_of(node, address, token.address, 1) == AnchoredHead(
        HASHES[4], latest.hash, 200, operator.address, latest.number, 2, auditor.address
    )


def test_an_instrument_says_what_it_stands_for_once_it_is_active(node: Node) -> None:
    token = deploy_token(node, is_active=False)
    assert (state.particulars(node, token.address, "latest"), state.active(node, token.address, "latest")) == (
        None,
        False,
    )
    token.send("activate", ("0x" + b"HK0000098761".hex(), "0x" + b"4H95J0R2X".hex(), 344, HASHES[1]))
    assert state.particulars(node, token.address, "latest") == Particulars("HK0000098761", "4H95J0R2X", 344, HASHES[1])


@pytest.mark.parametrize("role", OPERATING_ROLES)
def test_an_operating_role_has_the_name_under_which_a_refusal_shows_it(node: Node, token: Token, role: str) -> None:
    (role_id,) = ASSET_TOKEN.call(node, token.address, role, [])
    selector = "e2517d3f"  # AccessControlUnauthorizedAccount(address,bytes32)
    refused = decode_revert("0x" + selector + A[2:].rjust(64, "0") + role_id.hex())
    assert f"neededRole={role}" in str(refused)
