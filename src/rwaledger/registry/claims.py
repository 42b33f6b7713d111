"""Claims: which of several mirrors works on which contracts of one register, so that each adds speed.

On PostgreSQL a claim is an advisory lock of a session of its own: it ends with the process, however that ends. Claims
say who works; what is right is decided by the checkpoint of each contract. So a mirror that loses its session, or the
database between it and the others, loses time and nothing else. On SQLite one process writes at a time, whatever is
agreed: there every claim is granted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import text

from rwaledger.registry.database import Connection, Database
from rwaledger.registry.locks import number_of

_JOIN = text("SELECT pg_advisory_lock_shared(:number)")
_TAKE = text("SELECT pg_try_advisory_lock(:number)")
_LET_GO = text("SELECT pg_advisory_unlock(:number)")
_MEMBERS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND objsubid = 1 "
    "AND (classid::bigint << 32 | objid::bigint) = :number "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(slots=True)
class Claims:
    """The claims of one mirror on the contracts of a chain; `session` is None where every claim is granted."""

    session: Connection | None
    chain_id: int
    held: list[str] = field(default_factory=list)
    wanted: int = 0

    @contextmanager
    def taken(self, addresses: Sequence[str]) -> Iterator[frozenset[str]]:
        """Claims on some of these contracts, the first ones that nobody has, and not more than a fair share of them.

        Raises:
            DatabaseUnreachable: as the database of the session raises it.
        """
        self.wanted = len(addresses)
        try:
            for address in addresses:
                if len(self.held) >= self._share():
                    break
                if self._granted(address):
                    self.held.append(address)
            yield frozenset(self.held)
        finally:
            self._let_go()

    @property
    def are_fair(self) -> bool:
        """Whether what is claimed is still no more than a fair share: others may have joined."""
        return len(self.held) <= self._share()

    def _share(self) -> int:
        """Contracts for each of the mirrors that are at work now."""
        if self.session is None:
            return self.wanted
        members = int(self.session.execute(_MEMBERS, {"number": _member(self.chain_id)}).scalar_one())
        return -(-self.wanted // max(members, 1))

    def _granted(self, address: str) -> bool:
        if self.session is None:
            return True
        return bool(self.session.execute(_TAKE, {"number": _contract(self.chain_id, address)}).scalar_one())

    def _let_go(self) -> None:
        """A session that is lost has let go already."""
        if self.session is not None and not self.session.invalidated:
            for address in self.held:
                self.session.execute(_LET_GO, {"number": _contract(self.chain_id, address)})
        self.held.clear()


@contextmanager
def claims(database: Database, chain_id: int) -> Iterator[Claims]:
    """Joins the mirrors of a chain, and leaves them in the end with all claims.

    Raises:
        DatabaseUnreachable: no answer, or lost on the way.
    """
    if database.dialect != "postgresql":
        yield Claims(None, chain_id)
        return
    with database.session() as session:
        session.execute(_JOIN, {"number": _member(chain_id)})
        yield Claims(session, chain_id)


def _member(chain_id: int) -> int:
    return number_of("mirror", chain_id)


def _contract(chain_id: int, address: str) -> int:
    return number_of("mirror", chain_id, address)
