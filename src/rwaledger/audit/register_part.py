"""What the register holds of one instrument, up to the pinned block, with signed corrections taken into account."""

from __future__ import annotations

from rwaledger.audit.records import Place, Register
from rwaledger.audit.waivers import Waivers
from rwaledger.domain.correction import effective
from rwaledger.domain.holder import Standing
from rwaledger.registry import positions, survey
from rwaledger.registry.database import Connection


def register_of(c: Connection, instrument_id: str, block: int, waivers: Waivers, *, is_current: bool) -> Register:
    """All of an instrument where the register ends at the block, else what it has up to there.

    What nobody has signed as a correction is an ordinary row.
    """
    upto = None if is_current else block
    signed = waivers.corrections.get(instrument_id, ())
    counted = effective(tuple(positions.postings(c, instrument_id, upto)), signed)
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
