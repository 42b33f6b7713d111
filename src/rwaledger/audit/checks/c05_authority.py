"""C05: every issue, redemption, forced move and recovery has exactly one authorised instruction, and the reverse."""

from __future__ import annotations

from collections import Counter

from rwaledger.audit.authority import CARRIED_OUT, ControlBook, Deed, Effect, Execution, deeds_of, effects
from rwaledger.audit.findings import CONTROL_BOOK, EVENTS, Findings, amount, cause_of, named_amount, where
from rwaledger.audit.records import InstrumentRecords, Records, place_of
from rwaledger.domain.instruction import Operation, reference
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Value
from rwaledger.domain.settlement import SETTLEMENT_ID
from rwaledger.registry.instructions import StoredInstruction

ID = "C05"
TITLE = "Everything was authorised"
PURPOSE = (
    "Every issue, redemption, forced move and recovery on the chain has exactly one instruction with a maker and a "
    "checker, line for line, and every instruction that the register calls carried out has its effects on the chain. "
    "What the register keeps of an instruction is what was signed, sent and carried out."
)

_UNDUE = {
    Operation.ISSUE: (BreakClass.UNDUE_CREATION, "issue"),
    Operation.REDEEM: (BreakClass.UNDUE_DELETION, "redemption"),
    Operation.FORCE_TRANSFER: (BreakClass.UNAUTHORISED, "forced transfer"),
    Operation.RECOVER: (BreakClass.UNAUTHORISED, "recovery"),
}
"""What nobody may do without an instruction."""


def run(records: Records) -> CheckResult:
    """Goes from the chain to the control book, and back."""
    findings = Findings(ID, TITLE, records)
    for each in records.instruments:
        _require_authority(findings, each)
        for execution in each.book.executions:
            follows_from = _judge(findings, each.instrument.instrument_id, execution)
            _judge_moves(findings, each, execution, follows_from)
        _judge_book(findings, each.instrument.instrument_id, each.book)
    for licences in records.past.licences.values():
        for execution in licences.executions:
            _judge(findings, SETTLEMENT_ID, execution)
        _judge_book(findings, SETTLEMENT_ID, licences)
    findings.take_faults()
    return findings.result()


def _judge_book(findings: Findings, instrument_id: str, book: ControlBook) -> None:
    """What the register keeps of its instructions."""
    _require_effects(findings, instrument_id, book)
    _require_own_rows(findings, instrument_id, book)
    findings.count(instructions=len(book.stored))


def _require_authority(findings: Findings, each: InstrumentRecords) -> None:
    """What was done by nobody's instruction at all."""
    behind = {place_of(event.log) for execution in each.book.executions for event in execution.effects}
    privileged = [effect for effect in each.new_effects if effect.deed.operation in _UNDUE]
    findings.count(privileged_moves=len(privileged))
    for effect in privileged:
        if place_of(effect.event.log) not in behind:
            _undue(findings, each, effect, "no instruction")


def _judge(findings: Findings, instrument_id: str, execution: Execution) -> str:
    """Who authorised it, then whether it is what was signed; the finding, or nothing, that its lines follow from."""
    stored = execution.stored
    if stored is None or execution.objection:
        return _unauthorised(findings, instrument_id, execution).break_id
    edited = _compare_digests(findings, instrument_id, execution, stored)
    follows_from = edited.break_id if edited else ""
    _compare_signatures(findings, instrument_id, execution, stored, follows_from)
    return follows_from


def _judge_moves(findings: Findings, each: InstrumentRecords, execution: Execution, follows_from: str) -> None:
    """Line for line what it did; without authority, everything that it did follows from that."""
    if execution.stored is not None and not execution.objection:
        _compare_lines(findings, each, execution, execution.stored, follows_from=follows_from)
        return
    for effect in effects(execution.effects):
        if effect.deed.operation in _UNDUE:
            _undue(findings, each, effect, "no authorised instruction", follows_from=follows_from)


def _unauthorised(findings: Findings, instrument_id: str, execution: Execution) -> Break:
    """One finding for the instruction; what it did follows from it."""
    args, log = execution.event.args, execution.event.log
    return findings.add(
        BreakClass.UNAUTHORISED,
        instrument_id,
        str(args["maker"]),
        f"{args['operation']} of {args['lines']} lines was carried out, but {execution.objection}: {where(log)}",
        (Value(EVENTS, f"instruction {execution.ref}"), Value(CONTROL_BOOK, execution.objection)),
        cause=cause_of(place_of(log)),
    )


def _undue(findings: Findings, each: InstrumentRecords, effect: Effect, lacks: str, *, follows_from: str = "") -> None:
    break_class, name = _UNDUE[effect.deed.operation]
    move, log = effect.deed.move, effect.event.log
    by_order = effect.deed.operation in (Operation.FORCE_TRANSFER, Operation.RECOVER)
    origin = f" from {move.sender}" if by_order else ""
    findings.add(
        break_class,
        each.instrument.instrument_id,
        effect.deed.account,
        f"{name} of {named_amount(each, move.amount_units)}{origin} has {lacks}: {where(log)}",
        (Value(EVENTS, amount(each, move.amount_units)), Value(CONTROL_BOOK, lacks)),
        cause=cause_of(place_of(log)),
        follows_from=follows_from,
    )


