"""JSON in its one canonical form (RFC 8785), of which a pack uses a part: no number is a fraction."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from rwaledger.verifier.errors import Refuted

SAFE_MAX = 2**53 - 1
"""Largest whole number that every reader of JSON keeps as it is (RFC 8259, section 6)."""

_DIGITS_MAX = 17
_DEPTH_MAX = 64
# A string, in which brackets are text, or a bracket.
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_CHARACTERS = 1 << 20
_BETWEEN, _BETWEEN_ITEMS = "]\n[", "]\n,["


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX or abs(int(text)) > SAFE_MAX:
        raise ValueError(f"the number {text[:40]} is beyond 2^53-1; it has to be decimal text")
    return int(text)


def _no_fraction(text: str) -> Any:
    raise ValueError(f"{text[:40]} is no whole number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of its members, which stand in the order of their names in UTF-16, each once (RFC 8785, 3.2.3)."""
    names = [name for name, _ in pairs]
    for before, after in pairwise(names):
        if before.encode("utf-16-be", "surrogatepass") >= after.encode("utf-16-be", "surrogatepass"):
            raise ValueError(f"the name {after!r} stands behind {before!r}")
    return dict(pairs)


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_no_fraction, parse_constant=_no_fraction, object_pairs_hook=_object
)
_PAGE_DECODER = json.JSONDecoder(parse_float=_no_fraction, parse_constant=_no_fraction)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False)


def encode(value: Any) -> bytes:
    """The canonical bytes of a value whose objects have their names in order."""
    return _ENCODER.encode(value).encode("utf-8")


def parse(raw: bytes, place: str) -> Any:
    """The document in `raw`.

    Raises:
        Refuted: it is no JSON, not in canonical form, or has a number that is no exact whole number.
    """
    text, value = _decoded(raw, place)
    _require_same(_ENCODER.encode(value), text, place)
    return value


def parse_page(page: bytes) -> list[Any] | None:
    """The documents of whole lines, each a flat list; None where one may be no such, which `parse_lines` then names.

    They are read at once, as one array with a line feed before each comma. No string can run over that, and no list
    that has none in it, so that no line borrows from another. The caller refuses other cells, such as lists, and
    numbers beyond SAFE_MAX.
    """
    try:
        text = page.decode("utf-8")
        joined = f"[{text[:-1].replace(_BETWEEN, _BETWEEN_ITEMS)}]"
        values: list[Any] = _PAGE_DECODER.decode(joined)
        is_canonical = _ENCODER.encode(values) == joined.replace("\n", "")
    except (ValueError, RecursionError):
        return None
    is_one_a_line = len(values) == page.count(b"\n") == text.count(_BETWEEN) + 1
    return values if is_canonical and is_one_a_line and set(map(type, values)) == {list} else None


def parse_lines(lines: Iterable[bytes], place: str, first: int = 1) -> Iterator[tuple[int, Any]]:
    """The document in each line, with the line's number. Raises as `parse` does, naming the line."""
    texts: list[str] = []
    values: list[Any] = []
    number, size = first - 1, 0
    for number, line in enumerate(lines, first):
        text, value = _decoded(line, f"{place} line {number}")
        texts.append(text)
        values.append(value)
        size += len(text)
        if size >= _CHARACTERS:
            yield from _checked(texts, values, number, place)
            texts, values, size = [], [], 0
    yield from _checked(texts, values, number, place)


def _checked(texts: list[str], values: list[Any], last: int, place: str) -> Iterator[tuple[int, Any]]:
    """The values of consecutive lines, encoded again at once: an array's end is its own, so no line borrows."""
    first = last - len(texts) + 1
    if _ENCODER.encode(values) != f"[{','.join(texts)}]":
        for number, (text, value) in enumerate(zip(texts, values, strict=True), first):
            _require_same(_ENCODER.encode(value), text, f"{place} line {number}")
    yield from enumerate(values, first)


def _decoded(raw: bytes, place: str) -> tuple[str, Any]:
    try:
        text = raw.decode("utf-8")
        if _is_deep(text):
            raise ValueError(f"more than {_DEPTH_MAX} values within each other")
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        raise Refuted(place, f"no canonical JSON: {error.msg.lower()} at character {error.pos}") from error
    except (ValueError, RecursionError) as error:
        raise Refuted(place, f"no canonical JSON: {error}") from error
    if end != len(text):
        raise Refuted(
            place, f"no canonical JSON: {text[end : end + 20]!r} stands behind the document, at character {end}"
        )
    return text, value


def _is_deep(text: str) -> bool:
    """Whether values are nested deeper than any document of a pack: deep ones could exhaust the parser's stack."""
    if text.count("[") + text.count("{") <= _DEPTH_MAX:
        return False
    depth = deepest = 0
    for match in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        deepest = max(deepest, depth)
    return deepest > _DEPTH_MAX


def _require_same(encoded: str, text: str, place: str) -> None:
    if encoded != text:
        at = next((i for i, (a, b) in enumerate(zip(encoded, text, strict=False)) if a != b), len(encoded))
        raise Refuted(place, f"not in canonical form at character {at}: {text[at : at + 20]!r}")
