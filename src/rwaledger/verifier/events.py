"""The events of the released contracts, and how they lie in logs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from rwaledger.verifier import abi
from rwaledger.verifier.abi import Parameter
from rwaledger.verifier.keccak import keccak256_many
from rwaledger.verifier.values import Event, Log, Undecoded

DECLARATIONS = (
    "AccountAdmitted(address indexed account, uint16 country, uint8 investorClass, uint16 validUntilDay)",
    "AccountSuspended(address indexed account, bool suspended)",
    "AddressFrozen(address indexed account, bool indexed isFrozen, address indexed agent)",
    "Approval(address indexed owner, address indexed spender, uint256 value)",
    "CountryAllowed(uint16 indexed country, bool allowed)",
    "DocumentRemoved(bytes32 indexed name, string uri, bytes32 documentHash)",
    "DocumentUpdated(bytes32 indexed name, string uri, bytes32 documentHash)",
    "EIP712DomainChanged()",
    "ForcedTransfer(address indexed from, address indexed to, uint256 amount)",
    "Frozen(address indexed account, uint256 amount)",
    "HeadAnchored(address indexed instrument, uint64 indexed sequence, bytes32 indexed head, bytes32 "
    "previousHead, uint64 blockNumber, bytes32 blockHash, uint256 supply, uint32 holderCount, address "
    "operator, address auditor, bytes32 digest)",
    "InstructionExecuted(bytes32 indexed ref, address indexed instrument, address indexed maker, address "
    "checker, string operation, uint256 lines, bytes32 digest, bytes32 order)",
    "InstrumentActivated(bytes12 indexed isin, bytes9 indexed dti, uint16 domicile, bytes32 filing)",
    "LockUpSet(address indexed account, uint96 amount, uint40 until)",
    "Paused(address account)",
    "RecordDateCancelled(uint16 indexed id)",
    "RecordDateScheduled(uint16 indexed id, uint40 recordDate)",
    "RecoverySuccess(address indexed lostWallet, address indexed newWallet, address indexed investorOnchainId)",
    "ReserveAttested(address indexed instrument, address indexed attestor, uint96 amount, uint48 asOf, uint48 "
    "expiresAt, bytes32 documentHash, bytes32 digest)",
    "RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, bytes32 indexed newAdminRole)",
    "RoleGrantCancelled(bytes32 indexed role, address indexed account)",
    "RoleGrantScheduled(bytes32 indexed role, address indexed account, uint48 grantableFrom)",
    "RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)",
    "RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)",
    "RulesChanged(uint32 indexed version, (uint96 maxBalance, uint32 holderCap, uint40 opensAt, uint40 "
    "closesAt, uint16 classMask, bool countriesRestricted) previous, (uint96 maxBalance, uint32 holderCap, "
    "uint40 opensAt, uint40 closesAt, uint16 classMask, bool countriesRestricted) current)",
    "TokensFrozen(address indexed account, uint256 amount)",
    "TokensUnfrozen(address indexed account, uint256 amount)",
    "TradeCancelled(bytes32 indexed ref, address indexed initiator, address indexed by, bytes32 digest)",
    "TradeSettled(bytes32 indexed ref, address indexed initiator, address indexed venue, bytes32 digest, uint256 legs)",
    "Transfer(address indexed from, address indexed to, uint256 value)",
    "Unpaused(address account)",
    "VenueLicensed(address indexed venue, uint48 validUntil)",
)
"""Every event that the released contracts can emit; `tests/verifier/test_events.py` holds it against the artifacts."""


@dataclass(frozen=True, slots=True)
class _Layout:
    name: str
    indexed: tuple[Parameter, ...]
    data: tuple[Parameter, ...]


def decode(log: Log) -> Event | Undecoded:
    """The event of a log, or why it is none of ours."""
    layout = _layouts().get(log.topics[0]) if log.topics else None
    if layout is None:
        return Undecoded(log, "unknown topic")
    try:
        if len(log.topics) != len(layout.indexed) + 1:
            raise ValueError(f"{len(log.topics)} topics instead of {len(layout.indexed) + 1}")
        topics = zip(layout.indexed, log.topics[1:], strict=True)
        args = {each.name: _topic(each.type, topic) for each, topic in topics}
        return Event(layout.name, args | abi.decode(layout.data, bytes.fromhex(log.data[2:])), log)
    except ValueError as error:
        return Undecoded(log, f"{layout.name} does not fit its data: {error}")


@cache
def _topic(kind: str, topic: str) -> Any:
    """What a topic says: the same accounts stand in very many."""
    return abi.word(kind, bytes.fromhex(topic[2:]))


def is_told(event: Event, row: Any, chain_id: int) -> bool:
    """Whether a row of the register's events says exactly what the event's receipt does."""
    log = event.log
    topics = '["' + '","'.join(log.topics) + '"]'
    source = *log.place, log.block_hash, log.tx_hash, log.tx_index, log.address
    return bool(row == (chain_id, *source, event.name, topics, log.data))


def addresses_in(event: Event) -> list[str]:
    """Every argument of type address."""
    layout = _layouts()[event.log.topics[0]]
    return [event.args[each.name] for each in (*layout.indexed, *layout.data) if each.type == "address"]


@cache
def _layouts() -> dict[str, _Layout]:
    """The events by their first topic, the hash of their signature."""
    found = []
    for declaration in DECLARATIONS:
        name, _, rest = declaration.partition("(")
        found.append((name, abi.parameters(rest[:-1])))
    signatures = [f"{name}({','.join(each.type for each in declared)})".encode() for name, declared in found]
    return {
        "0x" + topic.hex(): _Layout(
            name,
            tuple(each for each in declared if each.indexed),
            tuple(each for each in declared if not each.indexed),
        )
        for (name, declared), topic in zip(found, keccak256_many(signatures), strict=True)
    }
