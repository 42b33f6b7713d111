"""C18: a leg that did not move, a move beside the legs, and every edit of a trade are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rwaledger.audit.checks import c18_settlements
from rwaledger.audit.load import load
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.reconciliation import Break, Outcome
from rwaledger.registry import trades
from rwaledger.registry.trades import StoredTrade
from tests.audit.checks.deeds import named, roots, said
from tests.audit.seeding import account, edit
from tests.played import Played

HASH = "'0x" + "77" * 32 + "'"
ADDRESS = "'0x" + "5a" * 20 + "'"
SIGNATURE = "'0x" + "11" * 65 + "'"
ONLY = ("C18",)
TRADE = "LANTAU-CHAN"

COLUMNS: dict[str, tuple[str, str]] = {
    "trades.trade_id": ("'ANOTHER'", "TAMPER"),
    "trades.chain_id": ("chain_id + 1", "MISSING_IN_REGISTER"),
    "trades.settlement": (ADDRESS, "TAMPER"),
    "trades.initiator": (ADDRESS, "TAMPER"),
    "trades.ref": (HASH, "TAMPER"),
    "trades.venue": (ADDRESS, "TAMPER"),
    "trades.not_after": ("not_after + 1", "TAMPER"),
    "trades.legs": ("replace(legs, '\"4000\"', '\"4001\"')", "TAMPER"),
    "trades.digest": (HASH, "TAMPER"),
    "trades.status": ("'signed'", "STALE_REFERENCE"),
    "trade_signatures.trade_id": ("'ANOTHER'", "TAMPER"),
    "trade_signatures.party": (ADDRESS, "TAMPER"),
    "trade_signatures.signature": (SIGNATURE, "TAMPER"),
}
"""What each column is set to, as SQL, and the class of the finding; tests/audit/test_columns.py counts them."""


def stored(played: Played) -> StoredTrade:
    with played.database.read() as c:
        return trades.trade(c, TRADE)


def test_every_settlement_of_the_story_moved_its_legs(played: Played) -> None:
    (result,) = reconcile(played.database, played.node, checks=ONLY).results
    assert result.outcome is Outcome.PASS
    assert result.coverage == {"settlements": 4, "legs": 8, "trades": 4, "signatures": 8}


@pytest.mark.parametrize("column", COLUMNS)
def test_an_edited_cell_is_found(played: Played, column: str) -> None:
    table, name = column.split(".")
    value, break_class = COLUMNS[column]
    one = f" AND party = '{account(played, 'lantau')}'" if table == "trade_signatures" else ""
    edit(played, f"UPDATE {table} SET {name} = {value} WHERE trade_id = ?{one}", TRADE)
    found = reconcile(played.database, played.node, checks=ONLY)
    assert {(each.check, each.break_class.value) for each in roots(found)} >= {("C18", break_class)}


def test_a_trade_that_the_register_lost_names_its_initiator(played: Played) -> None:
    before = stored(played)
    edit_all(played, "DELETE FROM trade_signatures WHERE trade_id = ?")
    edit(played, "DELETE FROM trades WHERE trade_id = ?", TRADE)
    (root,) = roots(reconcile(played.database, played.node))
    assert (named([root]), root.holder_id) == ([("C18", "MISSING_IN_REGISTER", "")], "lantau")
    assert said(root) == ("chain", f"trade {before.trade.ref} settled", "register", "nothing")
    assert f"the trade (`settle {TRADE}`) is settled" in root.summary


def edit_all(played: Played, statement: str) -> None:
    with played.database.begin() as c:
        assert c.exec_driver_sql(statement, (TRADE,)).rowcount == 2


def test_a_missing_signature_is_named_with_its_giver(played: Played) -> None:
    lantau = account(played, "lantau")
    edit(played, "DELETE FROM trade_signatures WHERE trade_id = ? AND party = ?", TRADE, lantau)
    (root,) = roots(reconcile(played.database, played.node))
    assert (named([root]), root.account) == ([("C18", "MISSING_IN_REGISTER", "")], lantau)
    digest = stored(played).digest
    assert said(root) == ("required", f"signature of {lantau} under {digest}", "register", "nothing")


def test_the_signature_of_another_is_no_signature(played: Played) -> None:
    """That of Kowloon under its own trade, in the place of Lantau's."""
    lantau = account(played, "lantau")
    theirs = "(SELECT signature FROM trade_signatures WHERE trade_id = 'GRN28-K' LIMIT 1)"
    edit(played, f"UPDATE trade_signatures SET signature = {theirs} WHERE trade_id = ? AND party = ?", TRADE, lantau)
    (root,) = roots(reconcile(played.database, played.node))
    assert (named([root]), root.holder_id) == ([("C18", "TAMPER", "")], "lantau")
    assert root.summary == f"a signature is not that of the giver: trade {TRADE}"


def test_what_is_settled_beyond_the_pinned_block_waits_for_the_next_run(played: Played) -> None:
    settled = next(
        e for e in settlements(load(played.database, played.node)) if e.args["ref"] == stored(played).trade.ref
    )
    before = settled.log.block_number - 1
    (result,) = reconcile(played.database, played.node, block=before, checks=ONLY).results
    assert (result.outcome, result.coverage["settlements"]) == (Outcome.PASS, 3)
    assert result.note == f"Trade {TRADE} was closed beyond this block."


