"""The settlement contract: what the parties sign, what is sent, what has become of a trade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rwaledger.chain.contracts import SETTLEMENT
from rwaledger.chain.eip712 import Signable, Struct
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing
from rwaledger.domain.settlement import Trade, TradeStatus

_LEG = Struct("Leg", (("token", "address"), ("from", "address"), ("to", "address"), ("amount", "uint256")))
_SIGNABLE = Signable(
    "rwaledger Settlement",
    Struct("Trade", (("ref", "bytes32"), ("venue", "address"), ("notAfter", "uint48"), ("legs", "Leg[]")), _LEG),
)


def typed_message(chain_id: int, settlement: str, trade: Trade) -> dict[str, Any]:
    """The full EIP-712 message that each party's wallet shows and signs."""
    return _SIGNABLE.message(chain_id, settlement, _values(trade))


def hashes(chain_id: int, settlement: str, trade: Trade) -> tuple[bytes, bytes]:
    """Domain separator and struct hash of `typed_message`."""
    return _SIGNABLE.hashes(chain_id, settlement, _values(trade))


def digest(chain_id: int, settlement: str, trade: Trade) -> str:
    """The hash that the parties sign; the contract computes the same."""
    return _SIGNABLE.digest(chain_id, settlement, _values(trade))


def settling(settlement: str, trade: Trade, signatures: Sequence[str]) -> Outgoing:
    """The call that settles a trade: one signature a leg, `0x` where its giver has signed with an earlier one."""
    return Outgoing(settlement, SETTLEMENT.encode("settle", [_tuple(trade), list(signatures)]))


def cancelling(settlement: str, trade: Trade, initiator_signature: str = "0x") -> Outgoing:
    """The call that closes a trade's reference for ever; the initiator itself needs no signature."""
    return Outgoing(settlement, SETTLEMENT.encode("cancel", [_tuple(trade), initiator_signature]))


def status_of(node: Node, settlement: str, initiator: str, ref: str, block: int | str = "latest") -> TradeStatus:
    """What has become of a reference."""
    (status,) = SETTLEMENT.call(node, settlement, "statusOf", [initiator, ref], block)
    return TradeStatus(status)


def venue_valid_until(node: Node, settlement: str, venue: str, block: int | str = "latest") -> int:
    """The last second of a venue's licence; 0 where it never had one."""
    (until,) = SETTLEMENT.call(node, settlement, "venueValidUntil", [venue], block)
    return int(until)


def _tuple(trade: Trade) -> tuple[Any, ...]:
    legs = [(leg.token, leg.sender, leg.recipient, leg.amount_units) for leg in trade.legs]
    return (trade.ref, trade.venue, trade.not_after, legs)


def _values(trade: Trade) -> dict[str, Any]:
    return {
        "ref": trade.ref,
        "venue": trade.venue,
        "notAfter": trade.not_after,
        "legs": [
            {"token": leg.token, "from": leg.sender, "to": leg.recipient, "amount": leg.amount_units}
            for leg in trade.legs
        ],
    }
