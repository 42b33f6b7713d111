"""From entries to instructions: grouped by instrument, cut into transactions, each with its one-time reference."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import rfc8785

from rwaledger.domain.instruction import NO_ORDER, Instruction, Line, Operation, reference
from rwaledger.domain.instrument import Instrument
from rwaledger.operate.entries import Entry

LINES_MAX = 100
"""Lines of one instruction: 100 admissions take 2.6 million gas, well inside a block."""


@dataclass(frozen=True, slots=True)
class Part:
    """One instruction to be: `chunk` counts from 0 within the key, `entries` say where its lines came from."""

    ref: str
    chunk: int
    instrument: Instrument
    operation: Operation
    order: str
    lines: tuple[Line, ...]
    entries: tuple[Entry, ...]
    text: str = ""

    def instruction(self, maker: str, checker: str, not_after: int) -> Instruction:
        """The instruction under these two, to be carried out by `not_after` (seconds since 1970)."""
        return Instruction(
            ref=self.ref,
            chain_id=self.instrument.chain_id,
            control_book=self.instrument.control_book,
            instrument_id=self.instrument.instrument_id,
            instrument=self.instrument.address,
            operation=self.operation,
            maker=maker,
            checker=checker,
            not_after=not_after,
            order=self.order,
            lines=self.lines,
            text=self.text,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """All instructions of one idempotency key. `content_hash` tells the same request from another one."""

    key: str
    source: str
    content_hash: str
    parts: tuple[Part, ...]

    @property
    def line_count(self) -> int:
        """Lines over all instructions; a pause, which has none, counts as one."""
        return sum(len(part.entries) for part in self.parts)

    @property
    def control_book(self) -> str:
        """The control book of all its instruments; one plan is carried out by one maker in one book."""
        return self.parts[0].instrument.control_book


def make_plan(
    operation: Operation,
    entries: Sequence[Entry],
    key: str,
    source: str,
    order: str = NO_ORDER,
    orders: Mapping[str, str] | None = None,
    text: str = "",
) -> Plan:
    """The plan of a request. The same key and entries give the same references, whatever machine or database.

    `source` names the file, for people; `order` is the hash of the order behind an enforcement. Where each instrument
    has an order of its own, `orders` gives them by its name. `text` is the place of the document that is set.
    """
    own = orders or {}
    parts: list[Part] = []
    for instrument, of_instrument in _by_instrument(entries):
        for chunk in _chunks(of_instrument):
            ref = reference(instrument.chain_id, instrument.control_book, key, len(parts))
            lines = tuple(entry.line for entry in chunk if operation.has_lines)
            behind = own.get(instrument.instrument_id, order)
            parts.append(Part(ref, len(parts), instrument, operation, behind, lines, tuple(chunk), text))
    return Plan(key, source, _content_hash(parts), tuple(parts))


def _by_instrument(entries: Iterable[Entry]) -> list[tuple[Instrument, list[Entry]]]:
    groups: dict[str, tuple[Instrument, list[Entry]]] = {}
    for entry in entries:
        groups.setdefault(entry.instrument.instrument_id, (entry.instrument, []))[1].append(entry)
    return list(groups.values())


def _chunks(entries: list[Entry]) -> Iterable[list[Entry]]:
    return (entries[start : start + LINES_MAX] for start in range(0, len(entries), LINES_MAX))


def _content_hash(parts: Sequence[Part]) -> str:
    """What makes a request the same request: operation, order, instruments and lines, in canonical JSON (RFC 8785)."""
    content = [
        {
            "instrument": part.instrument.address,
            "operation": part.operation.value,
            "order": part.order,
            "text": part.text,
            "lines": [[line.sender, line.recipient, str(line.amount_units), str(line.detail)] for line in part.lines],
        }
        for part in parts
    ]
    return "0x" + hashlib.sha256(rfc8785.dumps(content)).hexdigest()
