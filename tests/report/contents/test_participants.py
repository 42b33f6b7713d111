"""Where holders are and what they are: exposure, concentration, statistics, and who had which role."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from rwaledger.report.contents import jurisdictions, reconciliations, roles, statistics
from rwaledger.report.contents.jurisdictions import hhi
from rwaledger.report.contents.moment import At
from rwaledger.report.document import Document
from tests.report.contents.reading import ISSUANCE, POLICY, Register, column, records, table, total, whole

OWN = "SELECT amount_units FROM postings WHERE instrument_id = ? AND account = ?"
BETWEEN = """
    SELECT i.amount_units FROM postings o JOIN postings i USING (instrument_id, block_number, log_index)
    JOIN accounts a ON a.address = o.account JOIN accounts b ON b.address = i.account
    WHERE o.leg = 0 AND i.leg = 1 AND a.holder_id <> b.holder_id AND instrument_id = ?
"""


def exposure(register: Register, instrument: str | None, at: At | None = None) -> Document:
    return register.report(lambda c, moment: jurisdictions.build(c, instrument, moment), at)


def counted(register: Register, instrument: str | None, at: At | None = None) -> Document:
    return register.report(lambda c, moment: statistics.build(c, instrument, moment, POLICY), at)


def powers(register: Register, instrument: str | None = None, at: At | None = None) -> Document:
    return register.report(lambda c, moment: roles.build(c, instrument, moment), at)


@pytest.mark.parametrize("instrument", ["HKDS", "GRN28", "HKMM"])
def test_the_exposure_ties_to_the_register(register: Register, instrument: str) -> None:
    found = exposure(register, instrument)
    supply = -register.sum(OWN, instrument, ISSUANCE)
    assert total(table(found, f"exposure-{instrument}"), "units") == supply
    assert total(table(found, f"largest-{instrument}"), "units") == supply
    shares = column(table(found, f"exposure-{instrument}"), "share")
    assert sum(share for share in shares if isinstance(share, Fraction)) == 1


def test_the_concentration_of_the_bond_is_what_its_shares_say(register: Register) -> None:
    found = exposure(register, "GRN28")
    values = {row["measure"]: row["value"] for row in records(table(found, "concentration-GRN28"))}
    # 40, 40, 18.4 and 1.6 per cent: 1600 + 1600 + 338.56 + 2.56
    assert values == {"holders": 4, "Herfindahl-Hirschman index": 3541}
    assert [row["holder"] for row in records(table(found, "largest-GRN28"))] == [
        "kowloon",
        "victoria",
        "lantau",
        "chan",
    ]
    assert column(table(found, "largest-GRN28"), "together")[-1] == 1


def test_the_index_runs_from_everything_in_one_hand_to_nothing_in_any() -> None:
    assert hhi([7]) == 10_000
    assert hhi([1] * 10_000) == 1


def test_countries_and_classes_are_those_of_the_chain_at_the_block(register: Register) -> None:
    account = register.account("kowloon")
    register.change("UPDATE standings SET country = 702 WHERE account = ?", account)
    rows = records(table(exposure(register, "GRN28"), "exposure-GRN28"))
    assert {row["country"]: row["units"] for row in rows if row["class"] == "institution"} == {"SG Singapore": 100_000}


def test_a_picture_shows_countries_and_the_largest(register: Register) -> None:
    assert [chart.name for chart in exposure(register, "GRN28").charts] == ["largest-GRN28"]
    register.change("UPDATE standings SET country = 702 WHERE account = ?", register.account("kowloon"))
    countries, largest = exposure(register, "GRN28").charts
    assert countries.series[0].points == (("HK Hong Kong", 150_000), ("SG Singapore", 100_000))
    assert sum(Fraction(share) for _, share in largest.series[0].points) == 1


def test_an_instrument_that_nobody_holds_yet_has_no_picture(register: Register) -> None:
    found = exposure(register, "HKDS", date(2026, 1, 14))
    assert found.charts == ()
    assert table(found, "exposure-HKDS").rows == ()


@pytest.mark.parametrize("instrument", ["HKDS", "GRN28", "HKMM"])
def test_statistics_tie_to_the_register(register: Register, instrument: str) -> None:
    found = table(counted(register, instrument), f"statistics-{instrument}")
    issued = register.sum(f"{OWN} AND leg = 0", instrument, ISSUANCE)
    redeemed = register.sum(f"{OWN} AND leg = 1", instrument, ISSUANCE)
    assert (total(found, "issued"), total(found, "redeemed")) == (-issued, redeemed)
    assert total(found, "units_in") == total(found, "units_out") == register.sum(BETWEEN, instrument)
    assert total(found, "transfers_in") == total(found, "transfers_out") == len(register.rows(BETWEEN, instrument))
    last = [row for row in records(found) if row["month"] == "2026-07"]
    assert sum(whole(row["balance"]) for row in last) == -issued - redeemed
    held = "SELECT DISTINCT holder_id FROM positions JOIN accounts ON address = account WHERE instrument_id = ?"
    assert sum(whole(row["holders"]) for row in last) == len(
        register.rows(f"{held} AND balance_units <> '0'", instrument)
    )


def test_participants_are_called_by_class_and_licence(register: Register) -> None:
    rows = records(table(counted(register, "HKDS"), "statistics-HKDS"))
    january = {row["type"]: row for row in rows if row["month"] == "2026-01"}
    assert january["dealer"]["issued"] == 80_000_000 * 10**6
    assert january["platform"]["issued"] == 50_000_000 * 10**6
    assert january["custodian"]["issued"] == 120_000_000 * 10**6
    assert january["institution"]["issued"] == 150_000_000 * 10**6
    assert january["retail"]["issued"] == 800_000 * 10**6
    assert january["issuer"]["redeemed"] == 250_000_000 * 10**6
    february = {row["type"]: row for row in rows if row["month"] == "2026-02"}
    assert february["fund manager"]["redeemed"] == 50_000_000 * 10**6


def test_a_licence_that_has_ended_counts_no_more(register: Register) -> None:
    register.change("UPDATE licences SET valid_until = '2026-04-15' WHERE holder_id = 'lantau'")
    rows = records(table(counted(register, "GRN28"), "statistics-GRN28"))
    called = {row["month"]: row["type"] for row in rows if row["balance"] == 46_000}
    assert called == {"2026-03": "dealer", **{f"2026-0{month}": "intermediary" for month in range(4, 8)}}


def test_a_recovery_is_no_transfer(register: Register) -> None:
    rows = records(table(counted(register, "GRN28"), "statistics-GRN28"))
    assert not [row for row in rows if row["month"] == "2026-06" and row["transfers_in"]]


def test_the_history_of_roles_has_every_event_and_who_did_it(register: Register) -> None:
    found = powers(register)
    of_roles = "SELECT * FROM events WHERE name IN ('RoleGranted', 'RoleRevoked', 'RoleGrantScheduled')"
    assert len(table(found, "roles").rows) == len(register.rows(of_roles))
    of_rules = (
        "SELECT * FROM events WHERE name IN ('RulesChanged','CountryAllowed','InstrumentActivated','VenueLicensed')"
    )
    assert len(table(found, "rules").rows) == len(register.rows(of_rules))
    rules = records(table(found, "rules"))
    licensed = next(row for row in rules if row["event"] == "VenueLicensed")
    ((ref, maker, checker),) = register.rows(
        "SELECT ref, maker, checker FROM instructions WHERE operation = 'license-venue'"
    )
    assert (licensed["reference"], licensed["by"], licensed["checker"]) == (ref, maker, checker)
    assert (licensed["holder"], licensed["what"]) == ("peak", "licensed until 2028-12-31 15:59:59 UTC")
    changed = next(row for row in rules if row["event"] == "RulesChanged" and row["contract"] == "HKMM")
    assert changed["what"] == "version 1: largest balance: none -> 4,000,000.0000; countries: none -> listed ones"
    ((sender,),) = register.rows("SELECT sender FROM transactions WHERE purpose = 'deploy HKMM'")
    assert (changed["by"], changed["checker"]) == (sender, None)


def test_the_roles_of_one_instrument_are_its_own_and_its_control_books(register: Register) -> None:
    rows = records(table(powers(register, "GRN28"), "in-force"))
    assert {row["contract"] for row in rows} == {"GRN28", "control book"}
    assert {row["role"] for row in rows if row["contract"] == "control book"} == {
        "DEFAULT_ADMIN_ROLE",
        "MAKER_ROLE",
        "CHECKER_ROLE",
    }


def test_a_role_that_was_taken_is_not_in_force_afterwards(register: Register) -> None:
    last = register.last_block(date(2026, 7, 31))
    before = table(powers(register, "GRN28"), "in-force").rows
    register.change(
        "INSERT INTO events SELECT chain_id, ?, 99, block_hash, tx_hash, tx_index, address, 'RoleRevoked',"
        " replace(topics, substr(topics, 3, 66), ?), data FROM events"
        " WHERE name = 'RoleGranted' AND address = (SELECT address FROM instruments WHERE instrument_id = 'GRN28')"
        " ORDER BY log_index LIMIT 1",
        last,
        "0xf6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b",  # RoleRevoked(bytes32,address,address)
    )
    found = powers(register, "GRN28")
    assert len(table(found, "in-force").rows) == len(before) - 1
    assert records(table(found, "roles"))[-1]["event"] == "RoleRevoked"
    assert table(powers(register, "GRN28", last - 1), "in-force").rows == before


def test_reconciliations_on_record_are_listed_up_to_the_block(register: Register) -> None:
    found = register.report(lambda c, moment: reconciliations.build(c, None, moment))
    listed = register.rows("SELECT * FROM reconciliations WHERE instrument_id = 'HKDS'")
    assert len(table(found, "reconciliations-HKDS").rows) == len(listed)
    assert set(column(table(found, "reconciliations-HKDS"), "result")) == {"passed"}
    past = register.report(lambda c, moment: reconciliations.build(c, "HKDS", moment), date(2026, 2, 28))
    assert column(table(past, "reconciliations-HKDS"), "block") == [
        row[0]
        for row in register.rows(
            "SELECT block_number FROM reconciliations WHERE instrument_id = 'HKDS' AND block_number <= ? ORDER BY 1",
            register.last_block(date(2026, 2, 28)),
        )
    ]
