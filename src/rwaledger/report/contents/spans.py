"""Calendar months of a zone up to a moment, each with the last block in it: the periods of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rwaledger.domain.calendar import add_months, end_of_day
from rwaledger.registry import heights
from rwaledger.registry.database import Connection
from rwaledger.report.contents.moment import Moment

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A month, or the part of it up to the moment; `last_block` ends it, and is 0 where no block is as old."""

    first: date
    last: date
    last_block: int

    @property
    def name(self) -> str:
        """The month, such as `2026-07`."""
        return f"{self.first:%Y-%m}"


def months(c: Connection, moment: Moment, since_block: int) -> list[Span]:
    """The months from that of a block up to that of the moment, which ends with the moment's block."""
    begun = heights.block_from(c, moment.chain_id, since_block)
    if begun is None or begun.number > moment.block_number:
        return []
    return [_span(c, moment, first) for first in _firsts(moment.day_of(begun.timestamp), moment.day)]


def _firsts(day: date, upto: date) -> Iterator[date]:
    first = day.replace(day=1)
    while first <= upto:
        yield first
        first = add_months(first, 1)


def _span(c: Connection, moment: Moment, first: date) -> Span:
    last = add_months(first, 1) - _DAY
    if last >= moment.day:
        return Span(first, moment.day, moment.block_number)
    ends = int(end_of_day(last, moment.zone).timestamp()) - 1
    block = heights.last_block_at(c, moment.chain_id, ends, moment.block_number)
    return Span(first, last, block.number if block else 0)
