"""How a trade stands: by the register, by the contract that has the last word, and what it still lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rwaledger.chain import settlement as chain
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch, NotSettleable, RegisterConflict
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move
from rwaledger.domain.settlement import Leg, Trade, TradeState, TradeStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time
from rwaledger.operate.model import load_model
from rwaledger.registry import instruments, trades
from rwaledger.registry.instruments import Contract, ContractKind
from rwaledger.registry.trades import StoredTrade


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a giver has still to approve to the settlement contract: `allowed_units` of `needed_units` are."""

    instrument: Instrument
    giver: str
    needed_units: int
    allowed_units: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A trade with its signatures, and how it stands at the chain's time `now`."""

    stored: StoredTrade
    signatures: dict[str, str]
    state: TradeState
    closing: chain.Closing | None
    now: int

    @property
    def unsigned(self) -> tuple[str, ...]:
        """Givers who have not signed."""
        return tuple(giver for giver in self.stored.trade.givers if giver not in self.signatures)


def settlement_contract(desk: Desk) -> Contract:
    """The settlement contract of the register's chain.

    Raises:
        ChainMismatch: the register is that of another chain.
        UnknownName: it has none.
    """
    with desk.database.read() as connection:
        instruments.require_genesis(connection, desk.node.chain_id, desk.node.genesis_hash)
        return instruments.contract_of(connection, desk.node.chain_id, ContractKind.SETTLEMENT)


def standing(desk: Desk, trade_id: str) -> Standing:
    """How one trade stands.

    Raises:
        UnknownName: there is none of that name.
        RegisterConflict: the register's row is not the trade that was proposed.
        NotSettleable: its reference was used up by another trade.
        ChainMismatch: it is a trade of another chain.
    """
    contract = settlement_contract(desk)
    with desk.database.read() as connection:
        stored = trades.trade(connection, trade_id)
        signed = trades.signatures(connection, trade_id)
    if (stored.chain_id, stored.settlement) != (contract.chain_id, contract.address):
        raise ChainMismatch(
            f"trade {trade_id!r} is for the settlement {stored.settlement} on chain {stored.chain_id}",
            "Point rpc_url to a node of that chain.",
        )
    require_authentic(stored)
    trade = stored.trade
    closing = chain.closing_of(desk.node, stored.settlement, trade.initiator, trade.ref, contract.deploy_block)
    if closing is not None and closing.digest != stored.digest:
        raise NotSettleable(
            trade_id,
            [f"its reference was used by another trade, in transaction {closing.tx_hash}"],
            "Propose what is still to be traded under another name.",
        )
    now = chain_time(desk.node)
    status = closing.status if closing else TradeStatus.OPEN
    signatures = {party: signature for party, signature in signed.items() if party in trade.givers}
    return Standing(stored, signatures, _state(trade, status, len(signatures), now), closing, now)


def states(desk: Desk) -> list[tuple[StoredTrade, TradeState]]:
    """All trades of the chain with how they stand, oldest first."""
    with desk.database.read() as connection:
        stored = trades.trades(connection, desk.node.chain_id)
        signed = {each.trade_id: len(trades.signatures(connection, each.trade_id)) for each in stored}
    now = chain_time(desk.node)
    found: dict[str, TradeStatus] = {}
    for address in {each.settlement for each in stored}:
        of_contract = [each for each in stored if each.settlement == address]
        references = [(each.trade.initiator, each.trade.ref) for each in of_contract]
        answers = chain.statuses_of(desk.node, address, references)
        found |= {each.trade_id: status for each, status in zip(of_contract, answers, strict=True)}
    return [(each, _state(each.trade, found[each.trade_id], signed[each.trade_id], now)) for each in stored]


def shortfalls(node: Node, settlement: str, trade: Trade, by_token: dict[str, Instrument]) -> list[Shortfall]:
    """Where a giver has approved less than the trade takes."""
    found = []
    for (giver, token), needed in trade.given.items():
        (allowed,) = ASSET_TOKEN.call(node, token, "allowance", [giver, settlement])
        if allowed < needed:
            found.append(Shortfall(by_token[token], giver, needed, allowed))
    return found


def refusals(node: Node, legs: Sequence[tuple[Instrument, Leg]]) -> list[Restriction]:
    """The contract's verdict on each leg, one after another: a later one sees what the earlier ones did."""
    models = {
        instrument.instrument_id: load_model(node, instrument, _accounts(leg for i, leg in legs if i == instrument))
        for instrument in dict.fromkeys(instrument for instrument, _ in legs)
    }
    return [
        models[instrument.instrument_id].apply(Move(leg.sender, leg.recipient, leg.amount_units))
        for instrument, leg in legs
    ]


def instruments_of(desk: Desk, trade: Trade) -> dict[str, Instrument]:
    """The instruments of the legs, by address."""
    with desk.database.read() as connection:
        known = {each.address: each for each in instruments.instruments(connection)}
    return {leg.token: known[leg.token] for leg in trade.legs}


def require_authentic(stored: StoredTrade) -> None:
    """Raises unless the row is what its digest says.

    Raises:
        RegisterConflict: somebody has changed it.
    """
    if chain.digest(stored.chain_id, stored.settlement, stored.trade) != stored.digest:
        raise RegisterConflict(
            f"trade {stored.trade_id!r} is not as proposed: its legs, venue and time do not give its digest",
            "The row was changed from outside. Restore the database.",
        )


def _accounts(legs: Iterable[Leg]) -> set[str]:
    return {account for leg in legs for account in (leg.sender, leg.recipient)} - {ISSUANCE_ACCOUNT}


def _state(trade: Trade, status: TradeStatus, signatures: int, now: int) -> TradeState:
    if status is not TradeStatus.OPEN:
        return TradeState.SETTLED if status is TradeStatus.SETTLED else TradeState.CANCELLED
    if now > trade.not_after:
        return TradeState.EXPIRED
    return TradeState.SIGNED if signatures >= len(trade.givers) else TradeState.PROPOSED
