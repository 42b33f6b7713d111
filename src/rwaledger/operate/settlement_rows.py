"""What is to be traded, leg by leg: a file or a command line becomes trades, all of them valid or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.settlement import LEGS_MIN, Leg
from rwaledger.domain.units import parse_amount
from rwaledger.operate.entries import COMMAND
from rwaledger.operate.names import Names
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows

COLUMNS = ("trade", "instrument", "from", "to", "amount")
_TRADE_ID = re.compile(r"(?!0x)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class LegEntry:
    """One leg of a trade, with the place that it came from for messages."""

    path: Path
    row: int
    trade_id: str
    instrument: Instrument
    leg: Leg


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trade to be, its legs in the order in which they will move."""

    trade_id: str
    source: str
    entries: tuple[LegEntry, ...]

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs as the parties sign them."""
        return tuple(entry.leg for entry in self.entries)


def read_trades(path: Path, names: Names) -> list[Proposal]:
    """The trades of a CSV file: the rows of one trade are its legs, in their order.

    Raises:
        InputFileError: with every bad row.
    """
    return _proposals(path, read_rows(path, COLUMNS), names)


def single_trade(trade_id: str, legs: Sequence[str], names: Names) -> list[Proposal]:
    """The one trade of a command; each leg is written `INSTRUMENT FROM TO AMOUNT`.

    Raises:
        InputFileError: something in it is wrong; legs are counted from 1.
    """
    rows, problems = [], []
    for number, leg in enumerate(legs, 1):
        parts = leg.split()
        if len(parts) == len(COLUMNS) - 1:
            rows.append(Row(number, dict(zip(COLUMNS, (trade_id, *parts), strict=True))))
        else:
            problems.append(InputProblem(COMMAND, number, f"{leg!r} is not written INSTRUMENT FROM TO AMOUNT"))
    if problems:
        raise InputFileError(problems)
    return _proposals(COMMAND, rows, names)


def _proposals(path: Path, rows: Sequence[Row], names: Names) -> list[Proposal]:
    grouped: dict[str, list[LegEntry]] = {}
    for entry in convert(path, rows, lambda row: _entry(path, row, names)):
        grouped.setdefault(entry.trade_id, []).append(entry)
    problems = [
        InputProblem(path, entries[0].row, f"trade {trade_id!r} has one leg; a trade has {LEGS_MIN} or more")
        for trade_id, entries in grouped.items()
        if len(entries) < LEGS_MIN
    ]
    if problems or not grouped:
        raise InputFileError(problems or [InputProblem(path, 0, "has no legs")])
    return [Proposal(trade_id, str(path), tuple(entries)) for trade_id, entries in grouped.items()]


def _entry(path: Path, row: Row, names: Names) -> LegEntry:
    fields = FieldReader(row)
    trade_id = fields.read("trade", _trade_id)
    instrument = fields.read("instrument", names.instrument)
    sender, recipient = fields.read("from", names.account), fields.read("to", names.account)
    decimals = instrument.decimals if instrument else 18
    amount = fields.read("amount", lambda text: parse_amount(text, decimals))
    fields.finish()
    if not (trade_id and instrument and sender and recipient and amount):
        raise RowError(["a field is missing"])
    if sender == recipient:
        raise RowError(["to: is the giver of this leg itself"])
    return LegEntry(path, row.line, trade_id, instrument, Leg(instrument.address, sender, recipient, amount))


def _trade_id(text: str) -> str:
    if not _TRADE_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a trade: letters, digits, '.', '_' and '-', at most 64, not 0x...")
    return text
