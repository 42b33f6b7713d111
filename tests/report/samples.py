"""Reports made by hand: one that passes, one with findings, names that would do harm, and the largest amounts."""

from __future__ import annotations

from dataclasses import replace

from rwaledger.domain.block import Pin
from rwaledger.domain.instrument import Instrument, InstrumentKind, RecordOfTruth
from rwaledger.domain.reconciliation import CheckResult, Outcome, Value
from rwaledger.domain.units import MAX_UNITS
from rwaledger.report.model import (
    TITLE,
    Finding,
    Holding,
    InstrumentPart,
    Report,
    SupplyPoint,
    share_percent,
)

BLOCK_HASH = "0x" + "b1" * 32
DIGEST = "d1" * 32
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
EVIL = '=HYPERLINK("http://evil.example")<script>alert(1)</script> & Söhne'


def instrument(instrument_id: str, decimals: int) -> Instrument:
    address = "0x" + "ab" * 20
    return Instrument(
        instrument_id, f"{instrument_id} of <Hong> Kong", instrument_id, decimals, InstrumentKind.FUND,
        RecordOfTruth.HYBRID, 31337, address, address, 1, BLOCK_HASH, BLOCK_HASH,
    )  # fmt: skip


def part(instrument_id: str, decimals: int, amounts: list[int]) -> InstrumentPart:
    supply = sum(amounts)
    holdings = tuple(
        Holding(f"h{n}", EVIL if n == 1 else f"Holder {n}", f"0x{n:040x}", units, share_percent(units, supply))
        for n, units in enumerate(sorted(amounts, reverse=True))
    )
    history = tuple(SupplyPoint(1_768_000_000 + 86_400 * n, n + 1, supply * n // 3) for n in range(1, 4))
    address = "0xaBaBabABababABAbABababABAbabABABAbABabAb"
    return InstrumentPart(
        instrument(instrument_id, decimals), address, address, supply, holdings, history if amounts else ()
    )


def finding(break_id: str, check: str, summary: str, follows_from: str = "") -> Finding:
    left, right = Value("events", "1234567.50"), Value("control book", "=no instruction")
    return Finding(
        break_id, check, "UNDUE_CREATION", "BIG", ACCOUNT, "h1", EVIL, summary, left, right, "7/3", follows_from
    )


def passing() -> Report:
    checks = [("C01", "Totals agree", {"totals": 12, "pairs": 1}), ("C02", "Every account agrees", {"accounts": 1_512})]
    return Report(
        title=TITLE,
        generated_by="rwaledger 9.9.9",
        pin=Pin(31337, 1_234, BLOCK_HASH, 1_768_467_600),
        register_digest=DIGEST,
        passed=True,
        results=tuple(CheckResult(check, title, Outcome.PASS, covered) for check, title, covered in checks),
        findings=(),
        instruments=(
            part("BIG", 18, [MAX_UNITS - 1_000, 900, 100]),
            part("MANY", 2, [n * n for n in range(1, 31)]),
            part("NONE", 0, []),
        ),
    )


def failing() -> Report:
    root = finding("aaaaaaaaaaaa", "C05", "issue of 1 BIG has no instruction: block 7, log 3")
    consequence = finding("bbbbbbbbbbbb", "C01", "totals differ", "aaaaaaaaaaaa")
    report = passing()
    results = (replace(report.results[0], outcome=Outcome.FAIL, breaks=()), report.results[1])
    return replace(report, passed=False, results=results, findings=(replace(root, consequences=(consequence,)),))
