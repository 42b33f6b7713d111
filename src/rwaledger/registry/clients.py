"""Sub-ledgers of omnibus accounts: what each client has, and by which entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import func, insert, select

from rwaledger.domain.clients import ClientPosting
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import utc_now

_COLUMNS = tuple(ClientPosting.__dataclass_fields__)


def add_client_postings(c: Connection, postings: Sequence[ClientPosting]) -> None:
    """Stores the postings of new entries.

    Raises:
        RegisterConflict: an entry of that number is there; `Database.begin` raises it.
    """
    if postings:
        now = utc_now()
        c.execute(insert(tables.client_postings), [asdict(posting) | {"recorded_at": now} for posting in postings])


def client_postings(
    c: Connection, chain_id: int, account: str, instrument_id: str | None = None
) -> list[ClientPosting]:
    """All postings of an account, in order of instrument, entry and leg."""
    t = tables.client_postings.c
    query = select(*(t[name] for name in _COLUMNS)).where(t.chain_id == chain_id, t.account == account)
    if instrument_id is not None:
        query = query.where(t.instrument_id == instrument_id)
    return [ClientPosting(*row) for row in c.execute(query.order_by(t.instrument_id, t.entry, t.leg))]


def all_client_postings(c: Connection, chain_id: int) -> list[ClientPosting]:
    """All postings of all sub-ledgers on a chain, in order of account, instrument, entry and leg."""
    t = tables.client_postings.c
    query = select(*(t[name] for name in _COLUMNS)).where(t.chain_id == chain_id)
    return [ClientPosting(*row) for row in c.execute(query.order_by(t.account, t.instrument_id, t.entry, t.leg))]


def client_balances(c: Connection, chain_id: int, account: str, upto: date | None = None) -> dict[str, dict[str, int]]:
    """Units of each client by instrument, the house included, from the entries dated `upto` or earlier."""
    balances: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for posting in client_postings(c, chain_id, account):
        if upto is None or posting.dated <= upto:
            balances[posting.instrument_id][posting.client] += posting.amount_units
    return {instrument_id: dict(clients) for instrument_id, clients in balances.items()}


def entry_of_key(c: Connection, chain_id: int, account: str, key: str) -> str | None:
    """The content hash of what was entered under an idempotency key; None where the key is new."""
    t = tables.client_postings.c
    query = select(t.content_hash).where(t.chain_id == chain_id, t.account == account, t.key == key)
    return c.execute(query.limit(1)).scalar()


def next_entry(c: Connection, chain_id: int, account: str, instrument_id: str) -> int:
    """The number of the next entry of an account in an instrument, from 1."""
    t = tables.client_postings.c
    query = select(func.max(t.entry)).where(
        t.chain_id == chain_id, t.account == account, t.instrument_id == instrument_id
    )
    return (c.execute(query).scalar() or 0) + 1


def omnibus_accounts(c: Connection, chain_id: int) -> list[str]:
    """The accounts that have a sub-ledger, in order of address."""
    t = tables.client_postings.c
    query = select(t.account).where(t.chain_id == chain_id).distinct().order_by(t.account)
    return [account for (account,) in c.execute(query)]
