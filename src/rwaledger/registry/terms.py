"""Terms of bonds and funds: set once, and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, Table, select

from rwaledger.domain.corporate_action import BondTerms
from rwaledger.domain.day_count import DayCount
from rwaledger.domain.errors import SettledAlready, UnknownName
from rwaledger.domain.fund import FundTerms
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member, stored_value, utc_now
from rwaledger.registry.upsert import insert_if_new

_UNCOMPARED = {"recorded_at", "source_hash"}


def put_bond_terms(c: Connection, terms: BondTerms) -> bool:
    """Records the terms of a bond; whether they were new. The same again changes nothing, from whatever file.

    Raises:
        SettledAlready: the bond has other terms.
    """
    return _put(c, tables.bond_terms, _bond_row(terms))


def put_fund_terms(c: Connection, terms: FundTerms) -> bool:
    """Records the terms of a fund, as `put_bond_terms` does a bond's."""
    return _put(c, tables.fund_terms, _fund_row(terms))


def bond_terms(c: Connection, instrument_id: str) -> BondTerms:
    """The terms of a bond.

    Raises:
        UnknownName: it has none.
    """
    return _bond(_one(c, tables.bond_terms, "bond", instrument_id))


def fund_terms(c: Connection, instrument_id: str) -> FundTerms:
    """The terms of a fund.

    Raises:
        UnknownName: it has none.
    """
    return _fund(_one(c, tables.fund_terms, "fund", instrument_id))


def all_bond_terms(c: Connection) -> list[BondTerms]:
    """The terms of all bonds, in order of their names."""
    return [_bond(row) for row in c.execute(select(tables.bond_terms).order_by(tables.bond_terms.c.instrument_id))]


def all_fund_terms(c: Connection) -> list[FundTerms]:
    """The terms of all funds, in order of their names."""
    return [_fund(row) for row in c.execute(select(tables.fund_terms).order_by(tables.fund_terms.c.instrument_id))]


def _put(c: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    if insert_if_new(c, table, row):
        return True
    name = row["instrument_id"]
    found = c.execute(select(table).where(table.c.instrument_id == name)).one()._asdict()
    differences = [
        f"{column} is {found[column]}, not {value}"
        for column, value in row.items()
        if column not in _UNCOMPARED and found[column] != value
    ]
    if differences:
        raise SettledAlready(
            f"the terms of {name}", differences, "Terms do not change: keep them, or issue a new instrument."
        )
    return False


def _one(c: Connection, table: Table, kind: str, instrument_id: str) -> Row[Any]:
    row = c.execute(select(table).where(table.c.instrument_id == instrument_id)).one_or_none()
    if row is None:
        raise UnknownName(f"{kind} with terms", instrument_id, "`rwaledger terms set FILE` sets them.")
    return row


def _bond_row(terms: BondTerms) -> dict[str, Any]:
    return {
        "instrument_id": terms.instrument_id,
        "currency": terms.currency,
        "payer": terms.payer,
        "nominal_units": terms.nominal_units,
        "rate": str(terms.rate),
        "day_count": str(terms.day_count),
        "periods_a_year": terms.periods_a_year,
        "issued_on": terms.issued_on,
        "matures_on": terms.matures_on,
        "business_day_rule": terms.business_day_rule,
        "record_days": terms.record_days,
        "rounding_units": terms.rounding_units,
        "source_hash": terms.source_hash,
        "recorded_at": utc_now(),
    }


def _bond(row: Row[Any]) -> BondTerms:
    return BondTerms(
        instrument_id=row.instrument_id,
        currency=row.currency,
        payer=row.payer,
        nominal_units=row.nominal_units,
        rate=stored_value(Fraction, row.rate),
        day_count=stored_member(DayCount, row.day_count),
        periods_a_year=row.periods_a_year,
        issued_on=row.issued_on,
        matures_on=row.matures_on,
        business_day_rule=row.business_day_rule,
        record_days=row.record_days,
        rounding_units=row.rounding_units,
        source_hash=row.source_hash,
    )


def _fund_row(terms: FundTerms) -> dict[str, Any]:
    return {
        "instrument_id": terms.instrument_id,
        "currency": terms.currency,
        "manager": terms.manager,
        "price_decimals": terms.price_decimals,
        "cut_off": terms.cut_off.isoformat(),
        "rounding_units": terms.rounding_units,
        "deviation_bp": terms.deviation_bp,
        "source_hash": terms.source_hash,
        "recorded_at": utc_now(),
    }


def _fund(row: Row[Any]) -> FundTerms:
    return FundTerms(
        instrument_id=row.instrument_id,
        currency=row.currency,
        manager=row.manager,
        price_decimals=row.price_decimals,
        cut_off=stored_value(time.fromisoformat, row.cut_off),
        rounding_units=row.rounding_units,
        deviation_bp=row.deviation_bp,
        source_hash=row.source_hash,
    )
