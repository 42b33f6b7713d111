"""Event by event: what of the chain is not in the register as it should be, and the other way round.

Differences between balances are traced to where they began with this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rwaledger.audit.findings import amount, named_amount, where
from rwaledger.audit.records import InstrumentRecords, Place, place_of
from rwaledger.audit.replay import TRANSFER, accounts_of, move_of, standing_account
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.correction import leg_key, side_of
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Posting
from rwaledger.domain.reconciliation import BreakClass

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """Chain and register differ at a place; `account` is the one that it is told of."""

    break_class: BreakClass
    place: Place
    account: str
    summary: str
    on_chain: str
    in_register: str


def differences(each: InstrumentRecords) -> Iterator[Difference]:
    """Events that the register lacks or has posted otherwise, then postings that no event stands behind."""
    known = {place_of(log) for _, log in each.token.register_logs}
    groups, history = each.groups, each.register.history
    events, standing_rows = each.account_events, each.standing_rows
    for place, event in events.items():
        if place not in known:
            yield _missing_in_register(each, place, event)
        elif event.name != TRANSFER:
            yield from _standing_differences(each, place, event)
        elif place not in groups:
            yield _missing_in_register(each, place, event)
        elif not _is_posted(groups[place], event):
            yield from _posting_differences(each, place, event)
    for place in groups:
        behind = events.get(place)
        if behind is None or behind.name != TRANSFER:
            yield _missing_on_chain(each, place)
    for place, rows in history.items():
        for account, stored in rows.items():
            if (place, account) not in standing_rows:
                yield _invented(place, account, stored)


def _is_posted(group: Sequence[Posting], event: ChainEvent) -> bool:
    """Whether the postings are the two legs of a transfer, as they were first entered."""
    if len(group) != 2:
        return False
    (debit, credit), args, tx_hash = group, event.args, event.log.tx_hash
    units = credit.amount_units
    return (
        (debit.account, credit.account, units) == (args["from"], args["to"], args["value"])
        and (debit.amount_units, debit.leg, credit.leg) == (-units, 0, 1)
        and debit.tx_hash == credit.tx_hash == tx_hash
    )


def _posting_differences(each: InstrumentRecords, place: Place, event: ChainEvent) -> Iterator[Difference]:
    """What the postings of a transfer say otherwise; legs that a correction has entered may say it as well."""
    move = move_of(event)
    assert move is not None
    if _legs(each, place) != list(move.legs):
        yield _posted_otherwise(each, place, event)
    elif _labels(each, place) != [(leg, event.log.tx_hash) for leg in range(2)]:
        yield _labelled_otherwise(each, place, event)


def _standing_differences(each: InstrumentRecords, place: Place, event: ChainEvent) -> Iterator[Difference]:
    """What the register's history lacks of an event that sets a standing, or says otherwise."""
    account = standing_account(event)
    if account in each.register.history.get(place, ()):
        yield from _stood_otherwise(each, place, account)
    else:
        yield _missing_in_register(each, place, event)


def _stood_otherwise(each: InstrumentRecords, place: Place, account: str) -> Iterator[Difference]:
    """A former standing; the last one of an account is compared field by field, by the checks of what it says."""
    stood, stored = each.standing_rows[place, account], each.register.history[place][account]
    if stood != stored and place != each.last_standing[account]:
        summary = f"the standing is not what the event made it: block {place[0]}, log {place[1]}"
        yield Difference(BreakClass.STALE_REFERENCE, place, account, summary, str(stood), str(stored))


def _invented(place: Place, account: str, stored: Standing) -> Difference:
    summary = f"a standing with no event on the chain: block {place[0]}, log {place[1]}"
    return Difference(BreakClass.MISSING_ON_CHAIN, place, account, summary, NOTHING, str(stored))


def _labelled_otherwise(each: InstrumentRecords, place: Place, event: ChainEvent) -> Difference:
    return Difference(
        BreakClass.TAMPER,
        place,
        account_of(event),
        f"the postings name another transaction or other legs: {where(event.log)}",
        f"legs 0 and 1 of {event.log.tx_hash}",
        ", ".join(f"leg {leg} of {tx_hash}" for leg, tx_hash in _labels(each, place)),
    )


def _labels(each: InstrumentRecords, place: Place) -> list[tuple[int, str]]:
    """Leg and transaction; a leg that a correction has entered stands for the one that should have been there."""
    corrected = each.register.corrected
    return [(side_of(p.leg, is_corrected=leg_key(p) in corrected), p.tx_hash) for p in each.groups[place]]


def _missing_in_register(each: InstrumentRecords, place: Place, event: ChainEvent) -> Difference:
    move = move_of(event)
    what = f"{event.name} of {named_amount(each, move.amount_units)}" if move else event.name
    summary = f"{what} is on the chain and not in the register: {where(event.log)}"
    return Difference(BreakClass.MISSING_IN_REGISTER, place, account_of(event), summary, what, NOTHING)


def _posted_otherwise(each: InstrumentRecords, place: Place, event: ChainEvent) -> Difference:
    move = move_of(event)
    assert move is not None
    return Difference(
        BreakClass.AMOUNT,
        place,
        account_of(event),
        f"the postings are not those of the transfer: {where(event.log)}",
        _shown(each, move.legs),
        _shown(each, _legs(each, place)),
    )


def _missing_on_chain(each: InstrumentRecords, place: Place) -> Difference:
    legs = _legs(each, place)
    summary = f"{len(legs)} posted with no transfer on the chain: block {place[0]}, log {place[1]}"
    return Difference(BreakClass.MISSING_ON_CHAIN, place, legs[-1][0], summary, NOTHING, _shown(each, legs))


def _legs(each: InstrumentRecords, place: Place) -> list[tuple[str, int]]:
    return [(posting.account, posting.amount_units) for posting in each.groups[place]]


def account_of(event: ChainEvent) -> str:
    """Who received, unless it was redeemed."""
    accounts = [account for account in accounts_of(event) if account != ISSUANCE_ACCOUNT]
    return accounts[-1] if accounts else ISSUANCE_ACCOUNT


def _shown(each: InstrumentRecords, legs: Sequence[tuple[str, int]]) -> str:
    named = (("issuance account" if account == ISSUANCE_ACCOUNT else account, units) for account, units in legs)
    return ", ".join(f"{name} {amount(each, units)}" for name, units in named)
