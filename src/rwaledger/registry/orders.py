"""Orders of courts and authorities: by which reference one is known, and which document its hash on the chain is of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from rwaledger.domain.errors import RegisterConflict
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import utc_now
from rwaledger.registry.upsert import insert_if_new


@dataclass(frozen=True, slots=True)
class Order:
    """The order behind an enforcement: `order_hash` is the SHA-256 of `document`, as the chain has it."""

    order_hash: str
    reference: str
    document: str


def put_order(c: Connection, order_hash: str, reference: str, document: str) -> None:
    """Records an order; the same again changes nothing.

    Raises:
        RegisterConflict: the document is on record under another reference.
    """
    require_reference(c, order_hash, reference, document)
    row = {"order_hash": order_hash, "reference": reference, "document": document, "recorded_at": utc_now()}
    insert_if_new(c, tables.orders, row)


def require_reference(c: Connection, order_hash: str, reference: str, document: str) -> None:
    """Raises where a document is on record under another reference.

    Raises:
        RegisterConflict: it is.
    """
    known = orders(c).get(order_hash)
    if known is not None and known.reference != reference:
        raise RegisterConflict(
            f"the order {document} is on record as {known.reference!r}, not as {reference!r}",
            "Correct --order-ref, or give the document that bears this reference.",
        )


def orders(c: Connection) -> dict[str, Order]:
    """All orders, by the hash of their document."""
    table = tables.orders.c
    query = select(table.order_hash, table.reference, table.document).order_by(table.reference, table.order_hash)
    return {row.order_hash: Order(*row) for row in c.execute(query)}
