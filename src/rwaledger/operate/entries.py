"""What an operator asks for, row by row: a file or a single command becomes entries, all valid or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from rwaledger.chain.addresses import parse_address
from rwaledger.domain.errors import InputFileError, InputProblem
from rwaledger.domain.holder import Account, AccountKind, Holder, day_number
from rwaledger.domain.instruction import Line, Operation, admission_detail
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.units import parse_amount
from rwaledger.operate.names import Names, parse_class, parse_country
from rwaledger.operate.rows import FieldReader, Row, RowError, convert, read_rows

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
}
"""The header of each operation's file."""

HOLDER_COLUMNS = ("holder", "name", "country", "class", "valid_until", "address", "account")

_HOLDER_ID_MAX = 64
_VALID_UNTIL_MAX = date(2149, 6, 6)  # day 65,535, the last that the account word can hold


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of one instrument, with the place that it came from for messages."""

    path: Path
    row: int
    instrument: Instrument
    line: Line


@dataclass(frozen=True, slots=True)
class Admission:
    """A holder with one account, as a row of the holders' file gives it."""

    row: int
    holder: Holder
    account: Account


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


def read_admissions(path: Path, chain_id: int) -> list[Admission]:
    """The holders and accounts of a holders' file.

    Raises:
        InputFileError: with every bad row.
    """
    rows = read_rows(path, HOLDER_COLUMNS)
    return checked_admissions(path, convert(path, rows, lambda row: _admission(row, chain_id)))


def single_admission(chain_id: int, fields: dict[str, str]) -> list[Admission]:
    """The one admission of a single command.

    Raises:
        InputFileError: something in it is wrong.
    """
    return convert(COMMAND, [Row(0, fields)], lambda row: _admission(row, chain_id))


def admission_line(admission: Admission) -> Line:
    """The line that admits an account to an instrument."""
    holder = admission.holder
    detail = admission_detail(holder.country, holder.investor_class, day_number(holder.valid_until))
    return Line(recipient=admission.account.address, detail=detail)


def checked_admissions(path: Path, admissions: list[Admission]) -> list[Admission]:
    """The same admissions, held against one another.

    Raises:
        InputFileError: an address twice, or a holder with two descriptions.
    """
    problems: list[InputProblem] = []
    first_row: dict[str, int] = {}
    described: dict[str, Admission] = {}
    for admission in admissions:
        address, holder = admission.account.address, admission.holder
        if address in first_row:
            message = f"the address stands in line {first_row[address]} already"
            problems.append(InputProblem(path, admission.row, message))
        first_row.setdefault(address, admission.row)
        known = described.setdefault(holder.holder_id, admission)
        if known.holder != holder:
            message = f"holder {holder.holder_id!r} is described otherwise in line {known.row}"
            problems.append(InputProblem(path, admission.row, message))
    if problems:
        raise InputFileError(problems)
    return admissions


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
        amount = 0
        if "amount" in columns:
            decimals = instrument.decimals if instrument else 18
            amount = fields.read("amount", lambda text: parse_amount(text, decimals)) or 0
        fields.finish()
        if instrument is None:
            raise RowError(["instrument: missing"])
        line = Line(
            parties.get("sender", ISSUANCE_ACCOUNT), parties.get("recipient", ISSUANCE_ACCOUNT), amount_units=amount
        )
        return Entry(path, row.line, instrument, line)

    return parse


def _party_columns(columns: Sequence[str], credit: bool) -> list[tuple[str, str]]:
    """Which column names which side of the line."""
    if "account" in columns:
        return [("account", "recipient" if credit else "sender")]
    return [("from", "sender"), ("to", "recipient")]


def _admission(row: Row, chain_id: int) -> Admission:
    fields = FieldReader(row)
    holder_id = fields.read("holder", _holder_id)
    name = fields.read("name", str)
    country = fields.read("country", parse_country)
    investor_class = fields.read("class", parse_class)
    valid_until = fields.read("valid_until", _date)
    address = fields.read("address", _own_address)
    kind = fields.read("account", _account_kind)
    fields.finish()
    if not (holder_id and name and country is not None and investor_class and valid_until and address and kind):
        raise RowError(["a field is missing"])
    return Admission(
        row.line,
        Holder(holder_id, name, country, investor_class, valid_until),
        Account(chain_id, address, holder_id, kind),
    )


def _holder_id(text: str) -> str:
    if len(text) > _HOLDER_ID_MAX or not text.replace("-", "").replace("_", "").isalnum() or text.startswith("0x"):
        raise ValueError(f"{text!r} is no short name: letters, digits, - and _, at most {_HOLDER_ID_MAX}")
    return text


def _own_address(text: str) -> str:
    address = parse_address(text)
    if address == ISSUANCE_ACCOUNT:
        raise ValueError("the zero address is the issuance account, and nobody's own")
    return address


def _date(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"{text!r} is no date, written like 2026-12-31") from None
    if not date(1970, 1, 1) <= day <= _VALID_UNTIL_MAX:
        raise ValueError(f"{text} is not between 1970-01-01 and {_VALID_UNTIL_MAX}")
    return day


def _account_kind(text: str) -> AccountKind:
    try:
        return AccountKind(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither 'own' nor 'omnibus'") from None
