"""Amounts: exact integers of base units inside, decimal text at the edges, and nothing in between."""

from __future__ import annotations

import re

MAX_UNITS = 2**96 - 1
"""Most units that one instrument can have in issue: its supply is 96 bits of a storage word."""

UINT256_MAX = 2**256 - 1
DECIMALS_MAX = 18

_AMOUNT = re.compile(r"(?P<whole>0|[1-9][0-9]*)(?:\.(?P<fraction>[0-9]+))?")


class AmountError(ValueError):
    """Text that is not an amount of the instrument; the message says why."""


def parse_amount(text: str, decimals: int) -> int:
    """Base units of a positive decimal amount such as `1000` or `12.50`.

    Separators, signs, exponents and leading zeros are refused rather than guessed at, and so is an amount with
    more digits after the point than `decimals`, which could only be rounded.

    Raises:
        AmountError: not such an amount, zero, or above `MAX_UNITS`.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise AmountError(f"{text!r} is not a positive decimal amount, written like 1000 or 12.50")
    fraction = match["fraction"] or ""
    if len(fraction) > decimals:
        raise AmountError(f"{text} has {len(fraction)} digits after the point; the instrument has {decimals}")
    if len(match["whole"]) > len(str(MAX_UNITS)):
        raise AmountError(f"{text} is above the largest amount, 2^96-1 units")
    units = int(match["whole"] + fraction.ljust(decimals, "0"))
    if units == 0:
        raise AmountError(f"{text} is zero")
    if units > MAX_UNITS:
        raise AmountError(f"{text} is above the largest amount, 2^96-1 units")
    return units


def format_amount(units: int, decimals: int, *, grouped: bool = False) -> str:
    """Decimal text of base units, with all `decimals` digits; `grouped` puts commas between thousands."""
    whole, fraction = divmod(abs(units), 10**decimals)
    sign = "-" if units < 0 else ""
    text = f"{sign}{whole:,}" if grouped else f"{sign}{whole}"
    return f"{text}.{fraction:0{decimals}d}" if decimals else text
