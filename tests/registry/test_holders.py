"""Holders and their accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.domain.errors import RegisterConflict, UnknownName, UsageError
from rwaledger.domain.holder import Account, AccountKind, Holder, InvestorClass, Person
from rwaledger.registry import holders
from rwaledger.registry.database import Database
from tests.registry.samples import CHAIN, KOWLOON, KOWLOON_LIFE, SEAL, add_instruments, add_kowloon, address

PEAK_TRADING = Person("Peak Trading")


@pytest.fixture(autouse=True)
def _chain(database: Database) -> None:
    with database.begin() as c:
        add_instruments(c)


def test_what_was_recorded_is_given_back(database: Database) -> None:
    peak = Holder("Peak", 344, InvestorClass.INTERMEDIARY, KOWLOON.valid_until)
    with database.begin() as c:
        own = add_kowloon(c)
        holders.put_holder(c, SEAL, peak, PEAK_TRADING)
        omnibus = Account(CHAIN, address(2), "Peak", AccountKind.OMNIBUS)
        holders.put_account(c, omnibus)
        assert holders.holders(c) == [peak, KOWLOON]  # in byte order, whatever the server's locale
        assert holders.holder(c, "kowloon") == KOWLOON
        assert holders.person(c, SEAL, "kowloon") == KOWLOON_LIFE
        assert holders.people(c, SEAL) == {"Peak": PEAK_TRADING, "kowloon": KOWLOON_LIFE}
        assert holders.accounts(c, CHAIN) == {own.address: own, omnibus.address: omnibus}
        assert holders.accounts(c, 1) == {}
        assert type(holders.holder(c, "Peak").investor_class) is InvestorClass


def test_what_is_known_of_a_holder_or_an_account_can_change(database: Database) -> None:
    with database.begin() as c:
        account = add_kowloon(c)
        lapsed = replace(KOWLOON, valid_until=KOWLOON.valid_until.replace(year=2025))
        holders.set_attested(c, lapsed)
        holders.put_account(c, replace(account, kind=AccountKind.OMNIBUS))
        assert holders.holders(c) == [lapsed]
        assert holders.person(c, SEAL, "kowloon") == KOWLOON_LIFE
        assert [one.kind for one in holders.accounts(c, CHAIN).values()] == [AccountKind.OMNIBUS]


def test_an_account_is_found_by_its_address_in_any_spelling_and_by_its_holder(database: Database) -> None:
    with database.begin() as c:
        account = add_kowloon(c, 0xABCDEF)
        for name in (account.address, account.address.upper(), "kowloon"):
            assert holders.account_of(c, CHAIN, name) == account


def test_an_account_that_is_not_there_is_named(database: Database) -> None:
    with database.begin() as c:
        add_kowloon(c)
        with pytest.raises(UnknownName, match=f"no account called '{address(9)}'"):
            holders.account_of(c, CHAIN, address(9))
        with pytest.raises(UnknownName, match="'lantau'"):
            holders.account_of(c, CHAIN, "lantau")
        with pytest.raises(UnknownName, match="'kowloon'"):
            holders.account_of(c, 1, "kowloon")
        with pytest.raises(UnknownName, match="no holder called 'lantau'"):
            holders.holder(c, "lantau")


def test_a_holder_with_several_accounts_is_no_account(database: Database) -> None:
    with database.begin() as c:
        add_kowloon(c, 1)
        add_kowloon(c, 2)
        with pytest.raises(UsageError, match=f"kowloon has 2 accounts: {address(1)}, {address(2)}"):
            holders.account_of(c, CHAIN, "kowloon")


def test_an_account_of_nobody_is_refused(database: Database) -> None:
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        holders.put_account(c, Account(CHAIN, address(1), "nobody", AccountKind.OWN))
    with database.read() as c:
        assert holders.accounts(c, CHAIN) == {}


def test_a_class_that_an_outsider_made_up_is_reported(database: Database) -> None:
    with database.begin() as c:
        add_kowloon(c)
        c.exec_driver_sql("UPDATE holders SET investor_class = 9")
        with pytest.raises(RegisterConflict, match="investor class 9"):
            holders.holders(c)
