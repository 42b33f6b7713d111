"""Whatever does not fit together is refused before anything of it is used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.domain.block import Block, Log
from rwaledger.mirror.doubts import InconsistentAnswer
from rwaledger.mirror.fetch import Span
from rwaledger.mirror.validate import validate

TOKEN, OTHER = "0x" + "70" * 20, "0x" + "71" * 20


def hash_of(number: int) -> str:
    return f"0x{number:064x}"


def header(number: int) -> Block:
    return Block(number, hash_of(number), hash_of(number - 1), 1_700_000_000 + number)


def log(block: int, index: int) -> Log:
    return Log(TOKEN, (hash_of(99),), "0x", block, hash_of(block), hash_of(1_000 + index), 0, index)


GOOD = Span(
    first=5,
    last=8,
    addresses=frozenset({TOKEN}),
    headers=tuple(header(number) for number in range(4, 9)),
    logs=(log(5, 0), log(5, 3), log(7, 1), log(8, 0)),
)
HEADERS, LOGS = GOOD.headers, GOOD.logs


def test_what_fits_passes() -> None:
    validate(GOOD, hash_of(4))
    validate(replace(GOOD, logs=()), hash_of(4))


def test_another_anchor_is_refused() -> None:
    with pytest.raises(InconsistentAnswer, match=f"block 4 is {hash_of(4)}, and was {hash_of(40)}"):
        validate(GOOD, hash_of(40))


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((), "not all there"),
        (HEADERS[1:], "not all there"),
        (HEADERS[:-1], "not all there"),
        ((*HEADERS, header(9)), "not all there"),
        ((*HEADERS[:2], *HEADERS[3:]), "not all there"),
        ((HEADERS[0], HEADERS[2], HEADERS[1], *HEADERS[3:]), "not all there"),
        ((*HEADERS[:2], replace(HEADERS[2], parent_hash=hash_of(50)), *HEADERS[3:]), "block 6 does not follow"),
        ((*HEADERS[:2], replace(HEADERS[2], hash=hash_of(60)), *HEADERS[3:]), "block 7 does not follow"),
    ],
    ids=["none", "no first", "no last", "one too many", "a gap", "out of order", "other parent", "other hash"],
)
def test_headers_that_do_not_link_are_refused(headers: tuple[Block, ...], reason: str) -> None:
    with pytest.raises(InconsistentAnswer, match=reason):
        validate(replace(GOOD, headers=headers), hash_of(4))


@pytest.mark.parametrize(
    ("logs", "reason"),
    [
        ((log(4, 0),), "log 0 of block 4 lies outside"),
        ((log(9, 0),), "log 0 of block 9 lies outside"),
        ((log(6, 2)._replace(block_hash=hash_of(60)),), "log 2 of block 6 belongs to another block"),
        ((log(6, 2)._replace(address=OTHER),), f"log 2 of block 6 is of {OTHER}"),
        ((*LOGS, LOGS[-1]), "log 0 of block 8 comes twice"),
        ((LOGS[1], LOGS[0]), "log 0 of block 5 comes twice or out of order"),
        ((LOGS[2], LOGS[1]), "log 3 of block 5 comes twice or out of order"),
    ],
    ids=["before", "behind", "other block", "foreign", "twice", "out of order", "blocks out of order"],
)
def test_logs_that_do_not_belong_are_refused(logs: tuple[Log, ...], reason: str) -> None:
    with pytest.raises(InconsistentAnswer, match=reason):
        validate(replace(GOOD, logs=logs), hash_of(4))
