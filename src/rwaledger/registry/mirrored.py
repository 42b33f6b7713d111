"""What a period attests of the tables that the mirror writes: one hash a table, up to the period's block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from typing import Any

from rwaledger.domain.block import Log
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.period import Section
from rwaledger.domain.posting import Posting
from rwaledger.registry import positions, survey
from rwaledger.registry.attested import MIRRORED, RECORDED
from rwaledger.registry.corrections import effective_postings
from rwaledger.registry.database import Connection
from rwaledger.registry.encoding import encoded
from rwaledger.registry.types import json_text

Cells = tuple[Any, ...]
"""Cells of a row in the order of `MIRRORED`; the first is the number of its block, and rows come in its order."""


def event_cells(name: str, log: Log) -> Cells:
    """Of a row of `events`."""
    place = (log.block_number, log.log_index, log.block_hash, log.tx_hash, log.tx_index)
    return (*place, log.address, name, json_text(log.topics), log.data)


def posting_cells(each: Posting) -> Cells:
    """Of a row of `postings`."""
    units = (each.amount_units, each.balance_after_units)
    return (each.block_number, each.log_index, each.account, *units, each.tx_hash)


def standing_cells(block_number: int, log_index: int, account: str, standing: Standing) -> Cells:
    """Of a row of `standings`."""
    return (block_number, log_index, account, *astuple(standing))


def sections_at(table: str, rows: Iterable[Cells], blocks: Sequence[int]) -> list[Section]:
    """The section of a table as of each of these blocks, which come in ascending order; its rows are read once."""
    digest, count, found = hashlib.sha256(), 0, []
    pending = iter(rows)
    row = next(pending, None)
    for block in blocks:
        while row is not None and row[0] <= block:
            digest.update(encoded(row))
            count += 1
            row = next(pending, None)
        found.append(Section(table, RECORDED, MIRRORED[table], count, digest.hexdigest()))
    return found


def mirrored_sections(c: Connection, instrument: Instrument, block: int) -> list[Section]:
    """The sections of all mirrored tables as the register has them; of postings those that count, corrections made."""
    logs = positions.events(c, instrument.chain_id, instrument.address, block)
    rows: dict[str, Iterator[Cells]] = {
        "events": (event_cells(name, log) for name, log in logs),
        "postings": map(posting_cells, effective_postings(c, instrument.instrument_id, block).postings),
        "standings": (
            standing_cells(each.block_number, each.log_index, each.account, each.standing)
            for each in survey.standing_history(c, instrument.instrument_id, block)
        ),
    }
    return [section for table in MIRRORED for section in sections_at(table, rows[table], [block])]
