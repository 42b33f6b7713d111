"""Which rows and columns a signed period attests of each table, and what it does not, with the reason.

A row has up to two parts. What never changes of it is attested as soon as it is there: `recorded`. What changes while
something is under way, such as the status of a redemption, is attested once it has come to its end: `settled`. So
nothing that is done in good order disturbs a period that was signed before.

Whatever is entered later belongs to a later period, whatever date it bears.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, or_, select, true

from rwaledger.domain.corporate_action import ActionStatus
from rwaledger.domain.fund import OrderStatus
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.redemption import RedemptionStatus
from rwaledger.domain.settlement import TradeState
from rwaledger.registry import tables
from rwaledger.registry.transactions import TransactionStatus

RECORDED = "recorded"
SETTLED = "settled"
CLOCK = "updated_at"
"""When a row was last written: a column that no period attests."""

Rows = Callable[[Instrument], ColumnElement[bool]]
"""Which rows of a table the periods of an instrument attest."""

Ended = Callable[[int], ColumnElement[bool]]
"""Which rows have come to their end by a block, so that they change no more."""


def _everything(_instrument: Instrument) -> ColumnElement[bool]:
    return true()


def _never(_block: int) -> ColumnElement[bool]:
    return ~true()


@dataclass(frozen=True, slots=True)
class Attested:
    """A table whose rows are attested one by one.

    `changing` are the columns of the settled part; `unattested` those of no part, each with the reason.
    """

    table: Table
    rows: Rows = _everything
    changing: tuple[str, ...] = ()
    ended: Ended = _never
    unattested: tuple[tuple[str, str], ...] = ()

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """The columns of each part, in the order of the table; the key is in both."""
        left_out = {CLOCK, *self.changing, *(name for name, _ in self.unattested)}
        found = {RECORDED: [each for each in self.table.c if each.name not in left_out]}
        if self.changing:
            found[SETTLED] = [each for each in self.table.c if each.primary_key or each.name in self.changing]
        return {part: tuple(str(each.name) for each in columns) for part, columns in found.items()}

    @property
    def name(self) -> str:
        """The name of the table as plain text, which SQLAlchemy's is not."""
        return str(self.table.name)

    def is_due(self, part: str, block: int) -> ColumnElement[bool]:
        """Which rows have this part by a block."""
        return true() if part == RECORDED else self.ended(block)


def _of_instrument(table: Table) -> Rows:
    return lambda instrument: table.c.instrument_id == instrument.instrument_id


def _of_instrument_or_none(table: Table) -> Rows:
    """Also what is of no instrument: every instrument's periods attest that."""
    names = select(tables.instruments.c.instrument_id)
    return lambda instrument: or_(
        table.c.instrument_id == instrument.instrument_id, table.c.instrument_id.not_in(names)
    )


def _of_chain(table: Table) -> Rows:
    return lambda instrument: table.c.chain_id == instrument.chain_id


def _of_contract(table: Table) -> Rows:
    return lambda instrument: (table.c.chain_id == instrument.chain_id) & (table.c.address == instrument.address)


def _of_actions(instrument: Instrument) -> ColumnElement[bool]:
    a = tables.actions.c
    return tables.entitlements.c.action_id.in_(select(a.action_id).where(_of_instrument(tables.actions)(instrument)))


def _of_instructions(instrument: Instrument) -> ColumnElement[bool]:
    """Transactions of the instrument's instructions, and those that carry out none."""
    t, i = tables.transactions.c, tables.instructions
    refs = select(i.c.ref).where(_of_instrument_or_none(i)(instrument))
    of_none = t.instruction_ref.is_(None) & (t.chain_id == instrument.chain_id)
    return t.instruction_ref.in_(refs) | of_none


def _of_trades(instrument: Instrument) -> ColumnElement[bool]:
    t = tables.trades.c
    of_chain = select(t.trade_id).where(t.chain_id == instrument.chain_id)
    return tables.trade_signatures.c.trade_id.in_(of_chain)


def _of_breaks(table: Table) -> Rows:
    b = tables.breaks
    return lambda instrument: table.c.break_id.in_(select(b.c.break_id).where(_of_instrument_or_none(b)(instrument)))


def _in(column: ColumnElement[str], *ends: str) -> Ended:
    names = [str(end) for end in ends]
    return lambda _block: column.in_(names)


def _mined(block: int) -> ColumnElement[bool]:
    t = tables.transactions.c
    ends = [str(TransactionStatus.MINED), str(TransactionStatus.REVERTED)]
    return t.status.in_(ends) & (t.block_number <= block)


def _closed(_block: int) -> ColumnElement[bool]:
    t = tables.trades.c
    closed = t.status.in_([str(TradeState.SETTLED), str(TradeState.CANCELLED)])
    return tables.trade_signatures.c.trade_id.in_(select(t.trade_id).where(closed))


