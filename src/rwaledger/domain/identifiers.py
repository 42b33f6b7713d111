"""Identifiers of instruments: the ISIN of ISO 6166 and the digital token identifier of ISO 24165."""

from __future__ import annotations

import re

_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_DTI = re.compile(r"[1-9B-DF-HJ-NP-TV-XZ][0-9B-DF-HJ-NP-TV-XZ]{8}")


def parse_isin(text: str) -> str:
    """The same ISIN, once its check digit is right.

    Raises:
        ValueError: not an ISIN, or mistyped.
    """
    if not _ISIN.fullmatch(text):
        raise ValueError(f"{text!r} is no ISIN (two letters, nine letters or digits, a check digit)")
    if _luhn_sum(text) % 10:
        raise ValueError(f"{text} has a wrong check digit: at least one character is mistyped")
    return text


def parse_dti(text: str) -> str:
    """The same digital token identifier.

    Raises:
        ValueError: not of its form; its check character is not looked at.
    """
    if not _DTI.fullmatch(text):
        raise ValueError(f"{text!r} is no DTI (nine digits or consonants, the first not 0)")
    return text


def _luhn_sum(text: str) -> int:
    """Letters count as 10 to 35; then every second digit from the right is doubled, and its digits added up."""
    digits = [int(digit) for digit in "".join(str(int(character, 36)) for character in text)]
    doubled = [digit * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(digit // 10 + digit % 10 for digit in doubled)
