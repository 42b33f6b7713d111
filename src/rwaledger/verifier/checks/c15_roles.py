"""C15, roles: what a constructor gave, and every change since, put together from grant to revocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rwaledger.verifier.keccak import keccak256
from rwaledger.verifier.ledger import place_of
from rwaledger.verifier.replay import Place
from rwaledger.verifier.values import Event

_WORDS = {
    "RoleGrantScheduled": "scheduled",
    "RoleGrantCancelled": "cancelled",
    "RoleGranted": "granted",
    "RoleRevoked": "revoked",
    "RoleAdminChanged": "given another admin",
}
_BITS = ("REGISTRAR_ROLE", "ISSUER_ROLE", "ENFORCER_ROLE", "PAUSER_ROLE", "RULES_ROLE")
_HASHED = ("MAKER_ROLE", "CHECKER_ROLE", "LICENSOR_ROLE", "ATTESTOR_ROLE", "OPERATOR_ROLE", "AUDITOR_ROLE")


@dataclass(slots=True)
class Episode:
    """A role and an account, from the first event that brings them together to the one that parts them."""

    role: str
    account: str
    events: list[Event]

    @property
    def place(self) -> Place:
        """Where it begins."""
        return place_of(self.events[0])

    @property
    def words(self) -> str:
        """What happened, in the order of the chain; what was granted was announced before."""
        granted = any(event.name == "RoleGranted" for event in self.events)
        shown = (event for event in self.events if not (granted and event.name == "RoleGrantScheduled"))
        told = ", ".join(f"{_WORDS[event.name]} in block {event.log.block_number}" for event in shown)
        return f"{role_name(self.role)} {told}"


def episodes(events: Sequence[Event]) -> tuple[list[Event], list[Episode]]:
    """What the constructor granted, in the transaction of the contract's first event, and all changes since."""
    deployed: list[Event] = []
    found: list[Episode] = []
    running: dict[tuple[str, str], Episode] = {}
    for event in events:
        if event.name not in _WORDS:
            continue
        key = event.args["role"], event.args.get("account", "")
        if event.name == "RoleGranted" and key not in running and event.log.tx_hash == events[0].log.tx_hash:
            deployed.append(event)
            continue
        if key not in running:
            running[key] = Episode(*key, [])
            found.append(running[key])
        running[key].events.append(event)
        if event.name in ("RoleRevoked", "RoleGrantCancelled"):
            del running[key]
    return deployed, found


@cache
def role_name(role: str) -> str:
    """The name of a role: zero is the admin, AssetToken's are bits of its word, all others hashes of their names."""
    number = int(role, 16)
    if not number:
        return "DEFAULT_ADMIN_ROLE"
    for bit, name in enumerate(_BITS, 244):
        if number == 1 << bit:
            return name
    return next((name for name in _HASHED if keccak256(name.encode()).hex() == role[2:]), role)
