"""Propose trades and gather their signatures; what the parties sign is what will be settled, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rwaledger.chain import settlement as chain
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.signatures import contract_accepts, is_contract, recovered
from rwaledger.domain.errors import (
    AuthorisationError,
    IdempotencyConflict,
    InputFileError,
    InputProblem,
    NotSettleable,
    RegisterConflict,
    UsageError,
)
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.settlement import NO_VENUE, NOT_AFTER_MAX, Trade, TradeState, TradeStatus, trade_reference
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time
from rwaledger.operate.settlement_rows import Proposal
from rwaledger.operate.settlement_state import Standing, refusals, settlement_contract, standing
from rwaledger.registry import audit_log, trades
from rwaledger.registry.instruments import Contract
from rwaledger.registry.trades import StoredTrade

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


@dataclass(frozen=True, slots=True)
class Conditions:
    """Who alone may submit, the zero address for any party, and until when.

    The last second is `not_after`, in seconds since 1970; where that is None, `lifetime_s` after the chain's time.
    """

    venue: str = NO_VENUE
    not_after: int | None = None
    lifetime_s: int = 86_400


@dataclass(frozen=True, slots=True)
class Proposed:
    """A trade on the register, or to be; `known` tells whether it was there before."""

    stored: StoredTrade
    known: bool


def preview(desk: Desk, proposals: Sequence[Proposal], conditions: Conditions) -> list[Proposed]:
    """Everything of `propose` but storing.

    Raises:
        InputFileError: a leg would be refused, with the code of the contract.
        IdempotencyConflict: the name stands for another trade.
        UsageError: the trade would have expired already.
    """
    contract = settlement_contract(desk)
    now = chain_time(desk.node)
    not_after = now + conditions.lifetime_s if conditions.not_after is None else conditions.not_after
    if not now < not_after <= NOT_AFTER_MAX:
        raise UsageError("the trade would have expired already, or never", "Give a later --not-after.")
    found = [_proposed(desk, contract, proposal, conditions, not_after) for proposal in proposals]
    fresh = [p for p, each in zip(proposals, found, strict=True) if not each.known and not each.stored.status.is_closed]
    entries = [entry for proposal in fresh for entry in proposal.entries]
    verdicts = refusals(desk.node, [(entry.instrument, entry.leg) for entry in entries])
    problems = [
        InputProblem(entry.path, entry.row, f"would be refused, code {verdict.value}: {verdict.message}")
        for entry, verdict in zip(entries, verdicts, strict=True)
        if verdict is not Restriction.NONE
    ]
    if problems:
        raise InputFileError(problems)
    return found


def propose(desk: Desk, proposals: Sequence[Proposal], conditions: Conditions) -> list[Proposed]:
    """Stores the trades for their parties to sign, all of them or none; the same again changes nothing.

    Raises:
        RwaledgerError: as `preview`; nothing was stored.
    """
    found = preview(desk, proposals, conditions)
    with desk.database.begin() as connection:
        for each in found:
            if each.known:
                continue
            if not trades.add_trade(connection, each.stored):
                raise RegisterConflict(
                    f"trade {each.stored.trade_id!r} was proposed by somebody else just now; nothing was stored",
                    "Run the same command again.",
                )
            detail = {
                "digest": each.stored.digest,
                "legs": str(len(each.stored.trade.legs)),
                "source": each.stored.source,
            }
            audit_log.record(connection, desk.maker, "trade proposed", each.stored.trade_id, detail)
    return found


def sign(desk: Desk, trade_id: str, signer: Signer) -> Standing:
    """Has a giver sign, with the key of its account.

    Raises:
        AuthorisationError: the key is of no giver.
        NotSettleable: the trade is settled, cancelled or expired.
    """
    found = standing(desk, trade_id)
    require_giver(found, signer.address)
    if signer.address in found.signatures and not found.state.is_closed:
        return found
    digests = chain.hashes(found.stored.chain_id, found.stored.settlement, found.stored.trade)
    return add_signature(desk, trade_id, signer.address, signer.sign_typed_data(*digests))


def add_signature(desk: Desk, trade_id: str, party: str, signature: str) -> Standing:
    """Keeps a signature that was made elsewhere, once it is found to be the party's own over this very trade.

    Raises:
        AuthorisationError: the party gives nothing, or it is not its signature.
        NotSettleable: the trade is settled, cancelled or expired.
    """
    found = standing(desk, trade_id)
    require_giver(found, party)
    require_open(found)
    _require_signed(desk, found.stored, party, signature)
    complete = set(found.unsigned) <= {party}
    with desk.database.begin() as connection:
        trades.put_signature(connection, trade_id, party, signature.lower())
        if complete:
            trades.set_trade_status(connection, trade_id, TradeState.SIGNED)
        audit_log.record(connection, party, "trade signed", trade_id, {"digest": found.stored.digest})
    return standing(desk, trade_id)


def require_giver(found: Standing, account: str) -> None:
    """Raises unless the account has something to sign.

    Raises:
        AuthorisationError: it gives nothing in this trade.
    """
    givers = found.stored.trade.givers
    if account not in givers:
        listed = ", ".join(checksummed(giver) for giver in givers)
        raise AuthorisationError(
            f"{checksummed(account)} gives nothing in trade {found.stored.trade_id!r}",
            f"Those who sign are {listed}.",
        )


def require_open(found: Standing) -> None:
    """Raises where nothing can be done with a trade any more.

    Raises:
        NotSettleable: it is settled, cancelled or expired.
    """
    trade_id = found.stored.trade_id
    if found.closing is not None:
        raise NotSettleable(trade_id, [f"{found.state.value} in transaction {found.closing.tx_hash}"])
    if found.state is TradeState.EXPIRED:
        raise NotSettleable(trade_id, ["expired"], "Propose it anew under another name.")


def _require_signed(desk: Desk, stored: StoredTrade, party: str, signature: str) -> None:
    """As the contract judges: the party's key, or the code of a wallet (ERC-1271)."""
    try:
        signer = recovered(chain.hashes(stored.chain_id, stored.settlement, stored.trade), signature)
    except ValueError:
        raise UsageError(
            "the signature is not written in hex digits", "Give it as the wallet shows it, 0x..."
        ) from None
    if signer == party:
        return
    if is_contract(desk.node, party) and contract_accepts(desk.node, party, stored.digest, signature):
        return
    raise AuthorisationError(
        f"this is not the signature of {checksummed(party)} over trade {stored.trade_id!r}"
        + (f"; it is that of {checksummed(signer)}" if signer else ""),
        f"Have it sign the typed data of `rwaledger settlement show {stored.trade_id} --json`.",
    )


