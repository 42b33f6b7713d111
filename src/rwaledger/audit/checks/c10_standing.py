"""C10: whoever gave or received units was known, of a proved class and licensed on that day, by the dossiers alone.

Source: customer due diligence and its renewal under the Anti-Money Laundering and Counter-Terrorist Financing Ordinance
(Cap. 615), Schedule 2, parts 2 and 3; professional investors under the Securities and Futures Ordinance (Cap. 571) and
its Professional Investor Rules (Cap. 571D); licences under Cap. 571 and Cap. 615.

The chain judges by the last valid day that was put into the account's word. This check asks the register's evidence,
licences and residences what that day should have been, in valid time: what is known now of the day of the block, which
is a day in UTC, as the contracts count. So a licence that was suspended as from an earlier day makes what moved since
stale, unless nobody could have known: what was stated after the block, and passed on to the chain since, is counted
and noted, and is no finding. Where the register's clock says that it was known before the block, it is one all the
same; a clock by which all that is known of a holder came later is another one than the chain's, and says nothing.

Where the chain let pass what the dossier does not support, the chain's reference was stale; where even the chain's day
was over, a rule was broken. Class and country on the chain must come from an instruction or a recovery: an admission
that nobody authorised supports nothing. Forced moves and recoveries go by order and not by standing.

Holders who lapsed and still hold are listed and counted. They break no rule: a lapse stops them from moving, and takes
nothing from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from rwaledger.audit.authority import Effect
from rwaledger.audit.findings import EVENTS, REGISTER, Findings, cause_of, named_amount, where
from rwaledger.audit.records import InstrumentRecords, Place, Records, place_of
from rwaledger.audit.replay import TRANSFER, standing_account
from rwaledger.audit.standing_then import known_by, residences_about, supported_until
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.dossier import Dossier
from rwaledger.domain.holder import FIRST_DAY, Standing, date_of_day_number, day_number
from rwaledger.domain.instruction import Operation
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C10"
TITLE = "Holders were in good standing"
PURPOSE = (
    "At every transfer, issue and redemption both sides were known, of a proved class and licensed, by what the "
    "register's evidence and licences say of that day, whatever the chain was told; who has lapsed since and still "
    "holds is listed."
)

DOSSIER = f"{REGISTER}: dossier"
_BY_ORDER = (Operation.FORCE_TRANSFER, Operation.RECOVER)
_ADMITTED = "AccountAdmitted"

_STRANGER = Standing()

_TOLD_LATER = "sides_stated_later"
_ELSEWHERE = "resident elsewhere"

_Roots = dict[tuple[str, str], str]
"""The first finding of a kind on a holder, by instrument and block; what else it moved follows from it."""


def run(records: Records) -> CheckResult:
    """Goes through the events in their order, and asks the dossiers at each move."""
    findings = Findings(ID, TITLE, records)
    findings.count(moves=0, sides=0, by_order=0, lapsed_holders=0)
    lapsed: dict[str, date] = {}
    roots: _Roots = {}
    for each in records.instruments:
        _judge_moves(findings, roots, each)
        lapsed |= _lapsed_who_hold(records, each)
    findings.count(lapsed_holders=len(lapsed))
    if lapsed:
        listed = ", ".join(f"{holder_id} ({until})" for holder_id, until in sorted(lapsed.items()))
        findings.note(f"Lapsed, and still hold units: {listed}.")
    return findings.result()


def _judge_moves(findings: Findings, roots: _Roots, each: InstrumentRecords) -> None:
    walk = _Walk(findings, roots, each)
    moves = (effect for effect in each.new_effects if effect.deed.move.amount_units)
    effect = next(moves, None)
    for event in each.token.events:
        if effect is not None and event is effect.event:
            walk.move(effect)
            effect = next(moves, None)
        if event.name != TRANSFER:
            walk.stand(event)
    findings.count(moves=walk.moves, sides=walk.sides, by_order=walk.by_order)


class _Walk:
    """The events of an instrument in their order: how accounts stand, and whether the sides of a move may make it.

    Whoever was found in good standing is so until its standing changes or the day ends.
    """

    def __init__(self, findings: Findings, roots: _Roots, each: InstrumentRecords) -> None:
        self.moves = self.sides = self.by_order = 0
        self._findings, self._roots, self._each = findings, roots, each
        self._name, self._excused = each.instrument.instrument_id, findings.records.office.excused
        self._standings = dict(each.opening.start.standings)
        self._authorised, self._unproved = _authorised_admissions(each), set[str]()
        self._block, self._day = -1, FIRST_DAY
        self._good: set[str] = set()

    def stand(self, event: ChainEvent) -> None:
        """Takes in what an event sets of a standing, and whether an instruction stood behind an admission."""
        place, account = place_of(event.log), standing_account(event)
        if account:
            self._standings[account] = self._each.standing_rows[place, account]
            self._good.discard(account)
        if event.name == _ADMITTED:
            (self._unproved.discard if place in self._authorised else self._unproved.add)(account)

    def move(self, effect: Effect) -> None:
        """Judges both sides of a move; the issuance account is nobody."""
        (operation, move), event = effect
        if operation in _BY_ORDER:
            self.by_order += 1
        elif (self._name, place_of(event.log)) not in self._excused.places:
            self.moves += 1
            self._reach(event.log.block_number)
            self._side(effect, move.sender)
            if move.recipient != move.sender:
                self._side(effect, move.recipient)

    def _reach(self, block_number: int) -> None:
        if block_number != self._block:
            self._block, day = block_number, self._findings.records.office.moment(block_number).date()
            if day != self._day:
                self._day, self._good = day, set()

    def _side(self, effect: Effect, account: str) -> None:
        if account in self._good:
            self.sides += 1
        elif account != ISSUANCE_ACCOUNT and not self._is_excused(account):
            self.sides += 1
            side = _Side(account, self._standings.get(account, _STRANGER), account not in self._unproved)
            if _judge_side(self._findings, self._roots, self._each, effect, side):
                self._good.add(account)

    def _is_excused(self, account: str) -> bool:
        return account in self._excused.accounts or self._findings.records.holder_id(account) in self._excused.holders


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a move: what the chain said of it then, and whether an instruction stood behind that."""

    account: str
    standing: Standing
    is_authorised: bool


