"""Who was given which power, and for how long: the role events of a contract, put together into episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.audit.acts import Place, place_of_event
from rwaledger.chain.roles import role_name
from rwaledger.domain.block import ChainEvent

_WORDS = {
    "RoleGrantScheduled": "scheduled",
    "RoleGrantCancelled": "cancelled",
    "RoleGranted": "granted",
    "RoleRevoked": "revoked",
    "RoleAdminChanged": "given another admin",
}
_ENDINGS = ("RoleRevoked", "RoleGrantCancelled")


@dataclass(slots=True)
class Episode:
    """A role of a contract and an account: from the first event that brings them together to the one that parts them.

    What a constructor gave is no part of one: it is where everything starts.
    """

    role: str
    account: str
    events: list[ChainEvent]

    @property
    def name(self) -> str:
        """The name of the role."""
        return role_name(self.role)

    @property
    def place(self) -> Place:
        """Where it begins."""
        return place_of_event(self.events[0])

    @property
    def has_ended(self) -> bool:
        """Whether the account has, behind it, neither the role nor a grant to come."""
        return self.events[-1].name in _ENDINGS

    @property
    def words(self) -> str:
        """What happened, in the order of the chain."""
        return ", ".join(f"{_WORDS[each.name]} in block {each.log.block_number}" for each in self.shown)

    @property
    def shown(self) -> list[ChainEvent]:
        """Its events; of a grant that was carried out, the announcement says nothing more."""
        granted = any(each.name == "RoleGranted" for each in self.events)
        return [each for each in self.events if not (granted and each.name == "RoleGrantScheduled")]


def role_episodes(events: Sequence[ChainEvent]) -> tuple[list[ChainEvent], list[Episode]]:
    """What the constructor of a contract granted, and every change of its roles since, in the order of the chain.

    Only a constructor gives a role that was not announced (contracts/access/DelayedRoles.sol), and it does so in the
    transaction of the contract's first event.
    """
    deployed: list[ChainEvent] = []
    found: list[Episode] = []
    running: dict[tuple[str, str], Episode] = {}
    for event in events:
        if event.name not in _WORDS:
            continue
        key = str(event.args["role"]), str(event.args.get("account", ""))
        episode = running.get(key)
        if event.name == "RoleGranted" and episode is None and event.log.tx_hash == events[0].log.tx_hash:
            deployed.append(event)
            continue
        if episode is None:
            episode = running[key] = Episode(*key, [])
            found.append(episode)
        episode.events.append(event)
        if episode.has_ended:
            del running[key]
    return deployed, found