def _compare_digests(
    findings: Findings, instrument_id: str, execution: Execution, stored: StoredInstruction
) -> Break | None:
    """The digest covers reference, instrument, operation, maker, checker, deadline, order, text and lines."""
    executed = str(execution.event.args["digest"])
    recorded = execution.stored_digests - {executed}
    if not recorded:
        return None
    return findings.add(
        BreakClass.TAMPER,
        instrument_id,
        stored.instruction.maker,
        f"the register's instruction is not the one that was carried out: {where(execution.event.log)}",
        (Value(EVENTS, f"digest {executed}"), Value(CONTROL_BOOK, f"digest {min(recorded)}")),
        cause=f"instruction {execution.ref}",
    )


def _compare_signatures(
    findings: Findings, instrument_id: str, execution: Execution, stored: StoredInstruction, follows_from: str
) -> None:
    """The evidence of the second pair of eyes is the signature that was sent, bit for bit."""
    if execution.signature == stored.signature:
        return
    unknown = execution.signature is None
    findings.add(
        BreakClass.COVERAGE if unknown else BreakClass.TAMPER,
        instrument_id,
        stored.instruction.checker,
        f"the checker's signature is {'not compared' if unknown else 'not the one sent'}: {where(execution.event.log)}",
        (
            Value(EVENTS, "the node has no such transaction" if unknown else execution.signature or "another"),
            Value(CONTROL_BOOK, str(stored.signature)),
        ),
        cause=f"instruction {execution.ref} signature",
        follows_from=follows_from,
    )


def _require_own_rows(findings: Findings, instrument_id: str, book: ControlBook) -> None:
    """What no signature covers of an instruction: whose it is, and the key that its reference is made from."""
    tampered = {found.cause: found.break_id for found in findings.breaks}
    for ref, stored in sorted(book.stored.items()):
        i, key = stored.instruction, stored.idempotency_key
        due = f"{instrument_id}, reference {ref}"
        found = f"{i.instrument_id}, reference {reference(i.chain_id, i.control_book, key, stored.chunk)}"
        if found != due:
            findings.add(
                BreakClass.TAMPER,
                instrument_id,
                i.maker,
                f"the instrument, key or chunk of the register's instruction is not what its reference says: {ref}",
                (Value("required", due), Value(CONTROL_BOOK, found)),
                cause=f"instruction {ref} row",
                follows_from=tampered.get(f"instruction {ref}", ""),
            )


def _compare_lines(
    findings: Findings, each: InstrumentRecords, execution: Execution, stored: StoredInstruction, *, follows_from: str
) -> None:
    """Each line has its effect, and no effect is without a line; in their order nothing has to be counted."""
    ordered, done = deeds_of(stored), effects(execution.effects)
    if ordered == [effect.deed.as_ordered for effect in done]:
        return
    lines = Counter(ordered)
    for effect in done:
        if lines[effect.deed.as_ordered] > 0:
            lines[effect.deed.as_ordered] -= 1
        elif effect.deed.operation in _UNDUE:
            _undue(findings, each, effect, "no line in the instruction behind it", follows_from=follows_from)
    for number, deed in enumerate(ordered, 1):
        if lines[deed] > 0:
            lines[deed] -= 1
            _without_effect(findings, each, execution, number, deed, follows_from=follows_from)


def _without_effect(
    findings: Findings, each: InstrumentRecords, execution: Execution, number: int, deed: Deed, *, follows_from: str
) -> None:
    findings.add(
        BreakClass.MISSING_ON_CHAIN,
        each.instrument.instrument_id,
        deed.account,
        f"line {number} ({deed.operation}) had no effect: {where(execution.event.log)}",
        (Value(EVENTS, "nothing"), Value(CONTROL_BOOK, amount(each, deed.move.amount_units))),
        cause=f"instruction {execution.ref} line {number}",
        follows_from=follows_from,
    )


def _require_effects(findings: Findings, instrument_id: str, book: ControlBook) -> None:
    """What the register calls carried out was, at the pinned block or, as the next run will see, beyond it."""
    executed = Counter(execution.ref for execution in book.executions)
    for ref, stored in sorted(book.stored.items()):
        if stored.status in CARRIED_OUT and executed[ref] != 1 and ref not in book.later:
            findings.add(
                BreakClass.MISSING_ON_CHAIN if not executed[ref] else BreakClass.DUPLICATE,
                instrument_id,
                stored.instruction.maker,
                f"the register calls the instruction {stored.status}; the chain has it {executed[ref]} times: {ref}",
                (Value(EVENTS, f"{executed[ref]} times"), Value(CONTROL_BOOK, "once")),
                cause=f"instruction {ref} carried out",
            )
    beyond = sum(ref in book.later for ref in book.stored)
    if beyond:
        findings.note(f"{beyond} instructions on {instrument_id} were carried out beyond this block.")
