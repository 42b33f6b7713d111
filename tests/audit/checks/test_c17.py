"""C17: coupons and orders recompute from terms, holdings and prices, and were paid on the chain, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.audit.checks import c17_corporate_actions
from rwaledger.audit.load import load
from rwaledger.audit.office import Recorded
from rwaledger.chain.keys import dev_address
from rwaledger.domain.reconciliation import Outcome
from tests.audit.office_cases import (
    CHAN,
    COUPON,
    KOWLOON,
    LANTAU,
    Root,
    edit,
    found_in,
    read_again,
    read_one,
    result,
    root_of,
    roots,
    steal,
)
from tests.played import Played

ACTION = "WHERE action_id = 'coupon:GRN28:2026-07-20'"
OF_CHAN = f"WHERE account = '{CHAN}'"
FIRST, DEAL = "WHERE order_id = 'S-001'", "deal:HKMM:2026-02-02"
EXACT, HALF_DUE = "226250000000000/73", "113125000000000/73"
TERMS_IN_WORDS = "2026-01-20 to 2026-07-20, recorded at 2026-07-17 15:59:59 UTC, paid on 2026-07-20"


def bond(break_class: str, holder_id: str, left: str, right: str, instrument_id: str = "GRN28") -> Root:
    return Root("C17", break_class, instrument_id, holder_id, left, right)


def fund(break_class: str, holder_id: str, left: str, right: str, instrument_id: str = "HKMM") -> Root:
    return bond(break_class, holder_id, left, right, instrument_id)


def test_the_clean_story_passes_and_says_what_it_covered(played: Played) -> None:
    found = result(found_in(played), "C17")
    assert (found.outcome, found.breaks) == (Outcome.PASS, ())
    assert found.coverage == {"actions": 1, "entitlements": 4, "orders": 6, "payments": 16}


ACTIONS = {
    "another period": (
        [f"UPDATE actions SET period_from = '2026-01-21' {ACTION}"],
        [bond("RULE_BREACH", "", TERMS_IN_WORDS, TERMS_IN_WORDS.replace("01-20", "01-21", 1))],
    ),
    "a period that there is not": (
        [f"UPDATE actions SET period_to = '2026-07-21' {ACTION}"],
        [bond("COVERAGE", "", "nothing", "paid")],
    ),
    "another number of its record date": (
        [f"UPDATE actions SET record_date = 2 {ACTION}"],
        [bond("MISSING_ON_CHAIN", "", "record date 1", "record date 2, 2026-07-17 15:59:59 UTC")],
    ),
    "another supply": (
        [f"UPDATE actions SET supply_units = '250001' {ACTION}"],
        [bond("AMOUNT", "", "250000", "250001")],
    ),
    "another exact amount": (
        [f"UPDATE actions SET exact_amount = '{HALF_DUE}' {ACTION}"],
        [bond("AMOUNT", "", EXACT, HALF_DUE)],
    ),
    "a cent more of funding": (
        [f"UPDATE actions SET funded_units = '3099315070000' {ACTION}"],
        [bond("AMOUNT", "", "3099315.060000", "3099315.070000")],
    ),
    "paid and not called so": (
        [f"UPDATE actions SET status = 'entitled' {ACTION}"],
        [bond("MISSING_IN_REGISTER", "", "4 payments", "entitled")],
    ),
    "only declared, with entitlements": (
        [f"UPDATE actions SET status = 'declared' {ACTION}"],
        [bond("MISSING_IN_REGISTER", "", "4 payments", "declared")],
    ),
    "no action": (
        [f"DELETE FROM actions {ACTION}"],
        [bond("MISSING_IN_REGISTER", "", "instruction", "nothing")],
    ),
    "another holding": (
        [f"UPDATE entitlements SET holding_units = '4001' {OF_CHAN}"],
        [bond("AMOUNT", "chan", "4000", "4001")],
    ),
    "another amount": (
        [f"UPDATE entitlements SET amount_units = '49589050000' {OF_CHAN}"],
        [bond("AMOUNT", "chan", "49589.040000", "49589.050000")],
    ),
    "no entitlement": (
        [f"DELETE FROM entitlements {OF_CHAN}"],
        [bond("AMOUNT", "chan", "4000", "no entitlement")],
    ),
    "an entitlement of nobody's holding": (
        [
            "INSERT INTO entitlements SELECT action_id, (SELECT address FROM accounts WHERE holder_id = 'retail-b'), "
            f"'1', '12390000', 0, NULL FROM entitlements {OF_CHAN}"
        ],
        [bond("AMOUNT", "retail-b", "0", "1")],
    ),
    "paid and held back": (
        [f"UPDATE entitlements SET held_back = 1 {OF_CHAN}"],
        [bond("MISSING_IN_REGISTER", "chan", "49589.040000 paid", "held back")],
    ),
    "paid to nobody": (
        [f"UPDATE entitlements SET paid_to = NULL {OF_CHAN}"],
        [bond("TAMPER", "chan", CHAN, "nobody")],
    ),
    "paid to another": (
        [f"UPDATE entitlements SET paid_to = '{LANTAU}' {OF_CHAN}"],
        [bond("TAMPER", "chan", CHAN, LANTAU)],
    ),
    "another rate": (
        ["UPDATE bond_terms SET rate = '1/80'"],
        [bond("AMOUNT", "", HALF_DUE, EXACT)],
    ),
    "paid by another than the terms name": (
        ["UPDATE bond_terms SET payer = 'harbour'"],
        [bond("RULE_BREACH", "green-issuer", dev_address("dev:10"), dev_address("dev:14"), "HKDS")],
    ),
    "no terms": (["DELETE FROM bond_terms"], [bond("COVERAGE", "", "nothing", "paid")]),
}


@pytest.mark.parametrize("case", ACTIONS)
def test_a_coupon_is_what_its_terms_give_for_what_was_held(played: Played, case: str) -> None:
    statements, expected = ACTIONS[case]
    edit(played, *statements)
    assert shortened(roots(played)) == expected


def shortened(found: list[Root]) -> list[Root]:
    """An instruction without its reference, which depends on the chain."""
    return [root._replace(left="instruction") if root.left.startswith("instruction ") else root for root in found]


def test_another_pay_day_is_not_as_the_terms_have_it(played: Played) -> None:
    edit(played, f"UPDATE actions SET pays_on = '2026-07-21' {ACTION}")
    wrong = TERMS_IN_WORDS.replace("paid on 2026-07-20", "paid on 2026-07-21")
    assert roots(played)[0] == bond("RULE_BREACH", "", TERMS_IN_WORDS, wrong)


def test_what_the_contract_remembers_of_a_record_date_is_what_was_held(played: Played) -> None:
    """Contract and events cannot differ on a chain that runs the released code; so one of them is changed here."""
    records = load(played.database, played.node)
    recorded = records.office.recorded[COUPON]
    other = Recorded({**recorded.balances, CHAN: 4_001}, 250_001)
    found = c17_corporate_actions.run(replace(records, office=replace(records.office, recorded={COUPON: other})))
    assert [root_of(each) for each in found.breaks] == [
        bond("AMOUNT", "chan", "4000", "4001"),
        bond("AMOUNT", "", "250000", "250001"),
    ]
    gone = replace(records.office, recorded={}, record_dates={"GRN28": ()})
    (missing,) = c17_corporate_actions.run(replace(records, office=gone)).breaks
    on_register = "record date 1, 2026-07-17 15:59:59 UTC"
    assert root_of(missing) == bond("MISSING_ON_CHAIN", "", "no record date", on_register)


def test_a_coupon_that_was_never_paid_is_missed_account_by_account(played: Played) -> None:
    """Under another name than the one under which it was paid."""
    edit(played, f"UPDATE actions SET pays_on = '2026-07-21', action_id = 'coupon:GRN28:2026-07-21' {ACTION}")
    edit(played, "UPDATE entitlements SET action_id = 'coupon:GRN28:2026-07-21'")
    missing = [root for root in roots(played) if root.break_class == "MISSING_ON_CHAIN"]
    assert missing == [
        bond("MISSING_ON_CHAIN", "lantau", "nothing", "570273.970000", "HKDS"),
        bond("MISSING_ON_CHAIN", "kowloon", "nothing", "1239726.020000", "HKDS"),
        bond("MISSING_ON_CHAIN", "victoria", "nothing", "1239726.020000", "HKDS"),
        bond("MISSING_ON_CHAIN", "chan", "nothing", "49589.040000", "HKDS"),
    ]


def test_a_coupon_that_is_paid_beyond_the_block_is_not_missed(played: Played) -> None:
    """The register calls it paid, and the block before that of its payment is pinned."""
    last = read_one(
        played,
        "SELECT t.block_number FROM transactions t JOIN instructions i ON t.instruction_ref = i.ref "
        f"WHERE i.idempotency_key = '{COUPON}'",
    )
    found = found_in(played, int(last) - 1)
    assert [each for each in found.breaks if each.check == "C17"] == []
    assert result(found, "C17").coverage["entitlements"] == 4


def test_an_entitlement_that_was_paid_twice_is_found(played: Played) -> None:
    """Once with the others, and once more under the name under which what is held back is released."""
    issuer = dev_address("dev:10")
    issue = ("units", "issue", "--instrument", "HKDS", "--account", "green-issuer", "--amount", "49589.04")
    assert played.run(*issue, "--key", "again", "--yes") == 0
    approve = ("units", "approve", "--instrument", "HKDS", "--account", "dev:10", "--amount", "49589.04")
    assert played.run(*approve, "--yes") == 0
    path = played.folder / "again.csv"
    path.write_text(f"instrument,from,to,amount\nHKDS,{issuer},{CHAN},49589.04\n")
    assert played.run("units", "transfer", str(path), "--key", f"{COUPON}:{CHAN}", "--yes") == 0
    read_again(played)
    assert roots(played) == [bond("DUPLICATE", "chan", "49589.040000 + 49589.040000", "49589.040000", "HKDS")]
    edit(played, f"UPDATE entitlements SET held_back = 1 {OF_CHAN}")
    assert roots(played) == [bond("DUPLICATE", "chan", "99178.080000 paid", "held back")]


ORDERS = {
    "another price": (
        [f"UPDATE fund_orders SET price_units = '100001' {FIRST}"],
        [fund("AMOUNT", "kowloon", "10.0000", "10.0001")],
    ),
    "more units": (
        [f"UPDATE fund_orders SET units = '20000000001' {FIRST}"],
        [
            fund(
                "AMOUNT",
                "kowloon",
                "2000000.0000 units for 20000000.000000 at 10.0000",
                "2000000.0001 units for 20000000.000000 at 10.0000",
            )
        ],
    ),
    "less money": (
        [f"UPDATE fund_orders SET cash_units = '19999990000000' {FIRST}"],
        [
            fund(
                "AMOUNT",
                "kowloon",
                "2000000.0000 units for 20000000.000000 at 10.0000",
                "2000000.0000 units for 19999990.000000 at 10.0000",
            )
        ],
    ),
    "of another amount": (
        [f"UPDATE fund_orders SET amount_units = '21000000000000' {FIRST}"],
        [
            fund(
                "AMOUNT",
                "kowloon",
                "2100000.0000 units for 21000000.000000 at 10.0000",
                "2000000.0000 units for 20000000.000000 at 10.0000",
            )
        ],
    ),
    "after the cut-off": (
        [f"UPDATE fund_orders SET received_at = '2026-02-02 09:00:01.000000' {FIRST}"],
        [fund("RULE_BREACH", "kowloon", "2026-02-03", "2026-02-02")],
    ),
    "at the cut-off": ([f"UPDATE fund_orders SET received_at = '2026-02-02 09:00:00.000000' {FIRST}"], []),
    "void, and yet dealt": (
        [f"UPDATE fund_orders SET status = 'void' {FIRST}"],
        [
            fund(
                "AMOUNT",
                "kowloon",
                "2000000.0000 units for 20000000.000000 at 10.0000",
                "2000000.0000 units for 20000000.000000 at 10.0000, void",
            )
        ],
    ),
    "cancelled, and yet dealt": (
        [f"UPDATE fund_orders SET status = 'cancelled' {FIRST}"],
        [fund("AMOUNT", "kowloon", "20000000.000000", "nothing", "HKDS")],
    ),
    "lost": (
        [f"DELETE FROM fund_orders {FIRST}"],
        [fund("AMOUNT", "kowloon", "20000000.000000", "nothing", "HKDS")],
    ),
    "all of a day lost": (
        ["DELETE FROM fund_orders WHERE dealing_day = '2026-06-30'"],
        [fund("MISSING_IN_REGISTER", "", "instruction", "nothing")],
    ),
    "invented": (
        [
            "INSERT INTO fund_orders SELECT 'S-9', instrument_id, chain_id, account, side, '5000000', received_at, "
            "dealing_day, price_units, '5000', '5000000', status, reason, recorded_at, updated_at "
            "FROM fund_orders WHERE order_id = 'S-004'",
            "INSERT INTO audit_log (at, actor, action, subject, detail) SELECT at, actor, action, 'S-9', detail "
            "FROM audit_log WHERE action = 'order priced' AND subject = 'S-004'",
        ],
        [fund("MISSING_ON_CHAIN", "retail-a", "200000.000000", "5.000000 + 200000.000000", "HKDS")],
    ),
    "of another price of the day": (
        ["UPDATE navs SET price_units = '100001' WHERE dealing_day = '2026-02-02'"],
        [fund("AMOUNT", "kowloon", "10.0001", "10.0000")],
    ),
    "corrected after they were priced": (
        [
            "INSERT INTO navs SELECT instrument_id, dealing_day, '100001', valued_at, source, source_hash, "
            "'2099-01-01 00:00:00.000000' FROM navs WHERE dealing_day = '2026-02-02'"
        ],
        [],
    ),
    "without a price": (
        ["DELETE FROM navs WHERE dealing_day = '2026-06-30'"],
        [fund("COVERAGE", "kowloon", "no price", "10.1042")],
    ),
    "with another manager": (
        ["UPDATE fund_terms SET manager = 'harbour'"],
        [fund("RULE_BREACH", "fund-manager", dev_address("dev:11"), dev_address("dev:14"), "HKDS")] * 2,
    ),
    "without terms": (
        ["DELETE FROM fund_terms"],
        [
            fund("COVERAGE", "", "nothing", "orders of 2026-02-02"),
            fund("COVERAGE", "", "nothing", "orders of 2026-06-30"),
        ],
    ),
}


@pytest.mark.parametrize("case", ORDERS)
def test_an_order_gets_what_its_price_gives(played: Played, case: str) -> None:
    statements, expected = ORDERS[case]
    edit(played, *statements)
    assert shortened(roots(played)) == expected


def test_an_issue_that_nobody_authorised_is_no_order(played: Played) -> None:
    steal(played, "HKMM", "mint", KOWLOON, 7)
    read_again(played)
    assert [root.check for root in roots(played)] == ["C05"]
