"""The scenario's seeded breaks, each as somebody would do it: with a stolen key, at the database, or with the node."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rwaledger.chain import keys
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import Signer, open_keystore
from rwaledger.chain.local import fund, let_pass, mine
from rwaledger.chain.sender import Outgoing, broadcast, next_nonce, send_and_wait
from rwaledger.chain.tries import keccak
from rwaledger.registry import holders, instruments, positions
from tests.audit.tampering import forget
from tests.audit.world import World
from tests.played import Played

PASSWORD = "correct horse battery staple"
OFF_BOOK_UNITS = 1_000 * 10**6
COUPON_UNITS = 570_273_970_000
"""What Lantau received."""

MAINLAND = 156
THIEF = 15
"""A dev account that has no part in the story."""


@dataclass(frozen=True)
class Found:
    """What a finding has to be: check, class, instrument, holder, and what either record says."""

    check: str
    break_class: str
    instrument_id: str
    holder_id: str
    left: tuple[str, str]
    right: tuple[str, str]


def token(played: Played, name: str) -> str:
    with played.database.read() as c:
        return instruments.instrument(c, name).address


def account(played: Played, holder_id: str) -> str:
    with played.database.read() as c:
        return holders.account_of(c, played.node.chain_id, holder_id).address


def dev(played: Played, number: int) -> Signer:
    """The key of a party: dev:4 is Lantau, dev:6 Kowloon."""
    return keys.dev_signer(played.node, f"dev:{number}")


def office_key(played: Played, name: str) -> Signer:
    return open_keystore(played.folder / "keystores", name, PASSWORD)


def read_again(played: Played) -> None:
    """What happened becomes final, and the mirror reads it."""
    # Three: of the block before one in which its storage was set, anvil's proofs do not hold.
    mine(played.node, 3)
    assert played.run("register", "sync") == 0


def in_one_block(played: Played, *sent: tuple[Signer, str, str]) -> None:
    """Transactions in one block, in their order: (signer, to, calldata). The roles of the signer last no longer."""
    node = played.node
    node.request("evm_setAutomine", [False])
    nonces: dict[str, int] = {}
    for number, (signer, to, calldata) in enumerate(sent):
        fund(node, signer.address)
        nonce = nonces.setdefault(signer.address, next_nonce(node, signer.address))
        nonces[signer.address] += 1
        fee = 10**12 - number * 10**9  # who pays more comes first
        fees = {"maxFeePerGas": fee, "maxPriorityFeePerGas": fee, "gas": 500_000, "value": 0, "type": 2}
        _, raw = signer.sign_transaction(
            {"to": checksummed(to), "data": calldata, "nonce": nonce, "chainId": node.chain_id, **fees}
        )
        assert broadcast(node, [raw]) == []
    mine(node, 1)
    node.request("evm_setAutomine", [True])
    block = node.request("eth_getBlockByNumber", [hex(node.head()), False])
    assert len(block["transactions"]) == len(sent)


@contextmanager
def stolen_role(played: Played, name: str, role: str) -> Iterator[Signer]:
    """A key that has a role which nobody granted: no event tells of it, and it is gone afterwards."""
    (role_id,) = ASSET_TOKEN.call(played.node, token(played, name), role, [])
    thief = dev(played, THIEF)
    of_role = keccak(role_id + ASSET_TOKEN.artifact.storage_slots["_roles"].to_bytes(32))
    slot = "0x" + keccak(bytes.fromhex(thief.address[2:]).rjust(32, b"\0") + of_role).hex()
    for value in (1, 0):
        played.node.request("anvil_setStorageAt", [token(played, name), slot, f"0x{value:064x}"])
        if value:
            yield thief


def edit(played: Played, statement: str, *values: object) -> None:
    """One row of the register, with a database tool that does not mind what it breaks."""
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        assert connection.execute(statement, values).rowcount == 1, statement


def off_book_mint(played: Played) -> None:
    with stolen_role(played, "HKDS", "ISSUER_ROLE") as thief:
        calldata = ASSET_TOKEN.encode("mint", [account(played, "retail-a"), OFF_BOOK_UNITS])
        in_one_block(played, (thief, token(played, "HKDS"), calldata))
    read_again(played)


def missing_event(played: Played) -> None:
    """Chan's purchase of bonds, as if the mirror had never seen it: with balances that fit the rest."""
    with played.database.read() as c:
        known = {each.instrument_id: each for each in instruments.instruments(c)}
    place = next(iter(sorted(_places_of_amount(played, "GRN28", 4_000))))
    forget(World(played.node, played.database, known, None), place, "GRN28")  # type: ignore[arg-type]


def _places_of_amount(played: Played, name: str, units: int) -> set[tuple[int, int]]:
    with played.database.read() as c:
        return {(p.block_number, p.log_index) for p in positions.postings(c, name) if p.amount_units == units}


def posted_twice(played: Played) -> None:
    """The coupon that Lantau received, entered once more at its own place."""
    ((block, log_index),) = _places_of_amount(played, "HKDS", COUPON_UNITS)
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        connection.execute(
            "INSERT INTO postings SELECT instrument_id, block_number, log_index, leg + 2, account, amount_units, "
            "balance_after_units, tx_hash FROM postings "
            "WHERE instrument_id = 'HKDS' AND block_number = ? AND log_index = ?",
            (block, log_index),
        )


def unmapped_wallet(played: Played) -> None:
    edit(played, "DELETE FROM accounts WHERE address = ?", account(played, "retail-b"))


