"""C18: both legs of every settlement moved in one transaction, exactly as its parties signed, and the register says so.

Source: principle 12 of the CPMI-IOSCO Principles for financial market infrastructures (2012): where two linked
obligations are settled, the one is final if and only if the other is.

What moved is what the instruments tell of behind the settlement's own event, in the same transaction. Anything else
that moves between the parties there is a difference too.
"""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.audit.deals import Reference, digest_of, reference_of, reference_of_stored
from rwaledger.audit.findings import REGISTER, Findings, cause_of, where
from rwaledger.audit.records import Records, place_of
from rwaledger.audit.settled_legs import Difference, closings_with_moves, differences
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value
from rwaledger.domain.settlement import Leg, Trade, TradeState, trade_reference
from rwaledger.registry.trades import StoredTrade

ID = "C18"
TITLE = "Settlements moved all their legs"
PURPOSE = (
    "Behind every settlement, in its own transaction, exactly the legs moved that its parties signed; the register has "
    "the trade with these legs, its end and the signature of each giver; and every trade that the register calls "
    "settled or cancelled is so on the chain."
)

_CHAIN = "chain"
_NOTHING = "nothing"
_ENDS = {"TradeSettled": TradeState.SETTLED, "TradeCancelled": TradeState.CANCELLED}


def run(records: Records) -> CheckResult:
    """From the chain's settlements to the register's trades, and back."""
    findings = Findings(ID, TITLE, records)
    findings.count(settlements=0, legs=0, trades=0, signatures=0)
    stored = {reference_of_stored(each): each for each in records.past.deals.extract.stored}
    closed: set[Reference] = set()
    for event, moved in closings_with_moves(records):
        trade = stored.get(reference_of(event))
        closed.add(reference_of(event))
        _compare_end(findings, event, trade)
        if event.name == "TradeSettled":
            findings.count(settlements=1)
            _compare_legs(findings, event, _signed_trade(records, event, trade), moved)
    for reference, each in stored.items():
        findings.count(trades=1)
        _judge_row(findings, each)
        _require_end(findings, each, is_closed=reference in closed)
    _stray_signatures(findings)
    return findings.result()


def _compare_end(findings: Findings, event: ChainEvent, stored: StoredTrade | None) -> None:
    """What the chain has closed, the register has, as the same trade and with the same end."""
    end, ref = _ENDS[event.name], str(event.args["ref"])
    initiator, digest = str(event.args["initiator"]), str(event.args["digest"])
    cause, told = cause_of(place_of(event.log)), where(event.log)
    if stored is None:
        values = Value(_CHAIN, f"trade {ref} {end}"), Value(REGISTER, _NOTHING)
        summary = f"the trade{_purpose(findings.records, event)} is {end} on the chain and not in the register: {told}"
        findings.add(BreakClass.MISSING_IN_REGISTER, "", initiator, summary, values, cause=cause)
    elif stored.digest != digest:
        values = Value(_CHAIN, f"digest {digest}"), Value(REGISTER, f"digest {stored.digest}")
        summary = f"trade {stored.trade_id} is not the one that is {end} on the chain: {told}"
        findings.add(BreakClass.TAMPER, "", initiator, summary, values, cause=cause)
    elif stored.status is not end:
        values = Value(_CHAIN, end), Value(REGISTER, stored.status)
        summary = f"trade {stored.trade_id} is {end} on the chain, and {stored.status} in the register: {told}"
        findings.add(BreakClass.STALE_REFERENCE, "", initiator, summary, values, cause=cause)


def _purpose(records: Records, event: ChainEvent) -> str:
    """What the register says that the transaction was for, where it has it: that names the trade."""
    rows = (row.purpose for row in records.past.sent.rows if row.tx_hash == event.log.tx_hash)
    return f" (`{purpose}`)" if (purpose := next(rows, "")) else ""


def _signed_trade(records: Records, event: ChainEvent, stored: StoredTrade | None) -> Trade | None:
    """The trade with the digest that was settled, as it was sent or as the register has it."""
    carried = records.past.deals.carried.get(event.log.tx_hash)
    if carried is not None and carried.digest == event.args["digest"]:
        return carried.trade
    return stored.trade if stored is not None and digest_of(stored) == event.args["digest"] else None


