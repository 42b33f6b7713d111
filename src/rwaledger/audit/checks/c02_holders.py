"""C02: for every account, state, replayed events and register say the same, event by event and in the end."""

from __future__ import annotations

from rwaledger.audit.findings import EVENTS, REGISTER, STATE, Findings, amount, cause_of, named_amount
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.trace import differences
from rwaledger.domain.holder import Standing, date_of_day_number
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C02"
TITLE = "Every account agrees"
PURPOSE = (
    "For every account that any record knows, with or without events: state = replayed events = register, and "
    "whoever has a balance is a holder on the register."
)

BY_STATE = "state = events"
BY_POSTINGS = "events = postings"
BY_POSITION = "postings = position"
BY_ATTESTED_STATE = "attested: state = events"
BY_ATTESTED_REGISTER = "attested: events = register"
BY_HOLDER = "account = holder"

_DAY_MAX = 65_535


def run(records: Records) -> CheckResult:
    """Compares the records of each account, and before that each event that touches one."""
    findings = Findings(ID, TITLE, records)
    for each in records.instruments:
        findings.can_read_state(each)
        if each.register.positions is None:
            findings.note("Positions are kept for the checkpoint only; at this earlier block postings stand for them.")
        findings.count(accounts=len(each.accounts), events=len(each.account_events))
        _compare_events(findings, each)
        for account in each.accounts:
            _compare_balances(findings, each, account)
            _compare_attested(findings, each, account)
            _require_holder(findings, each, account)
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


def _compare_attested(findings: Findings, each: InstrumentRecords, account: str) -> None:
    """Class, country, validity and suspension; what is frozen is the matter of C11."""
    replayed = EVENTS, each.replayed.standing(account)
    if each.state:
        state = STATE, each.state.standings.get(account, Standing())
        _differ_attested(findings, each, account, (state, replayed), BY_ATTESTED_STATE)
    register = REGISTER, each.register.standings.get(account, Standing())
    _differ_attested(findings, each, account, (replayed, register), BY_ATTESTED_REGISTER)


def _differ_attested(
    findings: Findings,
    each: InstrumentRecords,
    account: str,
    sides: tuple[tuple[str, Standing], tuple[str, Standing]],
    cause: str,
) -> None:
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
