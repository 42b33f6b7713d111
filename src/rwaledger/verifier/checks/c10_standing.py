"""C10: whoever gave or received units was known, of a proved class and licensed on that day, by the dossiers alone.

Source: customer due diligence under the Anti-Money Laundering and Counter-Terrorist Financing Ordinance (Cap. 615),
Schedule 2; professional investors and licences under the Securities and Futures Ordinance (Cap. 571). Days are UTC, as
the contracts count. Moves by order go by the order. Holders who lapsed and still hold break no rule, and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from rwaledger.verifier.book import Effect
from rwaledger.verifier.calendar import day_number, moment_of
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings, at, where
from rwaledger.verifier.dossier import FIRST_DAY, Dossier, dossiers
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.replay import STRANGER, Standing, changed, whose_standing
from rwaledger.verifier.values import ZERO_ADDRESS

ID, TITLE = "C10", "Holders were in good standing"

DOSSIER = f"{REGISTER}: dossier"


class Side(NamedTuple):
    """One side of a move: what the chain said of it, and whether an instruction stood behind that."""

    account: str
    standing: Standing
    is_proved: bool


class Objection(NamedTuple):
    """Why a side was not in good standing: its kind, class, and what the chain and the register say."""

    kind: str
    break_class: str
    on_chain: str
    supported: str


def run(case: Case) -> Findings:
    """Through the events in their order, asking the dossiers at each move."""
    found = Findings(ID, TITLE, case)
    found.count(moves=0, sides=0, by_order=0, lapsed_holders=0)
    judging = _Judging(found, dossiers(case))
    lapsed: dict[str, date] = {}
    for ledger in case.ledgers:
        judging.judge(ledger)
        lapsed.update(judging.lapsed(ledger))
    found.count(lapsed_holders=len(lapsed))
    if lapsed:
        listed = ", ".join(f"{holder} ({until})" for holder, until in sorted(lapsed.items()))
        found.note(f"Lapsed, and still hold units: {listed}.")
    return found


class _Judging:
    """The dossiers, and the first finding of a kind on each holder: later ones follow from it."""

    def __init__(self, found: Findings, known: dict[str, Dossier]) -> None:
        self._found = found
        self._case = found.case
        self._dossiers = known
        self._roots: dict[tuple[str, str], str] = {}
        self._days: dict[int, date] = {}

    def judge(self, ledger: Ledger) -> None:
        """Every move of an instrument."""
        behind = (event for each in ledger.executions if each.authority for event in each.effects)
        proved = {place_of(event) for event in behind if event.name == "AccountAdmitted"}
        excused = self._case.excused.places
        effects = {place_of(effect.event): effect for effect in ledger.effects if effect.deed.move.units}
        standings: dict[str, Standing] = {}
        unproved: set[str] = set()
        for event in ledger.events:
            place = place_of(event)
            effect = effects.get(place)
            if effect and effect.deed.operation in ("force-transfer", "recover"):
                self._found.count(by_order=1)
            elif effect and (ledger.instrument_id, place) not in excused:
                self._found.count(moves=1)
                day = self._day_of(place[0])
                for account in dict.fromkeys(effect.deed.move[:2]):
                    if account != ZERO_ADDRESS:
                        side = Side(account, standings.get(account, STRANGER), account not in unproved)
                        self._judge_side(ledger, effect, side, day)
            account = whose_standing(event)
            if account:
                standings[account] = changed(standings.get(account, STRANGER), event)
                if event.name == "AccountAdmitted":
                    (unproved.discard if place in proved else unproved.add)(account)

    def _day_of(self, block: int) -> date:
        if block not in self._days:
            self._days[block] = moment_of(self._case.time_of(block)).date()
        return self._days[block]

    def _judge_side(self, ledger: Ledger, effect: Effect, side: Side, day: date) -> None:
        """Of several objections the first; of several moves of one holder all but the first follow from that."""
        case = self._case
        holder = case.holder_of(side.account)
        if side.account in case.excused.accounts or holder in case.excused.holders:
            return
        self._found.count(sides=1)
        objection = next(_objections(self._dossiers.get(holder), side, day), None)
        if objection is None:
            return
        key = objection.kind, holder or side.account
        units = ledger.amount(effect.deed.move.units)
        summary = f"{objection.kind} on {day}: {effect.deed.operation} of {units}, {where(effect.event.log)}"
        values = (EVENTS, objection.on_chain), (DOSSIER, objection.supported)
        ids = ledger.instrument_id, side.account
        root = self._roots.get(key, "")
        made = self._found.add(objection.break_class, *ids, summary, *values, at(effect.event), root)
        self._roots.setdefault(key, made.break_id)

    def lapsed(self, ledger: Ledger) -> Iterator[tuple[str, date]]:
        """Holders with a balance who could not move it on the day of the pinned block, and since when."""
        today = moment_of(self._case.pin.block_time).date()
        for account, units in ledger.played.balances.items():
            holder = self._case.holder_of(account)
            dossier = self._dossiers.get(holder)
            if units > 0 and dossier is not None:
                until = dossier.supported_until(today)
                if until < today:
                    yield holder, until


def _objections(dossier: Dossier | None, side: Side, day: date) -> Iterator[Objection]:
    standing = side.standing
    if dossier is None:
        yield Objection("no dossier", "STALE_REFERENCE", _told(standing), "nothing")
        return
    if not side.is_proved:
        yield Objection("unproved", "STALE_REFERENCE", _told(standing), "no instruction")
    supported = dossier.supported_until(day)
    if supported < day:
        kind = "STALE_REFERENCE" if standing.valid_until_day >= day_number(day) else "RULE_BREACH"
        yield Objection("lapsed", kind, _until(standing), f"valid until {supported}")
    countries = dossier.residences_about(day)
    if countries and standing.country not in countries:
        resident = " or ".join(f"{country:03}" for country in sorted(countries))
        on_chain = f"country {standing.country:03}"
        yield Objection("resident elsewhere", "STALE_REFERENCE", on_chain, f"country {resident}")


def _told(standing: Standing) -> str:
    return f"class {standing.investor_class}, country {standing.country:03}, {_until(standing)}"


def _until(standing: Standing) -> str:
    return f"valid until {FIRST_DAY + timedelta(days=standing.valid_until_day)}"
