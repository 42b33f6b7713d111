"""A signed correction puts every report right, and a holder's statement shows it as what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import pytest
from sqlalchemy import update

from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import tables
from rwaledger.registry.database import Connection, Database
from rwaledger.report import iso20022
from rwaledger.report.contents import actions, holders, jurisdictions, statement, statistics, supply
from rwaledger.report.contents.moment import Moment, choose_moment
from rwaledger.report.document import Document, Table
from tests.audit import tampering
from tests.audit.lives import put_right
from tests.audit.world import World
from tests.played import Played
from tests.report.contents.reading import CHAIN_ID, POLICY, Build, records, table, whole

BOND = "GRN28"
REPORTS: dict[str, Build] = {
    "supply": lambda c, at: supply.build(c, BOND, at),
    "statistics": lambda c, at: statistics.build(c, BOND, at, POLICY),
    "holders": lambda c, at: holders.build(c, BOND, at, with_clients=True),
    "jurisdictions": lambda c, at: jurisdictions.build(c, BOND, at),
    "actions": lambda c, at: actions.build(c, BOND, at),
}
Answer = TypeVar("Answer")
HOLDERS = ("chan", "lantau", "kowloon")


def place_of_trade(played: Played) -> tuple[int, int]:
    """Where Lantau sold 4,000 to Chan."""
    return next(
        (each.block_number, each.log_index)
        for each in tampering.postings(cast(World, played), BOND)
        if each.amount_units == 4_000
    )


def issued_twice(played: Played) -> None:
    tampering.posted_again(cast(World, played), tampering.transfers(cast(World, played), BOND)[0])


def trade_forgotten(played: Played) -> None:
    tampering.forget(cast(World, played), place_of_trade(played), BOND)


def to_another(played: Played) -> None:
    place, p = place_of_trade(played), tables.postings.c
    where = tampering.at(tables.postings, place) & (p.instrument_id == BOND) & (p.leg == 1)
    tampering.change(cast(World, played), tables.postings, where, account="0x" + "5a" * 20)


def read(database: Database, ask: Callable[[Connection, Moment], Answer]) -> Answer:
    with database.read() as c:
        return ask(c, choose_moment(c, CHAIN_ID, None, POLICY.zone))


def found_by(played: Played) -> dict[str, tuple[Table, ...]]:
    return {name: read(played.database, build).tables for name, build in REPORTS.items()}


def statement_of(played: Played, holder: str) -> Document:
    return read(played.database, lambda c, at: statement.build(c, holder, at))


def moved(played: Played, holder: str) -> list[tuple[object, ...]]:
    """The movements of the bond but for their words."""
    rows = records(table(statement_of(played, holder), f"movements-{BOND}"))
    return [tuple(cell for name, cell in row.items() if name != "cause") for row in rows]


def correct(played: Played) -> None:
    checks = ["C01", "C02", "C03", "C04", "C05", "C12"]
    root = next(each for each in reconcile(played.database, played.node, checks=checks).breaks if not each.follows_from)
    put_right(played.database, played.node, root)


@pytest.mark.parametrize("fault", [issued_twice, trade_forgotten, to_another], ids=lambda fault: str(fault.__name__))
def test_every_report_agrees_with_the_corrected_register(played: Played, fault: Callable[[Played], None]) -> None:
    honest, statements = found_by(played), {holder: moved(played, holder) for holder in HOLDERS}
    fault(played)
    assert found_by(played) != honest
    correct(played)
    assert found_by(played) == honest
    assert {holder: moved(played, holder) for holder in HOLDERS} == statements


def test_a_statement_shows_what_was_taken_back_and_what_was_entered_for_it(played: Played) -> None:
    to_another(played)
    correct(played)
    chan = statement_of(played, "chan")
    bought = records(table(chan, f"movements-{BOND}"))[0]
    assert str(bought["cause"]).startswith("trade: LANTAU-CHAN, entered by the correction of break ")
    (entered, *_) = records(table(chan, f"corrections-{BOND}"))
    assert (entered["before"], entered["back"], entered["entered"], entered["change"]) == (0, 0, 4_000, 4_000)
    assert str(bought["cause"]).endswith(f" {entered['break']}")
    assert entered["block"] == bought["block"]
    assert entered["transaction"] == bought["transaction"]


def test_corrections_net_to_what_they_changed(played: Played) -> None:
    """Lantau's sale was forgotten: later balances were built on that, and their entries are taken back and renewed."""
    trade_forgotten(played)
    correct(played)
    found = table(statement_of(played, "lantau"), f"corrections-{BOND}")
    rows = records(found)
    assert [row["change"] for row in rows if row["before"] == 0] == [-4_000]
    assert all(whole(row["back"]) == -whole(row["before"]) for row in rows)
    assert found.totals is not None
    assert found.totals[-1] == -4_000


def test_a_past_period_shows_a_correction_that_was_recorded_since(played: Played) -> None:
    """It changes the balance with which the period opened, so that an earlier statement closed with another one."""
    trade_forgotten(played)
    correct(played)
    day = read(played.database, lambda c, at: at.day)
    late = read(played.database, lambda c, at: statement.build(c, "chan", at, day))
    assert table(late, f"corrections-{BOND}").rows


def test_rows_that_nobody_signed_for_are_no_correction(played: Played) -> None:
    honest = found_by(played)
    issued_twice(played)
    correct(played)
    with played.database.begin() as c:
        c.execute(update(tables.break_events).where(tables.break_events.c.state == "CORRECTED").values(text="other"))
    forged = found_by(played)
    assert forged["supply"] != honest["supply"]
    assert not [each for each in statement_of(played, "green-issuer").tables if each.name.startswith("corrections")]


def test_the_messages_say_what_counts(played: Played) -> None:
    def messages() -> list[str]:
        holdings = read(played.database, lambda c, at: "".join(iso20022.holdings_xml(c, BOND, at)))
        return [holdings, read(played.database, lambda c, at: "".join(iso20022.postings_xml(c, "chan", at)))]

    honest = messages()
    to_another(played)
    correct(played)
    found = messages()
    assert found[0] == honest[0]
    lines = [[line for line in each.splitlines() if "AcctSvcrTxId" not in line] for each in (honest[1], found[1])]
    differing = [(old, new) for old, new in zip(*lines, strict=True) if old != new]
    assert [new.partition(", entered by the correction of break ")[0] for _, new in differing] == [
        old.removesuffix("</TxAddtlDtls>") for old, _ in differing
    ]
    assert len(differing) == 1


def test_the_supply_of_a_corrected_register_is_that_of_its_issuance_account(played: Played) -> None:
    issued_twice(played)
    correct(played)
    rows = records(table(read(played.database, REPORTS["supply"]), f"supply-{BOND}"))
    with played.database.read() as c:
        t = tables.positions.c
        held = (t.instrument_id == BOND) & (t.account == ISSUANCE_ACCOUNT)
        assert rows[-1]["closing"] == -c.execute(tables.positions.select().where(held)).one().balance_units
    assert sum(whole(row["issues"]) for row in rows) == 1