def _compare_legs(findings: Findings, event: ChainEvent, trade: Trade | None, moved: Sequence[Leg]) -> None:
    cause, told = cause_of(place_of(event.log)), where(event.log)
    if trade is None:
        values = Value(_CHAIN, f"{len(moved)} moves"), Value(REGISTER, _NOTHING)
        summary = f"neither register nor transaction shows what was signed, so that no leg was compared: {told}"
        findings.add(BreakClass.COVERAGE, "", str(event.args["initiator"]), summary, values, cause=f"{cause} legs")
        return
    findings.count(legs=len(trade.legs))
    for each in differences(findings.records, trade, moved):
        on_chain, signed = (_NOTHING, each.words) if each.is_missing else (each.words, _NOTHING)
        findings.add(
            *_class_of(each),
            each.leg.sender,
            f"{'a leg did not move' if each.is_missing else 'moved beside the legs'}: {told}",
            (Value(_CHAIN, on_chain), Value("signed trade", signed)),
            cause=f"{cause} legs",
        )


def _class_of(each: Difference) -> tuple[BreakClass, str]:
    """Of a token that the register does not list, nothing is read: its legs cannot be compared."""
    if each.instrument is None:
        return BreakClass.COVERAGE, ""
    return BreakClass.MISSING_ON_CHAIN if each.is_missing else BreakClass.AMOUNT, each.instrument_id


def _judge_row(findings: Findings, stored: StoredTrade) -> None:
    """The row is what its digest, its name and its signatures say."""
    extract = findings.records.past.deals.extract
    due = (digest_of(stored), trade_reference(stored.chain_id, stored.settlement, stored.trade_id))
    found = (stored.digest, stored.trade.ref)
    initiator = extract.initiators.get(stored.trade_id, "")
    if (*due, stored.trade.initiator) != (*found, initiator):
        findings.add(
            BreakClass.TAMPER,
            "",
            stored.trade.initiator,
            f"the row of trade {stored.trade_id} is not what its name and its digest say",
            (
                Value("required", f"digest {due[0]}, reference {due[1]}, initiator {stored.trade.initiator}"),
                Value(REGISTER, f"digest {found[0]}, reference {found[1]}, initiator {initiator}"),
            ),
            cause=f"trade {stored.trade_id}",
        )
        return
    _judge_signatures(findings, stored)


def _judge_signatures(findings: Findings, stored: StoredTrade) -> None:
    """Each giver has signed what is settled, and nobody else's signature is kept."""
    deals, settled = findings.records.past.deals, stored.status is TradeState.SETTLED
    signatures = deals.extract.signatures.get(stored.trade_id, {})
    findings.count(signatures=len(signatures))
    for party in sorted({*signatures, *(stored.trade.givers if settled else ())}):
        kept = signatures.get(party)
        if kept is None:
            why, break_class = "a giver's signature is missing", BreakClass.MISSING_IN_REGISTER
        elif party not in stored.trade.givers:
            why, break_class = "somebody signed who gives nothing", BreakClass.TAMPER
        elif (stored.trade_id, party) not in deals.verified:
            why, break_class = "a signature is not that of the giver", BreakClass.TAMPER
        else:
            continue
        findings.add(
            break_class,
            "",
            party,
            f"{why}: trade {stored.trade_id}",
            (Value("required", f"signature of {party} under {stored.digest}"), Value(REGISTER, kept or _NOTHING)),
            cause=f"trade {stored.trade_id} signature",
        )


def _require_end(findings: Findings, stored: StoredTrade, *, is_closed: bool) -> None:
    """What the register calls settled or cancelled was closed by the pinned block, or beyond it."""
    if is_closed or not stored.status.is_closed:
        return
    if reference_of_stored(stored) in findings.records.past.deals.later:
        findings.note(f"Trade {stored.trade_id} was closed beyond this block.")
        return
    findings.add(
        BreakClass.MISSING_ON_CHAIN,
        "",
        stored.trade.initiator,
        f"the register calls trade {stored.trade_id} {stored.status}; the chain has not closed it",
        (Value(_CHAIN, "open"), Value(REGISTER, stored.status)),
        cause=f"trade {stored.trade_id} end",
    )


def _stray_signatures(findings: Findings) -> None:
    for trade_id, party in findings.records.past.deals.extract.stray:
        values = Value(REGISTER, f"signature of {party}"), Value("register: trades", _NOTHING)
        summary = f"a signature for a trade that the register does not have: {trade_id}"
        findings.add(BreakClass.TAMPER, "", party, summary, values, cause=f"trade {trade_id} signature")
