"""Sub-ledgers of omnibus accounts: double entry, all rows or none, a file once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.cli.main import run
from rwaledger.domain.clients import HOUSE, ClientTrade, Overdrawn, statement_legs, trade_legs
from rwaledger.domain.errors import IdempotencyConflict, InputFileError, UsageError
from rwaledger.domain.holder import Account, AccountKind
from rwaledger.operate.clients import Booked, book_statement, book_trades, read_statement, read_trades
from rwaledger.registry import clients, holders
from tests.office import Office
from tests.operate.paying import at

DAY = date(2026, 5, 12)
STATEMENT = "HKDS,P-1,1200\nHKDS,P-2,800.5\nGRN28,P-1,10\n"
BALANCES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10**30))


@pytest.fixture
def account(office: Office) -> Account:
    """Peak's account, as an omnibus one."""
    with office.database.begin() as connection:
        found = replace(holders.account_of(connection, office.node.chain_id, "peak"), kind=AccountKind.OMNIBUS)
        holders.put_account(connection, found)
    return found


def state(office: Office, account: Account, rows: str, key: str = "statement") -> Booked:
    path = office.write(f"{key}.csv", f"instrument,client,balance\n{rows}")
    stated = read_statement(path, office.names())
    return book_statement(office.database, office.desk.maker, account, path, stated, DAY, key)


def trade(office: Office, account: Account, rows: str, key: str = "trades") -> Booked:
    path = office.write(f"{key}.csv", f"instrument,from,to,amount\n{rows}")
    return book_trades(office.database, office.desk.maker, account, path, read_trades(path, office.names()), DAY, key)


def balances(office: Office, account: Account) -> dict[str, dict[str, int]]:
    with office.database.read() as connection:
        return clients.client_balances(connection, account.chain_id, account.address)


def test_a_statement_sets_what_every_client_has(office: Office, account: Account) -> None:
    assert state(office, account, STATEMENT).entries == 2
    assert balances(office, account)["HKDS"] == {"P-1": 1_200 * 10**6, "P-2": 8_005 * 10**5, HOUSE: -20_005 * 10**5}

    state(office, account, "HKDS,P-2,900\n", "later")
    assert balances(office, account)["HKDS"] == {"P-1": 0, "P-2": 900 * 10**6, HOUSE: -900 * 10**6}


def test_every_entry_nets_to_zero_and_carries_the_balance(office: Office, account: Account) -> None:
    state(office, account, STATEMENT)
    trade(office, account, "HKDS,P-1,P-2,100\nHKDS,P-2,P-3,0.5\n")
    with office.database.read() as connection:
        postings = clients.client_postings(connection, account.chain_id, account.address, "HKDS")
    by_entry = {entry: sum(p.amount_units for p in postings if p.entry == entry) for entry in (1, 2, 3)}
    assert by_entry == {1: 0, 2: 0, 3: 0}
    last = {posting.client: posting.balance_after_units for posting in postings}
    assert last == balances(office, account)["HKDS"]


def test_the_same_file_again_books_nothing(office: Office, account: Account) -> None:
    state(office, account, STATEMENT)
    again = state(office, account, STATEMENT)
    assert (again.known, again.entries) == (True, 0)
    with pytest.raises(IdempotencyConflict):
        state(office, account, "HKDS,P-1,1\n")


def test_a_statement_that_changes_nothing_is_booked_once_as_well(office: Office, account: Account) -> None:
    state(office, account, STATEMENT)
    assert state(office, account, STATEMENT, "confirmed").entries == 0
    trade(office, account, "HKDS,P-1,P-2,100\n")
    before = balances(office, account)
    assert state(office, account, STATEMENT, "confirmed").known
    assert balances(office, account) == before


def test_a_statement_of_an_earlier_day_does_not_undo_what_was_booked_since(office: Office, account: Account) -> None:
    state(office, account, STATEMENT)
    before = balances(office, account)
    path = office.write("old.csv", "instrument,client,balance\nHKDS,P-1,1\n")
    stated, day = read_statement(path, office.names()), DAY - timedelta(days=1)
    with pytest.raises(UsageError, match="the sub-ledger has entries of 2026-05-12"):
        book_statement(office.database, office.desk.maker, account, path, stated, day, "old")
    assert balances(office, account) == before


def test_a_client_cannot_owe_units_and_then_nothing_is_booked(office: Office, account: Account) -> None:
    state(office, account, STATEMENT)
    before = balances(office, account)
    with pytest.raises(InputFileError, match=r"trades\.csv:3: P-1 has 1100000000 units"):
        trade(office, account, "HKDS,P-1,P-2,100\nHKDS,P-1,P-2,1101\n")
    assert balances(office, account) == before


def test_the_day_of_a_booking_is_the_local_one(paying: Office) -> None:
    """Half past midnight in Hong Kong is the day before in UTC."""
    with paying.database.begin() as connection:
        found = replace(holders.account_of(connection, paying.node.chain_id, "peak"), kind=AccountKind.OMNIBUS)
        holders.put_account(connection, found)
    at(paying, "2026-02-03T00:30:00+08:00")
    paying.write("clients.csv", "instrument,client,balance\nHKDS,P-1,1\n")
    assert run(["omnibus", "import", "peak", "clients.csv", "--yes"]) == 0
    with paying.database.read() as connection:
        postings = clients.client_postings(connection, found.chain_id, found.address)
    assert {each.dated for each in postings} == {date(2026, 2, 3)}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("HKDS,Au Wing-yan,5\n", "names stay out of the register"),
        ("HKDS,P-1,5\nHKDS,P-1,6\n", "P-1 stands in line 2 already"),
        ("HKDS,P-1,-5\n", "not a positive decimal amount"),
        ("NONE,P-1,5\n", "no instrument 'NONE'"),
    ],
)
def test_bad_rows_are_named(office: Office, account: Account, rows: str, message: str) -> None:
    with pytest.raises(InputFileError, match=message):
        state(office, account, rows)


@given(BALANCES, BALANCES)
def test_legs_of_a_statement_lead_from_what_was_to_what_is_said(held: dict[str, int], stated: dict[str, int]) -> None:
    legs = statement_legs(held, stated)
    after = dict(held)
    for client, amount in legs:
        after[client] = after.get(client, 0) + amount
    assert sum(amount for _, amount in legs) == 0
    assert {c: u for c, u in after.items() if c != HOUSE and u} == {c: u for c, u in stated.items() if u}


@given(BALANCES, st.integers(1, 10**30))
def test_a_trade_moves_what_there_is_or_nothing(held: dict[str, int], amount: int) -> None:
    wanted = ClientTrade("HKDS", "a", "b", amount)
    if held.get("a", 0) < amount:
        with pytest.raises(Overdrawn):
            trade_legs(held, wanted)
    else:
        assert trade_legs(held, wanted) == [("a", -amount), ("b", amount)]


def test_the_files_of_the_scenario_are_read(office: Office, account: Account) -> None:
    """They are the form that people copy."""
    import rwaledger.scenarios

    folder = Path(rwaledger.scenarios.__file__).parent / "hong-kong-2026"
    rows = (folder / "clients-peak-2026-07-31.csv").read_text().partition("\n")[2]
    assert state(office, account, rows).entries == 1
