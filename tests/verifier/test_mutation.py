"""Random changes to the bytes of a pack: nothing passes but the original."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.verification import verify
from tests.verifier.writer import Draft, zip_of

Mutation = Callable[[random.Random, bytearray], None]


def a_bit(chance: random.Random, raw: bytearray) -> None:
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)


def a_byte(chance: random.Random, raw: bytearray) -> None:
    at = chance.randrange(len(raw))
    raw[at] = (raw[at] + chance.randrange(1, 256)) % 256


def a_byte_more(chance: random.Random, raw: bytearray) -> None:
    raw.insert(chance.randrange(len(raw) + 1), chance.randrange(256))


def a_byte_less(chance: random.Random, raw: bytearray) -> None:
    del raw[chance.randrange(len(raw))]


def the_end_less(chance: random.Random, raw: bytearray) -> None:
    del raw[chance.randrange(len(raw)) :]


def a_piece_twice(chance: random.Random, raw: bytearray) -> None:
    at, length = chance.randrange(len(raw)), chance.randrange(1, 500)
    raw[at:at] = raw[at : at + length]


def a_piece_less(chance: random.Random, raw: bytearray) -> None:
    at = chance.randrange(len(raw))
    del raw[at : at + chance.randrange(1, 500)]


def a_piece_elsewhere(chance: random.Random, raw: bytearray) -> None:
    at, to, length = chance.randrange(len(raw)), chance.randrange(len(raw)), chance.randrange(1, 500)
    raw[to : to + length] = raw[at : at + length]


MUTATIONS: tuple[Mutation, ...] = (
    a_bit,
    a_byte,
    a_byte_more,
    a_byte_less,
    the_end_less,
    a_piece_twice,
    a_piece_less,
    a_piece_elsewhere,
)


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_no_mutation_of_the_file_passes(mutate: Mutation, written: Draft, tmp_path: Path) -> None:
    chance, original, path = random.Random(mutate.__name__), written.packed(), tmp_path / "mutated.zip"
    for _ in range(50):
        raw = bytearray(original)
        mutate(chance, raw)
        path.write_bytes(raw)
        if raw != original:
            assert verify(path, Expected(written.block_hash)).refuted


@pytest.mark.parametrize("mutate", [a_bit, a_byte, a_byte_more, a_byte_less, the_end_less, a_piece_twice])
def test_no_mutation_of_a_file_in_it_passes(mutate: Mutation, written: Draft, tmp_path: Path) -> None:
    """In a container that is in order, with signatures as they were: the manifest, made anew or not, gives it away."""
    chance, entries, path = random.Random(mutate.__name__), written.sealed(), tmp_path / "mutated.zip"
    for turn in range(20):
        name = chance.choice([each for each in entries if entries[each]])
        raw = bytearray(entries[name])
        mutate(chance, raw)
        if raw == entries[name]:
            continue
        changed = {**entries, name: bytes(raw)}
        if turn % 2 and name in written.files:
            other = written.copy()
            other.files[name] = bytes(raw)
            changed = {**other.sealed(), "signatures.json": entries["signatures.json"]}
        path.write_bytes(zip_of(changed))
        assert verify(path, Expected(written.block_hash)).refuted, name
