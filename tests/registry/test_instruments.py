"""Chains, contracts and instruments: recorded once, recognised again, and never silently replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.registry import instruments
from rwaledger.registry.database import Database
from rwaledger.registry.instruments import Contract, ContractKind
from tests.registry.samples import BOOK, CHAIN, GENESIS, GRN28, HKDS, add_instruments, address, hash_of

TOKEN_CONTRACT = Contract(
    CHAIN, HKDS.address, ContractKind.ASSET_TOKEN, HKDS.deploy_block, HKDS.deploy_block_hash, HKDS.code_hash
)
BOOK_CONTRACT = Contract(CHAIN, BOOK, ContractKind.CONTROL_BOOK, 1, hash_of("block", 1), hash_of("code"))


def test_what_was_recorded_is_given_back(database: Database) -> None:
    with database.begin() as c:
        add_instruments(c, HKDS, GRN28)
        instruments.add_contract(c, BOOK_CONTRACT)
    with database.read() as c:
        assert instruments.genesis_hash(c, CHAIN) == GENESIS
        assert instruments.genesis_hash(c, 1) is None
        assert instruments.instruments(c) == [GRN28, HKDS]
        assert instruments.instrument(c, "HKDS") == HKDS
        assert instruments.contracts(c) == instruments.contracts(c, CHAIN)
        assert set(instruments.contracts(c)) >= {TOKEN_CONTRACT, BOOK_CONTRACT}
        assert instruments.contracts(c, 1) == []


def test_recording_the_same_again_changes_nothing(database: Database) -> None:
    with database.begin() as c:
        for _ in range(2):
            add_instruments(c, HKDS)
            instruments.add_contract(c, TOKEN_CONTRACT)
        assert instruments.instruments(c) == [HKDS]
        assert instruments.contracts(c) == [TOKEN_CONTRACT]


@pytest.mark.parametrize(
    "other",
    [
        replace(HKDS, decimals=2),
        replace(HKDS, code_hash=hash_of("other code")),
        replace(HKDS, instrument_id="HKDX"),
        replace(HKDS, address=address(99)),
    ],
    ids=["terms", "code", "name", "address"],
)
def test_an_instrument_with_other_values_is_refused(database: Database, other: object) -> None:
    with database.begin() as c:
        add_instruments(c, HKDS)
    with pytest.raises(RegisterConflict, match="with other values"), database.begin() as c:
        instruments.add_instrument(c, other)  # type: ignore[arg-type]
    with database.read() as c:
        assert instruments.instruments(c) == [HKDS]


def test_a_chain_with_another_genesis_is_refused(database: Database) -> None:
    with database.begin() as c:
        instruments.add_chain(c, CHAIN, GENESIS)
        with pytest.raises(RegisterConflict, match=f"chain {CHAIN} is in the register with other values"):
            instruments.add_chain(c, CHAIN, hash_of("other genesis"))
        assert instruments.genesis_hash(c, CHAIN) == GENESIS


def test_a_contract_on_a_chain_that_is_not_recorded_is_refused(database: Database) -> None:
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        instruments.add_contract(c, BOOK_CONTRACT)


def test_an_unknown_instrument_is_named(database: Database) -> None:
    with database.read() as c, pytest.raises(UnknownName, match="no instrument called 'HKDX'"):
        instruments.instrument(c, "HKDX")


@pytest.mark.parametrize("column", ["kind", "record_of_truth"])
def test_a_value_that_an_outsider_made_up_is_reported(database: Database, column: str) -> None:
    with database.begin() as c:
        add_instruments(c, HKDS)
        c.exec_driver_sql(f"UPDATE instruments SET {column} = 'spoon'")
        with pytest.raises(RegisterConflict, match="holds 'spoon' where one of"):
            instruments.instruments(c)
