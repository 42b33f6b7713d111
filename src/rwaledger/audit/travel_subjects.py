"""Under which trade or instruction, and at which line of it, a transfer was made: by that its record is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rwaledger.audit.authority import effects
from rwaledger.audit.records import InstrumentRecords, Place, Records, place_of
from rwaledger.audit.replay import Move, move_of
from rwaledger.domain.instruction import Operation
from rwaledger.registry.instruments import ContractKind

Subject = tuple[str, int]
"""A trade's digest or an instruction's reference, and the leg or line, counted from 0."""

_SETTLED = "TradeSettled"


@dataclass(frozen=True, slots=True)
class Paid:
    """A transfer that an instruction or a trade made."""

    subject: Subject
    instrument_id: str
    place: Place
    move: Move


def paid_by_subject(records: Records) -> list[Paid]:
    """Every transfer of every instrument that an instruction or a trade made, by the events alone."""
    by_instruction = (paid for each in records.instruments for paid in _by_instruction(each))
    return [*by_instruction, *_by_trade(records)]


def _by_instruction(each: InstrumentRecords) -> Iterator[Paid]:
    """A line of a transfer makes one Transfer, in the order of the lines."""
    for execution in each.book.executions:
        made = [found for found in effects(execution.effects) if found.deed.operation is Operation.TRANSFER]
        for line, found in enumerate(made):
            place = place_of(found.event.log)
            yield Paid((execution.ref, line), each.instrument.instrument_id, place, found.deed.move)


def _by_trade(records: Records) -> Iterator[Paid]:
    """The transfers behind a TradeSettled, up to the next one in the transaction, are the legs in their order."""
    digests = _settled(records)
    in_transaction: dict[str, list[tuple[int, str, Place, Move]]] = {}
    for each in records.instruments:
        for event in each.token.events:
            move = move_of(event) if event.log.tx_hash in digests else None
            if move:
                row = event.log.log_index, each.instrument.instrument_id, place_of(event.log), move
                in_transaction.setdefault(event.log.tx_hash, []).append(row)
    for tx_hash, settled in digests.items():
        legs: dict[str, int] = {}
        for log_index, name, place, move in sorted(in_transaction.get(tx_hash, []), key=lambda row: row[0]):
            before = [digest for at, digest in settled if at < log_index]
            if before:
                leg = legs.get(before[-1], 0)
                legs[before[-1]] = leg + 1
                yield Paid((before[-1], leg), name, place, move)


def _settled(records: Records) -> dict[str, list[tuple[int, str]]]:
    """The trades that each transaction settled, by their places in it."""
    found: dict[str, list[tuple[int, str]]] = {}
    for book in records.books:
        if book.contract.kind is ContractKind.SETTLEMENT:
            for event in book.events:
                if event.name == _SETTLED:
                    row = event.log.log_index, str(event.args["digest"])
                    found.setdefault(event.log.tx_hash, []).append(row)
    return {tx_hash: sorted(rows) for tx_hash, rows in found.items()}
