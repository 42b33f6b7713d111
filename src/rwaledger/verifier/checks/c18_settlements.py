"""C18: all legs of every settlement moved in one transaction, exactly as its parties signed, and the register says so.

Source: principle 12 of the CPMI-IOSCO Principles for financial market infrastructures (2012). What moved is what the
instruments tell of behind the settlement's own event. A signature that was accepted by the settlement contract under
the same digest holds; any other is recovered here, and one of an ERC-1271 wallet cannot be asked offline.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import CHAIN, REGISTER, Findings, at, where
from rwaledger.verifier.secp256k1 import recover_bytes
from rwaledger.verifier.settled import (
    CLOSINGS,
    Leg,
    Reference,
    Sent,
    Trade,
    closings,
    moved_behind,
    reference_of,
    sent_trade,
    trade_of_row,
    trade_reference,
)
from rwaledger.verifier.values import Event

ID, TITLE = "C18", "Settlements moved all their legs"
_NOTHING = "nothing"


def run(case: Case) -> Findings:
    """From the chain's settlements to the register's trades, and back."""
    found = Findings(ID, TITLE, case)
    found.count(settlements=0, legs=0, trades=0, signatures=0)
    rows: dict[Reference, tuple[Any, Trade]] = {}
    for row in case.rows("trades"):
        trade = trade_of_row(row)
        rows[row.settlement, trade.initiator, row.ref] = row, trade
    ends = closings(case)
    sent = {event.log.tx_hash: each for event in ends if (each := sent_trade(case, event))}
    for event, moved in moved_behind(case, ends):
        known = rows.get(reference_of(event))
        row = known[0] if known else None
        _compare_end(found, event, row)
        if event.name == "TradeSettled":
            found.count(settlements=1)
            carried = sent.get(event.log.tx_hash)
            candidates = ([carried.trade] if carried else []) + ([known[1]] if known else [])
            signed = next((each for each in candidates if _is_of(each, event)), None)
            _compare_legs(found, event, signed, [leg for _, leg in moved])
    closed = {reference_of(event) for event in ends}
    signatures = _Signatures(case, {each.trade.digest: each for each in sent.values()})
    for reference, (row, trade) in rows.items():
        found.count(trades=1)
        _judge_row(found, row, trade, signatures)
        _require_end(found, row, trade, is_closed=reference in closed)
    for trade_id, party in signatures.stray:
        values = (REGISTER, f"signature of {party}"), (f"{REGISTER}: trades", _NOTHING)
        summary = f"a signature for a trade that the register does not have: {trade_id}"
        found.add("TAMPER", "", party, summary, *values, f"trade {trade_id} signature")
    return found


def _is_of(trade: Trade, event: Event) -> bool:
    return bool(trade.digest == event.args["digest"])


def _purpose(case: Case, event: Event) -> str:
    """What the register says that the transaction was for, where it has it: that names the trade."""
    rows = (row.purpose for row in case.rows("transactions") if row.tx_hash == event.log.tx_hash)
    return f" (`{purpose}`)" if (purpose := next(rows, "")) else ""


def _compare_end(found: Findings, event: Event, row: Any) -> None:
    """What the chain has closed, the register has, as the same trade and with the same end."""
    end, args = CLOSINGS[event.name], event.args
    if row is None:
        values = (CHAIN, f"trade {args['ref']} {end}"), (REGISTER, _NOTHING)
        purpose = _purpose(found.case, event)
        summary = f"the trade{purpose} is {end} on the chain and not in the register: {where(event.log)}"
        found.add("MISSING_IN_REGISTER", "", args["initiator"], summary, *values, at(event))
    elif row.digest != args["digest"]:
        values = (CHAIN, f"digest {args['digest']}"), (REGISTER, f"digest {row.digest}")
        summary = f"trade {row.trade_id} is not the one that is {end} on the chain: {where(event.log)}"
        found.add("TAMPER", "", args["initiator"], summary, *values, at(event))
    elif row.status != end:
        summary = f"trade {row.trade_id} is {end} on the chain, and {row.status} in the register: {where(event.log)}"
        values = (CHAIN, end), (REGISTER, row.status)
        found.add("STALE_REFERENCE", "", args["initiator"], summary, *values, at(event))


def _compare_legs(found: Findings, event: Event, trade: Trade | None, moved: list[Leg]) -> None:
    cause = f"{at(event)} legs"
    if trade is None:
        values = (CHAIN, f"{len(moved)} moves"), (REGISTER, _NOTHING)
        summary = f"neither register nor transaction shows what was signed: {where(event.log)}"
        found.add("COVERAGE", "", event.args["initiator"], summary, *values, cause)
        return
    found.count(legs=len(trade.legs))
    due, there = Counter(trade.legs), Counter(moved)
    parties = {party for leg in trade.legs for party in (leg.sender, leg.recipient)}
    beside = [leg for leg in (there - due).elements() if {leg.sender, leg.recipient} <= parties]
    for leg in (due - there).elements():
        _differ(found, event, leg, "a leg did not move", is_missing=True)
    for leg in beside:
        _differ(found, event, leg, "moved beside the legs", is_missing=False)


def _differ(found: Findings, event: Event, leg: Leg, what: str, *, is_missing: bool) -> None:
    """Of a token that the register does not list nothing is read, so that its legs cannot be compared."""
    ledger = found.case.ledger_at.get(leg.token)
    units = f"{ledger.amount(leg.units)} {ledger.instrument_id}" if ledger else f"{leg.units} units of {leg.token}"
    words = f"{units} from {leg.sender} to {leg.recipient}"
    kind = "COVERAGE" if ledger is None else "MISSING_ON_CHAIN" if is_missing else "AMOUNT"
    shown = (_NOTHING, words) if is_missing else (words, _NOTHING)
    ids = ledger.instrument_id if ledger else "", leg.sender
    values = (CHAIN, shown[0]), ("signed trade", shown[1])
    found.add(kind, *ids, f"{what}: {where(event.log)}", *values, f"{at(event)} legs")


class _Signatures:
    """The register's signatures by trade and party, and which of them hold."""

    def __init__(self, case: Case, sent: dict[str, Sent]) -> None:
        self._sent = sent
        of_chain = {row.trade_id for row in case.rows("trades")}
        known = {row.trade_id for row in case.pack.table("trades")}
        self.of: dict[str, dict[str, str]] = {}
        self.stray: list[tuple[str, str]] = []
        for row in case.pack.table("trade_signatures"):
            if row.trade_id in of_chain:
                self.of.setdefault(row.trade_id, {})[row.party] = row.signature
            elif row.trade_id not in known:
                self.stray.append((row.trade_id, row.party))

    def hold(self, trade: Trade, recorded_digest: str, party: str, signature: str) -> bool:
        """Whether a party has signed a trade."""
        sent = self._sent.get(recorded_digest)
        if sent and sent.signatures.get(party) == signature:
            return True
        try:
            digest, raw = bytes.fromhex(trade.digest[2:]), bytes.fromhex(signature.removeprefix("0x"))
            return recover_bytes(digest, raw) == party
        except ValueError:
            return False


