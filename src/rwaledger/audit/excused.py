"""What the office's checks are not to speak of again, since the findings of other checks answer for it already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rwaledger.audit.findings import cause_of
from rwaledger.audit.office import Excused
from rwaledger.audit.records import InstrumentRecords, Place, Records, place_of
from rwaledger.audit.replay import accounts_of
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Break

_INSTRUCTION = "instruction "


def excuse_deeds(records: Records, roots: Sequence[Break]) -> Records:
    """Without what nobody authorised: the sub-ledgers, reserves and payments that it upset follow from it."""
    causes = {root.cause.partition(" line ")[0] for root in roots}
    refs = {cause.split()[1] for cause in causes if cause.startswith(_INSTRUCTION)}
    places: set[tuple[str, Place]] = set()
    accounts: set[str] = set()
    for each in records.instruments:
        found = _deeds_behind(each, causes, refs)
        places |= {(each.instrument.instrument_id, place) for place, _ in found}
        accounts |= {account for _, touched in found for account in touched}
    mapped = {account for account, known in records.accounts.items() if known.holder_id}
    strangers = accounts - mapped - {ISSUANCE_ACCOUNT}
    return _with(records, Excused(frozenset(places), frozenset(refs), frozenset(strangers)))


def excuse_accounts(records: Records, roots: Sequence[Break]) -> Records:
    """Without what has to do with accounts of no holder: nothing can be said of whose they are."""
    return _with(records, Excused(accounts=frozenset(root.account for root in roots)))


def excuse_holders(records: Records, roots: Sequence[Break]) -> Records:
    """Without holders whose row is not what was attested of them."""
    return _with(records, Excused(holders=frozenset(root.holder_id for root in roots)))


Excuse = Callable[[Records, Sequence[Break]], Records]


def excuse_nothing(records: Records, _: Sequence[Break]) -> Records:
    """The records as they are."""
    return records


def _deeds_behind(each: InstrumentRecords, causes: set[str], refs: set[str]) -> list[tuple[Place, tuple[str, ...]]]:
    """The events at these causes, or behind an instruction that is one, with the accounts that they touch."""
    found = [
        (place_of(effect.event.log), accounts_of(effect.event))
        for effect in each.effects
        if cause_of(place_of(effect.event.log)) in causes
    ]
    for execution in each.book.executions:
        if cause_of(place_of(execution.event.log)) in causes or execution.ref in refs:
            refs.add(execution.ref)
            found += [(place_of(event.log), accounts_of(event)) for event in execution.effects]
    return found


def _with(records: Records, more: Excused) -> Records:
    known = records.office.excused
    both = Excused(
        known.places | more.places,
        known.refs | more.refs,
        known.accounts | more.accounts,
        known.holders | more.holders,
    )
    return replace(records, office=replace(records.office, excused=both))
