"""Reconciliations made by hand, for tests of what goes on record: every check passes but for the breaks given."""

from __future__ import annotations

from rwaledger.audit.checks import discover
from rwaledger.domain.block import Pin
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Outcome, Reconciliation, Value

CHAIN = 31_337
HOUR_S = 3_600


def finding(number: int, break_class: BreakClass = BreakClass.AMOUNT, check: str = "C02") -> Break:
    left, right = Value("events", "1"), Value("register", "2")
    return Break(check, break_class, "", f"0x{number:040x}", "", "they differ", left, right, f"{number}/0")


def reconciliation(block: int, *breaks: Break) -> Reconciliation:
    results = []
    for check in discover():
        found = tuple(each for each in breaks if each.check == check.ID)
        fails = any(each.break_class is not BreakClass.TIMING for each in found)
        outcome = Outcome.FAIL if fails else Outcome.PASS
        results.append(CheckResult(check.ID, check.TITLE, outcome, {}, found))
    pin = Pin(CHAIN, block, f"0x{block:064x}", 1_780_000_000 + block * HOUR_S)
    return Reconciliation(pin, "00" * 32, tuple(results))
