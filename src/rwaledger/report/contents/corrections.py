"""Corrections as reports show them: which of them count, and what they have changed on a holder's accounts.

A correction erases nothing: the entry that was wrong, the entry that takes it back and the one that was entered for it
stay in the register for good. A report adds up what counts; a statement shows the rest beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rwaledger.domain.break_life import life_of
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.correction import CorrectionRow
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import breaks, corrections
from rwaledger.registry.corrected import Change
from rwaledger.registry.database import Connection
from rwaledger.report.contents.moment import moment_of
from rwaledger.report.document import Cell, Column, Kind, Table

_NOTE = (
    "Nothing is erased: what was entered wrongly, the entry that takes it back and the one entered for it all stay in "
    "the register. The change is what the correction has added to the balance. Listed are corrections of movements in "
    "the period, and those recorded since it began, which change its opening balance."
)


def signed_corrections(c: Connection, chain_id: int) -> list[CorrectionRow]:
    """The rows of corrections that people have signed; what nobody has signed is an ordinary row, as in every check.

    Raises:
        RegisterConflict: a row holds a state, class or role that there is not.
    """
    rows = corrections.correction_rows(c)
    if not rows:
        return []
    from rwaledger.chain.text_signatures import text_signer  # noqa: PLC0415 - it takes a second to load

    claimed = {row.break_id for row in rows}
    lives = (
        life_of(each, text_signer)
        for each in breaks.stored_breaks(c)
        if each.key in claimed and each.record.chain_id == chain_id
    )
    signed = {life.break_id for life in lives if any(event.state is BreakState.CORRECTED for event in life.events)}
    return [row for row in rows if row.break_id in signed]


def corrections_table(instrument: Instrument, changes: Iterable[tuple[int, Change]]) -> Table:
    """What corrections have changed on a holder's accounts, each with the time of its block, in seconds since 1970."""
    unit, decimals = instrument.symbol, instrument.decimals
    columns = (
        Column("recorded", "Recorded", Kind.TIME),
        Column("break", "Break", Kind.TEXT),
        Column("moved", "Moved", Kind.TIME),
        Column("block", "Block", Kind.INTEGER),
        Column("log", "Log", Kind.INTEGER),
        Column("account", "Account", Kind.ACCOUNT),
        Column("transaction", "Transaction", Kind.HASH),
        Column("entries", "Entries", Kind.TEXT),
        Column("before", "Entered before", Kind.UNITS, decimals, summed=True),
        Column("back", "Taken back", Kind.UNITS, decimals, summed=True),
        Column("entered", "Entered for it", Kind.UNITS, decimals, summed=True),
        Column("change", "Change", Kind.UNITS, decimals, summed=True, formula="back + entered"),
    )
    rows = tuple(_row(each, timestamp) for timestamp, each in changes)
    return Table(f"corrections-{instrument.instrument_id}", f"Corrections of {unit}", columns, rows, _NOTE)


def _row(each: Change, timestamp: int) -> tuple[Cell, ...]:
    place = (each.recorded_at, each.break_id, moment_of(timestamp), each.block_number, each.log_index)
    units = (each.before_units, each.back_units, each.entered_units, each.back_units + each.entered_units)
    return *place, each.account, each.tx_hash, _entries(each), *units


def _entries(each: Change) -> str:
    """The legs by their numbers at the place, as `break show` lists them."""
    before, back, entered = (", ".join(map(str, legs)) for legs in each.entries)
    said = [f"leg {before} taken back by {back}"] if before else []
    return "; ".join([*said, f"leg {entered} entered"] if entered else said)
