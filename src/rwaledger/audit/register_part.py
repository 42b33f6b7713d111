"""What the register holds of instruments, up to the pinned block, with signed corrections taken into account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import attrgetter

from rwaledger.audit.records import Place, Register
from rwaledger.audit.waivers import Waivers
from rwaledger.domain.correction import effective
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import Posting
from rwaledger.registry import positions, survey
from rwaledger.registry.database import Connection


def registers_of(
    c: Connection, instruments: Sequence[Instrument], current: Collection[str], block: int, waivers: Waivers
) -> tuple[dict[str, Register], list[Posting]]:
    """The registers of instruments, by address, and the postings of all up to a block, as the digest takes them in.

    `current` are the addresses of those whose register ends at the block. Postings are read once for both.
    """
    postings = list(positions.all_postings(c))
    own = {name: tuple(some) for name, some in groupby(postings, attrgetter("instrument_id"))}
    registers = {}
    for each in instruments:
        of_it = own.get(each.instrument_id, ())
        is_current = each.address in current
        registers[each.address] = _register(c, each.instrument_id, of_it, block, waivers, is_current=is_current)
    return registers, [each for each in postings if each.block_number <= block]


def _register(
    c: Connection, instrument_id: str, postings: Sequence[Posting], block: int, waivers: Waivers, *, is_current: bool
) -> Register:
    """All of an instrument where the register ends at the block, else what it has up to there.

    What nobody has signed as a correction is an ordinary row.
    """
    upto = None if is_current else block
    signed = waivers.corrections.get(instrument_id, ())
    counted = effective(postings if is_current else [each for each in postings if each.block_number <= block], signed)
    standings: dict[str, Standing] = {}
    history: dict[Place, dict[str, Standing]] = {}
    for change in survey.standing_history(c, instrument_id, upto):
        history.setdefault((change.block_number, change.log_index), {})[change.account] = change.standing
        if change.block_number <= block:
            standings[change.account] = change.standing
    if not is_current:
        return Register(
            counted.postings,
            None,
            standings,
            history,
            reversals=counted.reversals,
            corrected=counted.corrected,
        )
    stored = positions.positions(c, instrument_id)
    balances = {each.account: each.balance_units for each in stored}
    moved = {each.account: (each.block_number, each.log_index) for each in stored}
    return Register(counted.postings, balances, standings, history, moved, counted.reversals, counted.corrected)
