"""What the tests of the office's checks share: edits of the played register, and the root findings that they give."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import NamedTuple

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import dev_signer
from rwaledger.chain.local import fund, mine
from rwaledger.chain.sender import Outgoing, send_and_wait
from rwaledger.domain.reconciliation import Break, CheckResult, Reconciliation
from rwaledger.registry import holders, instruments
from tests.played import Played

OFFICE = ("C06", "C07", "C08", "C10", "C17", "C19")
CHECKS = ("C01", "C02", "C03", "C04", "C05", *OFFICE)
PEAK = "0x90f79bf6eb2c4f870365e785982e1f101e93b906"
VICTORIA = "0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc"
LANTAU = "0x15d34aaf54267db7d7c367839aaf71a00a2c6a65"
KOWLOON = "0x976ea74026e726554db657fa54763abd0c3a0aa9"
CHAN = "0xfabb0ac9d68b0b445fb7357272ff202c5651694a"
COUPON = "coupon:GRN28:2026-07-20"


class Root(NamedTuple):
    """What a root finding says, but for its words."""

    check: str
    break_class: str
    instrument_id: str
    holder_id: str
    left: str
    right: str


def edit(played: Played, *statements: str) -> None:
    """Changes the register as with a database tool that minds no foreign keys; each statement changes something."""
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement


def read_one(played: Played, query: str) -> str:
    """The one cell of a query, as it is stored."""
    with closing(sqlite3.connect(played.folder / "register.db")) as connection:
        (cell,) = connection.execute(query).fetchone()
    return str(cell)


def found_in(played: Played, block: int | None = None) -> Reconciliation:
    """The checks of the office, and those that may see the same cause."""
    return reconcile(played.database, played.node, block, CHECKS)


def root_of(found: Break) -> Root:
    values = found.left.value, found.right.value
    return Root(found.check, str(found.break_class), found.instrument_id, found.holder_id, *values)


def roots(played: Played, block: int | None = None) -> list[Root]:
    """The root findings, each as what it says."""
    return [root_of(found) for found in found_in(played, block).breaks if not found.follows_from]


def result(found: Reconciliation, check: str) -> CheckResult:
    return next(each for each in found.results if each.check == check)


def token(played: Played, name: str) -> str:
    with played.database.read() as connection:
        return instruments.instrument(connection, name).address


def account(played: Played, holder_id: str) -> str:
    with played.database.read() as connection:
        return holders.account_of(connection, played.node.chain_id, holder_id).address


def read_again(played: Played) -> None:
    """What happened becomes final, and the mirror reads it."""
    mine(played.node, 2)
    assert played.run("register", "sync") == 0


def pay(played: Played, key: int, name: str, to: str, units: int) -> None:
    """A transfer that a holder makes by itself, with its own key."""
    call = Outgoing(token(played, name), ASSET_TOKEN.encode("transfer", [to, units]))
    send_and_wait(played.node, dev_signer(played.node, f"dev:{key}"), call)


def steal(played: Played, name: str, function: str, *args: object) -> None:
    """A call of a token in the name of its control book, as with a stolen key."""
    node = played.node
    with played.database.read() as connection:
        instrument = instruments.instrument(connection, name)
    fund(node, instrument.control_book)
    node.request("anvil_impersonateAccount", [instrument.control_book])
    data = ASSET_TOKEN.encode(function, args)
    call = {"from": instrument.control_book, "to": instrument.address, "data": data, "gas": hex(1_000_000)}
    node.request("eth_sendTransaction", [call])
    mine(node, 1)
    node.request("anvil_stopImpersonatingAccount", [instrument.control_book])
