"""The settlement contract: what the parties sign, what is sent, what has become of a trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from rwaledger.chain.contracts import SETTLEMENT
from rwaledger.chain.eip712 import Signable, Struct
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing
from rwaledger.domain.settlement import Leg, Trade, TradeStatus

_LEG = Struct("Leg", (("token", "address"), ("from", "address"), ("to", "address"), ("amount", "uint256")))
_SIGNABLE = Signable(
    "rwaledger Settlement",
    Struct("Trade", (("ref", "bytes32"), ("venue", "address"), ("notAfter", "uint48"), ("legs", "Leg[]")), _LEG),
)

_CLOSING_TOPICS = {
    "0x" + keccak(text="TradeSettled(bytes32,address,address,bytes32,uint256)").hex(): TradeStatus.SETTLED,
    "0x" + keccak(text="TradeCancelled(bytes32,address,address,bytes32)").hex(): TradeStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Closing:
    """How a reference was used up: with which trade, by its digest, and in which transaction."""

    status: TradeStatus
    digest: str
    tx_hash: str
    block_number: int


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


def statuses_of(node: Node, settlement: str, references: Sequence[tuple[str, str]]) -> list[TradeStatus]:
    """What has become of many references, each given with its initiator."""
    answers = SETTLEMENT.call_many(node, settlement, [("statusOf", list(each)) for each in references])
    return [TradeStatus(status) for (status,) in answers]


def closing_of(node: Node, settlement: str, initiator: str, ref: str, from_block: int) -> Closing | None:
    """How a reference was used up, by the contract's own event; None while it is open."""
    topics = [list(_CLOSING_TOPICS), ref, "0x" + initiator.removeprefix("0x").rjust(64, "0")]
    logs = node.request("eth_getLogs", [{"address": settlement, "fromBlock": hex(from_block), "topics": topics}])
    if not logs:
        return None
    log = logs[0]
    digest_of = log["data"][: 2 + 64]
    return Closing(_CLOSING_TOPICS[log["topics"][0]], digest_of, log["transactionHash"], int(log["blockNumber"], 16))


def sent_trade(node: Node, settlement: str, tx_hash: str) -> Trade | None:
    """The trade that a transaction settled or cancelled; None where it went to another contract first."""
    transaction = node.request("eth_getTransactionByHash", [tx_hash])
    if transaction is None or str(transaction["to"]).lower() != settlement:
        return None
    _, args = SETTLEMENT.decode_input(transaction["input"])
    head = args["trade"]
    legs = tuple(Leg(leg["token"], leg["from"], leg["to"], leg["amount"]) for leg in head["legs"])
    return Trade(head["ref"], head["venue"], head["notAfter"], legs)


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
