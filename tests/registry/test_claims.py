"""Claims on contracts: several mirrors share them, and who is gone has none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from rwaledger.domain.errors import DatabaseUnreachable
from rwaledger.registry.claims import claims
from rwaledger.registry.database import Database
from rwaledger.registry.instruments import Contract, ContractKind, add_chain, add_contract

CHAIN = 31337
CONTRACTS = ["0x" + digit * 40 for digit in "abcd"]

HOLDER = """
import sys, time
from rwaledger.registry.claims import claims
from rwaledger.registry.database import Database
with claims(Database(sys.argv[1]), 31337) as mine, mine.taken(sys.argv[2:]):
    print("taken", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def shared(empty_postgres_url: str) -> Iterator[Database]:
    database = Database(empty_postgres_url)
    database.migrate()
    yield database
    database.close()


def test_one_alone_has_all(database: Database) -> None:
    with claims(database, CHAIN) as mine, mine.taken(CONTRACTS) as taken:
        assert taken == set(CONTRACTS)
        assert mine.are_fair


def test_two_share_and_none_has_what_the_other_has(shared: Database) -> None:
    with claims(shared, CHAIN) as one, claims(shared, CHAIN) as other:
        with one.taken(CONTRACTS) as ones:
            with other.taken(CONTRACTS) as others:
                assert (len(ones), len(others)) == (2, 2)
                assert ones | others == set(CONTRACTS)
            with other.taken(sorted(ones)) as others:
                assert others == frozenset()
        with other.taken(sorted(ones)) as others:
            assert len(others) == 1


def test_who_joins_makes_a_full_share_unfair(shared: Database) -> None:
    with claims(shared, CHAIN) as one, one.taken(CONTRACTS):
        assert one.are_fair
        with claims(shared, CHAIN):
            assert not one.are_fair
        with claims(shared, CHAIN + 1):
            assert one.are_fair


def test_who_has_nothing_is_given_one_by_whoever_has_several(shared: Database) -> None:
    with claims(shared, CHAIN) as one, claims(shared, CHAIN) as other, claims(shared, CHAIN) as third:
        with one.taken(CONTRACTS) as ones, other.taken(CONTRACTS) as others:
            assert (len(ones), len(others)) == (2, 2)
            assert one.are_fair
            with third.taken(CONTRACTS) as thirds:
                assert thirds == frozenset()
            assert not one.are_fair
        with one.taken(CONTRACTS) as ones, other.taken(CONTRACTS) as others, third.taken(CONTRACTS) as thirds:
            assert list(map(len, (ones, others, thirds))) == [1, 1, 1]
            assert one.are_fair


def test_contracts_with_hardly_any_events_are_no_part(shared: Database) -> None:
    """Those of the book and the anchor, which stand first in order of address, would leave one of four without any."""
    beside = {"0x" + "0" * 40: ContractKind.CONTROL_BOOK, "0x" + "1" * 40: ContractKind.REGISTRY_ANCHOR}
    hash_ = "0x" + "e" * 64
    with shared.begin() as c:
        add_chain(c, CHAIN, hash_)
        for address, kind in beside.items():
            add_contract(c, Contract(CHAIN, address, kind, 1, hash_, hash_))
    everything = [*beside, *CONTRACTS]
    with (
        claims(shared, CHAIN) as one,
        claims(shared, CHAIN) as other,
        claims(shared, CHAIN),
        claims(shared, CHAIN),
        one.taken(everything) as ones,
        other.taken(everything) as others,
    ):
        assert ones == {*beside, CONTRACTS[0]}
        assert others == {CONTRACTS[1]}
        assert one.are_fair


def test_contracts_of_another_chain_are_others(shared: Database) -> None:
    with (
        claims(shared, CHAIN) as one,
        claims(shared, CHAIN + 1) as other,
        one.taken(CONTRACTS) as ones,
        other.taken(CONTRACTS) as others,
    ):
        assert ones == others == set(CONTRACTS)


def test_a_process_that_was_killed_has_no_claims_left(shared: Database, empty_postgres_url: str) -> None:
    command = [sys.executable, "-c", HOLDER, empty_postgres_url, *CONTRACTS]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"taken\n"
        with claims(shared, CHAIN) as mine:
            with mine.taken(CONTRACTS) as taken:
                assert taken == frozenset()
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            while len(taken) < len(CONTRACTS):
                with mine.taken(CONTRACTS) as taken:
                    pass


def test_a_session_that_is_lost_is_said_so(shared: Database) -> None:
    with pytest.raises(DatabaseUnreachable), claims(shared, CHAIN) as mine, mine.taken(CONTRACTS):
        with shared.begin() as c:
            c.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
        assert mine.are_fair