def short_sub_ledger(played: Played) -> None:
    """Two units of a client of Peak leave the books, in double entry: the house owes two less."""
    peak = account(played, "peak")
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        for client, units in (("P-0101", -20_000), ("", 20_000)):
            connection.execute(
                "INSERT INTO client_postings SELECT chain_id, account, instrument_id, "
                "(SELECT max(entry) FROM client_postings WHERE account = c.account AND instrument_id = 'HKMM') + ?, "
                "?, client, ?, CAST(balance_after_units AS INTEGER) + ?, dated, 'two-short', content_hash, recorded_at "
                "FROM client_postings c WHERE account = ? AND instrument_id = 'HKMM' AND client = ? "
                "ORDER BY entry DESC LIMIT 1",
                (1 if client else 0, 1 if client else 2, str(units), units, peak, client),
            )


def rule_off_for_a_block(played: Played) -> None:
    """In one block: residents of the mainland may receive, one does, and they may no more."""
    t = token(played, "HKDS")
    with stolen_role(played, "HKDS", "RULES_ROLE") as thief:
        in_one_block(
            played,
            (thief, t, ASSET_TOKEN.encode("setCountryAllowed", [MAINLAND, True])),
            (dev(played, 4), t, ASSET_TOKEN.encode("transfer", [account(played, "mainland"), 5 * 10**6])),
            (thief, t, ASSET_TOKEN.encode("setCountryAllowed", [MAINLAND, False])),
        )
    read_again(played)


def bills_marked_down(played: Played) -> None:
    """1.8 % off the bills, in a newer statement."""
    path = Path(played.folder, "reserve-marked-down.csv")
    told = (played.folder / "reserve-2026-07-31.csv").read_text()
    assert "36450000.00" in told
    path.write_text(told.replace("36450000.00", "35793900.00"))
    args = ("reserve", "import", "HKDS", str(path), "--as-of", "2026-07-31T17:30:00+08:00", "--yes")
    assert played.run(*args) == 0


def redeemed_late(played: Played) -> None:
    late = datetime(2026, 7, 3, 3, tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
    edit(played, "UPDATE redemptions SET paid_at = ? WHERE request = 'R-2026-004'", late)


def role_come_and_gone(played: Played) -> None:
    """The admin makes itself issuer of the bond, and takes the role back without having used it."""
    admin, t, node = office_key(played, "admin"), token(played, "GRN28"), played.node
    (role,) = ASSET_TOKEN.call(node, t, "ISSUER_ROLE", [])
    (delay_s,) = ASSET_TOKEN.call(node, t, "grantDelay_s", [])
    send_and_wait(node, admin, Outgoing(t, ASSET_TOKEN.encode("scheduleRoleGrant", [role, admin.address])))
    let_pass(node, delay_s)
    send_and_wait(node, admin, Outgoing(t, ASSET_TOKEN.encode("grantRole", [role, admin.address])))
    send_and_wait(node, admin, Outgoing(t, ASSET_TOKEN.encode("revokeRole", [role, admin.address])))
    read_again(played)


def nonce_gap(played: Played) -> None:
    maker = office_key(played, "maker").address
    with closing(sqlite3.connect(played.folder / "register.db")) as connection:
        (tx_hash,) = connection.execute(
            "SELECT tx_hash FROM transactions WHERE sender = ? ORDER BY nonce LIMIT 1 OFFSET 7", (maker,)
        ).fetchone()
    edit(played, "DELETE FROM transactions WHERE tx_hash = ?", tx_hash)


def transfer_by_lantau(played: Played, units: int) -> None:
    """From Lantau to Kowloon, with Lantau's own key; the registrar has no part in it."""
    calldata = ASSET_TOKEN.encode("transfer", [account(played, "kowloon"), units])
    send_and_wait(played.node, dev(played, 4), Outgoing(token(played, "HKDS"), calldata))


def reorganised(played: Played) -> None:
    """Three blocks that the mirror has read are replaced by others, without what was in them."""
    mine(played.node, 1)
    transfer_by_lantau(played, 5 * 10**6)
    mine(played.node, 1)
    assert played.run("--finality", "latest", "register", "sync") == 0
    played.node.request("anvil_reorg", [3, []])


def edited_in_signed_period(played: Played) -> None:
    edit(played, "UPDATE redemptions SET payment_reference = 'FPS-20260202-9' WHERE request = 'R-2026-002'")


def after_the_pinned_block(played: Played) -> None:
    transfer_by_lantau(played, 5 * 10**6)


def rules_tightened(played: Played) -> None:
    told = (played.folder / "instruments.toml").read_text()
    tighter = played.folder / "tighter.toml"
    tighter.write_text(told.replace('max_balance = "4000000"', 'max_balance = "3500000"'))
    assert played.run("rules", "apply", str(tighter), "--key", "tighter", "--yes") == 0
    read_again(played)


SEEDS: dict[int, Callable[[Played], None]] = {
    1: off_book_mint,
    2: missing_event,
    3: posted_twice,
    4: unmapped_wallet,
    5: short_sub_ledger,
    6: rule_off_for_a_block,
    7: bills_marked_down,
    8: redeemed_late,
    9: role_come_and_gone,
    10: nonce_gap,
    11: reorganised,
    12: edited_in_signed_period,
    14: after_the_pinned_block,
    15: rules_tightened,
}
"""By the number of scenario; 13 is of its own, since it rewrites what 12 edits."""


def matches(told: str, due: str) -> bool:
    """Whether a value is the one that is due, `{}` standing for any hash or number."""
    pattern = re.escape(due).replace(r"\{\}", "(?:(?:0x)?[0-9a-f]{64}|[0-9]+)")
    return re.fullmatch(pattern, told) is not None
