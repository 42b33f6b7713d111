"""Validate: hold a span against the checkpoint and against itself before anything of it is applied."""

from __future__ import annotations

from itertools import pairwise

from rwaledger.domain.block import Log
from rwaledger.mirror.doubts import InconsistentAnswer
from rwaledger.mirror.fetch import Span


def validate(span: Span, anchor_hash: str) -> None:
    """Whether the span follows on from the block `anchor_hash` and holds together.

    Raises:
        InconsistentAnswer: it does not; the message says where.
    """
    _validate_headers(span, anchor_hash)
    _validate_logs(span)


def _validate_headers(span: Span, anchor_hash: str) -> None:
    numbers = [header.number for header in span.headers]
    if numbers != list(range(span.first - 1, span.last + 1)):
        raise InconsistentAnswer(f"the headers of blocks {span.first - 1} to {span.last} are not all there")
    if span.headers[0].hash != anchor_hash:
        raise InconsistentAnswer(
            f"block {span.first - 1} is {span.headers[0].hash}, and was {anchor_hash} when it was last read"
        )
    for parent, header in pairwise(span.headers):
        if header.parent_hash != parent.hash:
            raise InconsistentAnswer(f"block {header.number} does not follow on block {parent.number}")


def _validate_logs(span: Span) -> None:
    hashes = {header.number: header.hash for header in span.headers[1:]}
    before = (-1, -1)
    for log in span.logs:
        if log.block_number not in hashes:
            raise InconsistentAnswer(f"{_name(log)} lies outside of blocks {span.first} to {span.last}")
        if log.block_hash != hashes[log.block_number]:
            raise InconsistentAnswer(f"{_name(log)} belongs to another block of that number, {log.block_hash}")
        if log.address not in span.addresses:
            raise InconsistentAnswer(f"{_name(log)} is of {log.address}, which was not asked for")
        if (log.block_number, log.log_index) <= before:
            raise InconsistentAnswer(f"{_name(log)} comes twice or out of order")
        before = (log.block_number, log.log_index)


def _name(log: Log) -> str:
    return f"log {log.log_index} of block {log.block_number}"
