"""Deeds to be found by the checks of the past, on the scenario that was played: off the books, or with an own key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.contracts import ASSET_TOKEN, Binding
from rwaledger.chain.keys import Signer
from rwaledger.chain.local import fund
from rwaledger.chain.sender import Outgoing, broadcast, next_nonce, send_and_wait, sign_calls
from rwaledger.domain.reconciliation import Break, Reconciliation
from rwaledger.registry import instruments
from tests.audit.seeding import dev, read_again, token
from tests.played import Played

GAS = 2_000_000


def control_book(played: Played) -> str:
    with played.database.read() as c:
        return instruments.instrument(c, "HKDS").control_book


def off_book(played: Played, name: str, function: str, *args: Any) -> str:
    """A call of an instrument in the name of the control book, in a block of its own; its transaction."""
    return off_book_on(played, ASSET_TOKEN, token(played, name), function, *args)


def off_book_on(played: Played, binding: Binding, address: str, function: str, *args: Any) -> str:
    node, book = played.node, control_book(played)
    fund(node, book)
    node.request("anvil_impersonateAccount", [book])
    call = {"from": book, "to": address, "data": binding.encode(function, args), "gas": hex(GAS)}
    tx_hash: str = node.request("eth_sendTransaction", [call])
    node.request("anvil_stopImpersonatingAccount", [book])
    while (receipt := node.request("eth_getTransactionReceipt", [tx_hash])) is None:
        pass
    assert receipt["status"] == "0x1"
    return tx_hash


def transfer(played: Played, key: int, name: str, to: str, units: int) -> str:
    """A transfer with a party's own key; its transaction."""
    call = Outgoing(token(played, name), ASSET_TOKEN.encode("transfer", [to, units]))
    return send_and_wait(played.node, dev(played, key), call).tx_hash


def send(played: Played, signer: Signer, call: Outgoing) -> str:
    """A transaction past the register, whether it succeeds or not."""
    fund(played.node, signer.address)
    nonce = next_nonce(played.node, signer.address)
    (signed,) = sign_calls(played.node, signer, [call], [GAS], nonce)
    assert broadcast(played.node, [signed.raw]) == []
    while played.node.request("eth_getTransactionReceipt", [signed.tx_hash]) is None:
        pass
    return signed.raw


OF_THE_PAST = ("C05", "C09", "C11", "C14", "C15", "C18")


def found_in(played: Played, checks: Sequence[str] = OF_THE_PAST) -> Reconciliation:
    """What these checks find, once the mirror has read what happened."""
    read_again(played)
    return reconcile(played.database, played.node, checks=checks)


def roots(found: Reconciliation) -> list[Break]:
    """The findings that follow from no other."""
    return [each for each in found.breaks if not each.follows_from]


def following(found: Reconciliation, root: Break) -> list[Break]:
    """What follows from a finding."""
    return [each for each in found.breaks if each.follows_from == root.break_id]


def said(each: Break) -> tuple[str, str, str, str]:
    """What either record says."""
    return each.left.record, each.left.value, each.right.record, each.right.value


def named(found: Sequence[Break]) -> list[tuple[str, str, str]]:
    """Check, class and instrument of findings."""
    return [(each.check, each.break_class.value, each.instrument_id) for each in found]