def _judge_row(found: Findings, row: Any, trade: Trade, signatures: _Signatures) -> None:
    """The row is what its digest, its name and its signatures say."""
    due = trade.digest, trade_reference(row.chain_id, row.settlement, row.trade_id), trade.initiator
    kept = row.digest, row.ref, row.initiator
    if due != kept:
        shown = "digest {}, reference {}, initiator {}"
        values = ("required", shown.format(*due)), (REGISTER, shown.format(*kept))
        summary = f"the row of trade {row.trade_id} is not what its name and its digest say"
        found.add("TAMPER", "", trade.initiator, summary, *values, f"trade {row.trade_id}")
        return
    signed = signatures.of.get(row.trade_id, {})
    found.count(signatures=len(signed))
    needed = trade.givers if row.status == "settled" else []
    for party in sorted({*signed, *needed}):
        kind, why = "TAMPER", ""
        if party not in signed:
            kind, why = "MISSING_IN_REGISTER", "a giver's signature is missing"
        elif party not in trade.givers:
            why = "somebody signed who gives nothing"
        elif not signatures.hold(trade, row.digest, party, signed[party]):
            why = "a signature is not that of the giver"
        if why:
            values = ("required", f"signature of {party}"), (REGISTER, signed.get(party, _NOTHING))
            found.add(kind, "", party, f"{why}: trade {row.trade_id}", *values, f"trade {row.trade_id} signature")


def _require_end(found: Findings, row: Any, trade: Trade, *, is_closed: bool) -> None:
    """What the register calls settled or cancelled was closed by the pinned block; or beyond it, as it says."""
    if is_closed or row.status not in CLOSINGS.values():
        return
    if found.case.is_sent_later(row.ref):
        found.note(f"Trade {row.trade_id} was closed beyond this block.")
        return
    summary = f"the register calls trade {row.trade_id} {row.status}; the chain has not closed it"
    values = (CHAIN, "open"), (REGISTER, row.status)
    found.add("MISSING_ON_CHAIN", "", trade.initiator, summary, *values, f"trade {row.trade_id} end")
