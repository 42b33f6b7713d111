"""Each kind of break, made by editing the rows of a pack: its finding is the one root, whatever follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rwaledger.verifier.values import CheckResult
from tests.verifier.checks.conftest import Root, Row, all_of, edited, removed, rewrite, roots, rows
from tests.verifier.writer import Draft

Change = Callable[[Draft], None]
Found = Callable[[Change], list[CheckResult]]

HASH = "0x" + "77" * 32


def account(draft: Draft, holder: str) -> str:
    """The account of a holder that is in use."""
    (found,) = (
        row["address"] for row in rows(draft, "accounts") if row["holder_id"] == holder and not row["replaced_by"]
    )
    return str(found)


def last_transfer(draft: Draft, instrument_id: str, holder: str) -> Row:
    """The last leg that moved units of a holder."""
    legs = [row for row in rows(draft, "postings") if row["instrument_id"] == instrument_id]
    return [row for row in legs if row["account"] == account(draft, holder)][-1]


def place(row: Row) -> Row:
    return {name: row[name] for name in ("block_number", "log_index")}


def instruction(draft: Draft, operation: str, source: str = "") -> Row:
    """An instruction on the stablecoin; their references, and so their order, are new in every playing."""
    mine = (
        row for row in rows(draft, "instructions") if (row["operation"], row["instrument_id"]) == (operation, "HKDS")
    )
    return next(row for row in mine if source in row["source"])


def forgotten(draft: Draft) -> None:
    """The bond's transfer to Chan is in no table."""
    at = place(next(row for row in rows(draft, "postings") if row["amount_units"] == "4000"))
    removed("events", **at)(draft)
    removed("postings", **at)(draft)


def posted_twice(draft: Draft) -> None:
    at = place(last_transfer(draft, "HKDS", "lantau"))
    twice = [row | {"leg": row["leg"] + 2} for row in rows(draft, "postings") if at.items() <= row.items()]
    columns, *_ = draft.lines("register/postings.jsonl")
    added = [*rows(draft, "postings"), *twice]
    keys = columns[:4]
    ordered = sorted(added, key=lambda row: tuple(row[name] for name in keys))
    draft.put("register/postings.jsonl", [columns, *([row[name] for name in columns] for row in ordered)])


def balance_edited(draft: Draft) -> None:
    leg = last_transfer(draft, "HKMM", "kowloon")
    key = {name: leg[name] for name in ("instrument_id", "block_number", "log_index", "leg")}
    edited("postings", key, balance_after_units=str(int(leg["balance_after_units"]) + 1))(draft)


def transfer_repointed(draft: Draft) -> None:
    """The postings of a transfer name another transaction."""
    at = place(last_transfer(draft, "HKDS", "lantau"))
    edited("postings", at, tx_hash=HASH)(draft)


def position_edited(draft: Draft) -> None:
    edited("positions", {"instrument_id": "HKDS", "account": account(draft, "kowloon")}, balance_units="5")(draft)


def instruction_edited(draft: Draft) -> None:
    row = instruction(draft, "issue")
    lines = json.loads(row["lines"])
    lines[0][2] = str(int(lines[0][2]) + 1)
    edited("instructions", {"ref": row["ref"]}, lines=json.dumps(lines))(draft)


def signature_edited(draft: Draft) -> None:
    row = instruction(draft, "freeze")
    edited("instructions", {"ref": row["ref"]}, signature=row["signature"][:-4] + "001b")(draft)


def admission_struck(draft: Draft) -> None:
    """The instruction that renewed an admission is not in the register; what it did and sent follows from that."""
    row = instruction(draft, "admit", "evidence renewed")
    removed("instructions", ref=row["ref"])(draft)


def standing_edited(draft: Draft) -> None:
    frozen = next(row for row in rows(draft, "standings") if row["frozen_units"] != "0")
    key = {name: frozen[name] for name in ("instrument_id", "account", "block_number", "log_index")}
    edited("standings", key, frozen_units="7")(draft)


def log_edited(draft: Draft) -> None:
    """A log that moves no units, so that no other check reads it."""
    row = next(row for row in rows(draft, "events") if row["name"] == "CountryAllowed")
    edited("events", place(row), name="Paused")(draft)


def header_edited(draft: Draft) -> None:
    edited("blocks", {"number": rows(draft, "blocks")[20]["number"]}, timestamp=1)(draft)


