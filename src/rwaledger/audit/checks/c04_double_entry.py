"""C04: every move was entered once, as a debit and a credit of the same units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rwaledger.audit.findings import REGISTER, Findings, amount, cause_of
from rwaledger.audit.records import InstrumentRecords, Place, Records
from rwaledger.audit.replay import TRANSFER
from rwaledger.domain.posting import Posting
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C04"
TITLE = "Double entry"
PURPOSE = "Every group of postings has exactly two legs and nets to zero, and no move was entered twice."


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a group of postings."""

    break_class: BreakClass
    account: str
    summary: str


def run(records: Records) -> CheckResult:
    """Looks at the postings of each event together."""
    findings = Findings(ID, TITLE, records)
    for each in records.instruments:
        findings.count(groups=len(each.groups), postings=len(each.register.postings))
        _tell_corrections(findings, each)
        for place, fault in _faults(each):
            found = Value(REGISTER, _shown(each, each.groups[place]))
            instrument_id, cause = each.instrument.instrument_id, cause_of(place)
            values = Value("required", "2 legs, net 0, entered once"), found
            findings.add(fault.break_class, instrument_id, fault.account, fault.summary, values, cause=cause)
    return findings.result()


def _tell_corrections(findings: Findings, each: InstrumentRecords) -> None:
    """What was taken back counts for nothing, and is told."""
    by_break = Counter(reversal.break_id for reversal in each.register.reversals)
    if by_break:
        findings.count(corrections=by_break.total())
    for break_id, legs in sorted(by_break.items()):
        name = each.instrument.instrument_id
        findings.note(f"{legs} postings of {name} were taken back by as many others, to correct break {break_id}.")


class _Originals:
    """The groups that a transfer on the chain stands behind, to find what repeats one of them."""

    def __init__(self, each: InstrumentRecords) -> None:
        moves = (place for place, event in each.account_events.items() if event.name == TRANSFER)
        self._legs = {place: _legs(each.groups[place]) for place in moves if place in each.groups}
        self._of_transaction: dict[str, list[Place]] = {}
        self._of_legs: dict[frozenset[tuple[str, int]], Place] = {}
        for place, legs in self._legs.items():
            self._of_transaction.setdefault(each.groups[place][0].tx_hash, []).append(place)
            self._of_legs.setdefault(frozenset(legs), place)

    def repeated_by(self, group: Sequence[Posting]) -> Place | None:
        """What a group without a transfer repeats: of its transaction in whole or part, else the same legs anywhere."""
        legs = _legs(group)
        near = self._of_transaction.get(group[0].tx_hash, ())
        same = (other for other in near if legs <= self._legs[other])
        return next(same, self._of_legs.get(frozenset(legs)))


def _faults(each: InstrumentRecords) -> Iterator[tuple[Place, _Fault]]:
    """Only what no transfer stands behind may repeat another group; the originals are looked up where there is any."""
    events = each.account_events
    originals: _Originals | None = None
    for place, group in each.groups.items():
        repeated, event = None, events.get(place)
        if event is None or event.name != TRANSFER:
            originals = originals or _Originals(each)
            repeated = originals.repeated_by(group)
        fault = _fault(group, place, repeated)
        if fault:
            yield place, fault


def _fault(group: Sequence[Posting], place: Place, repeated: Place | None) -> _Fault | None:
    if repeated is None and len(group) == 2 and group[0].amount_units + group[1].amount_units == 0:
        return None
    where, account = f"block {place[0]}, log {place[1]}", group[-1].account
    if repeated:
        original = f"block {repeated[0]}, log {repeated[1]}"
        return _Fault(BreakClass.DUPLICATE, account, f"posting entered twice: {where} repeats {original}")
    if len(group) > 2 and len(set(_legs(group))) < len(group):
        return _Fault(BreakClass.DUPLICATE, account, f"posting entered twice: {where}")
    if len(group) != 2:
        return _Fault(BreakClass.AMOUNT, account, f"{len(group)} legs instead of 2: {where}")
    return _Fault(BreakClass.AMOUNT, account, f"debit and credit differ: {where}")


def _legs(group: Sequence[Posting]) -> Counter[tuple[str, int]]:
    return Counter((posting.account, posting.amount_units) for posting in group)


def _shown(each: InstrumentRecords, group: Sequence[Posting]) -> str:
    net = sum(posting.amount_units for posting in group)
    units = ", ".join(amount(each, posting.amount_units) for posting in group)
    return f"{len(group)} legs ({units}), net {amount(each, net)}"
