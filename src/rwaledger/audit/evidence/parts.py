"""Parts of a pack while it is made: files in a folder, of which size and hash are known once they are written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import rfc8785

_LINES_AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a pack; `sha256` is hex, `path` where it waits."""

    name: str
    path: Path
    size_bytes: int
    sha256: str


def canonical(document: Any) -> bytes:
    """A document in canonical form (RFC 8785)."""
    return rfc8785.dumps(document)


def canonical_lines(values: Sequence[Any]) -> bytes:
    """Documents of text, whole numbers, truth values and lists of them, a line each: the same, a hundred times faster.

    Names are sorted by their bytes, which is the same order where all are ASCII.
    """
    return _ENCODER.encode_lines(values)


_ENCODER = msgspec.json.Encoder(order="sorted")


class Workshop:
    """A folder in which parts are written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Part] = []

    @property
    def parts(self) -> list[Part]:
        """All parts, in the order of the pack: the byte order of their names."""
        return sorted(self._parts, key=lambda part: part.name)

    def document(self, name: str, value: Any) -> None:
        """Writes one document."""
        self._write(name, [canonical(value)])

    def large_document(self, name: str, value: Any) -> None:
        """Writes one document of text, whole numbers and truth values."""
        self._write(name, [canonical_lines([value])[:-1]])

    def lines(self, name: str, values: Iterable[Any], at_a_time: int = _LINES_AT_A_TIME) -> int:
        """Writes a document a line, so many at once; how many there were."""
        count = 0

        def encoded() -> Iterable[bytes]:
            nonlocal count
            waiting = iter(values)
            while some := list(islice(waiting, at_a_time)):
                count += len(some)
                yield canonical_lines(some)

        self._write(name, encoded())
        return count

    def _write(self, name: str, pieces: Iterable[bytes]) -> None:
        path = self._folder / f"{len(self._parts):04d}"
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        self._parts.append(Part(name, path, size, digest.hexdigest()))
