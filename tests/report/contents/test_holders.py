"""The register of holders: who held what since when, former holders kept, and nobody named without the key."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from importlib.resources import files

import pytest

from rwaledger.domain.errors import UsageError
from rwaledger.domain.holder import Holder, InvestorClass, Person
from rwaledger.domain.units import parse_amount
from rwaledger.registry import holders as registry_holders
from rwaledger.registry.movements import Leg
from rwaledger.registry.sealing import Seal
from rwaledger.report.contents import holders
from rwaledger.report.contents.moment import At
from rwaledger.report.contents.spells import Ended, spells
from rwaledger.report.document import Document
from tests.report.contents.reading import ISSUANCE, Register, column, records, table, total

DECIMALS = {"HKDS": 6, "GRN28": 0, "HKMM": 4}
CLOSING = files("rwaledger") / "scenarios" / "hong-kong-2026" / "closing.csv"
HELD = "SELECT balance_units FROM positions WHERE instrument_id = ? AND account <> ?"


def report(register: Register, instrument: str, at: At | None = None, *, with_clients: bool = False) -> Document:
    return register.report(lambda c, moment: holders.build(c, instrument, moment, with_clients=with_clients), at)


@pytest.mark.parametrize("instrument", DECIMALS)
def test_holdings_are_the_closing_figures_of_the_story_and_tie_to_the_register(
    register: Register, instrument: str
) -> None:
    expected = {
        row["holder"]: parse_amount(row["units"], DECIMALS[instrument])
        for row in csv.DictReader(CLOSING.read_text(encoding="utf-8").splitlines())
        if row["instrument"] == instrument
    }
    found = report(register, instrument)
    held = table(found, "holders")
    assert dict(zip(column(held, "holder"), column(held, "units"), strict=True)) == expected
    assert total(held, "units") == register.sum(HELD, instrument, ISSUANCE)
    assert total(table(found, "accounts"), "units") == total(held, "units")
    assert sum(cell for cell in column(held, "share") if isinstance(cell, Fraction)) == 1


def test_dates_are_those_on_which_a_holding_began_and_ended(register: Register) -> None:
    found = report(register, "GRN28")
    entered = {row["holder"]: row["entered"] for row in records(table(found, "holders"))}
    # Chan's wallet was lost and replaced in June: the holder stays the same.
    assert entered == {
        "chan": date(2026, 3, 10),
        **dict.fromkeys(("kowloon", "lantau", "victoria"), date(2026, 1, 21)),
    }
    assert table(found, "former").rows == (("green-issuer", date(2026, 1, 20), date(2026, 1, 21)),)


def test_a_past_day_has_who_held_then(register: Register) -> None:
    found = report(register, "GRN28", date(2026, 1, 20))
    assert [row["holder"] for row in records(table(found, "holders"))] == ["green-issuer"]
    assert total(table(found, "holders"), "units") == 250_000
    assert table(found, "former").rows == ()


def test_a_bond_is_shown_at_its_nominal_as_well(register: Register) -> None:
    held = {row["holder"]: row["nominal"] for row in records(table(report(register, "GRN28"), "holders"))}
    assert held["chan"] == 4_000_000 * 10**6


def test_a_nominee_is_one_holder_and_its_clients_are_listed_on_demand(register: Register) -> None:
    found = report(register, "HKMM", with_clients=True)
    held = {row["holder"]: row for row in records(table(found, "holders"))}
    assert held["peak"]["capacity"] == "nominee"
    assert held["chan"]["capacity"] == ""
    clients = table(found, "clients")
    assert sorted(int(str(units)) for units in column(clients, "units")) == [
        4_000_000_000,
        6_000_000_000,
        9_000_000_000,
        11_000_000_000,
    ]
    assert total(clients, "units") == held["peak"]["units"]
    assert not [each for each in report(register, "HKMM").tables if each.name == "clients"]


def test_what_an_order_froze_is_told(register: Register) -> None:
    frozen = {row["holder"]: row["frozen"] for row in records(table(report(register, "HKDS"), "accounts"))}
    assert {holder: units for holder, units in frozen.items() if units} == {"retail-b": 50_000 * 10**6}


def test_a_wallet_of_nobody_is_not_left_out(register: Register) -> None:
    account = register.account("retail-b")
    register.change("DELETE FROM accounts WHERE address = ?", account)
    held = table(report(register, "HKMM"), "holders")
    (stranger,) = [row for row in records(held) if "no holder on the register" in str(row["holder"])]
    assert stranger["units"] == 100_000_000
    assert str(stranger["holder"]).lower().endswith(account)
    assert total(held, "units") == register.sum(HELD, "HKMM", ISSUANCE)


def test_names_are_opened_by_the_key_alone(register: Register) -> None:
    sealed = report(register, "GRN28")
    assert "pseudonymous" in dict(sealed.facts)["holders"]
    assert not {"name", "address"} & {each.name for each in table(sealed, "holders").columns}

    register.change("UPDATE holders SET sealed = ''")
    seal = Seal(bytes(64))
    holder = Holder("chan", 344, InvestorClass.PROFESSIONAL, date(2028, 3, 31))
    with register.own().begin() as c:
        registry_holders.put_holder(c, seal, holder, Person("Chan Mei-ling", "12 Robinson Road"))
    named = register.report(lambda c, moment: holders.build(c, "GRN28", moment, seal))
    row = next(row for row in records(table(named, "holders")) if row["holder"] == "chan")
    assert (row["name"], row["address"]) == ("Chan Mei-ling", "12 Robinson Road")
    assert "personal data" in dict(named.facts)["holders"]


def test_an_instrument_that_was_not_there_yet_has_no_register(register: Register) -> None:
    with pytest.raises(UsageError, match="GRN28 was deployed in block 5"):
        report(register, "GRN28", 3)


def legs(*moved: tuple[int, str, int]) -> list[Leg]:
    return [Leg(block, 1000 + block, account, units) for block, account, units in moved]


def test_who_comes_back_is_a_holder_anew() -> None:
    found = spells(legs((1, "a", 5), (3, "a", -5), (7, "a", 2)), str)
    assert found.entered == {"a": 1007}
    assert found.ended == [Ended("a", 1001, 1003)]


def test_what_passes_through_within_a_block_makes_nobody_a_holder() -> None:
    found = spells(legs((1, "a", 5), (1, "a", -5)), str)
    assert not found.entered
    assert not found.ended


def test_a_move_between_accounts_of_one_holder_ends_nothing() -> None:
    holder_of = {"old": "h", "new": "h"}.get
    found = spells(legs((1, "old", 5), (4, "old", -5), (4, "new", 5)), lambda account: str(holder_of(account)))
    assert found.entered == {"h": 1001}
    assert not found.ended
