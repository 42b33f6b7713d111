"""Addresses: lower-case hex inside, EIP-55 checksummed for people."""

from __future__ import annotations

import re

from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address
from sha3 import keccak_256  # type: ignore[import-untyped]

_INSIDE = re.compile("0x[0-9a-f]{40}")


def parse_address(text: str) -> str:
    """The lower-case form of an address; mixed case must be the EIP-55 checksum.

    Raises:
        ValueError: not an address, or a wrong checksum, which is a mistyped address.
    """
    if not (text.startswith("0x") and is_hex_address(text)):
        raise ValueError(f"{text!r} is not an address (0x and 40 hex digits)")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(text):
        raise ValueError(f"{text} has a wrong checksum (EIP-55): at least one character is mistyped")
    return text.lower()


def checksummed(address: str) -> str:
    """The EIP-55 form of an address, for people to read.

    Written out for the lower-case form, since a report shows a hundred thousand of them: the library takes six times
    as long, and has all other spellings.

    Raises:
        ValueError: not an address.
    """
    if _INSIDE.fullmatch(address) is None:
        return str(to_checksum_address(address))
    digits = address[2:]
    marks = keccak_256(digits.encode()).hexdigest()
    return "0x" + "".join([x.upper() if mark > "7" else x for x, mark in zip(digits, marks, strict=False)])