@dataclass(frozen=True, slots=True)
class _Objection:
    """Why a side was not in good standing: what the chain said, and what the register supports.

    `is_told_by` is whether a standing on the chain tells the same as the register.
    """

    kind: str
    break_class: BreakClass
    summary: str
    on_chain: str
    supported: str
    is_told_by: Callable[[Standing], bool] = lambda _: False


def _judge_side(findings: Findings, roots: _Roots, each: InstrumentRecords, effect: Effect, side: _Side) -> bool:
    """Whether there is no objection at all.

    Of several objections the first; of several moves of one holder all but the first follow from that.
    """
    records, log = findings.records, effect.event.log
    holder_id = records.holder_id(side.account)
    dossier, moment = records.office.register.dossiers.get(holder_id), records.office.moment(log.block_number)
    objections = list(_objections(dossier, side, moment.date()))
    if not objections:
        return True
    found_later = [o for o in objections if dossier and _came_later(each, dossier, side, o, (place_of(log), moment))]
    if found_later:
        findings.count(**{_TOLD_LATER: 1})
        findings.note("Of some sides it was stated after their move that they were not in good standing.")
    objection = next((o for o in objections if o not in found_later), None)
    if objection is not None:
        _object(findings, roots, each, effect, (side.account, holder_id), objection)
    return False


