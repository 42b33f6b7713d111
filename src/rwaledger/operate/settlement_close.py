"""Close a trade on the chain, once: settle it with the signatures of its parties, or cancel it for ever.

The chain decides what has become of it. A transaction is stored before it leaves, so that the same command after a
crash waits for it, sends it again byte for byte, or finds the trade closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rwaledger.chain import settlement as chain
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.sender import Outgoing, receipts
from rwaledger.domain.errors import ContractRevert, NotSettleable, TransactionFailed
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.settlement import NO_VENUE, TradeState
from rwaledger.domain.travel import Payment
from rwaledger.domain.units import format_amount
from rwaledger.operate.desk import Desk
from rwaledger.operate.dispatch import send_recorded
from rwaledger.operate.follow import write_receipts
from rwaledger.operate.settlement import require_open
from rwaledger.operate.settlement_state import Standing, instruments_of, refusals, shortfalls, standing
from rwaledger.operate.travel import require_recorded, required_records
from rwaledger.operate.words import time_words
from rwaledger.registry import audit_log, holders, trades, transactions
from rwaledger.registry.transactions import TransactionStatus

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer
    from rwaledger.domain.policy import Policy

_VERBS = {TradeState.SETTLED: "settle", TradeState.CANCELLED: "cancel"}


@dataclass(frozen=True, slots=True)
class Closed:
    """A trade that is settled or cancelled; `before` tells that it was so already."""

    standing: Standing
    before: bool


def payments_of_trade(desk: Desk, found: Standing) -> list[Payment]:
    """The legs, as the travel rule looks at them."""
    by_token = instruments_of(desk, found.stored.trade)
    return [
        Payment(found.stored.digest, number, by_token[leg.token], leg.sender, leg.recipient, leg.amount_units)
        for number, leg in enumerate(found.stored.trade.legs)
    ]


def required_of_trade(desk: Desk, found: Standing, policy: Policy) -> list[Payment]:
    """The legs that need a travel-rule record."""
    with desk.database.read() as connection:
        return required_records(connection, policy, found.now, payments_of_trade(desk, found))


def require_settleable(desk: Desk, found: Standing, sender: str) -> None:
    """Raises unless this account can settle the trade now, but for its travel-rule records.

    Raises:
        NotSettleable: closed, expired, unsigned, not this account's to submit, allowances missing, or legs refused.
    """
    require_open(found)
    stored = found.stored
    by_token = instruments_of(desk, stored.trade)
    called = _callers(desk)
    reasons = _submission_reasons(desk, found, sender)
    reasons += [f"{called(giver)} has not signed" for giver in found.unsigned]
    for each in shortfalls(desk.node, stored.settlement, stored.trade, by_token):
        needed, allowed = (format_amount(n, each.instrument.decimals) for n in (each.needed_units, each.allowed_units))
        reasons.append(f"{called(each.giver)} has approved {allowed} of {needed} {each.instrument.symbol}")
    verdicts = refusals(desk.node, [(by_token[leg.token], leg) for leg in stored.trade.legs])
    reasons += [
        f"leg {number} would be refused, code {verdict.value}: {verdict.message}"
        for number, verdict in enumerate(verdicts, 1)
        if verdict is not Restriction.NONE
    ]
    if reasons:
        raise NotSettleable(
            stored.trade_id,
            reasons,
            "Givers sign (`rwaledger settlement sign`) and approve (`rwaledger units approve --for settlement`).",
        )


def settle(desk: Desk, trade_id: str, sender: str, open_sender: Callable[[], Signer], policy: Policy) -> Closed:
    """Settles a trade, once; `open_sender` asks for the key of `sender` where there is something to send.

    Raises:
        NotSettleable: see `require_settleable`.
        TravelRuleRequired: a leg has no travel-rule record.
        ContractRevert, TransactionFailed: the chain refused after all.
    """
    found = standing(desk, trade_id)
    if found.state is TradeState.SETTLED:
        return _written(desk, found, sender, before=True)
    require_settleable(desk, found, sender)
    with desk.database.read() as connection:
        require_recorded(connection, required_of_trade(desk, found, policy))
    stored = found.stored
    call = chain.settling(stored.settlement, stored.trade, _in_order(found))
    return _close(desk, found, open_sender(), call, TradeState.SETTLED)


def cancel(desk: Desk, trade_id: str, sender: str, open_sender: Callable[[], Signer]) -> Closed:
    """Closes the reference of a trade, so that it never settles.

    Raises:
        NotSettleable: it is settled, or this account may not cancel it.
        ContractRevert, TransactionFailed: the chain refused after all.
    """
    found = standing(desk, trade_id)
    if found.state is TradeState.CANCELLED:
        return _written(desk, found, sender, before=True)
    require_cancellable(found, sender)
    trade = found.stored.trade
    signature = found.signatures.get(trade.initiator, "0x") if sender != trade.initiator else "0x"
    call = chain.cancelling(found.stored.settlement, trade, signature)
    return _close(desk, found, open_sender(), call, TradeState.CANCELLED)


def require_cancellable(found: Standing, sender: str) -> None:
    """Raises unless this account can close the trade; one that has expired can still be closed.

    Raises:
        NotSettleable: it is settled, or the account is not its initiator and does not have the initiator's signature.
    """
    trade, trade_id = found.stored.trade, found.stored.trade_id
    if found.state is not TradeState.EXPIRED:
        require_open(found)
    if sender == trade.initiator:
        return
    if sender not in (*trade.givers, trade.venue):
        reason = f"{checksummed(sender)} neither gives in it nor is its venue"
    elif trade.initiator not in found.signatures:
        reason = f"its initiator {checksummed(trade.initiator)} has not signed, and so only it can cancel"
    else:
        return
    raise NotSettleable(trade_id, [reason], "A giver ends its consent by taking back its allowance.")


def _close(desk: Desk, found: Standing, signer: Signer, call: Outgoing, wanted: TradeState) -> Closed:
    """Another run may have been faster: then the chain has the trade as it was wanted, and this one adds nothing."""
    trade_id = found.stored.trade_id
    before = False
    try:
        send_recorded(desk.database, desk.node, signer, call, f"{_VERBS[wanted]} {trade_id}")
    except (ContractRevert, TransactionFailed):
        if standing(desk, trade_id).state is not wanted:
            raise
        before = True
    return _written(desk, standing(desk, trade_id), signer.address, before=before)


def _written(desk: Desk, found: Standing, actor: str, *, before: bool) -> Closed:
    """Writes down what the chain says, where the register does not have it yet."""
    _follow_own(desk, found.stored.trade_id)
    if found.closing is not None and found.stored.status is not found.state:
        detail = {"transaction": found.closing.tx_hash, "block": str(found.closing.block_number)}
        with desk.database.begin() as connection:
            trades.set_trade_status(connection, found.stored.trade_id, found.state)
            audit_log.record(connection, actor, f"trade {found.state.value}", found.stored.trade_id, detail)
    return Closed(found, before)


def _follow_own(desk: Desk, trade_id: str) -> None:
    """How our transactions for the trade ended, where a run was cut off before it could write that down."""
    with desk.database.read() as connection:
        known = [
            each
            for verb in _VERBS.values()
            for each in transactions.transactions(connection, chain_id=desk.node.chain_id, purpose=f"{verb} {trade_id}")
            if each.status in (TransactionStatus.SIGNED, TransactionStatus.SENT)
        ]
    if known:
        write_receipts(desk.database, known, receipts(desk.node, [each.tx_hash for each in known]))


def _callers(desk: Desk) -> Callable[[str], str]:
    """How people call an account: by its holder and its address."""
    with desk.database.read() as connection:
        known = holders.accounts(connection, desk.node.chain_id)
    return lambda account: f"{known[account].holder_id if account in known else 'account'} {checksummed(account)}"


def _submission_reasons(desk: Desk, found: Standing, sender: str) -> list[str]:
    stored = found.stored
    venue = stored.trade.venue
    if venue == NO_VENUE:
        return [] if sender in stored.trade.parties else [f"{checksummed(sender)} is no party to it"]
    if sender != venue:
        return [f"only its venue {checksummed(venue)} can submit it, not {checksummed(sender)}"]
    until = chain.venue_valid_until(desk.node, stored.settlement, venue)
    if until == 0:
        return [f"its venue {checksummed(venue)} has no licence (`rwaledger settlement license-venue`)"]
    return [f"the licence of its venue ended on {time_words(until)}"] if found.now > until else []


def _in_order(found: Standing) -> Sequence[str]:
    """One signature a leg, empty where the giver has signed with an earlier one."""
    seen: set[str] = set()
    ordered = []
    for leg in found.stored.trade.legs:
        ordered.append("0x" if leg.sender in seen else found.signatures[leg.sender])
        seen.add(leg.sender)
    return ordered
