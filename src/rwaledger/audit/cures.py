"""Put right, in memory, what root findings are about, one kind of finding after another.

Whatever break is gone then was only a consequence. Nothing of this is ever written to a register.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rwaledger.audit.answered import answered
from rwaledger.audit.checks import c02_holders
from rwaledger.audit.excused import Excuse, excuse_accounts, excuse_deeds, excuse_holders, excuse_nothing
from rwaledger.audit.findings import cause_of
from rwaledger.audit.records import InstrumentRecords, Place, Records, State, place_of
from rwaledger.audit.replay import accounts_of
from rwaledger.audit.rewriting import Rewriting
from rwaledger.domain.holder import Account, AccountKind
from rwaledger.domain.instruction import Operation
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Break, BreakClass

_PLACE = re.compile(r"(\d+)/(\d+)(?: leg \d+)?")

_Cure = Callable[[InstrumentRecords, Sequence[Break]], InstrumentRecords]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of root finding: which breaks are of it, and how an instrument is without their cause.

    `excuse` tells the checks of the office what is answered for with it.
    """

    treats: Callable[[Break], bool]
    cure: _Cure
    excuse: Excuse = excuse_nothing

    def put_right(self, records: Records, roots: Sequence[Break]) -> Records:
        """The records without the cause of the findings."""
        by_instrument: dict[str, list[Break]] = {}
        for root in roots:
            by_instrument.setdefault(root.instrument_id, []).append(root)
        cured = tuple(
            self.cure(each, by_instrument[each.instrument.instrument_id])
            if each.instrument.instrument_id in by_instrument
            else each
            for each in records.instruments
        )
        explained = _explained(records, roots)
        past = replace(records.past, answered=answered(records, roots, explained))
        accounts = {**records.accounts, **explained}
        return self.excuse(replace(records, instruments=cured, accounts=accounts, past=past), roots)


def place_of_cause(cause: str) -> Place | None:
    """The place on the chain that a break names as its cause, or None where it names none."""
    match = _PLACE.fullmatch(cause)
    return (int(match[1]), int(match[2])) if match else None


def _trust_events(each: InstrumentRecords, _: Sequence[Break]) -> InstrumentRecords:
    """Foreign code answers what it likes: its events stand for its state."""
    replayed = each.replayed
    balances = {account: replayed.balance(account) for account in each.accounts if account != ISSUANCE_ACCOUNT}
    standings = {account: replayed.standing(account) for account in each.accounts}
    return replace(each, state=State(replayed.supply_units, balances, standings))


def _authorise(each: InstrumentRecords, roots: Sequence[Break]) -> InstrumentRecords:
    """With every issue and redemption matched, what was authorised is what is in issue."""
    causes = {root.cause.partition(" line ")[0] for root in roots}
    unclear: set[str] = set()
    for execution in each.book.executions:
        if causes & {cause_of(place_of(execution.event.log)), f"instruction {execution.ref}"}:
            unclear.update(account for event in execution.effects for account in accounts_of(event))
            if execution.stored:
                unclear.update(line.sender for line in execution.stored.instruction.lines)
                # Recovery alone freezes what its recipient holds.
                if execution.stored.instruction.operation is Operation.RECOVER:
                    unclear.update(line.recipient for line in execution.stored.instruction.lines)
    book = replace(each.book, authorised_units=each.replayed.supply_units, unclear=frozenset(unclear))
    return replace(each, book=book)


def _explained(records: Records, roots: Iterable[Break]) -> dict[str, Account]:
    """Accounts that hold nothing but undue creations: that they belong to no holder follows from those."""
    created: dict[tuple[str, str], int] = {}
    by_id = {each.instrument.instrument_id: each for each in records.instruments}
    for root in roots:
        if root.break_class is BreakClass.UNDUE_CREATION:
            place = place_of_cause(root.cause)
            event = by_id[root.instrument_id].account_events[place] if place else None
            units = event.args["value"] if event else 0
            assert isinstance(units, int)
            key = root.instrument_id, root.account
            created[key] = created.get(key, 0) + units
    return {
        account: Account(records.pin.chain_id, account, "", AccountKind.OWN)
        for (instrument_id, account), units in created.items()
        if by_id[instrument_id].replayed.balance(account) == units and account not in records.accounts
    }


def _enter(each: InstrumentRecords, roots: Sequence[Break]) -> InstrumentRecords:
    rewriting = Rewriting(each)
    for place in sorted({place for root in roots if (place := place_of_cause(root.cause))}):
        rewriting.enter(place)
    return rewriting.result()


def _balance_again(each: InstrumentRecords, roots: Sequence[Break]) -> InstrumentRecords:
    rewriting = Rewriting(each)
    for place, account in sorted((place, r.account) for r in roots if (place := place_of_cause(r.cause))):
        rewriting.balance_again(account, place)
    return rewriting.result()


def _carry_positions(each: InstrumentRecords, roots: Sequence[Break]) -> InstrumentRecords:
    rewriting = Rewriting(each)
    for root in roots:
        rewriting.carry_position(root.account)
    return rewriting.result()


def _trust_balances(each: InstrumentRecords, roots: Sequence[Break]) -> InstrumentRecords:
    if each.state is None:
        return each
    accounts = {root.account for root in roots}
    replayed = {a: each.replayed.balance(a) for a in accounts if a != ISSUANCE_ACCOUNT}
    supply = each.replayed.supply_units if ISSUANCE_ACCOUNT in accounts else each.state.total_supply_units
    balances = {**each.state.balances, **replayed}
    return replace(each, state=replace(each.state, total_supply_units=supply, balances=balances))


def _accept_acts(each: InstrumentRecords, roots: Sequence[Break]) -> InstrumentRecords:
    """What nobody ordered is frozen, or no longer, by acts of nobody's instruction."""
    unclear = each.book.unclear | {root.account for root in roots}
    return replace(each, book=replace(each.book, unclear=unclear))


def _as_it_is(each: InstrumentRecords, _: Sequence[Break]) -> InstrumentRecords:
    """Nothing of the instrument itself is wrong."""
    return each


def _of(check: str, *causes: str) -> Callable[[Break], bool]:
    return lambda found: found.check == check and (not causes or found.cause in causes)


def _at_place(check: str) -> Callable[[Break], bool]:
    """What stands beyond the pinned block, and clears by itself, is nothing's root."""
    return lambda found: (
        found.check == check and place_of_cause(found.cause) is not None and found.break_class is not BreakClass.TIMING
    )


KINDS: tuple[Kind, ...] = (
    Kind(_of("C16", ""), _trust_events),
    Kind(_of("C05"), _authorise, excuse_deeds),
    Kind(_at_place("C11"), _as_it_is, excuse_deeds),
    Kind(_of("C09"), _as_it_is, excuse_deeds),
    Kind(_of("C15"), _accept_acts),
    Kind(_at_place("C04"), _enter),
    Kind(_at_place("C02"), _enter),
    Kind(_at_place("C03"), _balance_again),
    Kind(_of("C02", c02_holders.BY_STATE), _trust_balances),
    Kind(_of("C02", c02_holders.BY_POSITION), _carry_positions),
    Kind(_of("C02", c02_holders.BY_HOLDER), _as_it_is, excuse_accounts),
    Kind(_of("C02", c02_holders.BY_HOLDER_DATA), _as_it_is, excuse_holders),
)
"""In the order in which findings are taken for roots: code, authority, entries, balances."""
