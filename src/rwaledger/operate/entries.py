"""What an operator asks for, row by row: a file or a single command becomes entries, all valid or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.units import parse_amount
from rwaledger.operate.names import Names
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows
from rwaledger.operate.times import parse_moment

COMMAND = Path("command line")
"""Stands for the file where a single command gave the values."""

COLUMNS: dict[Operation, tuple[str, ...]] = {
    Operation.ISSUE: ("instrument", "account", "amount"),
    Operation.REDEEM: ("instrument", "account", "amount"),
    Operation.FREEZE: ("instrument", "account", "amount"),
    Operation.RELEASE: ("instrument", "account", "amount"),
    Operation.FREEZE_ACCOUNT: ("instrument", "account"),
    Operation.RELEASE_ACCOUNT: ("instrument", "account"),
    Operation.SUSPEND: ("instrument", "account"),
    Operation.REINSTATE: ("instrument", "account"),
    Operation.TRANSFER: ("instrument", "from", "to", "amount"),
    Operation.FORCE_TRANSFER: ("instrument", "from", "to", "amount"),
    Operation.SET_LOCK_UP: ("instrument", "account", "amount", "until"),
}
"""The header of each operation's file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of one instrument, with the place that it came from for messages."""

    path: Path
    row: int
    instrument: Instrument
    line: Line


def read_entries(path: Path, operation: Operation, names: Names) -> list[Entry]:
    """The entries of an operation's CSV file.

    Raises:
        InputFileError: with every bad row.
    """
    return _entries(path, operation, names, read_rows(path, COLUMNS[operation]))


def single_entry(operation: Operation, names: Names, fields: dict[str, str]) -> list[Entry]:
    """The one entry of a single command; `fields` as a row of the file would have them.

    Raises:
        InputFileError: something in it is wrong.
    """
    return _entries(COMMAND, operation, names, [Row(0, fields)])


def _entries(path: Path, operation: Operation, names: Names, rows: Sequence[Row]) -> list[Entry]:
    parse = _parser(path, operation, names)
    entries = convert(path, rows, parse)
    _refuse_repeats(path, entries)
    return entries


def _refuse_repeats(path: Path, entries: list[Entry]) -> None:
    """A repeated row is far more often a slip than a wish; one row with the sum says it clearly.

    Two rows for one account are a repeat whatever their amounts; two transfers between the same two accounts only
    where the amount is the same as well.
    """
    first_row: dict[tuple[str, Line], int] = {}
    problems = []
    for entry in entries:
        two_sided = ISSUANCE_ACCOUNT not in (entry.line.sender, entry.line.recipient)
        same = (entry.instrument.instrument_id, entry.line if two_sided else replace(entry.line, amount_units=0))
        if same in first_row:
            message = f"repeats line {first_row[same]}; write one row with the sum"
            problems.append(InputProblem(path, entry.row, message))
        first_row.setdefault(same, entry.row)
    if problems:
        raise InputFileError(problems)


def _parser(path: Path, operation: Operation, names: Names) -> Callable[[Row], Entry]:
    columns = COLUMNS[operation]
    credit = operation is Operation.ISSUE

    def parse(row: Row) -> Entry:
        fields = FieldReader(row)
        instrument = fields.read("instrument", names.instrument)
        parties: dict[str, str] = {}
        for column, field in _party_columns(columns, credit):
            address = fields.read(column, names.account)
            parties[field] = address or ""
        amount = detail = 0
        if "amount" in columns:
            decimals = instrument.decimals if instrument else 18
            amount = fields.read("amount", lambda text: _amount(text, decimals, operation)) or 0
        if "until" in columns:
            detail = fields.read("until", _until) or 0
        fields.finish()
        if instrument is None:
            raise RowError(["instrument: missing"])
        sender, recipient = (parties.get(side, ISSUANCE_ACCOUNT) for side in ("sender", "recipient"))
        line = Line(sender, recipient, amount, detail)
        return Entry(path, row.line, instrument, line)

    return parse


def _amount(text: str, decimals: int, operation: Operation) -> int:
    """Only a lock-up may be of nothing: that ends it."""
    return 0 if text == "0" and operation is Operation.SET_LOCK_UP else parse_amount(text, decimals)


def _until(text: str) -> int:
    """The end of a lock-up in seconds since 1970; `none` ends it now."""
    return 0 if text == "none" else int(parse_moment(text).timestamp())


def _party_columns(columns: Sequence[str], credit: bool) -> list[tuple[str, str]]:
    """Which column names which side of the line."""
    if "account" in columns:
        return [("account", "recipient" if credit else "sender")]
    return [("from", "sender"), ("to", "recipient")]
