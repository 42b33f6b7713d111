"""The same register on SQLite and on PostgreSQL gives the same reports, to the last cell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select

from rwaledger.registry.database import Connection, Database
from rwaledger.registry.tables.base import metadata
from rwaledger.report import iso20022
from rwaledger.report.contents import (
    actions,
    ageing,
    holders,
    jurisdictions,
    reconciliations,
    redemptions,
    reserve,
    roles,
    statement,
    statistics,
    supply,
)
from rwaledger.report.contents.moment import Moment, choose_moment
from tests.postgres import create_database, drop_database
from tests.report.contents.reading import CHAIN_ID, POLICY, Build, Register

REPORTS: dict[str, Build] = {
    "holders": lambda c, at: holders.build(c, "HKMM", at, with_clients=True),
    "statement": lambda c, at: statement.build(c, "chan", at),
    "supply": lambda c, at: supply.build(c, None, at),
    "reserve": lambda c, at: reserve.build(c, "HKDS", at, POLICY),
    "redemptions": lambda c, at: redemptions.build(c, "HKDS", at),
    "bond": lambda c, at: actions.build(c, "GRN28", at),
    "fund": lambda c, at: actions.build(c, "HKMM", at),
    "roles": lambda c, at: roles.build(c, None, at),
    "jurisdictions": lambda c, at: jurisdictions.build(c, None, at),
    "statistics": lambda c, at: statistics.build(c, None, at, POLICY),
    "ageing": lambda c, at: ageing.build(c, None, at, POLICY),
    "reconciliations": lambda c, at: reconciliations.build(c, None, at),
}


@pytest.fixture
def elsewhere(register: Register, postgres_admin_url: str) -> Iterator[Database]:
    """The same rows in PostgreSQL."""
    url = create_database(postgres_admin_url)
    database = Database(url)
    database.migrate()
    with register.database.read() as source, database.begin() as target:
        for table in metadata.sorted_tables:
            rows = [row._asdict() for row in source.execute(select(table))]
            if rows:
                target.execute(insert(table), rows)
    yield database
    database.close()
    drop_database(postgres_admin_url, url)


def test_every_report_is_the_same_on_both(register: Register, elsewhere: Database) -> None:
    with register.database.read() as here, elsewhere.read() as there:
        moments = [choose_moment(c, CHAIN_ID, None, POLICY.zone) for c in (here, there)]
        assert moments[0] == moments[1]
        for name, build in REPORTS.items():
            assert build(here, moments[0]) == build(there, moments[1]), name
        assert messages(here, moments[0]) == messages(there, moments[1])


def messages(c: Connection, moment: Moment) -> list[str]:
    holdings = "".join(iso20022.holdings_xml(c, "HKDS", moment))
    return [holdings, "".join(iso20022.postings_xml(c, "chan", moment))]
