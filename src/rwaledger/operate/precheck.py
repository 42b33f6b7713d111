"""Would the contract carry it out? Judged line by line before anything is signed, with the contract's own codes.

The lines are judged one after another on a model of the instrument, as the chain will judge them: the second line
sees what the first one did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.domain.acts import InstrumentModel
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.holder import LockUp, Standing
from rwaledger.domain.instruction import (
    Line,
    Operation,
    admission_of_detail,
    particulars_of_line,
    rules_of_line,
)
from rwaledger.domain.instrument import Document, Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Restriction, Verdict
from rwaledger.domain.rules import Move
from rwaledger.domain.units import format_amount
from rwaledger.operate.model import load_model
from rwaledger.operate.plan import Part, Plan


@dataclass(slots=True)
class _Judge:
    """One instrument's model, and what `transfer` may still draw from each account's allowance."""

    instrument: Instrument
    model: InstrumentModel
    allowances: dict[str, int]


def precheck(node: Node, plan: Plan) -> None:
    """Judges every line of the plan on the state of the latest block.

    Raises:
        InputFileError: with every line that would be refused, its ERC-1404 code and the rule in words.
    """
    parts_by_instrument: dict[str, list[Part]] = defaultdict(list)
    for part in plan.parts:
        if part.operation is not Operation.LICENSE_VENUE:  # acts on the settlement, which is no instrument
            parts_by_instrument[part.instrument.instrument_id].append(part)
    problems: list[InputProblem] = []
    for parts in parts_by_instrument.values():
        problems += _problems(node, parts)
    if problems:
        raise InputFileError(problems)


def _problems(node: Node, parts: Sequence[Part]) -> list[InputProblem]:
    instrument = parts[0].instrument
    accounts = {a for part in parts for line in part.lines for a in (line.sender, line.recipient)}
    accounts.discard(ISSUANCE_ACCOUNT)
    model = load_model(node, instrument, accounts, {part.operation for part in parts})
    judge = _Judge(instrument, model, _allowances(node, parts))
    problems = []
    for part in parts:
        for entry in part.entries:
            reason = _reason(judge, part, entry.line)
            if reason:
                problems.append(InputProblem(entry.path, entry.row, reason))
    return problems


def _allowances(node: Node, parts: Sequence[Part]) -> dict[str, int]:
    instrument = parts[0].instrument
    lines = [line for part in parts if part.operation is Operation.TRANSFER for line in part.lines]
    senders = sorted({line.sender for line in lines})
    answers = ASSET_TOKEN.call_many(
        node, instrument.address, [("allowance", [sender, instrument.control_book]) for sender in senders]
    )
    return {sender: units for sender, (units,) in zip(senders, answers, strict=True)}


def _reason(judge: _Judge, part: Part, line: Line) -> str:
    """Why the line would be refused, in words; empty where it would not."""
    match part.operation:
        case Operation.TRANSFER:
            return _transfer_reason(judge, line)
        case Operation.FREEZE | Operation.RELEASE:
            return _frozen_reason(judge, part.operation, line)
    verdict = _verdict(judge.model, part, line)
    if verdict is Restriction.NONE:
        return ""
    return _refused(verdict) if isinstance(verdict, Restriction) else verdict.message


def _verdict(model: InstrumentModel, part: Part, line: Line) -> Verdict:  # noqa: PLR0911 - one for each operation
    match part.operation:
        case Operation.ISSUE | Operation.REDEEM:
            return model.apply(Move(line.sender, line.recipient, line.amount_units))
        case Operation.FORCE_TRANSFER:
            return model.force_transfer(Move(line.sender, line.recipient, line.amount_units))
        case Operation.RECOVER:
            return model.recover(line.sender, line.recipient)
        case Operation.ADMIT:
            country, investor_class, valid_until_day = admission_of_detail(line.detail)
            return model.admit(line.recipient, Standing(investor_class, country, valid_until_day))
        case Operation.SUSPEND | Operation.REINSTATE:
            return model.set_suspended(line.sender, part.operation is Operation.SUSPEND)
        case Operation.SET_LOCK_UP:
            return model.set_lock_up(line.sender, LockUp(line.amount_units, line.detail))
        case _:
            return _verdict_on_instrument(model, part, line)


def _verdict_on_instrument(model: InstrumentModel, part: Part, line: Line) -> Verdict:  # noqa: PLR0911
    """On what touches no account: a freeze or release of the whole account, or a pause, is always possible."""
    match part.operation:
        case Operation.ACTIVATE:
            return model.activate(particulars_of_line(line, part.order))
        case Operation.SET_RULES:
            return model.set_rules(rules_of_line(line))
        case Operation.SET_COUNTRY:
            return model.set_country(line.detail, line.amount_units == 1)
        case Operation.SET_DOCUMENT:
            return model.set_document(_hex(line.amount_units), Document(part.text, _hex(line.detail)))
        case Operation.REMOVE_DOCUMENT:
            return model.remove_document(_hex(line.amount_units))
        case Operation.SCHEDULE_RECORD_DATE:
            return model.schedule_record_date(line.detail)
        case Operation.CANCEL_RECORD_DATE:
            return model.cancel_record_date(line.detail)
    return Restriction.NONE


def _transfer_reason(judge: _Judge, line: Line) -> str:
    """The rules come first: an allowance can be given, and would not help where a rule refuses."""
    move = Move(line.sender, line.recipient, line.amount_units)
    restriction = judge.model.judge(move)
    if restriction is not Restriction.NONE:
        return _refused(restriction)
    allowed = judge.allowances[line.sender]
    if allowed < line.amount_units:
        amount = format_amount(allowed, judge.instrument.decimals)
        return (
            f"the sender has approved {amount} to the control book, less than the amount;"
            " the sender's own key approves with `rwaledger units approve`"
        )
    judge.model.carry_out(move)
    judge.allowances[line.sender] -= line.amount_units
    return ""


def _frozen_reason(judge: _Judge, operation: Operation, line: Line) -> str:
    frozen = judge.model.standing(line.sender).frozen_units
    amount = line.amount_units if operation is Operation.FREEZE else -line.amount_units
    if judge.model.freeze(line.sender, amount) is Restriction.NONE:
        return ""
    if operation is Operation.RELEASE:
        return f"only {format_amount(frozen, judge.instrument.decimals)} is frozen"
    return "the frozen amount would pass 2^96-1 units"


def _refused(restriction: Restriction) -> str:
    # The one refusal that no correction of the file would mend.
    remedy = "; run `rwaledger instrument activate` first" if restriction is Restriction.NOT_ACTIVE else ""
    return f"would be refused, code {restriction.value}: {restriction.message}{remedy}"


def _hex(number: int) -> str:
    return f"0x{number:064x}"