def transaction_struck(draft: Draft) -> None:
    makers = {row["maker"] for row in rows(draft, "instructions")}
    sent = [row for row in rows(draft, "transactions") if row["sender"] in makers]
    removed("transactions", tx_hash=min(sent, key=lambda row: row["nonce"])["tx_hash"])(draft)


def gas_edited(draft: Draft) -> None:
    edited("transactions", {"purpose": "deploy HKDS"}, gas_used=1)(draft)


def trade_signature_swapped(draft: Draft) -> None:
    kept = [row for row in rows(draft, "trade_signatures") if row["trade_id"] == "GRN28-K"]
    edited("trade_signatures", {"trade_id": "GRN28-K", "party": kept[0]["party"]}, signature=kept[1]["signature"])(
        draft
    )


def client_short(draft: Draft) -> None:
    """Peak's clients have 2 units less than is held for them, in one entry that nets to zero."""
    peak = account(draft, "peak")
    mine = [row for row in rows(draft, "client_postings") if (row["account"], row["instrument_id"]) == (peak, "HKMM")]
    last = max(row["entry"] for row in mine)
    first = next(row["client"] for row in mine if row["entry"] == last)
    delta = {first: -2, "": 2}

    def change(row: Row) -> Row:
        key = row["account"], row["instrument_id"], row["entry"]
        by = delta.get(row["client"], 0) if key == (peak, "HKMM", 1) else 0
        after = delta.get(row["client"], 0) if key[:2] == (peak, "HKMM") else 0
        units = {"amount_units": by, "balance_after_units": after}
        return row | {name: str(int(row[name]) + add) for name, add in units.items()}

    rewrite(draft, "client_postings", change)


def marked_down(draft: Draft) -> None:
    last = max(row["as_of"] for row in rows(draft, "reserve_lines"))
    edited("reserve_lines", {"as_of": last, "kind": "bills"}, haircut_bp=180)(draft)


def too_long(draft: Draft) -> None:
    last = max(row["as_of"] for row in rows(draft, "reserve_lines"))
    edited("reserve_lines", {"as_of": last, "kind": "bills"}, matures_on="2028-07-31")(draft)


def evidence_ended(draft: Draft) -> None:
    edited("evidence", {"holder_id": "kowloon"}, valid_until="2026-05-31")(draft)


def holder(name: str) -> Callable[[Draft], str]:
    return lambda draft: account(draft, name)


NOBODY: Callable[[Draft], str] = lambda _: ""  # noqa: E731 - as the others

HKDS_1 = {"instrument_id": "HKDS", "sequence": 1}