def settlements(records: Records) -> list[ChainEvent]:
    return [event for book in records.books for event in book.events if event.name == "TradeSettled"]


def with_events(records: Records, name: str, change: Callable[[ChainEvent], list[ChainEvent]]) -> Records:
    """The records in which each event of an instrument is what `change` makes of it; no contract of ours does that."""

    def changed(each: InstrumentRecords) -> InstrumentRecords:
        if each.instrument.instrument_id != name:
            return each
        events = tuple(made for event in each.token.events for made in change(event))
        return replace(each, token=replace(each.token, events=events))

    return replace(records, instruments=tuple(changed(each) for each in records.instruments))


def bonds_of_the_trade(records: Records, played: Played) -> ChainEvent:
    """The 4,000 bonds that Lantau sold to Chan."""
    (bonds,) = [i for i in records.instruments if i.instrument.instrument_id == "GRN28"]
    lantau = account(played, "lantau")
    return next(e for e in bonds.token.events if e.name == "Transfer" and e.args["from"] == lantau)


def judged(records: Records) -> tuple[Break, ...]:
    return c18_settlements.run(records).breaks


def test_a_leg_that_did_not_move_is_named(played: Played) -> None:
    records = load(played.database, played.node)
    gone = bonds_of_the_trade(records, played)
    (found,) = judged(with_events(records, "GRN28", lambda event: [] if event == gone else [event]))
    assert (named([found]), found.holder_id) == ([("C18", "MISSING_ON_CHAIN", "GRN28")], "lantau")
    leg = f"4000 GRN28 from {gone.args['from']} to {gone.args['to']}"
    assert said(found) == ("chain", "nothing", "signed trade", leg)


def test_a_leg_of_another_amount_is_two_differences(played: Played) -> None:
    records = load(played.database, played.node)
    gone = bonds_of_the_trade(records, played)
    less = gone._replace(args={**gone.args, "value": 3_999})
    found = judged(with_events(records, "GRN28", lambda event: [less] if event == gone else [event]))
    assert [each.break_class.value for each in found] == ["MISSING_ON_CHAIN", "AMOUNT"]
    assert [each.left.value.split()[0] for each in found] == ["nothing", "3999"]


def test_a_payment_back_beside_the_legs_is_named(played: Played) -> None:
    """In the same transaction, behind the legs; what moves between others there is not the trade's."""
    records = load(played.database, played.node)
    bonds = bonds_of_the_trade(records, played)
    lantau, chan = str(bonds.args["from"]), str(bonds.args["to"])

    def beside(sender: str, recipient: str) -> Records:
        log = bonds.log._replace(log_index=bonds.log.log_index + 50)
        extra = ChainEvent("Transfer", {"from": sender, "to": recipient, "value": 7}, log)
        return with_events(records, "GRN28", lambda event: [event, extra] if event == bonds else [event])

    (found,) = judged(beside(chan, lantau))
    assert (named([found]), found.account) == ([("C18", "AMOUNT", "GRN28")], chan)
    assert said(found) == ("chain", f"7 GRN28 from {chan} to {lantau}", "signed trade", "nothing")
    assert judged(beside(chan, account(played, "peak"))) == ()


def test_a_leg_in_a_token_of_strangers_is_not_covered_and_said_so(played: Played) -> None:
    records = load(played.database, played.node)
    without = tuple(each for each in records.instruments if each.instrument.instrument_id != "GRN28")
    found = judged(replace(records, instruments=without))
    assert {each.break_class.value for each in found} == {"COVERAGE"}
    assert len(found) == 4


def test_what_the_register_calls_settled_was_closed_on_the_chain(played: Played) -> None:
    records = load(played.database, played.node)
    ref = stored(played).trade.ref
    books = tuple(
        replace(book, events=tuple(event for event in book.events if event.args.get("ref") != ref))
        for book in records.books
    )
    (found,) = judged(replace(records, books=books))
    assert named([found]) == [("C18", "MISSING_ON_CHAIN", "")]
    assert said(found) == ("chain", "open", "register", "settled")


def test_a_cancelled_trade_is_cancelled_on_both_sides(played: Played) -> None:
    trade = played.folder / "trade.csv"
    trade.write_text("trade,instrument,from,to,amount\nX-1,HKDS,lantau,kowloon,1\nX-1,HKDS,kowloon,lantau,2\n")
    assert played.run("settlement", "propose", str(trade), "--yes") == 0
    assert played.run("settlement", "cancel", "X-1", "--as", "dev:4", "--yes") == 0
    assert played.run("--finality", "latest", "register", "sync") == 0
    (result,) = reconcile(played.database, played.node, checks=ONLY).results
    assert (result.outcome, result.coverage["trades"], result.coverage["settlements"]) == (Outcome.PASS, 5, 4)
    edit(played, "UPDATE trades SET status = 'proposed' WHERE trade_id = 'X-1'")
    (root,) = roots(reconcile(played.database, played.node, checks=ONLY))
    assert (root.break_class.value, *said(root)) == ("STALE_REFERENCE", "chain", "cancelled", "register", "proposed")
