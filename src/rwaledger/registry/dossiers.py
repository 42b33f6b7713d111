"""Dossiers: all that the register states of holders, read together, and what is new in them written together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from rwaledger.domain.dossier import Dossier
from rwaledger.registry import holders
from rwaledger.registry.database import Connection
from rwaledger.registry.evidence import add_evidence, evidence
from rwaledger.registry.licences import add_licences, licences
from rwaledger.registry.residences import add_residences, residences

_NAMED_MAX = 500
"""Of more holders than this, all are read: databases bound the names in a query."""


class _Statement(Protocol):
    @property
    def holder_id(self) -> str: ...


S = TypeVar("S", bound=_Statement)


def dossier(c: Connection, holder_id: str) -> Dossier:
    """The dossier of one holder.

    Raises:
        UnknownName: there is no such holder.
    """
    holders.holder(c, holder_id)
    return dossiers(c, [holder_id])[holder_id]


def dossiers(c: Connection, holder_ids: Collection[str] | None = None) -> dict[str, Dossier]:
    """The dossiers of these holders that are on the register, or of all, by `holder_id` and in its order."""
    wanted = holder_ids if holder_ids is not None and len(holder_ids) <= _NAMED_MAX else None
    resident = _by_holder(residences(c, wanted))
    proved = _by_holder(evidence(c, wanted))
    licensed = _by_holder(licences(c, wanted))
    return {
        each.holder_id: Dossier(
            each, tuple(resident[each.holder_id]), tuple(proved[each.holder_id]), tuple(licensed[each.holder_id])
        )
        for each in holders.holders(c)
        if holder_ids is None or each.holder_id in holder_ids
    }


def add_statements(c: Connection, changed: Sequence[tuple[Dossier, Dossier]]) -> None:
    """Writes what the second dossier of each pair states beyond the first."""
    add_residences(c, [each for old, new in changed for each in new.residences[len(old.residences) :]])
    add_evidence(c, [each for old, new in changed for each in new.evidence[len(old.evidence) :]])
    add_licences(c, [each for old, new in changed for each in new.licences[len(old.licences) :]])


def _by_holder(statements: Iterable[S]) -> dict[str, list[S]]:
    found: dict[str, list[S]] = defaultdict(list)
    for each in statements:
        found[each.holder_id].append(each)
    return found
