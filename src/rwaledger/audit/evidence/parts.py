"""Parts of a pack while it is made: files in a folder, of which size and hash are known once they are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def canonical_line(value: Any) -> str:
    """The same for text, whole numbers, truth values and lists of them, a hundred times faster."""
    return _ENCODE(value)


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


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
        self._write(name, [canonical_line(value).encode()])

    def lines(self, name: str, values: Iterable[Any]) -> int:
        """Writes a document a line; how many there were."""
        count = 0

        def encoded() -> Iterable[bytes]:
            nonlocal count
            block: list[str] = []
            for value in values:
                count += 1
                block.append(canonical_line(value))
                if len(block) == _LINES_AT_A_TIME:
                    yield ("\n".join(block) + "\n").encode()
                    block.clear()
            if block:
                yield ("\n".join(block) + "\n").encode()

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
