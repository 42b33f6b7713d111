"""C03: what an account had, plus what came in, less what went out, is what it has, at every posting.

Source: the roll-forward that ISA 330 and 510 ask of balances between two dates, and of opening balances. An account
opens with nothing, and behind a signed period with what the period attests (ADR 16). Supply and number of holders stand
in its head. The balance of each account stands in the hash of all postings up to its block: where they have that hash
still, the balance behind the last of them is the one that was signed, and the next posting has to build upon it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rwaledger.audit.findings import REGISTER, Findings, amount, cause_of
from rwaledger.audit.openings import Closed, SupplyStep, supply_steps
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.domain.correction import leg_key
from rwaledger.domain.posting import Posting
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Value
from rwaledger.registry.period_faults import SIGNED

ID = "C03"
TITLE = "Balances roll forward"
PURPOSE = (
    "Per account and instrument: opening + in - out = closing, and the running balance of every posting is the one "
    "before plus its amount. An account opens with nothing, and behind a signed period with the balance that was "
    "signed. Supply and number of holders of each period lead, with what moved since, to those of the next and to this "
    "block."
)

OPENING_UNITS = 0
BY_ROLL_FORWARD = "opening + in - out = closing"


def run(records: Records) -> CheckResult:
    """Rolls each account forward over its whole history; where a row breaks, leg by leg."""
    findings = Findings(ID, TITLE, records)
    findings.count(accounts=0, postings=0, signed_closings=0, openings=0)
    for each in records.instruments:
        postings, opening = each.rows, each.opening.balances
        accounts, broken = _rolled(postings, opening)
        findings.count(accounts=accounts, postings=len(postings))
        by_account: dict[str, list[Posting]] = {account: [] for account in sorted(broken | each.reversing_legs.keys())}
        for posting in postings if by_account else ():
            if posting.account in by_account:
                by_account[posting.account].append(posting)
        for account, legs in by_account.items():
            units = opening.get(account, OPENING_UNITS)
            if legs:
                _roll_forward(findings, each, account, legs, units)
            _follow_balance(findings, each, account, legs, units)
        _roll_periods(findings, each)
    return findings.result()


def _rolled(postings: Sequence[Posting], opening: Mapping[str, int]) -> tuple[int, set[str]]:
    """How many accounts there are, and in which of them a balance is not the one before plus what moved."""
    balances, broken = dict(opening), set[str]()
    for posting in postings:
        account, after = posting.account, posting.balance_after_units
        if balances.get(account, OPENING_UNITS) + posting.amount_units != after:
            broken.add(account)
        balances[account] = after
    return len(balances), broken


def _roll_forward(
    findings: Findings, each: InstrumentRecords, account: str, postings: Sequence[Posting], opening: int
) -> None:
    came_in = sum(p.amount_units for p in postings if p.amount_units > 0)
    went_out = -sum(p.amount_units for p in postings if p.amount_units < 0)
    rolled = f"{REGISTER}: opening + in - out", opening + came_in - went_out
    closing = f"{REGISTER}: closing balance", postings[-1].balance_after_units
    findings.differ(each, account, "the account does not roll forward", rolled, closing, BY_ROLL_FORWARD)


def _follow_balance(
    findings: Findings, each: InstrumentRecords, account: str, postings: Sequence[Posting], opening: int
) -> None:
    """Names each posting that breaks the row. One wrong balance breaks it twice: away, and back again."""
    balance = straight = opening
    root = ""
    for posting, moved_units in _with_reversals(each, account, postings):
        before, after = balance + moved_units, posting.balance_after_units
        straight += moved_units
        if after != before:
            is_back = after == straight
            broken = _broken_row(findings, each, posting, before, follows_from=root if is_back else "")
            straight, root = (after, "") if is_back else (before, broken.break_id)
        balance = after


def _with_reversals(each: InstrumentRecords, account: str, postings: Sequence[Posting]) -> list[tuple[Posting, int]]:
    """The account's postings with what they move, and in their order the legs that took others back: they move 0."""
    moves = [(posting, posting.amount_units) for posting in postings]
    back = each.reversing_legs.get(account, ())
    return sorted([*moves, *((leg, 0) for leg in back)], key=lambda move: leg_key(move[0])) if back else moves


def _broken_row(
    findings: Findings, each: InstrumentRecords, posting: Posting, before: int, *, follows_from: str
) -> Break:
    place = posting.block_number, posting.log_index
    return findings.add(
        BreakClass.AMOUNT,
        each.instrument.instrument_id,
        posting.account,
        f"running balance breaks in block {posting.block_number}, log {posting.log_index}",
        (
            Value(f"{REGISTER}: balance before + amount", amount(each, before)),
            Value(f"{REGISTER}: balance after", amount(each, posting.balance_after_units)),
        ),
        cause=f"{cause_of(place)} leg {posting.leg}",
        follows_from=follows_from,
    )


def _roll_periods(findings: Findings, each: InstrumentRecords) -> None:
    """From the supply of each signed period to that of the next, and on to this block; and the holders of each."""
    closed = findings.records.closings.get(each.instrument.instrument_id, ())
    opening = straight = OPENING_UNITS
    root = ""
    for step in supply_steps(each.register.postings, each.closing_balances, closed):
        rolled, straight = opening + step.moved_units, straight + step.moved_units
        opening = step.closing_units
        if opening != rolled:
            is_back = opening == straight
            broken = _broken_closing(findings, each, step, rolled, follows_from=root if is_back else "")
            straight, root = (opening, "") if is_back else (rolled, broken.break_id)
    for one in closed:
        _compare_holders(findings, each, one)
        _tell_openings(findings, one)


def _broken_closing(
    findings: Findings, each: InstrumentRecords, step: SupplyStep, rolled: int, *, follows_from: str
) -> Break:
    """As with postings, one wrong closing breaks the row twice."""
    name = each.instrument.instrument_id
    values = (
        Value(f"{SIGNED}: opening + in - out", amount(each, rolled)),
        Value(f"{step.record}: closing supply", amount(each, step.closing_units)),
    )
    summary = f"the supply of {name} does not roll forward from one signed closing to the next: {step.name}"
    return findings.add(
        BreakClass.AMOUNT, name, "", summary, values, cause=f"{step.name} supply", follows_from=follows_from
    )


def _compare_holders(findings: Findings, each: InstrumentRecords, closed: Closed) -> None:
    """How many held something when the period ended."""
    period, name = closed.period, each.instrument.instrument_id
    if closed.holders != period.holder_count:
        values = Value(REGISTER, f"{closed.holders} holders"), Value(SIGNED, f"{period.holder_count} holders")
        summary = f"as many as period {period.sequence} of {name} counts do not hold units at its end"
        findings.add(BreakClass.AMOUNT, name, "", summary, values, cause=f"period {period.sequence} holders")


def _tell_openings(findings: Findings, closed: Closed) -> None:
    findings.count(signed_closings=1, openings=closed.accounts if closed.is_as_signed else 0)
    if not closed.is_as_signed:
        findings.note(
            f"What each account had when period {closed.period.sequence} of {closed.period.instrument_id} was signed "
            "is not known: its postings are not those that were signed. Accounts open there with what they have now."
        )
