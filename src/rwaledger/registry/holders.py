"""Holders, the legal persons, and which accounts are theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, update

from rwaledger.domain.errors import RegisterConflict, UnknownName, UsageError
from rwaledger.domain.holder import Account, AccountKind, Holder, InvestorClass, Person
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_tuples
from rwaledger.registry.database import Connection
from rwaledger.registry.sealing import Seal
from rwaledger.registry.types import json_text, stored_member
from rwaledger.registry.upsert import insert_or_replace_all

_LIST_HOLDERS = "`rwaledger holder list` shows those there are."


def put_holder(c: Connection, seal: Seal, holder: Holder, person: Person) -> None:
    """Records a holder, or replaces what was recorded under the same `holder_id`; the person is sealed."""
    put_holders(c, seal, [(holder, person)])


def put_holders(c: Connection, seal: Seal, given: Iterable[tuple[Holder, Person]]) -> None:
    """Records holders, or replaces what was recorded under the same `holder_id`.

    Raises:
        AuthorisationError: the persons on the register were sealed with another key.
    """
    _require_same_seal(c, seal)
    rows = [_row(holder) | {"sealed": _sealed(seal, holder.holder_id, person)} for holder, person in given]
    insert_or_replace_all(c, tables.holders, rows)


def set_attested(c: Connection, holder: Holder) -> None:
    """Replaces what is attested of a known holder; who it is stays sealed as it was.

    Raises:
        UnknownName: there is no such holder.
    """
    t = tables.holders
    if c.execute(update(t).where(t.c.holder_id == holder.holder_id).values(_row(holder))).rowcount != 1:
        raise UnknownName("holder", holder.holder_id, _LIST_HOLDERS)


def put_account(c: Connection, account: Account) -> None:
    """Records whose an address is, or replaces what was recorded of it.

    Raises:
        RegisterConflict: the holder or the chain is not recorded; `Database.begin` raises it.
    """
    put_accounts(c, [account])


def put_accounts(c: Connection, accounts: Iterable[Account]) -> None:
    """`put_account` for many at once."""
    insert_or_replace_all(c, tables.accounts, [_account_row(account) for account in accounts])


def holders(c: Connection) -> list[Holder]:
    """All holders, in order of `holder_id`."""
    query = select(tables.holders).order_by(tables.holders.c.holder_id)
    return [_holder(row) for row in stream_tuples(c, query, shared=("holder_id",))]


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


def person(c: Connection, seal: Seal, holder_id: str) -> Person:
    """Who a holder is.

    Raises:
        UnknownName: there is no such holder.
        AuthorisationError: it was sealed with another key.
    """
    t = tables.holders.c
    sealed = c.execute(select(t.sealed).where(t.holder_id == holder_id)).scalar_one_or_none()
    if sealed is None:
        raise UnknownName("holder", holder_id, _LIST_HOLDERS)
    return _person(seal, holder_id, sealed)


def people(c: Connection, seal: Seal) -> dict[str, Person]:
    """Who each holder is, by `holder_id`.

    Raises:
        AuthorisationError: one was sealed with another key.
    """
    t = tables.holders.c
    query = select(t.holder_id, t.sealed).order_by(t.holder_id)
    return {holder_id: _person(seal, holder_id, sealed) for holder_id, sealed in c.execute(query)}


def accounts(c: Connection, chain_id: int) -> dict[str, Account]:
    """The accounts on a chain, by address and in its order."""
    query = select(tables.accounts).where(tables.accounts.c.chain_id == chain_id)
    rows = stream_tuples(c, query.order_by(tables.accounts.c.address), shared=("address", "holder_id"))
    found = (_account(row) for row in rows)
    return {account.address: account for account in found}


def account_of(c: Connection, chain_id: int, name_or_address: str) -> Account:
    """The account at an address in any spelling, or the only account of the holder of that id.

    Where a lost wallet was replaced, the holder's name stands for the new one.

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
        query = query.where(table.c.holder_id == name_or_address, table.c.replaced_by == "")
    found = [_account(row) for row in c.execute(query)]
    if not found:
        raise UnknownName("account" if is_address else "holder with an account", name_or_address, _LIST_HOLDERS)
    if len(found) > 1:
        addresses = ", ".join(account.address for account in found)
        raise UsageError(f"{name_or_address} has {len(found)} accounts: {addresses}", "Name one of them.")
    return found[0]


def place_of(holder_id: str) -> str:
    """Where a holder's person is sealed: what binds it to its row."""
    return f"holders/{holder_id}"


def _require_same_seal(c: Connection, seal: Seal) -> None:
    """One register has one privacy key; a second one would leave it half unreadable to each."""
    t = tables.holders.c
    query = select(t.holder_id, t.sealed).where(t.sealed != "").order_by(t.holder_id).limit(1)
    known = c.execute(query).one_or_none()
    if known is not None:
        seal.open(known.sealed, place_of(known.holder_id))


def _row(holder: Holder) -> dict[str, Any]:
    return {
        "holder_id": holder.holder_id,
        "country": holder.country,
        "investor_class": int(holder.investor_class),
        "valid_until": holder.valid_until,
    }


def _account_row(account: Account) -> dict[str, Any]:
    return {
        "chain_id": account.chain_id,
        "address": account.address,
        "holder_id": account.holder_id,
        "kind": str(account.kind),
        "replaced_by": account.replaced_by,
    }


def _sealed(seal: Seal, holder_id: str, person: Person) -> str:
    particulars = {"identifier": person.identifier, "name": person.name, "postal_address": person.postal_address}
    return seal.seal(json_text(particulars), place_of(holder_id))


def _person(seal: Seal, holder_id: str, sealed: str) -> Person:
    return Person(**json.loads(seal.open(sealed, place_of(holder_id)))) if sealed else Person("")


def _holder(row: Sequence[Any]) -> Holder:
    holder_id, country, investor_class, valid_until, _ = row
    try:
        return Holder(holder_id, country, InvestorClass(investor_class), valid_until)
    except ValueError as error:
        raise RegisterConflict(
            f"the register holds investor class {investor_class!r} for {holder_id}, which there is not",
            "A row was changed from outside, or by a newer version of this program.",
        ) from error


def _account(row: Sequence[Any]) -> Account:
    chain_id, address, holder_id, kind, replaced_by = row
    return Account(chain_id, address, holder_id, stored_member(AccountKind, kind), replaced_by)
