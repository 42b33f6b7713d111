"""C19: of every larger payment in a stablecoin the register knows who paid whom, and knows it as it was made.

Source: FATF Recommendation 16; in Hong Kong the Anti-Money Laundering and Counter-Terrorist Financing Ordinance (Cap.
615), Schedule 2, section 13A. The threshold is that of the policy on the local day of the block. One whole unit of a
stablecoin is one of the currency of its reserve; where that is not the threshold's, every payment needs a record, since
no rate between the two is kept.

A payment is a transfer between accounts of different holders. One that a holder makes by itself, around the registrar,
is one as well: it has no record, and is found here. Issues and redemptions are no transfers; forced transfers and
recoveries are nobody's payments but go by order. A record bears trade or instruction and line, so that it is held
against exactly one transfer. What is sealed in it opens only with the privacy key; without that, its hash is held
against the one in the log of who did what. A record that was made for a payment which was not made in the end, or not
by this block, is noted: it must be there before anything is sent. One that names a line which its trade or instruction
did not have is a finding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount, cause_of, named_amount, where
from rwaledger.audit.moves import TimedMove, moves
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.travel_subjects import Paid, Subject, paid_by_subject
from rwaledger.domain.instruction import Operation
from rwaledger.domain.instrument import InstrumentKind
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value
from rwaledger.domain.travel import TravelRecord

ID = "C19"
TITLE = "Larger payments have their travel-rule record"
PURPOSE = (
    "Every transfer of a stablecoin between two holders, at or above the threshold of its day, has a record of who "
    "paid whom that is of exactly this transfer; those that holders make by themselves too."
)

RECORD = f"{REGISTER}: travel rule"
_Records = Mapping[Subject, TravelRecord]


def run(records: Records) -> CheckResult:
    """Goes from the payments to the records, and back."""
    findings = Findings(ID, TITLE, records)
    findings.count(transfers=0, records_required=0, records=len(records.office.register.travel))
    paid = paid_by_subject(records)
    made = {(record.subject, record.line): record for record in records.office.register.travel}
    subjects = {(found.instrument_id, found.place): found.subject for found in paid}
    for each in records.instruments:
        if each.instrument.kind is InstrumentKind.STABLECOIN:
            for found in moves(records, each):
                is_new = found.place[0] >= each.first_block
                if is_new and found.operation is Operation.TRANSFER and found.move.amount_units:
                    subject = subjects.get((each.instrument.instrument_id, found.place))
                    _judge(findings, each, found, made.get(subject) if subject else None)
    for record in made.values():
        _compare_hash(findings, record)
    _judge_unpaid(findings, made, paid)
    return findings.result()


def _judge(findings: Findings, each: InstrumentRecords, found: TimedMove, record: TravelRecord | None) -> None:
    records, move = findings.records, found.move
    is_required = _is_required(records, each, found)
    findings.count(transfers=1, records_required=int(is_required))
    if record is not None:
        _compare(findings, each, found, record)
    elif is_required and not {move.sender, move.recipient} & records.office.excused.accounts:
        findings.add(
            BreakClass.RULE_BREACH,
            each.instrument.instrument_id,
            move.sender,
            f"{named_amount(each, move.amount_units)} were paid to {move.recipient} without a travel-rule record: "
            f"{where(found.log)}",
            (Value(EVENTS, amount(each, move.amount_units)), Value(RECORD, "no record")),
            cause=cause_of(found.place),
        )


def _is_required(records: Records, each: InstrumentRecords, found: TimedMove) -> bool:
    """Between two holders, at or above the threshold; an account of nobody's is somebody else's."""
    payer, payee = records.holder_id(found.move.sender), records.holder_id(found.move.recipient)
    if payer and payer == payee:
        return False
    day = records.policy.on_moment(records.office.moment(found.log.block_number))
    threshold = day.travel_rule_threshold
    currency = _currency_of(records, each.instrument.instrument_id)
    if currency is not None and currency != threshold.currency:
        return True
    least = math.ceil(Fraction(threshold.amount) * Fraction(10) ** each.instrument.decimals)
    return found.move.amount_units >= least


def _currency_of(records: Records, instrument_id: str) -> str | None:
    """What the last count of its reserve is held in; None where there is none, and the threshold's is taken for it."""
    counts = [found for found in records.office.register.statements if found.instrument_id == instrument_id]
    return counts[-1].lines[0].currency if counts else None


def _compare(findings: Findings, each: InstrumentRecords, found: TimedMove, record: TravelRecord) -> None:
    """Whether the record is of what moved."""
    move, name = found.move, each.instrument.instrument_id
    paid = (name, move.sender, move.recipient, move.amount_units)
    recorded = (record.instrument_id, record.sender, record.recipient, record.amount_units)
    if paid != recorded:
        only_units = paid[:-1] == recorded[:-1]
        sides = [
            amount(each, units) if only_units else f"{units} units of {instrument_id} from {sender} to {recipient}"
            for instrument_id, sender, recipient, units in (paid, recorded)
        ]
        findings.add(
            BreakClass.AMOUNT if only_units else BreakClass.TAMPER,
            name,
            move.sender,
            f"the travel-rule record is not of the payment that was made: {where(found.log)}",
            (Value(EVENTS, sides[0]), Value(RECORD, sides[1])),
            cause=cause_of(found.place),
        )


def _compare_hash(findings: Findings, record: TravelRecord) -> None:
    """The payload's hash is the one with which the record was made."""
    made = findings.records.office.register.travel_hashes.get((record.subject, record.line))
    if made != record.payload_hash:
        findings.add(
            BreakClass.TAMPER,
            record.instrument_id,
            record.sender,
            f"the travel-rule record of {record.subject}, line {record.line}, is not the one that was made",
            (Value("audit log", made or "nothing"), Value(RECORD, record.payload_hash)),
            cause=f"{record.subject} line {record.line} payload",
        )


def _judge_unpaid(findings: Findings, made: _Records, paid: list[Paid]) -> None:
    """Records of lines that were never there, and those of payments that have not been made."""
    lines = {found.subject for found in paid}
    done = {subject for subject, _ in lines}
    waiting = 0
    for key, record in sorted(made.items()):
        if key in lines:
            continue
        if record.subject not in done:
            waiting += 1
            continue
        findings.add(
            BreakClass.MISSING_ON_CHAIN,
            record.instrument_id,
            record.sender,
            f"a travel-rule record is of line {record.line} of {record.subject}, which moved nothing there",
            (Value(EVENTS, "nothing"), Value(RECORD, f"{record.amount_units} units to {record.recipient}")),
            cause=f"{record.subject} line {record.line}",
        )
    if waiting:
        findings.count(records_without_payment=waiting)
        findings.note(f"Records of payments that were not made by this block: {waiting}.")
