"""What the register holds of a part of an instrument: all since a block, and the whole rows of some accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rwaledger.audit.part import Opening
from rwaledger.audit.part_accounts import Accounts
from rwaledger.audit.records import Place, Register
from rwaledger.audit.replay import Start, move_of
from rwaledger.audit.waivers import Waivers
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.correction import effective
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Position
from rwaledger.registry import part, positions
from rwaledger.registry.database import Connection


def register_of_part(
    c: Connection,
    instrument_id: str,
    span: part.Span,
    places: Collection[Place],
    accounts: Accounts,
    stored: Sequence[Position] | None,
    waivers: Waivers,
) -> Register:
    """Postings and standings of these accounts and at these places; `stored` are the positions, where they count."""
    signed = waivers.corrections.get(instrument_id, ())
    everywhere = {*places, *part.places_of(c, instrument_id, accounts.whole)}
    counted = effective(part.postings_of(c, instrument_id, span, everywhere), signed)
    standings: dict[str, Standing] = {}
    history: dict[Place, dict[str, Standing]] = {}
    for change in part.standings_of(c, instrument_id, span, accounts.looked_at):
        place = change.block_number, change.log_index
        if change.block_number >= span.first or change.account in accounts.whole:
            history.setdefault(place, {})[change.account] = change.standing
        standings[change.account] = change.standing
    return Register(
        counted.postings,
        None if stored is None else {each.account: each.balance_units for each in stored},
        standings,
        history,
        {each.account: (each.block_number, each.log_index) for each in stored or ()},
        counted.reversals,
        counted.corrected,
    )


def opening_of(
    c: Connection,
    instrument_id: str,
    first_block: int,
    accounts: Accounts,
    events: Iterable[ChainEvent],
    register: Register,
    block_time: int,
) -> Opening:
    """What the instrument had when the first block began; `events` are the earlier ones that are looked at."""
    known = part.balances_before(c, instrument_id, first_block, accounts.opened)
    balances = {account: known.get(account, 0) for account in accounts.opened}
    start = dict(balances)
    for move in filter(None, map(move_of, events)):
        for account, units in move.legs:
            if account in start:
                start[account] -= units
    nothing_new = part.Span(first_block, first_block - 1)
    earlier = part.standings_of(c, instrument_id, nothing_new, accounts.opened)
    standings = {change.account: change.standing for change in earlier}
    moved = {a: place for a in accounts.opened if (place := register.moved.get(a)) and place[0] < first_block}
    holding = positions.balances_at(c, instrument_id, first_block - 1).items()
    holders = sum(1 for account, units in holding if units > 0 and account != ISSUANCE_ACCOUNT)
    return Opening(balances, Start(start, standings, moved), holders, block_time)