def _object(
    findings: Findings,
    roots: _Roots,
    each: InstrumentRecords,
    effect: Effect,
    of: tuple[str, str],
    objection: _Objection,
) -> None:
    """`of` are the account and its holder."""
    (account, holder_id), log = of, effect.event.log
    key = objection.kind, holder_id or account
    found = findings.add(
        objection.break_class,
        each.instrument.instrument_id,
        account,
        f"{objection.kind}{objection.summary}: {effect.deed.operation} of "
        f"{named_amount(each, effect.deed.move.amount_units)}, {where(log)}",
        (Value(EVENTS, objection.on_chain), Value(DOSSIER, objection.supported)),
        cause=cause_of(place_of(log)),
        follows_from=roots.get(key, ""),
    )
    roots.setdefault(key, found.break_id)


def _came_later(
    each: InstrumentRecords, dossier: Dossier, side: _Side, objection: _Objection, then: tuple[Place, datetime]
) -> bool:
    """Whether the chain was told of it after the move, and nothing shows that it was known before."""
    place, moment = then
    known = known_by(dossier, moment)
    was_known = {each.kind for each in _objections(known, side, moment.date())} if known else set()
    # Without a residence of that time the holder's row would be asked, which is of today.
    if objection.kind in was_known and (objection.kind != _ELSEWHERE or (known and known.residences)):
        return False
    later = (standing for at, standing in each.standings_of.get(side.account, ()) if at > place)
    # A wallet that was lost and recovered is told nothing any more.
    return any(objection.is_told_by(standing) for standing in later if standing.admitted)


def _objections(dossier: Dossier | None, side: _Side, day: date) -> Iterator[_Objection]:
    standing, stale = side.standing, BreakClass.STALE_REFERENCE
    if dossier is None:
        yield _Objection("no dossier", stale, " of whoever moved units", _told(standing), "nothing")
        return
    if not side.is_authorised:
        summary = " class and country: no instruction stands behind them"
        yield _Objection("unproved", stale, summary, _told(standing), "no instruction")
    until = supported_until(dossier, day)
    if until < day:
        is_stale = standing.valid_until_day >= day_number(day)
        summary = f" on {day}, when the holder moved units"
        break_class = stale if is_stale else BreakClass.RULE_BREACH
        supported = f"valid until {until}" if until > FIRST_DAY else "nothing that had begun to count"
        ended = day_number(day)
        yield _Objection(
            "lapsed", break_class, summary, _until(standing), supported, lambda told: told.valid_until_day < ended
        )
    countries = residences_about(dossier, day)
    if standing.country not in countries:
        resident = " or ".join(f"{country:03}" for country in sorted(countries))
        sides = f"country {standing.country:03}", f"country {resident}"
        yield _Objection(_ELSEWHERE, stale, f" on {day}", *sides, lambda told: told.country in countries)


def _told(standing: Standing) -> str:
    return f"class {standing.investor_class}, country {standing.country:03}, {_until(standing)}"


def _until(standing: Standing) -> str:
    return f"valid until {date_of_day_number(standing.valid_until_day)}"


def _authorised_admissions(each: InstrumentRecords) -> set[Place]:
    """Those behind instructions that a maker and a checker stand for; earlier ones were found to be before."""
    behind = (event for execution in each.book.executions if not execution.objection for event in execution.effects)
    earlier = (event for event in each.token.events if event.log.block_number < each.first_block)
    return {place_of(event.log) for event in (*behind, *earlier) if event.name == _ADMITTED}


def _lapsed_who_hold(records: Records, each: InstrumentRecords) -> dict[str, date]:
    """Holders with a balance who could not move it on the day of the pinned block, and since when."""
    today = records.pin.time.date()
    found = {}
    for account in each.accounts:
        balance = each.replayed.balance(account)
        holder_id = records.holder_id(account)
        dossier = records.office.register.dossiers.get(holder_id)
        if balance > 0 and dossier is not None:
            until = supported_until(dossier, today)
            found.update({holder_id: until} if until < today else {})
    return found
