"""Numbers that somebody else wrote down, as far as anybody can work with them: none takes hours or all memory."""

from __future__ import annotations

import re
from fractions import Fraction

DECIMALS_MAX = 77
"""A word of 256 bits has no more."""

_FRACTION = re.compile(r"-?[0-9]{1,99}(?:[./][0-9]{1,99})?")


def fraction(text: str) -> Fraction:
    """The number that digits are, with a point or as a quotient. Raises ValueError for any other text."""
    if not _FRACTION.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no number in digits")
    return Fraction(text)


def power_of_ten(decimals: int) -> int:
    """Base units of one whole unit. Raises ValueError where no token can have so many decimals."""
    if not 0 <= decimals <= DECIMALS_MAX:
        raise ValueError(f"{decimals} decimals are none that a token can have")
    return int(10**decimals)
