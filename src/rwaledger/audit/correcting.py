"""What puts a break right, worked out from the chain: entries for the register, or the instruction that reverses it.

The register is put right in memory first, as when consequences are told from roots (`audit/rewriting.py`). Where that
changes the postings of a place, those there are taken back and the right ones entered behind them. No amount is made
up: what does not follow from an event on the chain is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rwaledger.audit.correcting_rows import missing_rows, missing_standings
from rwaledger.audit.cures import place_of_cause
from rwaledger.audit.records import InstrumentRecords, Place, Records
from rwaledger.audit.reversals import takes_back, undue_deeds
from rwaledger.audit.rewriting import Rewriting
from rwaledger.domain.correction import RegisterEntries, Reversal, leg_key, side_of
from rwaledger.domain.errors import UsageError
from rwaledger.domain.posting import Position, Posting
from rwaledger.domain.reconciliation import Break

_ENTERED = ("C02", "C04", "C12")
_REBUILD = "Sync a new database from the chain (`rwaledger register sync` with another database_url), and use that one."


def register_entries(records: Records, found: Break) -> RegisterEntries:
    """The entries that make the register say of a break's event what the chain says of it.

    Raises:
        UsageError: it is no break of rows that the mirror writes, the register has not read as far as it was found, a
            row would have to be changed or taken out, or there is nothing to put right.
    """
    rows = missing_rows(records, found)
    if found.instrument_id == "" and (rows.events or rows.blocks):
        return rows
    each = _instrument(records, found)
    if each.register.positions is None:
        raise UsageError(
            f"the register of {found.instrument_id} is further than the pinned block",
            "Run `rwaledger register sync`, and correct it then.",
        )
    rewritten = each if rows.blocks else _rewritten(each, found)
    entries = _postings(each, rewritten)
    positions, emptied = _positions(each, rewritten, found, entries)
    entries = replace(entries, positions=positions, emptied=emptied)
    standings = missing_standings(each, found)
    entries = replace(entries, events=rows.events, blocks=rows.blocks, standings=standings)
    if entries.is_empty:
        raise UsageError(
            f"the register agrees with the chain where break {found.break_id} was found; there is nothing to enter",
            "Run `rwaledger reconcile run --record`.",
        )
    return entries


def require_reversal(records: Records, found: Break, ref: str) -> None:
    """Raises unless an instruction takes back what a break is about: same account, same units, the other way.

    Raises:
        UsageError: the break is about nothing that an instruction can take back, or this one does not.
    """
    each = _instrument(records, found)
    deeds = undue_deeds(found, each.book, each.token.events)
    if not deeds:
        raise UsageError(
            f"break {found.break_id} ({found.break_class}) is about no issue, redemption or move that can be reversed",
            "Explain it; where it stays in every run, have it exempt with `rwaledger break exempt`.",
        )
    execution = next((e for e in each.book.executions if e.ref == ref), None)
    if execution is None:
        raise UsageError(
            f"instruction {ref} was not carried out on {found.instrument_id} up to block {records.pin.block_number}",
            "Carry it out, run `rwaledger register sync`, and correct the break then.",
        )
    if not takes_back(deeds, execution):
        reason = execution.objection or "it does not move the same units of the same account the other way"
        raise UsageError(f"instruction {ref} does not reverse break {found.break_id}: {reason}", "Name another one.")


def _instrument(records: Records, found: Break) -> InstrumentRecords:
    for each in records.instruments:
        if each.instrument.instrument_id == found.instrument_id:
            return each
    raise UsageError(
        f"break {found.break_id} is on no instrument at the pinned block; there is nothing to enter for it",
        "Explain what was done about it; the next recorded run looks whether it is gone.",
    )


def _rewritten(each: InstrumentRecords, found: Break) -> InstrumentRecords:
    """The instrument with its register put right as far as the break goes."""
    rewriting, place = Rewriting(each), place_of_cause(found.cause.partition(" ")[0])
    if found.check in _ENTERED and place:
        rewriting.enter(place)
    elif found.check == "C03" and place:
        rewriting.balance_again(found.account, place)
    elif found.check in ("C02", "C03") and found.account in each.accounts:
        rewriting.carry_position(found.account)
    else:
        raise UsageError(
            f"break {found.break_id} ({found.check}, {found.break_class}) is of no row that follows from the chain",
            "Put it right where it arose, and link that: --instruction of a reversal on the chain, --entry of a "
            "sub-ledger, or --statement where a newer one corrects it.",
        )
    return rewriting.result()


@dataclass(slots=True)
class _Leg:
    """A leg as it counts: side 0 or 1, account, units, balance behind it, transaction."""

    side: int
    account: str
    units: int
    balance: int
    tx_hash: str


def _postings(each: InstrumentRecords, rewritten: InstrumentRecords) -> RegisterEntries:
    """Place by place: what stays of the old legs, what is taken back, and what is entered for it."""
    reversals: list[Reversal] = []
    right: list[Posting] = []
    balances: dict[str, int] = {}
    raw = _raw_legs(each)
    for place in sorted(each.groups.keys() | rewritten.groups.keys()):
        old, new = each.groups.get(place, ()), rewritten.groups.get(place, ())
        kept = _common(each, old, new)
        for posting in new[:kept]:
            balances[posting.account] = posting.balance_after_units
        leg = max(raw.get(place, (-1,))) + 1
        for original in old[kept:]:
            by = original._replace(
                leg=leg,
                amount_units=-original.amount_units,
                balance_after_units=balances.get(original.account, 0),
            )
            reversals.append(Reversal(original, by, ""))
            leg += 1
        leg += (leg + kept) % 2
        for posting in new[kept:]:
            right.append(posting._replace(leg=leg))
            balances[posting.account] = posting.balance_after_units
            leg += 1
    return RegisterEntries(each.instrument.instrument_id, tuple(reversals), tuple(right))


def _raw_legs(each: InstrumentRecords) -> dict[Place, list[int]]:
    """The numbers that are taken at each place, by legs that count and by those that do not."""
    found: dict[Place, list[int]] = {}
    out = [p for reversal in each.register.reversals for p in (reversal.original, reversal.by)]
    for posting in [*each.register.postings, *out]:
        found.setdefault((posting.block_number, posting.log_index), []).append(posting.leg)
    return found


def _common(each: InstrumentRecords, old: Sequence[Posting], new: Sequence[Posting]) -> int:
    """How many legs from the first on are as they should be."""
    corrected = each.register.corrected
    before = [_leg(p, side_of(p.leg, is_corrected=leg_key(p) in corrected)) for p in old]
    after = [_leg(p, side_of(p.leg, is_corrected=leg_key(p) in corrected)) for p in new]
    same = [left == right for left, right in zip(before, after, strict=False)]
    return same.index(False) if False in same else len(same)


def _leg(posting: Posting, side: int) -> _Leg:
    return _Leg(side, posting.account, posting.amount_units, posting.balance_after_units, posting.tx_hash)


def _positions(
    each: InstrumentRecords, rewritten: InstrumentRecords, found: Break, entries: RegisterEntries
) -> tuple[tuple[Position, ...], tuple[str, ...]]:
    """Positions of the accounts that are touched: the balance that is right, and the last move on the chain."""
    touched = {found.account, *(r.original.account for r in entries.reversals), *(p.account for p in entries.postings)}
    instrument_id, stored, right = (
        found.instrument_id,
        each.register.positions or {},
        rewritten.register.positions or {},
    )
    changed, emptied = [], []
    for account in sorted(touched):
        last = each.last_moves.get(account)
        if last is None:
            emptied += [account] if account in stored else []
        elif (right.get(account, 0), last) != (stored.get(account), each.register.moved.get(account)):
            changed.append(Position(instrument_id, account, right.get(account, 0), *last))
    return tuple(changed), tuple(emptied)
