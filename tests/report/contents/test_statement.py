"""A holder's statement: opening + received - delivered = closing, to the unit, whatever the period."""

from __future__ import annotations

from datetime import date

import pytest

from rwaledger.domain.errors import UnknownName, UsageError
from rwaledger.report.contents import statement
from rwaledger.report.contents.moment import At
from rwaledger.report.document import Cell, Document
from tests.report.contents.reading import ISSUANCE, Register, records, table, whole

HOLDERS = ("kowloon", "lantau", "victoria", "peak", "chan", "retail-a", "retail-b", "fund-manager", "green-issuer")
MOVED = "SELECT p.amount_units FROM postings p JOIN accounts a ON a.address = p.account WHERE p.instrument_id = ?"


def report(register: Register, holder: str, since: date | None = None, at: At | None = None) -> Document:
    return register.report(lambda c, moment: statement.build(c, holder, moment, since), at)


def summaries(found: Document) -> dict[str, dict[str, Cell]]:
    return {
        each.name.removeprefix("holding-"): records(each)[0] for each in found.tables if each.name[:8] == "holding-"
    }


@pytest.mark.parametrize("holder", HOLDERS)
def test_every_statement_ties_to_the_register(register: Register, holder: str) -> None:
    found = report(register, holder)
    for instrument, summary in summaries(found).items():
        rows = records(table(found, f"movements-{instrument}"))
        of_holder = f"{MOVED} AND a.holder_id = ?"
        assert summary["closing"] == register.sum(of_holder, instrument, holder)
        assert summary["opening"] == 0
        assert summary["received"] == register.sum(f"{of_holder} AND p.amount_units NOT LIKE '-%'", instrument, holder)
        assert len(rows) == len(register.rows(of_holder, instrument, holder))
        balance = 0
        for row in rows:
            assert row["before"] == balance
            balance += whole(row["received"]) - whole(row["delivered"])
            assert row["balance"] == balance
        assert balance == summary["closing"]


def test_the_statements_of_all_holders_add_up_to_the_supply(register: Register) -> None:
    found = [summaries(report(register, holder)) for holder in HOLDERS]
    for instrument in ("HKDS", "GRN28", "HKMM"):
        closing = sum(whole(each[instrument]["closing"]) for each in found if instrument in each)
        issued = "SELECT balance_units FROM positions WHERE instrument_id = ? AND account = ?"
        assert closing == -register.sum(issued, instrument, ISSUANCE)


def test_a_period_goes_on_where_the_one_before_ended(register: Register) -> None:
    first = summaries(report(register, "chan", at=date(2026, 3, 31)))
    second = summaries(report(register, "chan", since=date(2026, 4, 1)))
    whole = summaries(report(register, "chan"))
    assert first.keys() == second.keys() == whole.keys()
    for instrument in whole:
        assert first[instrument]["closing"] == second[instrument]["opening"]
        assert second[instrument]["closing"] == whole[instrument]["closing"]


def test_the_first_day_of_a_period_belongs_to_it(register: Register) -> None:
    rows = records(table(report(register, "chan", since=date(2026, 3, 10)), "movements-GRN28"))
    assert rows[0]["day"] == date(2026, 3, 10)
    later = records(table(report(register, "chan", since=date(2026, 3, 11)), "movements-GRN28"))
    assert len(later) == len(rows) - 1


def test_a_movement_says_with_whom_why_and_in_which_transaction(register: Register) -> None:
    bought = records(table(report(register, "chan"), "movements-GRN28"))[0]
    block = register.last_block(date(2026, 3, 10))
    ((tx_hash,),) = register.rows(
        "SELECT DISTINCT tx_hash FROM postings WHERE instrument_id = 'GRN28' AND block_number = ?", block
    )
    ((ref,),) = register.rows("SELECT ref FROM trades WHERE trade_id = 'LANTAU-CHAN'")
    assert (bought["received"], bought["counterparty"], bought["cause"]) == (4_000, "lantau", "trade: LANTAU-CHAN")
    assert (bought["transaction"], bought["reference"], bought["block"]) == (tx_hash, ref, block)

    paid = records(table(report(register, "kowloon"), "movements-HKDS"))[-1]
    assert paid["received"] == 1_239_726_020_000
    assert paid["cause"] == "transfer: coupon of GRN28 on 2026-07-20"
    issued = records(table(report(register, "kowloon"), "movements-HKDS"))[0]
    assert (issued["counterparty"], issued["cause"]) == ("(issuance)", "issue: issue-2026-01-15.csv")


def test_frozen_units_are_told(register: Register) -> None:
    assert summaries(report(register, "retail-b"))["HKDS"]["frozen"] == 50_000 * 10**6
    assert summaries(report(register, "retail-b", at=date(2026, 4, 14)))["HKDS"]["frozen"] == 0


def test_whoever_held_nothing_has_an_empty_statement(register: Register) -> None:
    found = report(register, "mainland")
    assert found.tables == ()
    assert "nothing" in found.notes[0]


def test_an_unknown_holder_and_a_period_the_wrong_way_round_are_refused(register: Register) -> None:
    with pytest.raises(UnknownName, match="nobody"):
        report(register, "nobody")
    with pytest.raises(UsageError, match="begins on 2026-07-01, after its end"):
        report(register, "chan", since=date(2026, 7, 1), at=date(2026, 6, 30))
