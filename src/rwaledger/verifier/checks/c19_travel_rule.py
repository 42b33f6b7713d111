"""C19: of every larger payment in a stablecoin the register knows who paid whom.

Source: FATF Recommendation 16; Anti-Money Laundering and Counter-Terrorist Financing Ordinance (Cap. 615), Schedule 2,
section 13A. The threshold is that of the policy on the local day of the block. A record bears trade or instruction and
line, and is held against exactly one transfer.

What a record seals opens only with the privacy key: its hash is held against the one in the log of who did what.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from rwaledger.verifier.book import effects
from rwaledger.verifier.calendar import moment_of
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c07_backing import counts_of
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings, at, where
from rwaledger.verifier.exact import fraction, power_of_ten
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.moves import TimedMove, moves
from rwaledger.verifier.replay import Place
from rwaledger.verifier.settled import closings, moved_behind

ID, TITLE = "C19", "Larger payments have their travel-rule record"
RECORD = f"{REGISTER}: travel rule"

Subject = tuple[str, int]
"""A trade's digest or an instruction's reference, and the leg or line, counted from 0."""


def run(case: Case) -> Findings:
    """From the payments to the records, and back."""
    found = Findings(ID, TITLE, case)
    records = {(row.subject, row.line): row for row in case.pack.table("travel_records")}
    found.count(transfers=0, records_required=0, records=len(records))
    subjects = dict(_subjects(case))
    for ledger in case.ledgers:
        if ledger.row.kind == "stablecoin":
            currency = next((c.lines[0].currency for c in reversed(counts_of(case, ledger.instrument_id))), None)
            for moved in moves(ledger):
                if moved.effect.deed.operation == "transfer" and moved.effect.deed.move.units:
                    subject = subjects.get((ledger.address, place_of(moved.effect.event)))
                    _judge(found, ledger, moved, records.get(subject) if subject else None, currency)
    _compare_hashes(found, records)
    _judge_unpaid(found, records, set(subjects.values()))
    return found


def _subjects(case: Case) -> Iterator[tuple[tuple[str, Place], Subject]]:
    """Under which subject every transfer of an instruction or a trade was made, in the order of lines and legs."""
    for ledger in case.ledgers:
        for execution in ledger.executions:
            made = (each for each in effects(execution.effects) if each.deed.operation == "transfer")
            for line, effect in enumerate(made):
                yield (ledger.address, place_of(effect.event)), (execution.ref, line)
    settled = [event for event in closings(case) if event.name == "TradeSettled"]
    for event, moved in moved_behind(case, settled):
        for number, (place, leg) in enumerate(moved):
            yield (leg.token, place), (event.args["digest"], number)


def _judge(found: Findings, ledger: Ledger, moved: TimedMove, record: Any, currency: str | None) -> None:
    move, event = moved.effect.deed.move, moved.effect.event
    is_required = _is_required(ledger, moved, currency)
    found.count(transfers=1, records_required=int(is_required))
    paid = EVENTS, ledger.amount(move.units)
    ids = ledger.instrument_id, move.sender
    if record is not None:
        made = ledger.instrument_id, move.sender, move.recipient, move.units
        kept = record.instrument_id, record.sender, record.recipient, record.amount_units
        if made != kept:
            kind = "AMOUNT" if made[:3] == kept[:3] else "TAMPER"
            shown = "{3} units of {0} from {1} to {2}"
            values = (EVENTS, shown.format(*made)), (RECORD, shown.format(*kept))
            summary = f"the travel-rule record is not of the payment that was made: {where(event.log)}"
            found.add(kind, *ids, summary, *values, at(event))
    elif is_required and not {move.sender, move.recipient} & found.case.excused.accounts:
        summary = f"{paid[1]} were paid to {move.recipient} without a travel-rule record: {where(event.log)}"
        found.add("RULE_BREACH", *ids, summary, paid, (RECORD, "no record"), at(event))


def _is_required(ledger: Ledger, moved: TimedMove, currency: str | None) -> bool:
    """Between two holders, at or above the threshold; without a rate, whatever is in another currency."""
    case, move = ledger.case, moved.effect.deed.move
    payer, payee = case.holder_of(move.sender), case.holder_of(move.recipient)
    if payer and payer == payee:
        return False
    day = case.calendar.local_day(moment_of(moved.time))
    threshold = case.calendar.figure("travel_rule_threshold", day)
    if currency is not None and currency != threshold["currency"]:
        return True
    return bool(move.units >= math.ceil(fraction(threshold["amount"]) * power_of_ten(ledger.row.decimals)))


def _compare_hashes(found: Findings, records: dict[Subject, Any]) -> None:
    """The payload's hash is the one with which a record was made."""
    log = [row for row in found.case.pack.table("audit_log") if row.action == "travel-rule record made"]
    told = [(row.subject, json.loads(row.detail)) for row in log]
    made = {(subject, int(detail["line"])): str(detail["payload_hash"]) for subject, detail in told}
    for (subject, line), row in records.items():
        due = made.get((subject, line))
        if due != row.payload_hash:
            summary = f"the travel-rule record of {subject}, line {line}, is not the one that was made"
            values = ("audit log", due or "nothing"), (RECORD, row.payload_hash)
            found.add("TAMPER", row.instrument_id, row.sender, summary, *values, f"{subject} line {line} payload")


def _judge_unpaid(found: Findings, records: dict[Subject, Any], paid: set[Subject]) -> None:
    """Records of lines that were never there, and how many are of payments that have not been made."""
    done = {subject for subject, _ in paid}
    waiting = 0
    for key, row in sorted(records.items()):
        if key in paid:
            continue
        if row.subject not in done:
            waiting += 1
            continue
        summary = f"a travel-rule record is of line {row.line} of {row.subject}, which moved nothing there"
        values = (EVENTS, "nothing"), (RECORD, f"{row.amount_units} units to {row.recipient}")
        found.add("MISSING_ON_CHAIN", row.instrument_id, row.sender, summary, *values, f"{row.subject} line {row.line}")
    if waiting:
        found.count(records_without_payment=waiting)
        found.note(f"{waiting} records are of payments that were not made by this block.")
