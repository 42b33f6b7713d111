"""Locks across processes, by name: who holds one is alone with what it stands for until the transaction ends."""

from __future__ import annotations

import hashlib

from sqlalchemy import text

from rwaledger.registry.database import Connection


def hold(c: Connection, *name: object) -> None:
    """Waits until no other transaction holds the lock of this name, and holds it until this one ends.

    On SQLite every transaction that writes is alone already, from its first moment.
    """
    if c.dialect.name == "postgresql":
        c.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number_of(*name)})


def number_of(*name: object) -> int:
    """The 64 bits by which PostgreSQL knows the lock of a name."""
    preimage = b"".join(len(part).to_bytes(4) + part for part in (str(each).encode() for each in name))
    return int.from_bytes(hashlib.sha256(b"rwaledger-lock-1" + preimage).digest()[:8], signed=True)