CASES: dict[str, tuple[Change, tuple[str, str, str], Callable[[Draft], str] | None]] = {
    "a transfer is missing": (forgotten, ("C02", "MISSING_IN_REGISTER", "GRN28"), None),
    "a posting is there twice": (posted_twice, ("C04", "DUPLICATE", "HKDS"), holder("lantau")),
    "a running balance is edited": (balance_edited, ("C03", "AMOUNT", "HKMM"), holder("kowloon")),
    "a signed supply is edited": (edited("periods", HKDS_1, supply_units="5"), ("C20", "TAMPER", "HKDS"), NOBODY),
    "a signed number of holders is edited": (
        edited("periods", HKDS_1, holder_count=5),
        ("C20", "TAMPER", "HKDS"),
        NOBODY,
    ),
    "postings name another transaction": (transfer_repointed, ("C02", "TAMPER", "HKDS"), holder("lantau")),
    "a position is edited": (position_edited, ("C02", "AMOUNT", "HKDS"), holder("kowloon")),
    "a wallet is nobody's": (
        removed("accounts", holder_id="retail-b"),
        ("C02", "UNMAPPED_HOLDER", "HKDS"),
        holder("retail-b"),
    ),
    "an instruction's lines are edited": (instruction_edited, ("C05", "TAMPER", "HKDS"), None),
    "a checker's signature is edited": (signature_edited, ("C05", "TAMPER", "HKDS"), None),
    "an instruction is struck": (admission_struck, ("C05", "UNAUTHORISED", "HKDS"), None),
    "a freeze is edited": (standing_edited, ("C11", "AMOUNT", "HKDS"), holder("retail-b")),
    "a sub-ledger is short": (client_short, ("C06", "SUBLEDGER", "HKMM"), holder("peak")),
    "bills are marked down": (marked_down, ("C07", "VALUATION", "HKDS"), NOBODY),
    "a bill runs too long": (too_long, ("C07", "VALUATION", "HKDS"), NOBODY),
    "a redemption is paid late": (
        edited("redemptions", {"request": "R-2026-004"}, paid_at="2026-07-03T03:00:00.000000Z"),
        ("C08", "SERVICE_LEVEL", "HKDS"),
        holder("lantau"),
    ),
    "a fee is above its cap": (
        edited("redemptions", {"request": "R-2026-004"}, fee_units="10000000001"),
        ("C08", "AMOUNT", "HKDS"),
        holder("lantau"),
    ),
    "a request has another due day": (
        edited("redemptions", {"request": "R-2026-004"}, due_on="2026-07-03"),
        ("C08", "SERVICE_LEVEL", "HKDS"),
        holder("lantau"),
    ),
    "an identity check had ended": (evidence_ended, ("C10", "STALE_REFERENCE", "HKDS"), holder("kowloon")),
    "a log has another name": (log_edited, ("C12", "TAMPER", "HKDS"), None),
    "a header has another time": (header_edited, ("C13", "TAMPER", ""), NOBODY),
    "a transaction is struck": (transaction_struck, ("C14", "MISSING_IN_REGISTER", ""), None),
    "a transaction used other gas": (gas_edited, ("C14", "TAMPER", ""), None),
    "a contract's code is another": (
        edited("contracts", {"kind": "settlement"}, code_hash=HASH),
        ("C16", "TAMPER", ""),
        None,
    ),
    "a token has another symbol": (
        edited("instruments", {"instrument_id": "HKMM"}, symbol="HKM"),
        ("C16", "TAMPER", "HKMM"),
        None,
    ),
    "an entitlement is edited": (
        lambda draft: edited("entitlements", {"account": account(draft, "lantau")}, amount_units="570273960000")(draft),
        ("C17", "AMOUNT", "GRN28"),
        holder("lantau"),
    ),
    "an order is dealt at another price": (
        edited("fund_orders", {"order_id": "S-001"}, price_units="100001"),
        ("C17", "AMOUNT", "HKMM"),
        holder("kowloon"),
    ),
    "a trade has another's signature": (trade_signature_swapped, ("C18", "TAMPER", ""), None),
    "a settlement is called cancelled": (
        edited("trades", {"trade_id": "GRN28-K"}, status="cancelled"),
        ("C18", "STALE_REFERENCE", ""),
        holder("green-issuer"),
    ),
    "a travel-rule record is missing": (
        lambda draft: removed(
            "travel_records", recipient=account(draft, "fund-manager"), sender=account(draft, "kowloon")
        )(draft),
        ("C19", "RULE_BREACH", "HKDS"),
        holder("kowloon"),
    ),
    "a signed row is edited": (
        edited("redemptions", {"request": "R-2026-002"}, payment_reference="FPS-20260202-9"),
        ("C20", "TAMPER", "HKDS"),
        holder("fund-manager"),
    ),
    "a signed head is edited": (
        edited("periods", {"instrument_id": "HKMM", "sequence": 1}, head=HASH),
        ("C20", "TAMPER", "HKMM"),
        NOBODY,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_edit_has_its_root_finding(name: str, found: Found, story: Draft) -> None:
    change, due, of = CASES[name]
    told = roots(found(change))
    # What the mirror keeps is signed table by table: that it is not as it was signed names no row.
    of_checks = {root[:3] for root in told if root[0] != "C20" or due[0] == "C20"}
    assert of_checks == {due}, told
    if of is not None:
        assert of(story) in {root[3] for root in told}


def test_two_edits_have_two_roots(found: Found, story: Draft) -> None:
    told = roots(found(all_of(forgotten, marked_down)))
    due: set[Root] = {
        ("C02", "MISSING_IN_REGISTER", "GRN28", next(r[3] for r in told if r[0] == "C02")),
        ("C07", "VALUATION", "HKDS", ""),
    }
    assert set(told) == due


def test_what_is_no_list_of_lines_is_another_instruction(found: Found) -> None:
    def change(draft: Draft) -> None:
        row = instruction(draft, "redeem")
        edited("instructions", {"ref": row["ref"]}, lines="{")(draft)

    told: list[Any] = roots(found(change))
    assert {root[:2] for root in told} == {("C05", "TAMPER")}
