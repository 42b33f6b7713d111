"""Would the contract carry it out? Judged line by line before anything is signed, with the contract's own codes.

The lines are judged one after another on a model of the register, as the chain will judge them: the second line sees
what the first one moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.chain import state
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.holder import day_of_timestamp
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move, RegisterModel
from rwaledger.domain.units import MAX_UNITS, format_amount
from rwaledger.operate.plan import Part, Plan

_MOVES = (Operation.ISSUE, Operation.REDEEM, Operation.TRANSFER)


@dataclass(slots=True)
class _Judge:
    """One instrument's model, and what `transfer` may still draw from each account's allowance."""

    instrument: Instrument
    model: RegisterModel
    allowances: dict[str, int]


def precheck(node: Node, plan: Plan) -> None:
    """Judges every line of the plan on the state of the latest block.

    Raises:
        InputFileError: with every line that would be refused, its ERC-1404 code and the rule in words.
    """
    parts_by_instrument: dict[str, list[Part]] = defaultdict(list)
    for part in plan.parts:
        parts_by_instrument[part.instrument.instrument_id].append(part)
    problems: list[InputProblem] = []
    for parts in parts_by_instrument.values():
        problems += _problems(node, parts)
    if problems:
        raise InputFileError(problems)


def judge_move(node: Node, instrument: Instrument, move: Move) -> tuple[Restriction, Restriction]:
    """The verdicts of the Python rules and of the contract on one move; they are written apart and must agree."""
    model = _model(node, instrument, {move.sender, move.recipient} - {ISSUANCE_ACCOUNT})
    code = state.restriction_code(node, instrument.address, (move.sender, move.recipient, move.amount_units))
    return model.judge(move), Restriction(code)


def _problems(node: Node, parts: Sequence[Part]) -> list[InputProblem]:
    instrument = parts[0].instrument
    accounts = {a for part in parts for line in part.lines for a in (line.sender, line.recipient)}
    accounts.discard(ISSUANCE_ACCOUNT)
    judge = _Judge(instrument, _model(node, instrument, accounts), _allowances(node, parts))
    problems = []
    for part in parts:
        for entry in part.entries:
            reason = _reason(judge, part.operation, entry.line)
            if reason:
                problems.append(InputProblem(entry.path, entry.row, reason))
    return problems


def _model(node: Node, instrument: Instrument, accounts: set[str]) -> RegisterModel:
    latest = node.block("latest")
    if latest is None:
        raise AssertionError("a node always has a latest block")
    states = state.account_states(node, instrument.address, sorted(accounts), latest.number)
    return RegisterModel(
        rules=state.rules(node, instrument.address, latest.number),
        today=day_of_timestamp(latest.timestamp),
        paused=state.paused(node, instrument.address, latest.number),
        supply_units=state.total_supply(node, instrument.address, latest.number),
        balances={account: balance for account, (balance, _) in states.items()},
        standings={account: standing for account, (_, standing) in states.items()},
    )


def _allowances(node: Node, parts: Sequence[Part]) -> dict[str, int]:
    instrument = parts[0].instrument
    lines = [line for part in parts if part.operation is Operation.TRANSFER for line in part.lines]
    senders = sorted({line.sender for line in lines})
    answers = ASSET_TOKEN.call_many(
        node, instrument.address, [("allowance", [sender, instrument.control_book]) for sender in senders]
    )
    return {sender: units for sender, (units,) in zip(senders, answers, strict=True)}


def _reason(judge: _Judge, operation: Operation, line: Line) -> str:
    """Why the line would be refused, in words; empty where it would not."""
    if operation in _MOVES:
        return _move_reason(judge, operation, line)
    if operation is Operation.FORCE_TRANSFER:
        return _forced_reason(judge, line)
    if operation in (Operation.FREEZE, Operation.RELEASE):
        return _frozen_reason(judge, operation, line)
    if operation in (Operation.SUSPEND, Operation.REINSTATE):
        standing = judge.model.standings[line.sender]
        return "" if standing.admitted else "the account is not admitted to the instrument"
    return ""


def _move_reason(judge: _Judge, operation: Operation, line: Line) -> str:
    move = Move(line.sender, line.recipient, line.amount_units)
    if judge.model.exceeds_supply(move):
        return "the supply would pass 2^96-1 units"
    if operation is Operation.TRANSFER:
        allowed = judge.allowances[line.sender]
        if allowed < line.amount_units:
            amount = format_amount(allowed, judge.instrument.decimals)
            return (
                f"the sender has approved {amount} to the control book, less than the amount;"
                " the sender's own key approves with `rwaledger units approve`"
            )
    restriction = judge.model.apply(move)
    if restriction is not Restriction.NONE:
        return _refused(restriction)
    if operation is Operation.TRANSFER:
        judge.allowances[line.sender] -= line.amount_units
    return ""


def _forced_reason(judge: _Judge, line: Line) -> str:
    """An order needs a recipient who may hold and a balance that suffices; nothing else stops it."""
    if line.sender == line.recipient:
        return "the two accounts are the same"
    restriction = judge.model.judge_recipient(line.recipient)
    if restriction is Restriction.NONE and line.amount_units > judge.model.balances[line.sender]:
        restriction = Restriction.INSUFFICIENT_BALANCE
    if restriction is not Restriction.NONE:
        return _refused(restriction)
    judge.model.balances[line.sender] -= line.amount_units
    judge.model.balances[line.recipient] += line.amount_units
    return ""


def _frozen_reason(judge: _Judge, operation: Operation, line: Line) -> str:
    frozen = judge.model.standings[line.sender].frozen_units
    if operation is Operation.RELEASE and line.amount_units > frozen:
        return f"only {format_amount(frozen, judge.instrument.decimals)} is frozen"
    if operation is Operation.FREEZE and frozen + line.amount_units > MAX_UNITS:
        return "the frozen amount would pass 2^96-1 units"
    return ""


def _refused(restriction: Restriction) -> str:
    return f"would be refused, code {restriction.value}: {restriction.message}"
