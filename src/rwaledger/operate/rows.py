"""Read a CSV file strictly: every row that is not as it should be is named, with its line, before anything is done."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rwaledger.domain.errors import InputFileError, InputProblem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, and its fields by the names in the header, stripped of surrounding blanks."""

    line: int
    fields: dict[str, str]


def read_rows(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[Row]:
    """The rows of a CSV file whose header names `columns` and any of `optional`, in any order.

    Blank lines are passed over.

    Raises:
        InputFileError: not there, not UTF-8, empty, a wrong header, or rows with too many or too few fields.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _require_header(path, header, columns, optional)
        rows, problems = _split(path, reader, header)
    except csv.Error as error:
        raise InputFileError([InputProblem(path, reader.line_num, f"not CSV: {error}")]) from None
    if problems:
        raise InputFileError(problems)
    if not rows:
        raise InputFileError([InputProblem(path, 0, "has a header and no rows")])
    return rows


def convert(path: Path, rows: Iterable[Row], parse: Callable[[Row], T]) -> list[T]:
    """Each row through `parse`, which raises `RowError` with all that is wrong in it.

    Raises:
        InputFileError: with the problems of every bad row, not only of the first.
    """
    parsed: list[T] = []
    problems: list[InputProblem] = []
    for row in rows:
        try:
            parsed.append(parse(row))
        except RowError as error:
            problems += [InputProblem(path, row.line, message) for message in error.messages]
    if problems:
        raise InputFileError(problems)
    return parsed


class RowError(ValueError):
    """What is wrong in one row."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


class FieldReader:
    """Parses the fields of one row and gathers what is wrong with each, so that a row is told all at once."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._messages: list[str] = []

    def read(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The parsed field; None where it is wrong, which is remembered."""
        text = self._row.fields[column]
        try:
            if not text:
                raise ValueError("is empty")
            return parse(text)
        except ValueError as error:
            self._messages.append(f"{column}: {error}")
            return None

    def finish(self) -> None:
        """Ends the row.

        Raises:
            RowError: something in it was wrong.
        """
        if self._messages:
            raise RowError(self._messages)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputFileError([InputProblem(path, 0, f"cannot be read: {error.strerror}")]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputFileError(
            [InputProblem(path, line, f"not UTF-8 text (byte 0x{raw[error.start]:02x}); save the file as UTF-8")]
        ) from None
    if not text.strip():
        raise InputFileError([InputProblem(path, 0, "is empty")])
    return text


def _require_header(path: Path, header: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    allowed = [name for name in optional if name in header]
    if sorted(header) != sorted([*columns, *allowed]):
        expected, found = ",".join(columns), ",".join(header)
        raise InputFileError([InputProblem(path, 1, f"the header must be {expected!r}, and is {found!r}")])


def _split(path: Path, reader: Iterable[list[str]], header: list[str]) -> tuple[list[Row], list[InputProblem]]:
    rows: list[Row] = []
    problems: list[InputProblem] = []
    for line, values in _numbered(reader):
        if any("\n" in value or "\r" in value for value in values):
            problems.append(InputProblem(path, line, "has a line break inside a field"))
        elif len(values) == len(header):
            rows.append(Row(line, {name: value.strip() for name, value in zip(header, values, strict=True)}))
        elif values:
            problems.append(InputProblem(path, line, f"has {len(values)} fields; the header has {len(header)}"))
    return rows, problems


def _numbered(reader: Iterable[list[str]]) -> Iterable[tuple[int, list[str]]]:
    """Each record with the line on which it starts; a quoted field may run over several."""
    previous = getattr(reader, "line_num", 0)
    for values in reader:
        yield previous + 1, values
        previous = getattr(reader, "line_num", previous + 1)
