"""How a value of a document is written: exactly for machines, and grouped for people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.units import format_amount
from rwaledger.report.document import Cell, Column, Kind

_ADDRESS = re.compile("0x[0-9a-f]{40}")
_LONE = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>0|[1-9][0-9]{0,99})(?P<rest>(?:\.[0-9]+)?)")
_JOINERS = "\u200c\u200d"
"""They change how their neighbours look, in Indic scripts among others, and hide nothing."""

Write = Callable[[Cell], str]
"""How the cells of a column are written."""

NUMBERS = frozenset({Kind.UNITS, Kind.INTEGER, Kind.PERCENT})
"""Kinds that are aligned to the right, and never broken into two lines."""


FIGURES = NUMBERS | {Kind.DATE, Kind.TIME}
"""Kinds whose text is made here, so that nothing in it has to be escaped."""


def shown(cell: Cell, column: Column) -> str:
    """A cell for people: thousands grouped, times with their zone, nothing that steers a screen or a page."""
    return shower(column)(cell)


def plain(cell: Cell, column: Column) -> str:
    """A cell for machines: decimal text without separators, times in ISO 8601; empty where there is nothing."""
    return plainer(column)(cell)


def shower(column: Column) -> Write:
    """`shown` for the cells of one column: of a table with many rows, what a column is has to be asked but once."""
    return _unless_empty(_SHOWN[column.kind](column))


def plainer(column: Column) -> Write:
    """`plain` for the cells of one column."""
    return _unless_empty(_PLAIN[column.kind](column))


def _unless_empty(write: Write) -> Write:
    return lambda cell: "" if cell is None else write(cell)


def _text(_column: Column) -> Write:
    return lambda cell: whole(str(cell))


def _visible_text(_column: Column) -> Write:
    return lambda cell: visible(str(cell))


def _account(_column: Column) -> Write:
    return lambda cell: checksummed(cell) if isinstance(cell, str) and _ADDRESS.fullmatch(cell) else whole(str(cell))


def _visible_account(column: Column) -> Write:
    write = _account(column)
    return lambda cell: visible(write(cell))


_PLAIN: dict[Kind, Callable[[Column], Write]] = {
    Kind.TEXT: _text,
    Kind.FIGURE: _text,
    Kind.ACCOUNT: _account,
    Kind.HASH: _text,
    Kind.UNITS: lambda column: lambda cell: format_amount(_int(cell), column.decimals),
    Kind.INTEGER: lambda _: lambda cell: str(_int(cell)),
    Kind.DATE: lambda _: lambda cell: _day(cell).isoformat(),
    Kind.TIME: lambda _: lambda cell: _moment(cell).strftime("%Y-%m-%dT%H:%M:%SZ"),
    Kind.PERCENT: lambda column: lambda cell: percent(_fraction(cell), column.decimals),
}

_SHOWN: dict[Kind, Callable[[Column], Write]] = {
    Kind.TEXT: _visible_text,
    Kind.FIGURE: lambda _: lambda cell: visible(grouped(whole(str(cell)))),
    Kind.ACCOUNT: _visible_account,
    Kind.HASH: _visible_text,
    Kind.UNITS: lambda column: lambda cell: format_amount(_int(cell), column.decimals, grouped=True),
    Kind.INTEGER: lambda _: lambda cell: f"{_int(cell):,}",
    Kind.DATE: lambda _: lambda cell: _day(cell).isoformat(),
    Kind.TIME: lambda _: lambda cell: f"{_moment(cell):%Y-%m-%d %H:%M:%S} UTC",
    Kind.PERCENT: lambda column: lambda cell: f"{percent(_fraction(cell), column.decimals, grouped=True)} %",
}


def grouped(text: str) -> str:
    """Text with commas between thousands where it is a decimal number, else as it is."""
    match = _DECIMAL.fullmatch(text)
    return f"{match['sign']}{int(match['whole']):,}{match['rest']}" if match else text


def percent(share: Fraction | int, decimals: int, *, grouped: bool = False) -> str:
    """A share of one in per cent, with so many digits after the point, half rounded away from zero."""
    exact, one = share.numerator * 10 ** (decimals + 2), share.denominator
    steps = (2 * abs(exact) + one) // (2 * one)
    return format_amount(-steps if exact < 0 else steps, decimals, grouped=grouped)


def visible(text: str) -> str:
    """Text in which nothing is hidden: controls, turns of direction and the like as `[U+202E]`.

    A name with an escape sequence could rewrite a terminal, and one with a turn of direction could be read as another.
    """
    if text.isprintable():
        return text
    return "".join(character if _shows(character) else code_point(character) for character in text)


def whole(text: str) -> str:
    """Text that can be encoded: half of a surrogate pair, which no encoding takes, as `[U+D83D]`."""
    return text if text.isprintable() else _LONE.sub(lambda match: code_point(match[0]), text)


def code_point(character: str) -> str:
    """A character by its number, such as `[U+202E]`."""
    return f"[U+{ord(character):04X}]"


def _shows(character: str) -> bool:
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"


def _int(cell: Cell) -> int:
    if not isinstance(cell, int) or isinstance(cell, bool):
        raise ValueError(f"{cell!r} stands where a whole number belongs")
    return cell


def _fraction(cell: Cell) -> Fraction | int:
    if not isinstance(cell, Fraction | int):
        raise ValueError(f"{cell!r} stands where a share of one belongs")
    return cell


def _day(cell: Cell) -> date:
    if not isinstance(cell, date) or isinstance(cell, datetime):
        raise ValueError(f"{cell!r} stands where a date belongs")
    return cell


def _moment(cell: Cell) -> datetime:
    if not isinstance(cell, datetime) or cell.tzinfo is None:
        raise ValueError(f"{cell!r} stands where a time with its zone belongs")
    return cell.astimezone(UTC)
