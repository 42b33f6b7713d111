"""Judge planned moves before anybody plans them: each by itself, by the contract and by the independent rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rwaledger.chain import state
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import UsageError
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move
from rwaledger.domain.units import parse_amount
from rwaledger.operate.model import load_model
from rwaledger.operate.names import Names
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows

MOVE_COLUMNS = ("instrument", "from", "to", "amount")


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """A move of an instrument, with the line that it came from."""

    row: int
    instrument: Instrument
    move: Move


def read_moves(path: Path, names: Names) -> list[PlannedMove]:
    """The moves of a file; an empty sender is an issue, an empty recipient a redemption.

    Raises:
        InputFileError: with every bad row.
    """
    return convert(path, read_rows(path, MOVE_COLUMNS), lambda row: _move(row, names))


def single_move(fields: dict[str, str], names: Names) -> PlannedMove:
    """The move of a single command, `fields` as a row of the file would have them.

    Raises:
        UsageError: something in it is wrong.
    """
    try:
        return _move(Row(0, fields), names)
    except RowError as error:
        raise UsageError(str(error), "Correct the command.") from None


def judge_move(node: Node, instrument: Instrument, move: Move) -> tuple[Restriction, Restriction]:
    """The verdicts of the Python rules and of the contract on one move; they are written apart and must agree."""
    model = load_model(node, instrument, {move.sender, move.recipient} - {ISSUANCE_ACCOUNT})
    code = state.restriction_code(node, instrument.address, (move.sender, move.recipient, move.amount_units))
    return model.judge(move), Restriction(code)


def _move(row: Row, names: Names) -> PlannedMove:
    fields = FieldReader(row)
    instrument = fields.read("instrument", names.instrument)
    decimals = instrument.decimals if instrument else 18
    amount = fields.read("amount", lambda text: parse_amount(text, decimals))
    sender, recipient = (_side(row, fields, column, names.account) for column in ("from", "to"))
    fields.finish()
    if instrument is None or amount is None:
        raise RowError(["a field is missing"])
    if sender == recipient == ISSUANCE_ACCOUNT:
        raise RowError(["a move needs a side: --to for an issue, --from for a redemption, or both"])
    return PlannedMove(row.line, instrument, Move(sender, recipient, amount))


def _side(row: Row, fields: FieldReader, column: str, account: Callable[[str], str]) -> str:
    if not row.fields[column]:
        return ISSUANCE_ACCOUNT
    return fields.read(column, account) or ""
