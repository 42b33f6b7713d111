"""C02: for every account, state, replayed events and register say the same, and whoever holds is a known holder.

Source: the register of members of the Companies Ordinance (Cap. 622), s. 627, names everyone who holds.
"""

from __future__ import annotations

from datetime import timedelta

from rwaledger.verifier.calendar import day_number, moment_of
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c02_trace import trace
from rwaledger.verifier.checks.found import EVENTS, REGISTER, STATE, Findings, cause_of
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.replay import STRANGER, Standing
from rwaledger.verifier.values import ZERO_ADDRESS

ID, TITLE = "C02", "Every account agrees"

BY_STATE = "state = events"
BY_POSTINGS = "events = postings"
BY_POSITION = "postings = position"
BY_ATTESTED_STATE = "attested: state = events"
BY_ATTESTED_REGISTER = "attested: events = register"
BY_HOLDER = "account = holder"
BY_HOLDER_DATA = "attested: events = holder"
BY_LAST_MOVE = "position: last move"
_DAYS = 65_535


def run(case: Case) -> Findings:
    """First each event, then each account."""
    found = Findings(ID, TITLE, case)
    for ledger in case.ledgers:
        found.can_read_state(ledger)
        if ledger.positions is None:
            found.note("Positions are kept for the checkpoint only; at this earlier block postings stand for them.")
        found.count(accounts=len(ledger.accounts), events=len(ledger.event_at))
        trace(found, ledger)
        for account in ledger.accounts:
            _compare_balances(found, ledger, account)
            _compare_attested(found, ledger, account)
            _require_holder(found, ledger, account)
            _compare_holder(found, ledger, account)
    return found


def _compare_balances(found: Findings, ledger: Ledger, account: str) -> None:
    """Each record with the next: equality is passed on, so that all pairs are compared."""
    played = EVENTS, ledger.played.balances.get(account, 0)
    posted = f"{REGISTER}: last posting", ledger.closing.get(account, 0)
    if ledger.state:
        state = STATE, ledger.state.balance(account)
        found.differ(ledger, account, "balance is not what its events make it", state, played, BY_STATE)
    found.differ(ledger, account, "postings do not add up to the events", played, posted, BY_POSTINGS)
    if ledger.positions is None:
        return
    stored = ledger.positions.get(account)
    position = f"{REGISTER}: position", stored.units if stored else 0
    found.differ(ledger, account, "position is not what its postings make it", posted, position, BY_POSITION)
    moved = ledger.played.last_move.get(account)
    if posted[1] == position[1] and moved != (stored.place if stored else None):
        due, named = (cause_of(at) if at else "no move" for at in (moved, stored.place if stored else None))
        summary = "position names another event than its last move"
        values = (EVENTS, due), (f"{REGISTER}: position", named)
        found.add("TAMPER", ledger.instrument_id, account, summary, *values, BY_LAST_MOVE)


def _compare_attested(found: Findings, ledger: Ledger, account: str) -> None:
    """Class, country, validity and suspension; what is frozen is for C11."""
    played = EVENTS, ledger.played.standings.get(account, STRANGER)
    if ledger.state:
        _differ(found, ledger, account, (STATE, ledger.state.standing(account)), played, BY_ATTESTED_STATE)
    register = REGISTER, ledger.standing_now.get(account, STRANGER)
    _differ(found, ledger, account, played, register, BY_ATTESTED_REGISTER)


def _differ(
    found: Findings, ledger: Ledger, account: str, left: tuple[str, Standing], right: tuple[str, Standing], cause: str
) -> None:
    shown = [(name, described(standing)) for name, standing in (left, right)]
    if shown[0][1] != shown[1][1]:
        summary = "what is attested of the account differs"
        found.add("STALE_REFERENCE", ledger.instrument_id, account, summary, shown[0], shown[1], cause)


def described(standing: Standing) -> str:
    """What is attested but for frozen units; another text wherever one of it differs."""
    day = standing.valid_until_day
    first = moment_of(0).date()
    until = (first + timedelta(days=day)).isoformat() if 0 <= day <= _DAYS else f"day {day}"
    flag = ", suspended" if standing.suspended else ""
    return f"class {standing.investor_class}, country {standing.country:03}, valid until {until}{flag}"


def _require_holder(found: Findings, ledger: Ledger, account: str) -> None:
    """An account of nobody is one cause, on however many instruments it holds something."""
    held = max(ledger.played.balances.get(account, 0), ledger.state.balance(account) if ledger.state else 0)
    if held <= 0 or account == ZERO_ADDRESS or found.case.is_mapped(account):
        return
    summary = f"{ledger.amount(held)} {ledger.row.symbol} on an account that belongs to no holder on the register"
    values = (EVENTS, ledger.amount(held)), (REGISTER, "no holder")
    follows = found.first.get((account, BY_HOLDER), "")
    found.add("UNMAPPED_HOLDER", ledger.instrument_id, account, summary, *values, BY_HOLDER, follows)


def _compare_holder(found: Findings, ledger: Ledger, account: str) -> None:
    """What was attested is what the register knows of the holder, or what an admission on its way will attest."""
    standing = ledger.played.standings.get(account, STRANGER)
    holder = found.case.holders.get(found.case.holder_of(account))
    if holder is None or not standing.investor_class:
        return
    until = day_number(holder.valid_until)
    known = standing._replace(investor_class=holder.investor_class, country=holder.country, valid_until_day=until)
    detail = known.valid_until_day << 24 | known.investor_class << 16 | known.country
    if known == standing or (account, detail) in ledger.admissions_to_come:
        return
    summary = "what is attested of the account is not what the register knows of its holder"
    values = (EVENTS, described(standing)), (f"{REGISTER}: holder", described(known))
    follows = found.first.get((f"holder {holder.holder_id}", BY_HOLDER_DATA), "")
    found.add("STALE_REFERENCE", ledger.instrument_id, account, summary, *values, BY_HOLDER_DATA, follows)
