"""The container: a ZIP file that can be written in one way only, taken apart and written anew to compare.

Nothing is held in memory but the directory; contents are read in pieces.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rwaledger.verifier.errors import Refuted, WrongUse
from rwaledger.verifier.level import Progress, silent

PLACE = "container"
FIRST = ("manifest.json", "signatures.json")
NAME = re.compile(r"[a-z0-9_.-]+(/[a-z0-9_.-]+)*")

_PIECE = 1 << 20
_VERSION, _MADE_BY, _DAY, _MODE = 20, 3 << 8 | 20, 1 << 5 | 1, 0o100644 << 16
_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the container. `offset` is where its local header begins; `sha256` is hex."""

    name: str
    size: int
    crc: int
    offset: int
    sha256: str = ""

    @property
    def start(self) -> int:
        """Where its content begins."""
        return self.offset + _LOCAL.size + len(self.name)

    @property
    def end(self) -> int:
        """Where its content ends, and the next thing begins."""
        return self.start + self.size

    def local_header(self) -> bytes:
        """The bytes before the content."""
        fixed = (b"PK\3\4", _VERSION, 0, 0, 0, _DAY, self.crc, self.size, self.size, len(self.name), 0)
        return _LOCAL.pack(*fixed) + self.name.encode()

    def directory_entry(self) -> bytes:
        """The bytes in the directory."""
        sizes = (self.crc, self.size, self.size, len(self.name))
        fixed = (b"PK\1\2", _MADE_BY, _VERSION, 0, 0, 0, _DAY, *sizes, 0, 0, 0, 0, _MODE, self.offset)
        return _ENTRY.pack(*fixed) + self.name.encode()


class Container:
    """An open pack whose form is as it has to be, byte for byte; its contents are hashed, and not yet judged.

    Raises:
        WrongUse: there is no such file.
        Refuted: the file is not the one way to write its contents.
    """

    def __init__(self, path: Path, progress: Progress = silent) -> None:
        self._progress = progress
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise WrongUse(f"{path}: {error.strerror}") from error
        try:
            self.entries = {entry.name: self._hashed(entry) for entry in self._directory()}
            progress("files", self._size, self._size)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Container:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def read(self, name: str) -> bytes:
        """The content of a file. Raises Refuted where there is none of that name."""
        return b"".join(self._pieces(self._entry(name)))

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file, each without its line feed. Raises Refuted where the last has none."""
        for page in self.pages(name):
            yield from page[:-1].split(b"\n")

    def pages(self, name: str) -> Iterator[bytes]:
        """The whole lines of a file, as many at once as a piece has. Raises Refuted where the last has no line feed."""
        begun: list[bytes] = []
        for piece in self._pieces(self._entry(name)):
            end = piece.rfind(b"\n") + 1
            if end:
                yield b"".join([*begun, piece[:end]])
                begun = []
            begun.append(piece[end:])
        if any(begun):
            raise Refuted(name, "no line feed behind the last line")

    def _entry(self, name: str) -> Entry:
        entry = self.entries.get(name)
        if entry is None:
            raise Refuted(name, "not in the pack")
        return entry

    def _pieces(self, entry: Entry) -> Iterator[bytes]:
        at = entry.start
        while at < entry.end:
            self._file.seek(at)
            piece = self._file.read(min(_PIECE, entry.end - at))
            if not piece:
                raise Refuted(entry.name, "the file became shorter while it was read")
            at += len(piece)
            yield piece

    def _directory(self) -> list[Entry]:
        """The entries as the directory has them, after comparing all that is not content with what it has to be."""
        self._size = self._file.seek(0, 2)
        count, at = self._end(self._size)
        directory = self._bytes(at, self._size - _END.size - at)
        entries: list[Entry] = []
        position = 0
        for number in range(count):
            entries.append(_entry_at(directory, position, f"{PLACE}, entry {number + 1}"))
            position += len(entries[-1].directory_entry())
        if position != len(directory):
            raise Refuted(PLACE, "the directory has another length than its entries")
        self._check_places(entries, at)
        _check_names([entry.name for entry in entries])
        return entries

    def _end(self, size: int) -> tuple[int, int]:
        """How many entries there are, and where the directory begins."""
        if size < _END.size:
            raise Refuted(PLACE, f"{size} bytes are no ZIP file")
        raw = self._bytes(size - _END.size, _END.size)
        count, length, at = (_END.unpack(raw)[i] for i in (4, 5, 6))
        if raw != _END.pack(b"PK\5\6", 0, 0, count, count, length, at, 0) or at + length + _END.size != size:
            raise Refuted(PLACE, "the file does not end in the record that ends a ZIP file; it was cut off or added to")
        return count, at

    def _check_places(self, entries: list[Entry], directory_at: int) -> None:
        """Every file lies right behind the one before, under the header that its entry gives."""
        expected = 0
        for entry in entries:
            if entry.offset != expected or entry.end > directory_at:
                raise Refuted(entry.name, f"lies at byte {entry.offset} of the container instead of {expected}")
            header = entry.local_header()
            if self._bytes(entry.offset, len(header)) != header:
                raise Refuted(entry.name, "its local header is not the one that its directory entry gives")
            expected = entry.end
        if expected != directory_at:
            raise Refuted(PLACE, f"{directory_at - expected} bytes between the last file and the directory")

    def _hashed(self, entry: Entry) -> Entry:
        digest, crc = hashlib.sha256(), 0
        for piece in self._pieces(entry):
            self._progress("files", self._file.tell(), self._size)
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
        if crc != entry.crc:
            raise Refuted(entry.name, f"its content has the CRC-32 {crc:08x}, its header says {entry.crc:08x}")
        return Entry(entry.name, entry.size, entry.crc, entry.offset, digest.hexdigest())

    def _bytes(self, at: int, length: int) -> bytes:
        self._file.seek(at)
        return self._file.read(length)


def _entry_at(directory: bytes, at: int, place: str) -> Entry:
    if at + _ENTRY.size > len(directory):
        raise Refuted(place, "the directory ends before it")
    fields = _ENTRY.unpack_from(directory, at)
    name = directory[at + _ENTRY.size : at + _ENTRY.size + fields[10]]
    if not name.isascii():
        raise Refuted(place, f"its name {name!r} is not ASCII")
    entry = Entry(name.decode(), fields[8], fields[7], fields[16])
    if directory[at : at + _ENTRY.size + fields[10]] != entry.directory_entry():
        raise Refuted(place, f"{entry.name}: compressed, or with other attributes than a pack has: was it packed anew?")
    return entry


def _check_names(names: list[str]) -> None:
    """Names are well formed, each there once, in the one order."""
    for name in names:
        if not NAME.fullmatch(name) or ".." in name:
            raise Refuted(PLACE, f"{name!r} is no name of a file in a pack")
    for name in FIRST:
        if name not in names:
            raise Refuted(name, "not in the pack")
    ordered = [*FIRST, *sorted(set(names) - set(FIRST))]
    if names != ordered:
        wrong = next((a for a, b in zip(names, ordered, strict=False) if a != b), names[-1])
        raise Refuted(wrong, "stands out of order in the container, or twice")
