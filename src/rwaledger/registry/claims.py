"""Claims: which of several mirrors works on which contracts of one register, so that each adds speed.

On PostgreSQL a claim is an advisory lock of a session of its own: it ends with the process, however that ends. Claims
say who works; what is right is decided by the checkpoint of each contract. So a mirror that loses its session, or the
database between it and the others, loses time and nothing else. On SQLite one process writes at a time, whatever is
agreed: there every claim is granted.

Tokens are what is shared out: the contracts beside them have hardly any events, and would pass for an equal part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import TextClause, text

from rwaledger.registry import instruments
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.instruments import ContractKind
from rwaledger.registry.locks import number_of

_JOIN = text("SELECT pg_advisory_lock_shared(:number)")
_LEAVE = text("SELECT pg_advisory_unlock_shared(:number)")
_TAKE = text("SELECT pg_try_advisory_lock(:number)")
_LET_GO = text("SELECT pg_advisory_unlock(:number)")
_MEMBERS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted AND objsubid = 1 "
    "AND (classid::bigint << 32 | objid::bigint) = :number "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(slots=True)
class Claims:
    """The claims of one mirror on the contracts of a chain; `session` is None where every claim is granted.

    `small` are the contracts that count for nothing in a share.
    """

    session: Connection | None
    chain_id: int
    small: frozenset[str] = frozenset()
    held: list[str] = field(default_factory=list)
    wanted: int = 0
    _is_idle: bool = False

    @contextmanager
    def taken(self, addresses: Sequence[str]) -> Iterator[frozenset[str]]:
        """Claims on some of these contracts, the first ones that nobody has, and not more than a fair share of them.

        Raises:
            DatabaseUnreachable: as the database of the session raises it.
        """
        self.wanted = len(self._counted(addresses))
        try:
            for address in addresses:
                if (address in self.small or self._has_room()) and self._granted(address):
                    self.held.append(address)
            self._say_whether_idle()
            yield frozenset(self.held)
        finally:
            self._let_go()

    @property
    def are_fair(self) -> bool:
        """Whether what is claimed is still no more than a fair share: others may have joined, or be through."""
        return self._parts() <= max(self._share(), 1)

    def _has_room(self) -> bool:
        return self._parts() < max(self._share(), 1)

    def _parts(self) -> int:
        return len(self._counted(self.held))

    def _counted(self, addresses: Sequence[str]) -> list[str]:
        return [address for address in addresses if address not in self.small]

    def _share(self) -> int:
        """Contracts for each of the mirrors that are at work now: rounded up, but down where one has nothing."""
        if self.session is None:
            return self.wanted
        members = max(self._count(_member(self.chain_id)), 1)
        return self.wanted // members if self._count(_idle(self.chain_id)) else -(-self.wanted // members)

    def _count(self, number: int) -> int:
        """How many sessions hold the lock of that number together."""
        return int(self._run(_MEMBERS, number))

    def _say_whether_idle(self) -> None:
        """So that whoever has several gives one up, also where it was its share when it began."""
        if self.session is not None and self._is_idle == bool(self.held):
            self._run(_LEAVE if self._is_idle else _JOIN, _idle(self.chain_id))
            self._is_idle = not self._is_idle

    def _granted(self, address: str) -> bool:
        if self.session is None:
            return True
        return bool(self._run(_TAKE, _contract(self.chain_id, address)))

    def _let_go(self) -> None:
        """A session that is lost has let go already."""
        if self.session is not None and not self.session.invalidated:
            for address in self.held:
                self._run(_LET_GO, _contract(self.chain_id, address))
        self.held.clear()

    def _run(self, statement: TextClause, number: int) -> Any:
        assert self.session is not None
        return self.session.execute(statement, {"number": number}).scalar_one()


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
        yield Claims(session, chain_id, _small(session, chain_id))


def _small(session: Connection, chain_id: int) -> frozenset[str]:
    known = instruments.contracts(session, chain_id)
    return frozenset(each.address for each in known if each.kind is not ContractKind.ASSET_TOKEN)


def _member(chain_id: int) -> int:
    return number_of("mirror", chain_id)


def _idle(chain_id: int) -> int:
    return number_of("mirror", chain_id, "idle")


def _contract(chain_id: int, address: str) -> int:
    return number_of("mirror", chain_id, address)
