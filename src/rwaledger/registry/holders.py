"""Holders, the legal persons, and which accounts are theirs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, select

from rwaledger.domain.errors import RegisterConflict, UnknownName, UsageError
from rwaledger.domain.holder import Account, AccountKind, Holder, InvestorClass
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member
from rwaledger.registry.upsert import insert_or_replace

_LIST_HOLDERS = "`rwaledger holder list` shows those there are."


def put_holder(c: Connection, holder: Holder) -> None:
    """Records a holder, or replaces what was recorded under the same `holder_id`."""
    row = asdict(holder) | {"investor_class": int(holder.investor_class)}
    insert_or_replace(c, tables.holders, row)


def put_account(c: Connection, account: Account) -> None:
    """Records whose an address is, or replaces what was recorded of it.

    Raises:
        RegisterConflict: the holder or the chain is not recorded; `Database.begin` raises it.
    """
    insert_or_replace(c, tables.accounts, asdict(account) | {"kind": str(account.kind)})


def holders(c: Connection) -> list[Holder]:
    """All holders, in order of `holder_id`."""
    query = select(tables.holders).order_by(tables.holders.c.holder_id)
    return [_holder(row) for row in c.execute(query)]


def holder(c: Connection, holder_id: str) -> Holder:
    """The holder of that id.

    Raises:
        UnknownName: there is none.
    """
    query = select(tables.holders).where(tables.holders.c.holder_id == holder_id)
    row = c.execute(query).one_or_none()
    if row is None:
        raise UnknownName("holder", holder_id, _LIST_HOLDERS)
    return _holder(row)


def accounts(c: Connection, chain_id: int) -> dict[str, Account]:
    """The accounts on a chain, by address and in its order."""
    query = select(tables.accounts).where(tables.accounts.c.chain_id == chain_id)
    found = (_account(row) for row in c.execute(query.order_by(tables.accounts.c.address)))
    return {account.address: account for account in found}


def account_of(c: Connection, chain_id: int, name_or_address: str) -> Account:
    """The account at an address in any spelling, or the only account of the holder of that id.

    Raises:
        UnknownName: no such account, or no holder of that id with one.
        UsageError: the holder has several accounts on the chain.
    """
    table = tables.accounts
    query = select(table).where(table.c.chain_id == chain_id).order_by(table.c.address)
    is_address = name_or_address[:2].lower() == "0x"
    if is_address:
        query = query.where(table.c.address == name_or_address.lower())
    else:
        query = query.where(table.c.holder_id == name_or_address)
    found = [_account(row) for row in c.execute(query)]
    if not found:
        raise UnknownName("account" if is_address else "holder with an account", name_or_address, _LIST_HOLDERS)
    if len(found) > 1:
        addresses = ", ".join(account.address for account in found)
        raise UsageError(f"{name_or_address} has {len(found)} accounts: {addresses}", "Name one of them.")
    return found[0]


def _holder(row: Row[*tuple[Any, ...]]) -> Holder:
    holder_id, name, country, investor_class, valid_until = row
    try:
        return Holder(holder_id, name, country, InvestorClass(investor_class), valid_until)
    except ValueError as error:
        raise RegisterConflict(
            f"the register holds investor class {investor_class!r} for {holder_id}, which there is not",
            "A row was changed from outside, or by a newer version of this program.",
        ) from error


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    chain_id, address, holder_id, kind = row
    return Account(chain_id, address, holder_id, stored_member(AccountKind, kind))
