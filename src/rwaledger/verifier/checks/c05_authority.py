"""C05: every issue, redemption, forced move and recovery has exactly one authorised instruction, and the reverse.

Source: four eyes, docs/contracts.md. The instruction's digest is hashed anew from the register's row, and the checker's
signature compared with the one in the calldata of the transaction that carried it out.
"""

from __future__ import annotations

from collections import Counter

from rwaledger.verifier.book import CARRIED_OUT, Effect, Execution, Instruction, effects, hash_together
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c05_rows import compare_rows, unlisted
from rwaledger.verifier.checks.c05_signature import compare_signature
from rwaledger.verifier.checks.found import CONTROL_BOOK, EVENTS, Findings, at, where
from rwaledger.verifier.ledger import Governed, Ledger, place_of

ID, TITLE = "C05", "Everything was authorised"

UNDUE = {
    "issue": ("UNDUE_CREATION", "issue"),
    "redeem": ("UNDUE_DELETION", "redemption"),
    "force-transfer": ("UNAUTHORISED", "forced transfer"),
    "recover": ("UNAUTHORISED", "recovery"),
}
"""What nobody may do without an instruction: the class of the finding, and its name."""


def run(case: Case) -> Findings:
    """From the chain to the control book, and back."""
    found = Findings(ID, TITLE, case)
    hash_together(case.instructions.values())
    for ledger in case.ledgers:
        _require_authority(found, ledger)
        for execution in ledger.executions:
            _judge_moves(found, ledger, execution, _judge(found, ledger, execution))
        _judge_rows(found, ledger)
    for settlement in case.settlements:
        for execution in settlement.executions:
            _judge(found, settlement, execution)
        _judge_rows(found, settlement)
    unlisted(found, case)
    return found


def _judge_rows(found: Findings, governed: Governed) -> None:
    _require_effects(found, governed)
    compare_rows(found, governed)
    found.count(instructions=len(governed.stored))


def _require_authority(found: Findings, ledger: Ledger) -> None:
    behind = {place_of(event) for execution in ledger.executions for event in execution.effects}
    privileged = [effect for effect in ledger.effects if effect.deed.operation in UNDUE]
    found.count(privileged_moves=len(privileged))
    for effect in privileged:
        if place_of(effect.event) not in behind:
            _undue(found, ledger, effect, "no instruction")


def _judge(found: Findings, governed: Governed, execution: Execution) -> str:
    """The finding that all that it did follows from; empty where it was authorised as it is."""
    if execution.authority is None:
        return _unauthorised(found, governed, execution)
    edited = _compare_digests(found, governed, execution, execution.authority)
    compare_signature(found, governed, execution, execution.authority, edited)
    return edited


def _judge_moves(found: Findings, ledger: Ledger, execution: Execution, root: str) -> None:
    if execution.authority is not None:
        _compare_lines(found, ledger, execution, execution.authority, root)
        return
    for effect in effects(execution.effects):
        if effect.deed.operation in UNDUE:
            _undue(found, ledger, effect, "no authorised instruction", root)


def _unauthorised(found: Findings, governed: Governed, execution: Execution) -> str:
    args, log = execution.event.args, execution.event.log
    summary = f"{args['operation']} of {args['lines']} lines was carried out, but {execution.objection}: {where(log)}"
    values = (EVENTS, f"instruction {execution.ref}"), (CONTROL_BOOK, execution.objection)
    ids = governed.instrument_id, args["maker"]
    return found.add("UNAUTHORISED", *ids, summary, *values, at(execution.event)).break_id


def _undue(found: Findings, ledger: Ledger, effect: Effect, lacks: str, follows_from: str = "") -> None:
    kind, name = UNDUE[effect.deed.operation]
    move = effect.deed.move
    origin = f" from {move.sender}" if kind == "UNAUTHORISED" else ""
    units = ledger.amount(move.units)
    summary = f"{name} of {units} {ledger.row.symbol}{origin} has {lacks}: {where(effect.event.log)}"
    values = (EVENTS, units), (CONTROL_BOOK, lacks)
    cause = at(effect.event)
    found.add(kind, ledger.instrument_id, effect.deed.account, summary, *values, cause, follows_from)


def _compare_digests(found: Findings, governed: Governed, execution: Execution, stored: Instruction) -> str:
    """The digest covers reference, instrument, operation, maker, checker, deadline, order, text and lines."""
    executed = execution.event.args["digest"]
    others = sorted({stored.row.digest, stored.digest} - {executed})
    if not others:
        return ""
    summary = f"the register's instruction is not the one that was carried out: {where(execution.event.log)}"
    values = (EVENTS, f"digest {executed}"), (CONTROL_BOOK, f"digest {others[0]}")
    cause = f"instruction {execution.ref}"
    return found.add("TAMPER", governed.instrument_id, stored.row.maker, summary, *values, cause).break_id


def _compare_lines(
    found: Findings, ledger: Ledger, execution: Execution, stored: Instruction, follows_from: str
) -> None:
    """Each line has its effect, and no effect is without a line."""
    due = stored.deeds
    open_lines = Counter(due)
    for effect in effects(execution.effects):
        ordered = effect.deed.as_ordered
        if open_lines[ordered] > 0:
            open_lines[ordered] -= 1
        elif effect.deed.operation in UNDUE:
            _undue(found, ledger, effect, "no line in the instruction behind it", follows_from)
    for number, deed in enumerate(due, 1):
        if open_lines[deed] > 0:
            open_lines[deed] -= 1
            summary = f"line {number} ({deed.operation}) had no effect: {where(execution.event.log)}"
            values = (EVENTS, "nothing"), (CONTROL_BOOK, ledger.amount(deed.move.units))
            cause = f"instruction {execution.ref} line {number}"
            ids = ledger.instrument_id, deed.account
            found.add("MISSING_ON_CHAIN", *ids, summary, *values, cause, follows_from)


def _require_effects(found: Findings, governed: Governed) -> None:
    """What the register calls carried out was; what it says was mined beyond the pinned block, a pack cannot show."""
    executed = Counter(execution.ref for execution in governed.executions)
    later = found.case.mined_later
    for ref, stored in sorted(governed.stored.items()):
        status = stored.row.status
        if status not in CARRIED_OUT or executed[ref] == 1 or ref in later:
            continue
        kind = "DUPLICATE" if executed[ref] else "MISSING_ON_CHAIN"
        summary = f"the register calls the instruction {status}; the chain has it {executed[ref]} times: {ref}"
        values = (EVENTS, f"{executed[ref]} times"), (CONTROL_BOOK, "once")
        cause = f"instruction {ref} carried out"
        found.add(kind, governed.instrument_id, stored.row.maker, summary, *values, cause)
    beyond = sum(ref in later for ref in governed.stored)
    if beyond:
        found.note(f"{beyond} instructions on {governed.instrument_id} were mined beyond this block, by the register.")
