"""The five contracts on one chain: an account for every part in them, and something for every function to act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rwaledger.chain.artifacts import artifact
from rwaledger.chain.contracts import (
    ASSET_TOKEN,
    CONTROL_BOOK,
    REGISTRY_ANCHOR,
    RESERVE_ATTESTOR,
    SETTLEMENT,
)
from rwaledger.chain.keys import Signer, dev_signer
from rwaledger.chain.local import fund
from rwaledger.chain.rpc import Node
from tests.mirror.asset_token import LAST_DAY, NOBODY, mined, word

BINDINGS = {
    binding.name: binding for binding in (ASSET_TOKEN, CONTROL_BOOK, SETTLEMENT, RESERVE_ATTESTOR, REGISTRY_ANCHOR)
}
FAR_AHEAD_S = 2**40 - 1
NOTHING = word(0)
DOCUMENT = word(7)
PARTICULARS = ("0x" + "00" * 12, "0x" + "00" * 9, 344, NOTHING)
INACTIVE = "AssetToken, not active"

# Who has a part in a contract, besides the holders of its roles.
_OTHERS = {
    "AssetToken": ("control book", "holder", "stranger"),
    "ControlBook": ("other maker", "control book", "stranger"),
    "Settlement": ("control book", "initiator", "giver", "recipient", "venue", "stranger"),
    "ReserveAttestor": ("control book", "stranger"),
    "RegistryAnchor": ("control book", "stranger"),
}
_PEOPLE = (
    "admin", "registrar", "issuer", "enforcer", "pauser", "rules", "maker", "checker", "licensor", "attestor",
    "operator", "auditor", "holder", "other maker", "initiator", "giver", "recipient", "venue", "stranger",
    "candidate", "new wallet",
)  # fmt: skip


def functions(contract: str, *, writing: bool) -> dict[str, dict[str, Any]]:
    """The functions that change state, or those that only read, by name; none is overloaded."""
    entries = [entry for entry in artifact(contract).abi if entry["type"] == "function"]
    assert len({entry["name"] for entry in entries}) == len(entries), f"{contract} overloads a name"
    return {
        entry["name"]: entry for entry in entries if (entry["stateMutability"] in ("nonpayable", "payable")) is writing
    }


def roles(contract: str) -> dict[str, str]:
    """Name of each role's getter, by who holds it in this suite."""
    getters = [name for name in functions(contract, writing=False) if name.endswith("_ROLE")]
    return {getter.removesuffix("_ROLE").removeprefix("DEFAULT_").lower(): getter for getter in sorted(getters)}


def callers(contract: str) -> tuple[str, ...]:
    """Everyone who is asked to try each function of a contract."""
    held = sorted(roles(contract), key=_PEOPLE.index)
    return (*held, *_OTHERS[contract])


@dataclass(frozen=True)
class Suite:
    """Where each contract is. `send` does something as one of the people, or as the control book."""

    node: Node
    addresses: dict[str, str]

    def signer(self, person: str) -> Signer:
        return _signer(self.node, _PEOPLE.index(person))

    def address(self, person: str) -> str:
        """Address of a person or of a contract."""
        if person == "control book":
            return self.addresses["ControlBook"]
        return self.addresses[person] if person in self.addresses else self.signer(person).address

    def role(self, contract: str, person: str) -> str:
        """Id of the role that a person holds in a contract."""
        role: bytes
        (role,) = BINDINGS[contract].call(self.node, self.addresses[contract], roles(contract)[person], [])
        return "0x" + role.hex()

    def send(self, sender: str, contract: str, function: str, *args: Any) -> None:
        binding = ASSET_TOKEN if contract == INACTIVE else BINDINGS[contract]
        data = binding.encode(function, args)
        _mined(self.node, {"from": self.address(sender), "to": self.addresses[contract], "data": data})


@cache
def _signer(node: Node, index: int) -> Signer:
    return dev_signer(node, f"dev:{index}")


def open_suite(node: Node) -> Suite:
    """Deploys the five, gives each role to an account that has no other, and lets something be there to act on."""
    suite = Suite(node, {})
    node.request("anvil_autoImpersonateAccount", [True])
    for person in _PEOPLE:
        fund(node, suite.address(person))
    _deploy_all(suite)
    fund(node, suite.address("control book"))
    for contract in BINDINGS:
        _give_roles(suite, contract)
    _fill_token(suite)
    suite.send("licensor", "Settlement", "setVenue", suite.address("venue"), FAR_AHEAD_S)
    return suite


def _deploy_all(suite: Suite) -> None:
    admin = suite.address("admin")
    makers = [suite.address("maker"), suite.address("other maker")]
    _deploy(suite, "ControlBook", [admin, 0, makers, []])
    book = suite.addresses["ControlBook"]
    terms: tuple[Any, ...] = ("Suite", "SUITE", 6, (0, 0, 0, 0, 0, False), [], 0, True, NOBODY, book, admin, 0)
    _deploy(suite, "AssetToken", [terms])
    _deploy(suite, "AssetToken", [terms], INACTIVE)
    _deploy(suite, "Settlement", [admin, 0, book])
    _deploy(suite, "ReserveAttestor", [admin, 0, []])
    _deploy(suite, "RegistryAnchor", [admin, 0, [], []])


def _deploy(suite: Suite, name: str, args: Sequence[Any], called: str = "") -> None:
    data = BINDINGS[name].creation_code(args)
    receipt = _mined(suite.node, {"from": suite.address("admin"), "data": data})
    suite.addresses[called or name] = receipt["contractAddress"].lower()


def _give_roles(suite: Suite, contract: str) -> None:
    """The last grant is left scheduled, so that there is one to carry out and to take back."""
    for person in roles(contract):
        if person not in ("admin", "maker"):
            for place in (contract, INACTIVE) if contract == "AssetToken" else (contract,):
                grant = (suite.role(contract, person), suite.address(person))
                suite.send("admin", place, "scheduleRoleGrant", *grant)
                suite.send("admin", place, "grantRole", *grant)
    suite.send("admin", contract, "scheduleRoleGrant", NOTHING, suite.address("candidate"))


def _fill_token(suite: Suite) -> None:
    holders = [suite.address(person) for person in ("holder", "initiator", "giver", "recipient")]
    suite.send("registrar", "AssetToken", "admit", [(account, 344, 2, LAST_DAY) for account in holders])
    suite.send("issuer", "AssetToken", "activate", PARTICULARS)
    suite.send("issuer", "AssetToken", "batchMint", holders, [100] * len(holders))
    suite.send("enforcer", "AssetToken", "freezePartialTokens", suite.address("holder"), 10)
    suite.send("registrar", "AssetToken", "setDocument", DOCUMENT, "ipfs://terms", DOCUMENT)
    suite.send("registrar", "AssetToken", "scheduleRecordDate", FAR_AHEAD_S)
    for person in callers("AssetToken"):
        suite.send("initiator", "AssetToken", "approve", suite.address(person), 100)
    for person in ("initiator", "giver"):
        suite.send(person, "AssetToken", "approve", suite.addresses["Settlement"], 100)


def _mined(node: Node, transaction: dict[str, str]) -> dict[str, Any]:
    return mined(node, node.request("eth_sendTransaction", [transaction | {"gas": hex(29_000_000)}]))
