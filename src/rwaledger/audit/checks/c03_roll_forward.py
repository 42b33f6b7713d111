"""C03: what an account had, plus what came in, less what went out, is what it has, at every posting."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.audit.findings import REGISTER, Findings, amount, cause_of
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.domain.correction import leg_key
from rwaledger.domain.posting import Posting
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Value

ID = "C03"
TITLE = "Balances roll forward"
PURPOSE = (
    "Per account and instrument: opening + in - out = closing, and the running balance of every posting is the one "
    "before plus its amount. No period is signed yet, so every account opens with nothing."
)

OPENING_UNITS = 0
BY_ROLL_FORWARD = "opening + in - out = closing"


def run(records: Records) -> CheckResult:
    """Rolls each account forward over its whole history."""
    findings = Findings(ID, TITLE, records)
    for each in records.instruments:
        by_account = _postings_by_account(each.register.postings)
        findings.count(accounts=len(by_account), postings=len(each.register.postings))
        for account in sorted(by_account.keys() | each.reversing_legs.keys()):
            postings = by_account.get(account, [])
            if postings:
                _roll_forward(findings, each, account, postings)
            _follow_balance(findings, each, account, postings)
    return findings.result()


def _postings_by_account(postings: Sequence[Posting]) -> dict[str, list[Posting]]:
    found: dict[str, list[Posting]] = {}
    for posting in postings:
        found.setdefault(posting.account, []).append(posting)
    return found


def _roll_forward(findings: Findings, each: InstrumentRecords, account: str, postings: Sequence[Posting]) -> None:
    came_in = sum(p.amount_units for p in postings if p.amount_units > 0)
    went_out = -sum(p.amount_units for p in postings if p.amount_units < 0)
    rolled = f"{REGISTER}: opening + in - out", OPENING_UNITS + came_in - went_out
    closing = f"{REGISTER}: closing balance", postings[-1].balance_after_units
    findings.differ(each, account, "the account does not roll forward", rolled, closing, BY_ROLL_FORWARD)


def _follow_balance(findings: Findings, each: InstrumentRecords, account: str, postings: Sequence[Posting]) -> None:
    """Names each posting that breaks the row. One wrong balance breaks it twice: away, and back again."""
    balance = straight = OPENING_UNITS
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
