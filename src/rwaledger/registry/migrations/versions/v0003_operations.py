"""What operations write: persons and what is proved of them, reserves, corporate actions, prices, trades."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_UNITS = sa.Text().with_variant(sa.Numeric(78, 0), "postgresql")


def upgrade() -> None:
    """Creates what there was not."""
    _people()
    _money()
    _actions()
    _trades()
    _book()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, autoincrement=False)


def _date(name: str, *, nullable: bool = False) -> sa.Column[date]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _units(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _UNITS, nullable=nullable)


def _people() -> None:
    """Persons: residence, evidence, licences, proofs of wallets, clients of omnibus accounts."""
    op.add_column("accounts", sa.Column("replaced_by", _TEXT, server_default="", nullable=False))
    op.create_table(
        "evidence",
        _text("holder_id"),
        _text("kind"),
        _text("document_hash"),
        _date("valid_from"),
        _date("valid_until"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["holder_id"], ["holders.holder_id"], name="fk_evidence_holder_id"),
        sa.PrimaryKeyConstraint("holder_id", "kind", "document_hash", "recorded_at", name="pk_evidence"),
    )
    op.create_table(
        "licences",
        _text("holder_id"),
        _text("kind"),
        _text("number"),
        _date("valid_from"),
        _date("valid_until", nullable=True),
        _date("suspended_from", nullable=True),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["holder_id"], ["holders.holder_id"], name="fk_licences_holder_id"),
        sa.PrimaryKeyConstraint("holder_id", "kind", "number", "recorded_at", name="pk_licences"),
    )
    op.create_table(
        "residences",
        _text("holder_id"),
        _date("valid_from"),
        _integer("country"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["holder_id"], ["holders.holder_id"], name="fk_residences_holder_id"),
        sa.PrimaryKeyConstraint("holder_id", "valid_from", "recorded_at", name="pk_residences"),
    )
    op.create_table(
        "wallet_proofs",
        _big("chain_id"),
        _text("address"),
        _text("holder_id"),
        _text("message"),
        _text("signature"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["holder_id"], ["holders.holder_id"], name="fk_wallet_proofs_holder_id"),
        sa.PrimaryKeyConstraint("chain_id", "address", "recorded_at", name="pk_wallet_proofs"),
    )
    op.create_table(
        "client_postings",
        _big("chain_id"),
        _text("account"),
        _text("instrument_id"),
        _integer("entry"),
        _integer("leg"),
        _text("client"),
        _units("amount_units"),
        _units("balance_after_units"),
        _date("dated"),
        _text("key"),
        _text("content_hash"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name="fk_client_postings_instrument_id"
        ),
        sa.PrimaryKeyConstraint("chain_id", "account", "instrument_id", "entry", "leg", name="pk_client_postings"),
    )


def _money() -> None:
    """Reserves, attestations, redemptions."""
    op.create_table(
        "attestations",
        _text("instrument_id"),
        _big("as_of"),
        _text("contract"),
        _units("amount_units"),
        _big("expires_at"),
        _text("document_hash"),
        _text("attestor"),
        _text("digest"),
        _text("signature"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_attestations_instrument_id"),
        sa.PrimaryKeyConstraint("instrument_id", "as_of", name="pk_attestations"),
    )
    op.create_table(
        "redemptions",
        _text("request"),
        _text("instrument_id"),
        _big("chain_id"),
        _text("account"),
        _units("amount_units"),
        _time("requested_at"),
        _date("due_on"),
        _text("status"),
        _text("burn_key"),
        _units("fee_units"),
        _time("paid_at", nullable=True),
        _text("payment_reference"),
        _text("reason"),
        _time("recorded_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_redemptions_instrument_id"),
        sa.PrimaryKeyConstraint("request", name="pk_redemptions"),
    )
    op.create_table(
        "reserve_lines",
        _text("instrument_id"),
        _big("as_of"),
        _integer("line"),
        _text("kind"),
        _text("description"),
        _text("currency"),
        _units("amount_units"),
        _integer("haircut_bp"),
        _date("matures_on", nullable=True),
        _text("source_hash"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name="fk_reserve_lines_instrument_id"
        ),
        sa.PrimaryKeyConstraint("instrument_id", "as_of", "line", "recorded_at", name="pk_reserve_lines"),
    )


def _actions() -> None:
    """Terms, corporate actions, entitlements, prices, fund orders."""
    op.create_table(
        "actions",
        _text("action_id"),
        _text("instrument_id"),
        _text("kind"),
        _date("period_from"),
        _date("period_to"),
        _date("pays_on"),
        _big("record_at"),
        _integer("record_date"),
        _units("supply_units", nullable=True),
        _text("exact_amount", nullable=True),
        _units("funded_units", nullable=True),
        _text("status"),
        _time("recorded_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_actions_instrument_id"),
        sa.PrimaryKeyConstraint("action_id", name="pk_actions"),
    )
    op.create_table(
        "bond_terms",
        _text("instrument_id"),
        _text("currency"),
        _text("payer"),
        _units("nominal_units"),
        _text("rate"),
        _text("day_count"),
        _integer("periods_a_year"),
        _date("issued_on"),
        _date("matures_on"),
        _text("business_day_rule"),
        _integer("record_days"),
        _units("rounding_units"),
        _text("source_hash"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["currency"], ["instruments.instrument_id"], name="fk_bond_terms_currency"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_bond_terms_instrument_id"),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_bond_terms"),
    )
    op.create_table(
        "fund_orders",
        _text("order_id"),
        _text("instrument_id"),
        _big("chain_id"),
        _text("account"),
        _text("side"),
        _units("amount_units"),
        _time("received_at"),
        _date("dealing_day"),
        _units("price_units", nullable=True),
        _units("units", nullable=True),
        _units("cash_units", nullable=True),
        _text("status"),
        _text("reason"),
        _time("recorded_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_fund_orders_instrument_id"),
        sa.PrimaryKeyConstraint("order_id", name="pk_fund_orders"),
    )
    op.create_table(
        "fund_terms",
        _text("instrument_id"),
        _text("currency"),
        _text("manager"),
        _integer("price_decimals"),
        _text("cut_off"),
        _units("rounding_units"),
        _integer("deviation_bp"),
        _text("source_hash"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["currency"], ["instruments.instrument_id"], name="fk_fund_terms_currency"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_fund_terms_instrument_id"),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_fund_terms"),
    )
    op.create_table(
        "navs",
        _text("instrument_id"),
        _date("dealing_day"),
        _units("price_units"),
        _time("valued_at"),
        _text("source"),
        _text("source_hash"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_navs_instrument_id"),
        sa.PrimaryKeyConstraint("instrument_id", "dealing_day", "recorded_at", name="pk_navs"),
    )
    op.create_table(
        "entitlements",
        _text("action_id"),
        _text("account"),
        _units("holding_units"),
        _units("amount_units"),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        _text("paid_to", nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.action_id"], name="fk_entitlements_action_id"),
        sa.PrimaryKeyConstraint("action_id", "account", name="pk_entitlements"),
    )


def _trades() -> None:
    """Trades, their signatures, travel-rule records."""
    op.create_table(
        "trades",
        _text("trade_id"),
        _big("chain_id"),
        _text("settlement"),
        _text("initiator"),
        _text("ref"),
        _text("venue"),
        _big("not_after"),
        _text("legs"),
        _text("digest"),
        _text("status"),
        _text("source"),
        _time("recorded_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("trade_id", name="pk_trades"),
        sa.UniqueConstraint(
            "chain_id", "settlement", "initiator", "ref", name="uq_trades_chain_id_settlement_initiator_ref"
        ),
    )
    op.create_table(
        "trade_signatures",
        _text("trade_id"),
        _text("party"),
        _text("signature"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.trade_id"], name="fk_trade_signatures_trade_id"),
        sa.PrimaryKeyConstraint("trade_id", "party", name="pk_trade_signatures"),
    )
    op.create_table(
        "travel_records",
        _text("subject"),
        _integer("line"),
        _text("instrument_id"),
        _text("sender"),
        _text("recipient"),
        _units("amount_units"),
        _text("sealed"),
        _text("payload_hash"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name="fk_travel_records_instrument_id"
        ),
        sa.PrimaryKeyConstraint("subject", "line", name="pk_travel_records"),
    )


def _book() -> None:
    """Orders, reconciliations, and what instructions gain."""
    op.add_column("instructions", sa.Column("reason", _TEXT, server_default="", nullable=False))
    op.create_table(
        "orders",
        _text("order_hash"),
        _text("reference"),
        _text("document"),
        _time("recorded_at"),
        sa.PrimaryKeyConstraint("order_hash", name="pk_orders"),
    )
    op.create_table(
        "reconciliations",
        _text("instrument_id"),
        _big("block_number"),
        _text("block_hash"),
        _big("block_time"),
        sa.Column("passed", sa.Boolean(), nullable=False),
        _text("failed_checks"),
        _text("register_digest"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.instrument_id"], name="fk_reconciliations_instrument_id"
        ),
        sa.PrimaryKeyConstraint("instrument_id", "recorded_at", name="pk_reconciliations"),
    )
