"""C02: for every account, state, replayed events and register say the same, event by event and in the end."""

from __future__ import annotations

from dataclasses import replace

from rwaledger.audit.findings import EVENTS, REGISTER, STATE, Findings, amount, cause_of, named_amount
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.timing import list_unread
from rwaledger.audit.trace import differences
from rwaledger.domain.holder import Standing, date_of_day_number, day_number
from rwaledger.domain.instruction import Operation, admission_detail
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C02"
TITLE = "Every account agrees"
PURPOSE = (
    "For every account that any record knows, with or without events: state = replayed events = register, and "
    "whoever has a balance is a holder on the register, attested as the register knows that holder."
)

BY_STATE = "state = events"
BY_POSTINGS = "events = postings"
BY_POSITION = "postings = position"
BY_ATTESTED_STATE = "attested: state = events"
BY_ATTESTED_REGISTER = "attested: events = register"
BY_HOLDER = "account = holder"
BY_HOLDER_DATA = "attested: events = holder"
BY_LAST_MOVE = "position: last move"

_DAY_MAX = 65_535
_STRANGER = Standing()


def run(records: Records) -> CheckResult:
    """Compares the records of each account, and before that each event that touches one."""
    findings = Findings(ID, TITLE, records)
    for each in records.instruments:
        findings.can_read_state(each)
        if each.register.positions is None:
            findings.note("Positions are kept for the checkpoint only; at this earlier block postings stand for them.")
        findings.count(accounts=len(each.accounts), events=len(each.account_events))
        _compare_events(findings, each)
        list_unread(findings, each)
        for account in each.accounts:
            _compare_balances(findings, each, account)
            _compare_attested(findings, each, account)
            _require_holder(findings, each, account)
            _compare_holder(findings, each, account)
    return findings.result()


def _compare_events(findings: Findings, each: InstrumentRecords) -> None:
    for found in differences(each):
        values = Value(EVENTS, found.on_chain), Value(REGISTER, found.in_register)
        instrument_id, cause = each.instrument.instrument_id, cause_of(found.place)
        findings.add(found.break_class, instrument_id, found.account, found.summary, values, cause=cause)


def _compare_balances(findings: Findings, each: InstrumentRecords, account: str) -> None:
    """Each record with the next one: equality is passed on, so that all pairs are covered."""
    replayed = EVENTS, each.replayed.balance(account)
    posted = f"{REGISTER}: last posting", each.closing_balances.get(account, 0)
    if each.state:
        state = STATE, each.state.balance(account)
        findings.differ(each, account, "balance is not what its events make it", state, replayed, BY_STATE)
    findings.differ(each, account, "postings do not add up to the events", replayed, posted, BY_POSTINGS)
    if each.register.positions is not None:
        position = f"{REGISTER}: position", each.register.positions.get(account, 0)
        findings.differ(each, account, "position is not what its postings make it", posted, position, BY_POSITION)
        if posted[1] == position[1]:
            _compare_last_move(findings, each, account)


def _compare_last_move(findings: Findings, each: InstrumentRecords, account: str) -> None:
    """A position names the last move behind it."""
    moved, stored = each.last_moves.get(account), each.register.moved.get(account)
    if moved != stored:
        sides = (cause_of(place) if place else "no move" for place in (moved, stored))
        values = Value(EVENTS, next(sides)), Value(f"{REGISTER}: position", next(sides))
        summary = "position names another event than its last move"
        findings.add(BreakClass.TAMPER, each.instrument.instrument_id, account, summary, values, cause=BY_LAST_MOVE)


def _compare_attested(findings: Findings, each: InstrumentRecords, account: str) -> None:
    """Class, country, validity and suspension; what is frozen is the matter of C11."""
    replayed = EVENTS, each.replayed.standing(account)
    if each.state:
        state = STATE, each.state.standings.get(account, _STRANGER)
        _differ_attested(findings, each, account, (state, replayed), BY_ATTESTED_STATE)
    register = REGISTER, each.register.standings.get(account, _STRANGER)
    _differ_attested(findings, each, account, (replayed, register), BY_ATTESTED_REGISTER)


def _differ_attested(
    findings: Findings,
    each: InstrumentRecords,
    account: str,
    sides: tuple[tuple[str, Standing], tuple[str, Standing]],
    cause: str,
) -> None:
    if sides[0][1] == sides[1][1]:
        return
    left, right = (Value(record, _described(standing)) for record, standing in sides)
    if left.value != right.value:
        summary = "what is attested of the account differs"
        instrument_id = each.instrument.instrument_id
        findings.add(BreakClass.STALE_REFERENCE, instrument_id, account, summary, (left, right), cause=cause)


def _described(standing: Standing) -> str:
    """Class, country, validity and suspension in words; the text differs wherever one of them does."""
    day = standing.valid_until_day
    until = date_of_day_number(day).isoformat() if 0 <= day <= _DAY_MAX else f"day {day}"
    flag = ", suspended" if standing.suspended else ""
    return f"class {standing.investor_class}, country {standing.country:03}, valid until {until}{flag}"


def _require_holder(findings: Findings, each: InstrumentRecords, account: str) -> None:
    """An account without a holder is one cause, on however many instruments it holds something."""
    held = max(each.replayed.balance(account), each.state.balance(account) if each.state else 0)
    if held <= 0 or account == ISSUANCE_ACCOUNT or account in findings.records.accounts:
        return
    found_before = (b.break_id for b in findings.breaks if (b.account, b.cause) == (account, BY_HOLDER))
    findings.add(
        BreakClass.UNMAPPED_HOLDER,
        each.instrument.instrument_id,
        account,
        f"{named_amount(each, held)} on an account that belongs to no holder on the register",
        (Value(EVENTS, amount(each, held)), Value(REGISTER, "no holder")),
        cause=BY_HOLDER,
        follows_from=next(found_before, ""),
    )


def _compare_holder(findings: Findings, each: InstrumentRecords, account: str) -> None:
    """What the register knows of the holder is what was attested, or will be by an admission on its way."""
    records, standing = findings.records, each.replayed.standing(account)
    holder = records.holders.get(records.holder_id(account))
    if holder is None or not standing.admitted:
        return
    of_holder = int(holder.investor_class), holder.country, day_number(holder.valid_until)
    if of_holder == (standing.investor_class, standing.country, standing.valid_until_day):
        return
    investor_class, country, until = of_holder
    known = replace(standing, investor_class=investor_class, country=country, valid_until_day=until)
    if _is_on_its_way(each, account, known):
        return
    found_before = (b.break_id for b in findings.breaks if (b.holder_id, b.cause) == (holder.holder_id, BY_HOLDER_DATA))
    findings.add(
        BreakClass.STALE_REFERENCE,
        each.instrument.instrument_id,
        account,
        "what is attested of the account is not what the register knows of its holder",
        (Value(EVENTS, _described(standing)), Value(f"{REGISTER}: holder", _described(known))),
        cause=BY_HOLDER_DATA,
        follows_from=next(found_before, ""),
    )


def _is_on_its_way(each: InstrumentRecords, account: str, known: Standing) -> bool:
    """Holders are entered before they are admitted: an admission beyond this block attests what is known now."""
    detail = admission_detail(known.country, known.investor_class, known.valid_until_day)
    executed = {execution.ref for execution in each.book.executions}
    return any(
        (line.recipient, line.detail) == (account, detail)
        for ref, stored in each.book.stored.items()
        if stored.instruction.operation is Operation.ADMIT and ref not in executed
        for line in stored.instruction.lines
    )
