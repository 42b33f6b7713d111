"""C01: the totals of all four records are one number."""

from __future__ import annotations

from itertools import combinations

from rwaledger.audit.findings import CONTROL_BOOK, EVENTS, REGISTER, STATE, Findings, named_amount
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import CheckResult

ID = "C01"
TITLE = "Totals agree"
PURPOSE = (
    "The sum of balances, the total supply, the replayed supply, the sum of positions, the sum of postings and the "
    "net authorised issuance are the same number, each compared with every other."
)

_OF_PART = (
    "Balances of accounts that were not looked at were not added up. Issues, postings and authority before the first "
    "block that was looked at are the supply that the register had when that block began."
)


def run(records: Records) -> CheckResult:
    """Compares every pair of totals of each instrument."""
    findings = Findings(ID, TITLE, records)
    for each in records.instruments:
        totals = _totals(findings, each)
        findings.count(instruments=1, totals=len(totals))
        for left, right in combinations(totals, 2):
            findings.count(pairs=1)
            findings.differ(each, "", "totals differ", left, right, cause=f"{left[0]} = {right[0]}")
    return findings.result()


def _totals(findings: Findings, each: InstrumentRecords) -> list[tuple[str, int]]:
    totals = []
    if findings.can_read_state(each) and each.state:
        if each.first_block:
            findings.note(_OF_PART)
        else:
            totals.append((f"{STATE}: sum of balances", sum(each.state.balances.values())))
        totals.append((f"{STATE}: total supply", each.state.total_supply_units))
    totals.append((f"{EVENTS}: replayed supply", each.replayed.supply_units))
    if each.register.positions is None:
        findings.note("Positions are kept for the checkpoint only, and were left out of this earlier block.")
    else:
        positions = sum(u for account, u in each.register.positions.items() if account != ISSUANCE_ACCOUNT)
        totals.append((f"{REGISTER}: sum of positions", positions))
    totals.append((f"{REGISTER}: sum of postings", _posted(each)))
    totals.append((f"{CONTROL_BOOK}: net authorised issuance", each.book.authorised_units))
    if each.book.reversed_units:
        back = named_amount(each, abs(each.book.reversed_units))
        verb = "issued" if each.book.reversed_units > 0 else "redeemed"
        findings.note(f"{back} {verb} to take back what nobody authorised, and signed for as such, count on no side.")
    return totals


def _posted(each: InstrumentRecords) -> int:
    new = (p for p in each.register.postings if p.block_number >= each.first_block)
    return each.opening.supply_units + sum(p.amount_units for p in new if p.account != ISSUANCE_ACCOUNT)