def _row_now(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "the row as it is now; statements on the holder have the history") for name in names)


ATTESTED: tuple[Attested, ...] = (
    Attested(tables.chains, _of_chain(tables.chains)),
    Attested(tables.contracts, _of_chain(tables.contracts)),
    Attested(tables.instruments, _of_instrument(tables.instruments)),
    Attested(tables.orphaned_events, _of_contract(tables.orphaned_events)),
    Attested(tables.holders, unattested=_row_now("country", "investor_class", "valid_until", "sealed")),
    Attested(tables.accounts, _of_chain(tables.accounts), unattested=_row_now("kind", "replaced_by")),
    Attested(tables.residences),
    Attested(tables.evidence),
    Attested(tables.licences),
    Attested(tables.wallet_proofs, _of_chain(tables.wallet_proofs)),
    Attested(tables.client_postings, _of_instrument(tables.client_postings)),
    Attested(tables.reserve_lines, _of_instrument(tables.reserve_lines)),
    Attested(tables.attestations, _of_instrument(tables.attestations)),
    Attested(
        tables.redemptions,
        _of_instrument(tables.redemptions),
        ("status", "fee_units", "paid_at", "payment_reference", "reason"),
        _in(tables.redemptions.c.status, RedemptionStatus.PAID, RedemptionStatus.CANCELLED),
    ),
    Attested(tables.bond_terms, _of_instrument(tables.bond_terms)),
    Attested(tables.fund_terms, _of_instrument(tables.fund_terms)),
    Attested(
        tables.actions,
        _of_instrument(tables.actions),
        ("supply_units", "exact_amount", "funded_units", "status"),
        _in(tables.actions.c.status, ActionStatus.PAID),
    ),
    Attested(
        tables.entitlements,
        _of_actions,
        ("held_back", "paid_to"),
        lambda _block: tables.entitlements.c.paid_to.is_not(None),
    ),
    Attested(tables.navs, _of_instrument(tables.navs)),
    Attested(
        tables.fund_orders,
        _of_instrument(tables.fund_orders),
        ("price_units", "units", "cash_units", "status", "reason"),
        _in(tables.fund_orders.c.status, OrderStatus.DEALT, OrderStatus.VOID, OrderStatus.CANCELLED),
    ),
    Attested(
        tables.trades,
        _of_chain(tables.trades),
        ("status",),
        _in(tables.trades.c.status, TradeState.SETTLED, TradeState.CANCELLED),
    ),
    Attested(tables.trade_signatures, _of_trades, ("signature", "recorded_at"), _closed),
    Attested(tables.travel_records, _of_instrument(tables.travel_records)),
    Attested(tables.orders),
    Attested(
        tables.instructions,
        _of_instrument_or_none(tables.instructions),
        ("maker", "checker", "not_after", "digest", "signature", "status", "reason"),
        _in(tables.instructions.c.status, InstructionStatus.FINAL),
    ),
    Attested(
        tables.transactions,
        _of_instructions,
        ("status", "block_number", "block_hash", "gas_used"),
        _mined,
    ),
    Attested(tables.reconciliations, _of_instrument(tables.reconciliations)),
    Attested(tables.breaks, _of_instrument_or_none(tables.breaks)),
    Attested(tables.break_actors, _of_breaks(tables.break_actors)),
    Attested(tables.break_events, _of_breaks(tables.break_events)),
    Attested(
        tables.exemptions,
        _of_instrument_or_none(tables.exemptions),
        ("second_signer", "second_signature"),
        lambda _block: tables.exemptions.c.second_signer.is_not(None),
    ),
)
"""The tables whose rows nobody can read again from the chain, in the order in which a period has them."""

MIRRORED: dict[str, tuple[str, ...]] = {
    "events": (
        "block_number", "log_index", "block_hash", "tx_hash", "tx_index", "address", "name", "topics", "data",
    ),
    "postings": ("block_number", "log_index", "account", "amount_units", "balance_after_units", "tx_hash"),
    "standings": (
        "block_number", "log_index", "account",
        "investor_class", "country", "valid_until_day", "frozen_units", "address_frozen", "suspended",
    ),
}  # fmt: skip
"""What the mirror keeps of an instrument, up to the block of the period: one hash a table, since the chain has it all.

`leg` is left out of postings, whose order has it: a correction puts a leg right under a number of its own.
"""

NOT_ATTESTED: dict[str, str] = {
    "blocks": "the hash of the period's block stands for every header before it",
    "checkpoints": "how far the mirror has read",
    "positions": "the balance behind the last posting, which is attested",
    "corrections": "which postings put others right; a rewind takes them out, and what they come to is attested",
    "periods": "each head stands for the one before it",
    "period_rows": "the list itself: the head has its count and its hash",
    "audit_log": "who did what at this register; it only grows, and no pack has it",
}
"""Tables that no period attests, and why."""
