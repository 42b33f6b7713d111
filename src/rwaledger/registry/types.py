"""Column types and conversions that keep a value exact, and the same, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.units import UINT256_MAX

UNITS_MIN = -(UINT256_MAX + 1)
"""Least amount that a column takes; the greatest is `UINT256_MAX`."""

Member = TypeVar("Member", bound=StrEnum)
Value = TypeVar("Value")


def exact_units(value: object) -> int:
    """The value itself, where it is an exact amount of base units.

    Raises:
        TypeError: not an int; bool and float are refused, not converted.
        ValueError: below `UNITS_MIN` or above `UINT256_MAX`.
    """
    if type(value) is not int:
        raise TypeError(f"an amount is an int of base units, not {type(value).__name__} ({value!r})")
    if not UNITS_MIN <= value <= UINT256_MAX:
        raise ValueError(f"an amount lies between -2^256 and 2^256-1 units, unlike {value}")
    return value


def units_text(value: object) -> str:
    """The amount as either database stores or reads it: decimal text. Raises as `exact_units` does."""
    return str(exact_units(value))


def units_of_stored(value: object) -> int:
    """The amount that a column holds.

    Raises:
        RegisterConflict: what is there is no integer, which nothing in this package writes.
    """
    try:
        return int(value)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError) as error:
        raise RegisterConflict(
            f"the register holds {value!r} where an amount of base units should be",
            "A row was changed from outside. Restore the database, or start a register anew from the chain.",
        ) from error


def units_texts(values: Sequence[int]) -> list[str]:
    """A column of them. Raises as `exact_units` does."""
    if set(map(type, values)) == {int} and min(values) >= UNITS_MIN and max(values) <= UINT256_MAX:
        return list(map(str, values))
    return list(map(units_text, values))


class Units(TypeDecorator[int]):
    """Exact base units, signed, 257 bits: NUMERIC(78,0) on PostgreSQL, text on SQLite, `int` in Python."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(78, 0))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return exact_units(value) if dialect.name == "postgresql" else units_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else units_of_stored(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond. SQLite keeps it without the zone; both give it back with it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_now() -> datetime:
    """The clock of this machine, in UTC: for when a row was written. What happened has its block's time."""
    return datetime.now(UTC)


def json_text(value: object) -> str:
    """JSON in one spelling: keys sorted, no blanks, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def stored_value(read: Callable[[str], Value], text: str) -> Value:
    """What a column says in words that `read` understands, such as a fraction.

    Raises:
        RegisterConflict: it does not, so a row was changed from outside or by a newer version.
    """
    try:
        return read(text)
    except (ValueError, ZeroDivisionError) as error:
        raise RegisterConflict(
            f"the register holds {text!r} where a value of another form should be: {error}",
            "A row was changed from outside, or by a newer version of this program.",
        ) from error


def stored_member(kind: type[Member], value: str) -> Member:
    """The member that a column names.

    Raises:
        RegisterConflict: there is no such member, so a row was changed from outside or by a newer version.
    """
    try:
        return kind(value)
    except ValueError as error:
        raise RegisterConflict(
            f"the register holds {value!r} where one of {', '.join(kind)} should be",
            "A row was changed from outside, or by a newer version of this program.",
        ) from error
