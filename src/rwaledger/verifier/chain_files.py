"""The files of `chain/` as values: headers, blocks with what is in them, proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from rwaledger.verifier.workers import Workers

HEADERS = "chain/headers.jsonl"
BLOCKS = "chain/blocks.jsonl"

_AT_A_TIME = 2_048
_BYTES_AT_A_TIME = 1 << 23

_Raw = tuple[list[bytes], list[bytes]]
_Computed = tuple[bytes, bytes, list[bytes]]
_Named = Callable[[], Mapping[tuple[int, int], str]]


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


def blocks(container: Container, known: Sequence[Header], named: _Named, workers: Workers) -> Iterator[Block]:
    """Every block with a transaction, its roots computed; `named` gives hashes of transactions that nobody signed.

    Raises:
        Refuted: a line has no transactions and receipts of a block, or blocks are out of order.
    """
    tasks = ((some, [raws for _, raws in some]) for some in _together(_raw_blocks(container, known)))
    for some, roots in workers.map(roots_and_hashes, tasks):
        for (header, raws), computed in zip(some, roots, strict=True):
            yield _block(header, raws, computed, named)


def _raw_blocks(container: Container, known: Sequence[Header]) -> Iterator[tuple[Header, _Raw]]:
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
        yield known[number - known[0].number], (raws[0], raws[1])


def _together(raw_blocks: Iterable[tuple[Header, _Raw]]) -> Iterator[list[tuple[Header, _Raw]]]:
    """As many blocks at once as are worth it, since many hashes together cost far less than one by one."""
    some: list[tuple[Header, _Raw]] = []
    size = 0
    for header, raws in raw_blocks:
        some.append((header, raws))
        size += sum(len(raw) for part in raws for raw in part)
        if size >= _BYTES_AT_A_TIME:
            yield some
            some, size = [], 0
    yield some


def roots_and_hashes(raws: Sequence[_Raw]) -> list[_Computed]:
    """Of each block the root of its transactions, that of its receipts, and the hashes of its transactions."""
    roots = ordered_roots([part for both in raws for part in both])
    hashes = iter(keccak256_many([raw for transactions, _ in raws for raw in transactions]))
    pairs = zip(roots[::2], roots[1::2], raws, strict=True)
    return [(first, second, [next(hashes) for _ in transactions]) for first, second, (transactions, _) in pairs]


def _block(header: Header, raws: _Raw, computed: _Computed, named: _Named) -> Block:
    transactions_root, receipts_root, hashes = computed
    try:
        transactions = tuple(
            _transaction(raw, tx_hash, (header.number, index), named)
            for index, (raw, tx_hash) in enumerate(zip(raws[0], hashes, strict=True))
        )
        receipts = bodies.receipts(raws[1], transactions, header.hash)
    except ValueError as error:
        raise Refuted(f"{BLOCKS}, block {header.number}", str(error)) from error
    return Block(header, transactions, receipts, "0x" + transactions_root.hex(), "0x" + receipts_root.hex())


def _transaction(raw: bytes, tx_hash: bytes, place: tuple[int, int], named: _Named) -> Transaction:
    found = bodies.transaction(raw, tx_hash, *place)
    return found if found.is_signed else replace(found, hash=named().get(place, found.hash))


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
