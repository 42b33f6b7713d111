"""State something anew of holders the register knows: foreseen without writing, then entered in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from rwaledger.chain.rpc import Node
from rwaledger.domain.dossier import Dossier
from rwaledger.domain.errors import UnknownName
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time
from rwaledger.registry import audit_log, dossiers, holders
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.types import utc_now

Change = Callable[[Dossier, date, datetime], Dossier]
"""A dossier with something stated beyond it, on a day of the chain and at a moment of this machine's clock."""


def chain_day(node: Node) -> date:
    """The day, in UTC, of the latest block: the contracts judge validity by it."""
    return datetime.fromtimestamp(chain_time(node), UTC).date()


def nothing_new(dossier: Dossier, _day: date, _now: datetime) -> Dossier:
    """The change that states nothing: what is known may still mean something else today."""
    return dossier


def foresee(database: Database, node: Node, changes: Mapping[str, Change]) -> list[tuple[Dossier, Dossier]]:
    """The dossiers of these holders as they are, and as they will be today. Nothing is written.

    Raises:
        UnknownName: one is not on the register.
    """
    with database.read() as connection:
        return _changed(connection, chain_day(node), changes)


def enter(desk: Desk, changes: Mapping[str, Change], action: str, detail: Mapping[str, str]) -> None:
    """Writes what is new, in one transaction and once; what others have stated meanwhile is taken into account.

    Raises:
        UnknownName: one of the holders is not on the register.
    """
    today = chain_day(desk.node)
    with desk.database.begin() as connection:
        changed = [(old, new) for old, new in _changed(connection, today, changes) if old != new]
        dossiers.add_statements(connection, changed)
        for old, new in changed:
            if new.holder != old.holder:
                holders.set_attested(connection, new.holder)
            audit_log.record(connection, desk.maker, action, new.holder.holder_id, dict(detail))


def _changed(connection: Connection, today: date, changes: Mapping[str, Change]) -> list[tuple[Dossier, Dossier]]:
    known = dossiers.dossiers(connection, changes.keys())
    missing = [holder_id for holder_id in changes if holder_id not in known]
    if missing:
        raise UnknownName("holder", missing[0], "`rwaledger holder list` shows those there are.")
    now = utc_now()
    return [(old, changes[holder_id](old, today, now).as_of(today)) for holder_id, old in known.items()]
