"""How many hold, how often and how much is moved, issued and redeemed: by month and by what participants are.

What a holder is called comes from the policy: by its class, and by the licences that were in force on the last day of
the month. Moves between two accounts of one holder, such as a recovery, are no transfers and are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from rwaledger.domain.dossier import Licence
from rwaledger.domain.holder import Holder
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import ParticipantType, Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import licences, movements
from rwaledger.registry.database import Connection
from rwaledger.registry.movements import Move
from rwaledger.report.contents.corrections import signed_corrections
from rwaledger.report.contents.moment import Moment, instrument_facts
from rwaledger.report.contents.people import People
from rwaledger.report.contents.spans import Span, months
from rwaledger.report.contents.supply import instruments_at
from rwaledger.report.document import Cell, Column, Document, Kind, Table

UNKNOWN = "no holder on the register"
_NOTES = (
    "Holders are those with a balance at the end of the month. A transfer is counted once on each side; a move between "
    "two accounts of one holder is none.",
    "A holder's class is the one that the register has now; its licences are those in force on the last day of the "
    "month. What that makes it is said by the policy (participant_types).",
)


@dataclass(slots=True)
class Activity:
    """What participants of one type did in a month, in base units."""

    holders: int = 0
    balance_units: int = 0
    transfers_out: int = 0
    units_out: int = 0
    transfers_in: int = 0
    units_in: int = 0
    issued_units: int = 0
    redeemed_units: int = 0


@dataclass(slots=True)
class _Month:
    """What each holder did in a month, and had at its end."""

    span: Span
    activity: dict[str, Activity] = field(default_factory=lambda: defaultdict(Activity))
    balances: dict[str, int] = field(default_factory=dict)


def build(c: Connection, instrument_id: str | None, moment: Moment, policy: Policy) -> Document:
    """The statistics of an instrument, or of each that there was at the moment.

    Raises:
        UnknownName: there is no such instrument.
        UsageError: it was deployed later.
    """
    wanted = instruments_at(c, instrument_id, moment)
    people = People.load(c, moment.chain_id)
    kinds = Participants.load(c, people, policy)
    signed = signed_corrections(c, moment.chain_id)
    tables = []
    for each in wanted:
        spans = months(c, moment, each.deploy_block)
        moved = movements.moves(c, each.instrument_id, moment.block_number, signed)
        tables.append(_table(each, _by_type(_months(spans, moved, people), kinds)))
    return Document(
        kind="statistics",
        title=f"Statistics{f' of {instrument_id}' if instrument_id else ''} by month and participant type",
        facts=moment.facts(*instrument_facts(wanted), ("policy", policy.name)),
        tables=tuple(tables),
        notes=_NOTES,
    )


@dataclass(frozen=True, slots=True)
class Participants:
    """What holders are called on a day, by the policy."""

    holders: Mapping[str, Holder]
    licences: Mapping[str, Sequence[Licence]]
    policy: Policy

    @classmethod
    def load(cls, c: Connection, people: People, policy: Policy) -> Participants:
        """All holders, with the newest statement on each licence."""
        newest: dict[str, dict[tuple[str, str], Licence]] = defaultdict(dict)
        for each in licences.licences(c):
            newest[each.holder_id][each.kind, each.number] = each
        return cls(people.holders, {holder: list(those.values()) for holder, those in newest.items()}, policy)

    def types_on(self, day: date) -> tuple[ParticipantType, ...]:
        """What the policy knows on that day."""
        return self.policy.on(day).participant_types

    def type_of(self, key: str, day: date, known: Sequence[ParticipantType]) -> str:
        """What a holder is called; its class where the policy has nothing that fits."""
        holder = self.holders.get(key)
        if holder is None:
            return UNKNOWN
        name = holder.investor_class.name.lower()
        in_force = {each.kind for each in self.licences.get(key, ()) if each.valid_from <= day <= each.ends_on}
        fitting = (e.name for e in known if e.investor_class == name and (not e.licence or e.licence in in_force))
        return next(fitting, name)


def _months(spans: Sequence[Span], moved: Iterator[Move], people: People) -> Iterator[_Month]:
    """The months in their order, each filled with what moved in it; balances go on from month to month."""
    balances: dict[str, int] = defaultdict(int)
    waiting = next(moved, None)
    for span in spans:
        month = _Month(span)
        while waiting is not None and waiting.block_number <= span.last_block:
            _count(month, balances, waiting, people)
            waiting = next(moved, None)
        month.balances = {key: units for key, units in balances.items() if units}
        yield month


def _count(month: _Month, balances: dict[str, int], move: Move, people: People) -> None:
    units = move.amount_units
    sender, recipient = people.key_of(move.sender), people.key_of(move.recipient)
    if move.sender != ISSUANCE_ACCOUNT:
        balances[sender] -= units
    if move.recipient != ISSUANCE_ACCOUNT:
        balances[recipient] += units
    if sender == recipient:
        return
    if move.sender == ISSUANCE_ACCOUNT:
        month.activity[recipient].issued_units += units
    elif move.recipient == ISSUANCE_ACCOUNT:
        month.activity[sender].redeemed_units += units
    else:
        month.activity[sender].transfers_out += 1
        month.activity[sender].units_out += units
        month.activity[recipient].transfers_in += 1
        month.activity[recipient].units_in += units


def _by_type(found: Iterator[_Month], kinds: Participants) -> Iterator[tuple[Span, str, Activity]]:
    """A month's activity by type, in the order of the policy and then of the names."""
    for month in found:
        known = kinds.types_on(month.span.last)
        order = {each.name: at for at, each in reversed(list(enumerate(known)))}
        totals: dict[str, Activity] = defaultdict(Activity)
        for key, units in month.balances.items():
            total = totals[kinds.type_of(key, month.span.last, known)]
            total.holders += 1
            total.balance_units += units
        for key, done in month.activity.items():
            _add(totals[kinds.type_of(key, month.span.last, known)], done)
        for name in sorted(totals, key=lambda name: (order.get(name, len(order)), name)):
            yield month.span, name, totals[name]


def _add(total: Activity, done: Activity) -> None:
    total.transfers_out += done.transfers_out
    total.units_out += done.units_out
    total.transfers_in += done.transfers_in
    total.units_in += done.units_in
    total.issued_units += done.issued_units
    total.redeemed_units += done.redeemed_units


def _table(instrument: Instrument, found: Iterator[tuple[Span, str, Activity]]) -> Table:
    unit, decimals = instrument.symbol, instrument.decimals
    columns = (
        Column("month", "Month", Kind.TEXT),
        Column("type", "Participants", Kind.TEXT),
        Column("holders", "Holders", Kind.INTEGER),
        Column("balance", f"{unit} held", Kind.UNITS, decimals),
        Column("transfers_out", "Transfers out", Kind.INTEGER, summed=True),
        Column("units_out", "Units out", Kind.UNITS, decimals, summed=True),
        Column("transfers_in", "Transfers in", Kind.INTEGER, summed=True),
        Column("units_in", "Units in", Kind.UNITS, decimals, summed=True),
        Column("issued", "Issued", Kind.UNITS, decimals, summed=True),
        Column("redeemed", "Redeemed", Kind.UNITS, decimals, summed=True),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            span.name,
            name,
            done.holders,
            done.balance_units,
            done.transfers_out,
            done.units_out,
            done.transfers_in,
            done.units_in,
            done.issued_units,
            done.redeemed_units,
        )
        for span, name, done in found
    ]
    title = f"{unit} by month and participant type"
    return Table(f"statistics-{instrument.instrument_id}", title, columns, tuple(rows))
