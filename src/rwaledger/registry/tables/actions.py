"""What instruments pay and at which price: terms, corporate actions, entitlements, net asset values and fund orders."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Integer, PrimaryKeyConstraint, Table

from rwaledger.registry.tables.base import Text, metadata
from rwaledger.registry.types import Units, UtcTime

bond_terms = Table(
    "bond_terms",
    metadata,
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), primary_key=True),
    Column("currency", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("payer", Text, nullable=False),
    Column("nominal_units", Units, nullable=False),
    Column("rate", Text, nullable=False),
    Column("day_count", Text, nullable=False),
    Column("periods_a_year", Integer, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("matures_on", Date, nullable=False),
    Column("business_day_rule", Text, nullable=False),
    Column("record_days", Integer, nullable=False),
    Column("rounding_units", Units, nullable=False),
    Column("source_hash", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
)

fund_terms = Table(
    "fund_terms",
    metadata,
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), primary_key=True),
    Column("currency", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("manager", Text, nullable=False),
    Column("price_decimals", Integer, nullable=False),
    Column("cut_off", Text, nullable=False),
    Column("rounding_units", Units, nullable=False),
    Column("deviation_bp", Integer, nullable=False),
    Column("source_hash", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
)

actions = Table(
    "actions",
    metadata,
    Column("action_id", Text, primary_key=True),
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("period_from", Date, nullable=False),
    Column("period_to", Date, nullable=False),
    Column("pays_on", Date, nullable=False),
    Column("record_at", BigInteger, nullable=False),
    Column("record_date", Integer, nullable=False),
    Column("supply_units", Units, nullable=True),
    Column("exact_amount", Text, nullable=True),
    Column("funded_units", Units, nullable=True),
    Column("status", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

entitlements = Table(
    "entitlements",
    metadata,
    Column("action_id", Text, ForeignKey("actions.action_id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("holding_units", Units, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("held_back", Boolean, nullable=False),
    Column("paid_to", Text, nullable=True),
    PrimaryKeyConstraint("action_id", "account"),
)

navs = Table(
    "navs",
    metadata,
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("dealing_day", Date, nullable=False),
    Column("price_units", Units, nullable=False),
    Column("valued_at", UtcTime, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_hash", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("instrument_id", "dealing_day", "recorded_at"),
)

fund_orders = Table(
    "fund_orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("dealing_day", Date, nullable=False),
    Column("price_units", Units, nullable=True),
    Column("units", Units, nullable=True),
    Column("cash_units", Units, nullable=True),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)
