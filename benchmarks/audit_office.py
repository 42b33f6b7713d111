"""A register with what no chain has, for the reports that read it: a reserve, requests, and a coupon of all holders.

It is a copy of the benchmark's register in which the instrument is a stablecoin. It is backed by as many statements as
a year has days, every tenth holder has asked for its money, and a second instrument, a bond, owes each holder a coupon
in it. Only reports can read such a register: nothing of it is on a chain.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from rwaledger.domain.corporate_action import ActionKind, ActionStatus, BondTerms, CorporateAction
from rwaledger.domain.day_count import DayCount
from rwaledger.domain.entitlement import Entitlement
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.redemption import Redemption, burn_key
from rwaledger.domain.reserve import ReserveLine, ReserveStatement
from rwaledger.registry import actions, instruments, positions, redemptions, reserves, terms
from rwaledger.registry.database import Connection, Database

REGISTER = "office.db"
STABLECOIN, BOND = "BENCH", "BOND"
_ADDRESS = "0x" + "b0" * 20
_HASH = "0x" + "00" * 32
_STATEMENTS = 365
_ASKING = 10
_COUPON_UNITS = 1_000_000


def office_register(folder: Path) -> Path:
    """Makes it beside the benchmark's register, anew each time."""
    path = folder / REGISTER
    path.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"file:{folder / 'register.db'}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.backup(copy)
        copy.execute("UPDATE instruments SET kind = 'stablecoin'")
        _copied(copy, "contracts", "kind = 'asset_token'", address=_ADDRESS)
        _copied(copy, "instruments", "true", instrument_id=BOND, address=_ADDRESS, kind="bond", decimals=0)
        _copied(copy, "checkpoints", "address = (SELECT min(address) FROM checkpoints)", address=_ADDRESS)
        copy.commit()
        (last,) = copy.execute("SELECT max(timestamp) FROM blocks").fetchone()
    with closing(Database(f"sqlite:///{path}")) as database, database.begin() as c:
        _fill(c, last)
    return path


def _copied(copy: sqlite3.Connection, table: str, which: str, **changed: object) -> None:
    """A row once more, with other values in some columns."""
    columns = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
    cells = ", ".join(f":{name}" if name in changed else name for name in columns)
    copy.execute(f"INSERT INTO {table} SELECT {cells} FROM {table} WHERE {which} LIMIT 1", changed)


def _fill(c: Connection, last: int) -> None:
    """`last` is the time of the last block: what is dated behind it, no report shows."""
    chain_id = instruments.instrument(c, STABLECOIN).chain_id
    held = {each.account: each.balance_units for each in positions.positions(c, STABLECOIN)}
    del held[ISSUANCE_ACCOUNT]
    for second in range(_STATEMENTS):
        line = ReserveLine(1, "deposits", "Deposits", "HKD", 10**18, 0, None)
        reserves.add_statement(c, ReserveStatement(STABLECOIN, last - second, (line,), _HASH))
    asked_at = datetime.fromtimestamp(last, UTC) - timedelta(days=300)
    for number, (account, units) in enumerate(held.items()):
        if number % _ASKING == 0:
            request, due = f"R-{number}", (asked_at + timedelta(days=1)).date()
            asked = Redemption(request, STABLECOIN, chain_id, account, units, asked_at, due, burn_key(request))
            redemptions.add_redemption(c, asked)
    _owe_coupon(c, [Entitlement(account, 1, _COUPON_UNITS) for account in held], last)


def _owe_coupon(c: Connection, owed: list[Entitlement], last: int) -> None:
    first, pays_on, matures_on = date(2025, 1, 2), date(2026, 1, 2), date(2027, 1, 2)
    days = (first, matures_on, "following", 1)
    settled = BondTerms(BOND, STABLECOIN, "h0", 10**8, Fraction(1, 40), DayCount.ACT_365F, 1, *days, 1, _HASH)
    terms.put_bond_terms(c, settled)
    declared = CorporateAction(BOND, ActionKind.COUPON, first, pays_on, pays_on, last, 1)
    actions.add_action(c, declared)
    whole = _COUPON_UNITS * len(owed)
    entitled = replace(declared, status=ActionStatus.ENTITLED, supply_units=len(owed), funded_units=whole)
    actions.entitle(c, replace(entitled, exact_amount=Fraction(whole)), owed)
