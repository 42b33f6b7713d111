"""The shape that a JSON document has to have, looked at part by part, so that what is wrong is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rwaledger.verifier.errors import Refuted

UNITS_MAX = 2**256

_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_UNITS = re.compile(r"0|-?[1-9][0-9]{0,77}")


@dataclass(frozen=True, slots=True)
class Part:
    """A value in a document, and where it stands. Everything here raises Refuted where the value is otherwise."""

    value: Any
    place: str

    def refuse(self, what: str) -> Refuted:
        """The refusal of the value: what it should be, and what it is."""
        shown = repr(self.value)
        return Refuted(self.place, f"{what} expected, found {shown if len(shown) <= 100 else shown[:100] + '…'}")

    def fields(self, *names: str) -> Part:
        """The value itself, an object with exactly these members."""
        if not isinstance(self.value, dict):
            raise self.refuse(f"an object with {', '.join(names)}")
        for name in sorted(set(self.value) ^ set(names)):
            what = "no such field belongs here" if name in self.value else "missing"
            raise Refuted(f"{self.place}, {name}", f"{what}; an object with {', '.join(names)} expected")
        return self

    def __getitem__(self, key: str | int) -> Part:
        return Part(self.value[key], f"{self.place}, {key}" if isinstance(key, str) else f"{self.place}[{key}]")

    def items(self, length: int | None = None) -> list[Part]:
        """The items of a list, of a certain length where one is given."""
        if not isinstance(self.value, list) or length not in {None, len(self.value)}:
            raise self.refuse("a list" if length is None else f"a list of {length}")
        return [Part(item, f"{self.place}[{i}]") for i, item in enumerate(self.value)]

    def members(self) -> Iterator[tuple[str, Part]]:
        """The members of an object, whatever their names."""
        if not isinstance(self.value, dict):
            raise self.refuse("an object")
        for name, value in self.value.items():
            yield name, Part(value, f"{self.place}, {name}")

    def text(self) -> str:
        """Text."""
        if not isinstance(self.value, str):
            raise self.refuse("text")
        return self.value

    def one_of(self, *values: str) -> str:
        """One of these texts."""
        if self.value not in values:
            raise self.refuse(" or ".join(map(repr, values)))
        return str(self.value)

    def number(self, least: int = 0) -> int:
        """A whole number."""
        if type(self.value) is not int or self.value < least:
            raise self.refuse(f"a whole number from {least}")
        return self.value

    def units(self) -> int:
        """A whole number of up to 256 bits in decimal text."""
        if not isinstance(self.value, str) or not _UNITS.fullmatch(self.value) or abs(int(self.value)) > UNITS_MAX:
            raise self.refuse("a whole number in decimal text")
        return int(self.value)

    def truth(self) -> bool:
        """True or false."""
        if type(self.value) is not bool:
            raise self.refuse("true or false")
        return self.value

    def digits(self, length: int) -> str:
        """Lower-case hex of so many bytes, without 0x."""
        text = self.text()
        if len(text) != 2 * length or not _HEX.fullmatch(text):
            raise self.refuse(f"{length} bytes in lower-case hex")
        return text

    def hexed(self, length: int) -> str:
        """Lower-case 0x-hex of so many bytes."""
        text = self.text()
        if len(text) != 2 + 2 * length or not text.startswith("0x") or not _HEX.fullmatch(text, 2):
            raise self.refuse(f"0x and {length} bytes in lower-case hex")
        return text

    def raw(self) -> bytes:
        """Bytes, given as lower-case 0x-hex."""
        text = self.text()
        try:
            found = bytes.fromhex(text[2:])
        except ValueError:
            found = b""
        # Written anew it has to be the same: that is no blank, and no capital.
        if f"0x{found.hex()}" != text:
            raise self.refuse("0x and bytes in lower-case hex")
        return found
