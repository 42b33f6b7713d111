"""Whoever edits a cell of the office's tables is found out: each column is tried, or listed with why it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rwaledger.audit.checks import select
from rwaledger.audit.load import load
from rwaledger.audit.office import extract_office
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.records import Records
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.reconciliation import Outcome
from rwaledger.registry.database import Connection
from tests.audit.office_cases import CHAN, OFFICE, PEAK, edit
from tests.played import Played

OTHER = "'0x" + "5a" * 20 + "'"
HASH = "'0x" + "77" * 32 + "'"

ROWS = {
    "client_postings": f"account = '{PEAK}' AND instrument_id = 'HKMM' AND entry = 1 AND leg = 1",
    "reserve_lines": "as_of = 1785488400 AND line = 3",
    "attestations": "as_of = 1784509200",
    "redemptions": "request = 'R-2026-004'",
    "bond_terms": "instrument_id = 'GRN28'",
    "fund_terms": "instrument_id = 'HKMM'",
    "actions": "action_id = 'coupon:GRN28:2026-07-20'",
    "entitlements": f"account = '{CHAN}'",
    "navs": "dealing_day = '2026-06-30'",
    "fund_orders": "order_id = 'X-001'",
    "travel_records": f"recipient = '{CHAN}'",
    "residences": "holder_id = 'chan'",
    "evidence": "holder_id = 'chan'",
    "licences": "holder_id = 'lantau'",
}

COLUMNS: dict[str, tuple[str, str]] = {
    "client_postings.chain_id": ("chain_id + 1", "C06"),
    "client_postings.account": (OTHER, "C06"),
    "client_postings.instrument_id": ("'GRN28'", "C06"),
    "client_postings.entry": ("7", "C06"),
    "client_postings.client": ("'P-0109'", "C06"),
    "client_postings.amount_units": ("'7'", "C06"),
    "client_postings.balance_after_units": ("'7'", "C06"),
    "client_postings.dated": ("'2026-08-01'", "C06"),
    "reserve_lines.instrument_id": ("'GRN28'", "C07"),
    "reserve_lines.as_of": ("as_of - 1", "C07"),
    "reserve_lines.kind": ("'gold'", "C07"),
    "reserve_lines.currency": ("'USD'", "C07"),
    "reserve_lines.amount_units": ("'35793900000000'", "C07"),
    "reserve_lines.haircut_bp": ("180", "C07"),
    "reserve_lines.matures_on": ("NULL", "C07"),
    "reserve_lines.recorded_at": ("'2099-01-01 00:00:00.000000'", "C07"),
    "attestations.instrument_id": ("'GRN28'", "C07"),
    "attestations.as_of": ("as_of - 1", "C07"),
    "attestations.contract": (OTHER, "C07"),
    "attestations.amount_units": ("'7'", "C07"),
    "attestations.expires_at": ("expires_at + 1", "C07"),
    "attestations.document_hash": (HASH, "C07"),
    "attestations.attestor": (OTHER, "C07"),
    "attestations.digest": (HASH, "C07"),
    "attestations.signature": ("'0x" + "11" * 65 + "'", "C07"),
    "redemptions.request": ("'R-9'", "C08"),
    "redemptions.instrument_id": ("'GRN28'", "C08"),
    "redemptions.chain_id": ("chain_id + 1", "C08"),
    "redemptions.account": (OTHER, "C08"),
    "redemptions.amount_units": ("'7'", "C08"),
    "redemptions.requested_at": ("'2026-06-26 03:00:00.000000'", "C08"),
    "redemptions.due_on": ("'2026-07-03'", "C08"),
    "redemptions.status": ("'open'", "C08"),
    "redemptions.burn_key": ("'another'", "C08"),
    "redemptions.fee_units": ("'10000000001'", "C08"),
    "redemptions.paid_at": ("'2026-07-03 03:00:00.000000'", "C08"),
    "bond_terms.instrument_id": ("'HKMM'", "C17"),
    "bond_terms.currency": ("'GRN28'", "C17"),
    "bond_terms.payer": ("'harbour'", "C17"),
    "bond_terms.nominal_units": ("'1000000001'", "C17"),
    "bond_terms.rate": ("'1/41'", "C17"),
    "bond_terms.day_count": ("'ACT/360'", "C17"),
    "bond_terms.periods_a_year": ("4", "C17"),
    "bond_terms.issued_on": ("'2026-01-21'", "C17"),
    "bond_terms.matures_on": ("'2028-01-21'", "C17"),
    "bond_terms.record_days": ("2", "C17"),
    "bond_terms.rounding_units": ("'100000'", "C17"),
    "fund_terms.instrument_id": ("'GRN28'", "C17"),
    "fund_terms.currency": ("'GRN28'", "C17"),
    "fund_terms.manager": ("'harbour'", "C17"),
    "fund_terms.price_decimals": ("3", "C17"),
    "fund_terms.cut_off": ("'10:00:00'", "C17"),
    "fund_terms.rounding_units": ("'100000000000'", "C17"),
    "actions.instrument_id": ("'HKMM'", "C17"),
    "actions.kind": ("'redemption'", "C17"),
    "actions.period_from": ("'2026-01-21'", "C17"),
    "actions.period_to": ("'2026-07-21'", "C17"),
    "actions.pays_on": ("'2026-07-21'", "C17"),
    "actions.record_at": ("record_at - 1", "C17"),
    "actions.record_date": ("2", "C17"),
    "actions.supply_units": ("'7'", "C17"),
    "actions.exact_amount": ("'7/3'", "C17"),
    "actions.funded_units": ("'7'", "C17"),
    "actions.status": ("'entitled'", "C17"),
    "entitlements.action_id": ("'coupon:GRN28:2027-01-20'", "C17"),
    "entitlements.account": (OTHER, "C17"),
    "entitlements.holding_units": ("'7'", "C17"),
    "entitlements.amount_units": ("'7'", "C17"),
    "entitlements.held_back": ("1", "C17"),
    "entitlements.paid_to": ("NULL", "C17"),
    "navs.instrument_id": ("'GRN28'", "C17"),
    "navs.dealing_day": ("'2026-06-29'", "C17"),
    "navs.price_units": ("'101043'", "C17"),
    "navs.recorded_at": ("'2099-01-01 00:00:00.000000'", "C17"),
    "fund_orders.instrument_id": ("'GRN28'", "C17"),
    "fund_orders.chain_id": ("chain_id + 1", "C17"),
    "fund_orders.account": (OTHER, "C17"),
    "fund_orders.side": ("'subscribe'", "C17"),
    "fund_orders.amount_units": ("'7'", "C17"),
    "fund_orders.received_at": ("'2026-06-30 10:30:00.000000'", "C17"),
    "fund_orders.dealing_day": ("'2026-06-29'", "C17"),
    "fund_orders.price_units": ("'101043'", "C17"),
    "fund_orders.units": ("'7'", "C17"),
    "fund_orders.cash_units": ("'7'", "C17"),
    "fund_orders.status": ("'cancelled'", "C17"),
    "travel_records.subject": (HASH, "C19"),
    "travel_records.line": ("9", "C19"),
    "travel_records.instrument_id": ("'GRN28'", "C19"),
    "travel_records.sender": (OTHER, "C19"),
    "travel_records.recipient": (OTHER, "C19"),
    "travel_records.amount_units": ("'7'", "C19"),
    "travel_records.payload_hash": (HASH, "C19"),
    "residences.country": ("156", "C10"),
    "evidence.holder_id": ("'peak', document_hash = '0x'", "C10"),
    "evidence.kind": ("'class'", "C10"),
    "evidence.valid_from": ("'2026-02-03'", "C10"),
    "evidence.valid_until": ("'2026-02-01'", "C10"),
    "licences.valid_until": ("'2026-02-01'", "C10"),
    "licences.suspended_from": ("'2026-02-01'", "C10"),
}
"""A new value for a cell of the row in ROWS, as SQL, and the check that has to fail."""

NOT_COVERED = {
    "client_postings.leg": "the order of the legs of an entry, of which nothing follows but running balances",
    "client_postings.key": "the name of the file that it came from",
    "client_postings.content_hash": "of a file that the account's holder has",
    "reserve_lines.line": "the line of the file that it came from",
    "reserve_lines.description": "for people",
    "reserve_lines.source_hash": "of a file that the trustee has; what is attested of it is on the chain",
    "redemptions.payment_reference": "the bank's; a signed period attests it",
    "redemptions.reason": "why somebody cancelled what was not paid",
    "actions.action_id": "follows from kind, instrument and pay day, and entitlements are looked for under that",
    "bond_terms.business_day_rule": "moves a pay day only where that falls on a holiday",
    "bond_terms.source_hash": "of a file that the issuer has",
    "fund_terms.deviation_bp": "asks for a person's word before a price is stated; it changes no price",
    "fund_terms.source_hash": "of a file that the manager has",
    "navs.valued_at": "when the manager valued it",
    "navs.source": "a file's name, for people",
    "navs.source_hash": "of a file that the manager has",
    "fund_orders.order_id": "the name that whoever placed it gave it",
    "fund_orders.reason": "why somebody cancelled what was not dealt",
    "travel_records.sealed": "personal data; the key finds any edit",
    "residences.holder_id": "where nothing is stated the holder's own row stands for it",
    "residences.valid_from": "where nothing is stated the holder's own row stands for it",
    "evidence.document_hash": "of a document that the holder has",
    "licences.holder_id": "a holder without a licence needs none; who needs one is a matter of its admission",
    "licences.kind": "for people",
    "licences.number": "for people",
    "licences.valid_from": "before a licence begins its holder is judged by its evidence alone",
}
CLOCKS = {"recorded_at", "updated_at"}
"""Clocks of the machine that wrote a row; where they decide which of two statements counts, they are tried."""


def test_every_column_is_tried_or_named(played: Played) -> None:
    with played.database.read() as c:
        known = {
            f"{table}.{row[1]}"
            for table in ROWS
            for row in c.exec_driver_sql(f"PRAGMA table_info({table})")
            if row[1] not in CLOCKS or f"{table}.{row[1]}" in COLUMNS
        }
    assert {*COLUMNS, *NOT_COVERED} == known
    assert not COLUMNS.keys() & NOT_COVERED.keys()


@pytest.fixture
def records(played: Played) -> Records:
    return load(played.database, played.node)


def failed(c: Connection, records: Records) -> set[str]:
    """The checks of the office that fail on what the register says now, and the chain said before."""
    instruments = list(records.office.register.instruments.values())
    extract = extract_office(c, records.pin, instruments, [each.contract for each in records.contracts])
    edited = replace(records, office=replace(records.office, register=extract))
    return {check.ID for check in select(OFFICE) if check.run(edited).outcome is Outcome.FAIL}


def by_table() -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = defaultdict(list)
    for column in COLUMNS:
        found[column.split(".")[0]].append(column)
    return iter(found.items())


def test_an_edited_cell_fails_under_the_check_that_answers_for_it(played: Played, records: Records) -> None:
    missed = []
    for table, columns in by_table():
        for column in columns:
            value, check = COLUMNS[column]
            with played.database.rehearse() as c:
                c.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                statement = f"UPDATE {table} SET {column.split('.')[1]} = {value} WHERE {ROWS[table]}"
                assert c.exec_driver_sql(statement).rowcount > 0, column
                found = failed(c, records)
            missed += [] if check in found else [(column, found)]
    assert missed == []
    with played.database.read() as c:
        assert failed(c, records) == set()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("client_postings", "amount_units", "'abc'"),
        ("reserve_lines", "matures_on", "'soon'"),
        ("redemptions", "paid_at", "'soon'"),
        ("redemptions", "status", "'paying back'"),
        ("bond_terms", "rate", "'1/0'"),
        ("fund_terms", "cut_off", "'noon'"),
        ("actions", "exact_amount", "'much'"),
        ("evidence", "kind", "'hearsay'"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(played: Played, table: str, column: str, value: str) -> None:
    edit(played, f"UPDATE {table} SET {column} = {value} WHERE {ROWS[table]}")
    with pytest.raises(RegisterConflict, match="the register"):
        reconcile(played.database, played.node)
