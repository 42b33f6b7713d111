"""The tables of the register, as SQLAlchemy sees them, a module an idea; `migrations` is what creates them."""

from __future__ import annotations

from rwaledger.registry.tables.actions import actions, bond_terms, entitlements, fund_orders, fund_terms, navs
from rwaledger.registry.tables.audit import (
    break_actors,
    break_events,
    breaks,
    corrections,
    exemptions,
    period_rows,
    periods,
)
from rwaledger.registry.tables.base import Text, metadata
from rwaledger.registry.tables.book import audit_log, instructions, orders, reconciliations, transactions
from rwaledger.registry.tables.ledger import (
    blocks,
    chains,
    checkpoints,
    contracts,
    events,
    instruments,
    orphaned_events,
    positions,
    postings,
    standings,
)
from rwaledger.registry.tables.money import attestations, redemptions, reserve_lines
from rwaledger.registry.tables.people import (
    accounts,
    client_postings,
    evidence,
    holders,
    licences,
    residences,
    wallet_proofs,
)
from rwaledger.registry.tables.trades import trade_signatures, trades, travel_records

__all__ = [
    "Text",
    "accounts",
    "actions",
    "attestations",
    "audit_log",
    "blocks",
    "bond_terms",
    "break_actors",
    "break_events",
    "breaks",
    "chains",
    "checkpoints",
    "client_postings",
    "contracts",
    "corrections",
    "entitlements",
    "events",
    "evidence",
    "exemptions",
    "fund_orders",
    "fund_terms",
    "holders",
    "instructions",
    "instruments",
    "licences",
    "metadata",
    "navs",
    "orders",
    "orphaned_events",
    "period_rows",
    "periods",
    "positions",
    "postings",
    "reconciliations",
    "redemptions",
    "reserve_lines",
    "residences",
    "standings",
    "trade_signatures",
    "trades",
    "transactions",
    "travel_records",
    "wallet_proofs",
]
