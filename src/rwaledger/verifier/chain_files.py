"""The files of `chain/` as values: headers, blocks with what is in them, proofs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from rwaledger.verifier import bodies, canonical
from rwaledger.verifier.container import Container
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.keccak import keccak256_many
from rwaledger.verifier.manifest import Manifest
from rwaledger.verifier.shape import Part
from rwaledger.verifier.trie import ordered_roots
from rwaledger.verifier.values import Block, Header, Proof, Transaction

HEADERS = "chain/headers.jsonl"
BLOCKS = "chain/blocks.jsonl"

_AT_A_TIME = 2_048
_BLOCKS_AT_A_TIME = 256

_Raw = tuple[Header, list[bytes], list[bytes]]


def headers(container: Container, manifest: Manifest) -> Iterator[Header]:
    """Every header, in order, its hash computed.

    Raises:
        Refuted: a line is no header, or the numbers do not run from the first block to the pinned one.
    """
    expected = manifest.first_block
    waiting: list[bytes] = []
    for line, value in canonical.parse_lines(container.lines(HEADERS), HEADERS):
        number, raw = Part(value, f"{HEADERS} line {line}").items(2)
        if number.number() != expected:
            raise number.refuse(f"block {expected}")
        waiting.append(raw.raw())
        expected += 1
        if len(waiting) == _AT_A_TIME:
            yield from _headers(waiting, expected - len(waiting), manifest.first_block)
            waiting = []
    yield from _headers(waiting, expected - len(waiting), manifest.first_block)
    if expected != manifest.pin.block_number + 1:
        raise Refuted(HEADERS, f"ends at block {expected - 1}, the pinned block is {manifest.pin.block_number}")


def _headers(raws: list[bytes], first: int, first_of_all: int) -> Iterator[Header]:
    for number, raw, header_hash in zip(range(first, first + len(raws)), raws, keccak256_many(raws), strict=True):
        place = f"{HEADERS} line {number - first_of_all + 1}"
        try:
            found = bodies.header(raw, header_hash)
        except ValueError as error:
            raise Refuted(place, f"block {number}: {error}") from error
        if found.number != number:
            raise Refuted(place, f"the header says that it is of block {found.number}, the line says {number}")
        yield found


def blocks(container: Container, known: Sequence[Header], named: Mapping[tuple[int, int], str]) -> Iterator[Block]:
    """Every block with a transaction, its roots computed; `named` are hashes of transactions that nobody signed.

    Raises:
        Refuted: a line has no transactions and receipts of a block, or blocks are out of order.
    """
    waiting: list[_Raw] = []
    before = -1
    for line, value in canonical.parse_lines(container.lines(BLOCKS), BLOCKS):
        part = Part(value, f"{BLOCKS} line {line}").fields("number", "receipts", "transactions")
        number = part["number"].number()
        if number <= before or not known or not known[0].number <= number <= known[-1].number:
            raise part["number"].refuse(f"a block behind {before}, among those with a header,")
        before = number
        raws = [[each.raw() for each in part[name].items()] for name in ("transactions", "receipts")]
        if not raws[0]:
            raise part["transactions"].refuse("at least one transaction")
        waiting.append((known[number - known[0].number], raws[0], raws[1]))
        if len(waiting) == _BLOCKS_AT_A_TIME:
            yield from _blocks(waiting, named)
            waiting = []
    yield from _blocks(waiting, named)


def _blocks(raws: list[_Raw], named: Mapping[tuple[int, int], str]) -> Iterator[Block]:
    roots = ordered_roots([values for _, *both in raws for values in both])
    hashes = iter(keccak256_many([raw for _, transactions, _ in raws for raw in transactions]))
    for i, (header, raw_transactions, raw_receipts) in enumerate(raws):
        try:
            transactions = tuple(
                _transaction(raw, next(hashes), (header.number, index), named)
                for index, raw in enumerate(raw_transactions)
            )
            receipts = bodies.receipts(raw_receipts, transactions, header.hash)
        except ValueError as error:
            raise Refuted(f"{BLOCKS}, block {header.number}", str(error)) from error
        yield Block(header, transactions, receipts, "0x" + roots[2 * i].hex(), "0x" + roots[2 * i + 1].hex())


def _transaction(
    raw: bytes, tx_hash: bytes, place: tuple[int, int], named: Mapping[tuple[int, int], str]
) -> Transaction:
    found = bodies.transaction(raw, tx_hash, *place)
    return found if found.is_signed or place not in named else replace(found, hash=named[place])


def proof(container: Container, address: str) -> Proof:
    """What is said of a contract, and the nodes that are to prove it.

    Raises:
        Refuted: another shape, or of another contract.
    """
    place = f"chain/proofs/{address}.json"
    top = Part(canonical.parse(container.read(place), place), place)
    top.fields("account_nodes", "address", "code", "slots", "storage_nodes")
    top["address"].one_of(address)
    return Proof(
        address,
        top["code"].raw(),
        _nodes(top["account_nodes"]),
        _nodes(top["storage_nodes"]),
        {int(Part(slot, part.place).hexed(32), 16): int(part.hexed(32), 16) for slot, part in top["slots"].members()},
    )


def _nodes(part: Part) -> tuple[bytes, ...]:
    found = tuple(each.raw() for each in part.items())
    if any(a >= b for a, b in pairwise(found)):
        raise part.refuse("nodes in the order of their bytes, each once,")
    return found