def _proposed(desk: Desk, contract: Contract, proposal: Proposal, conditions: Conditions, not_after: int) -> Proposed:
    with desk.database.read() as connection:
        known = trades.find_trade(connection, proposal.trade_id)
    if known is not None:
        same = known.settlement == contract.address and _is_same(known.trade, proposal, conditions)
        if not same:
            raise IdempotencyConflict(proposal.trade_id, f"a trade from {known.source}")
        return Proposed(known, known=True)
    ref = trade_reference(desk.node.chain_id, contract.address, proposal.trade_id)
    trade = Trade(ref, conditions.venue, not_after, proposal.legs)
    state = TradeState.PROPOSED
    closing = chain.closing_of(desk.node, contract.address, trade.initiator, ref, contract.deploy_block)
    if closing is not None:
        # Another register, or this one before it was lost, has closed a trade of this name.
        closed = chain.sent_trade(desk.node, contract.address, closing.tx_hash)
        if closed is None or not _is_same(closed, proposal, conditions):
            raise IdempotencyConflict(proposal.trade_id, f"a trade in transaction {closing.tx_hash}")
        trade = closed
        state = TradeState.SETTLED if closing.status is TradeStatus.SETTLED else TradeState.CANCELLED
    digest = chain.digest(desk.node.chain_id, contract.address, trade)
    stored = StoredTrade(proposal.trade_id, desk.node.chain_id, contract.address, trade, digest, state, proposal.source)
    return Proposed(stored, known=False)


def _is_same(trade: Trade, proposal: Proposal, conditions: Conditions) -> bool:
    """A lifetime counts from when a trade was first proposed; only a time that was named has to be the same."""
    same_time = conditions.not_after in (None, trade.not_after)
    return (trade.legs, trade.venue) == (proposal.legs, conditions.venue) and same_time
