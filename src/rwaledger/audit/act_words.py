"""Acts in words, for the values of a finding: what was done, with the amounts and times that a line has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rwaledger.audit.acts import Deed
from rwaledger.domain.holder import date_of_day_number
from rwaledger.domain.instruction import Line, Operation, admission_of_detail, particulars_of_line, rules_of_line
from rwaledger.domain.units import format_amount

_LAST_SECOND = 253_402_300_799
"""The last second of the year 9999, beyond which no date has a name."""

_Words = Callable[[int, tuple[Any, ...]], str]


def deed_words(deed: Deed, decimals: int) -> str:
    """The operation by its name, and what it was done with; amounts in the decimals of the instrument."""
    operation, account, values = deed
    words = _WORDS.get(operation)
    detail = words(decimals, values) if words else ""
    of_account = f" of {account}" if account else ""
    return f"{operation}{of_account}" + (f": {detail}" if detail else "")


def _admission(_: int, values: tuple[Any, ...]) -> str:
    country, investor_class, valid_until_day = admission_of_detail(values[0])
    return f"country {country}, class {investor_class}, valid until {date_of_day_number(valid_until_day)}"


def _amount(decimals: int, values: tuple[Any, ...]) -> str:
    return format_amount(values[0], decimals)


def _lock_up(decimals: int, values: tuple[Any, ...]) -> str:
    amount, until = values
    return f"{format_amount(amount, decimals)} until {_time(until)}" if until else "none"


def _rules(decimals: int, values: tuple[Any, ...]) -> str:
    """Only the rules that are on."""
    rules = rules_of_line(Line(amount_units=values[0], detail=values[1]))
    parts = [
        f"at most {format_amount(rules.max_balance_units, decimals)} an account" if rules.max_balance_units else "",
        f"classes {' '.join(map(str, sorted(rules.classes)))}" if rules.classes else "",
        "countries restricted" if rules.countries_restricted else "",
        f"at most {rules.holder_cap} holders" if rules.holder_cap else "",
        f"opens {_time(rules.opens_at)}" if rules.opens_at else "",
        f"closes {_time(rules.closes_at)}" if rules.closes_at else "",
    ]
    return ", ".join(part for part in parts if part) or "none"


def _country(_: int, values: tuple[Any, ...]) -> str:
    allowed, country = values
    return f"country {country} {'allowed' if allowed else 'not allowed'}"


def _document(_: int, values: tuple[Any, ...]) -> str:
    return f"{_name(values[0])} at {values[2]}, hash 0x{values[1]:064x}"


def _activation(_: int, values: tuple[Any, ...]) -> str:
    found = particulars_of_line(Line(amount_units=values[0], detail=values[1]), values[2])
    return f"ISIN {found.isin or 'none'}, DTI {found.dti or 'none'}, domicile {found.domicile}, filing {found.filing}"


def _name(number: int) -> str:
    """A document's name, which is text that was packed into 32 bytes, or those bytes."""
    raw = number.to_bytes(32).rstrip(b"\0")
    return raw.decode("ascii") if raw.isascii() and raw.decode("ascii").isprintable() else f"0x{number:064x}"


def _time(second: int) -> str:
    return (
        f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S} UTC" if second <= _LAST_SECOND else f"second {second}"
    )


_WORDS: Mapping[Operation, _Words] = {
    Operation.ADMIT: _admission,
    Operation.FREEZE: _amount,
    Operation.RELEASE: _amount,
    Operation.SET_LOCK_UP: _lock_up,
    Operation.SET_RULES: _rules,
    Operation.SET_COUNTRY: _country,
    Operation.SET_DOCUMENT: _document,
    Operation.REMOVE_DOCUMENT: lambda _, values: _name(values[0]),
    Operation.SCHEDULE_RECORD_DATE: lambda _, values: _time(values[0]),
    Operation.CANCEL_RECORD_DATE: lambda _, values: f"number {values[0]}",
    Operation.ACTIVATE: _activation,
    Operation.LICENSE_VENUE: lambda _, values: f"until {_time(values[0])}",
}
