"""Documents made by hand: hostile names, the largest amounts, every kind of column, and a reconciliation that fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from rwaledger.domain.block import Pin
from rwaledger.domain.exemption import Exemption
from rwaledger.domain.instrument import Instrument, InstrumentKind, RecordOfTruth
from rwaledger.domain.reconciliation import CheckResult, Outcome, Value
from rwaledger.domain.units import MAX_UNITS
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Series, Table
from rwaledger.report.parts import Finding, Holding, InstrumentPart, Report, SupplyPoint

BLOCK_HASH = "0x" + "b1" * 32
DIGEST = "d1" * 32
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SIGNERS = ("0x" + "1a" * 20, "0x" + "2b" * 20)

HOSTILE = (
    '=HYPERLINK("http://evil.example")',
    "+1+1",
    "'quoted",
    "#let x = 1",
    "*a* _b_ @b $x$ <c> [d] \\e",
    "// comment /* */ `raw` ~ -- ...",
    "<script>alert(1)</script> & Söhne",
    "<r><t>x</t></r>",
    "_x0041_",
    "\x1b[31mred",
    "two\nlines\r\n\tand a tab",
    "a\u202egnp.exe",
    "half \ud83d a pair",
    "陳大文",
    "&amp; &#39; ]]> --> %s {0} {{ x }} {% y %}",
    "0x" + "ab" * 40,
)


def moment(day: int) -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=day)


def holders(count: int = 70) -> Table:
    """Holdings with hostile names at the top; the totals are exact."""
    columns = (
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("units", "HKDS", Kind.UNITS, 6, summed=True),
        Column("share", "Share", Kind.PERCENT, 4, summed=True),
        Column("entered", "Entered", Kind.DATE),
    )
    whole = count * (count + 1) // 2
    rows = tuple(
        (
            HOSTILE[n] if n < len(HOSTILE) else f"Holder {n} Limited",
            f"0x{n * 7919 + 1:040x}",
            123_456_789 * (n + 1),
            Fraction(n + 1, whole),
            date(2026, 1, 1) + timedelta(days=n) if n else None,
        )
        for n in range(count)
    )
    return Table("holders", "Holders of HKDS", columns, rows, "As the register has them.")


def roll_forward() -> Table:
    """Columns of which one follows from the others."""
    columns = (
        Column("holder", "Holder", Kind.TEXT),
        Column("opening", "Opening", Kind.UNITS, 2, summed=True),
        Column("received", "Received", Kind.UNITS, 2, summed=True),
        Column("paid", "Paid", Kind.UNITS, 2, summed=True),
        Column("closing", "Closing", Kind.UNITS, 2, summed=True, formula="opening + received - paid"),
    )
    rows = tuple((f"h{n}", 10 * n + 1, 7 * n, 3 * n, 14 * n + 1) for n in range(1, 15))
    return Table("roll", "Roll-forward", columns, rows)


def largest() -> Table:
    """Amounts that no double holds."""
    columns = (Column("holder", "Holder", Kind.TEXT), Column("units", "BIG", Kind.UNITS, 18, summed=True))
    return Table("largest", "Large amounts", columns, (("a", MAX_UNITS - 1_000), ("b", 900), ("c", 100)))


def wide() -> Table:
    """Too wide for any grid."""
    columns = (
        *(Column(f"word{n}", f"Word {n}", Kind.TEXT) for n in range(8)),
        Column("account", "Account", Kind.ACCOUNT),
        Column("hash", "Hash", Kind.HASH),
        Column("figure", "Figure", Kind.FIGURE),
        Column("time", "Time", Kind.TIME),
        Column("count", "Count", Kind.INTEGER, summed=True),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (*(f"some words of {n} in {k}" for k in range(8)), "0x" + "cd" * 20, BLOCK_HASH, "1234567.50", moment(n), n)
        for n in range(3)
    )
    return Table("wide", "Wide", columns, rows)


def charts() -> tuple[Chart, ...]:
    supply = Series("in issue", tuple((moment(7 * n), 10**12 * (n % 5 + 1)) for n in range(20)))
    ratio = Series("cover of $a_b$", tuple((date(2026, 1, n + 1), Fraction(101 + n, 100)) for n in range(9)))
    ages = tuple(Series(name, (("same day", 3), ("over 30 days", n))) for n, name in enumerate(("C02", "_C05", "<C>")))
    return (
        Chart("holders", "HKDS in issue", "line", "HKDS", 6, (supply,)),
        Chart("cover", "Coverage", "line", "%", 0, (ratio, replace(ratio, name="other"))),
        Chart("ages", "Breaks by age", "stacked", "breaks", 0, ages),
        Chart(
            "exposure", "Exposure", "bar", "HKD", 2, (Series("x", tuple((f"Somebody {n} Ltd", n) for n in range(9))),)
        ),
        Chart("nothing", "Nothing to draw", "line", "HKD", 2, (Series("x", ()),)),
    )


def document() -> Document:
    empty = Table("empty", "Nothing here", (Column("units", "Units", Kind.UNITS, 2, summed=True),), ())
    return Document(
        kind="sample",
        title="Sample of #everything & <more>",
        facts=(
            ("instrument", "HKDS, Harbour Dollar"),
            ("chain", "31337"),
            ("block", "1234"),
            ("block hash", BLOCK_HASH),
            ("block time", "2026-01-15 09:00:00 UTC"),
            ("software", "rwaledger 9.9.9"),
        ),
        tables=(holders(), roll_forward(), largest(), wide(), empty),
        charts=charts(),
        notes=("Nothing here is *advice*.", "=1+1"),
        verdict="FAIL: 1 of 2 checks does not agree",
    )


# ------------------------------------------------------------------ reconciliations


def instrument(instrument_id: str, decimals: int) -> Instrument:
    address = "0x" + "ab" * 20
    return Instrument(
        instrument_id, f"{instrument_id} of <Hong> Kong", instrument_id, decimals, InstrumentKind.FUND,
        RecordOfTruth.HYBRID, 31337, address, address, 1, BLOCK_HASH, BLOCK_HASH,
    )  # fmt: skip


def part(instrument_id: str, decimals: int, amounts: list[int]) -> InstrumentPart:
    supply = sum(amounts)
    held = tuple(
        Holding(f"h{n}", HOSTILE[0] if n == 1 else f"Holder {n}", f"0x{n:040x}", units)
        for n, units in enumerate(sorted(amounts, reverse=True))
    )
    history = tuple(SupplyPoint(1_768_000_000 + 86_400 * n, n + 1, supply * n // 3) for n in range(1, 4))
    address = "0xaBaBabABababABAbABababABAbabABABAbABabAb"
    return InstrumentPart(instrument(instrument_id, decimals), address, supply, held, history if amounts else ())


def finding(
    break_id: str, check: str, summary: str, follows_from: str = "", break_class: str = "UNDUE_CREATION"
) -> Finding:
    left, right = Value("events", "1234567.50"), Value("control book", "=no instruction")
    return Finding(
        break_id, check, break_class, "BIG", ACCOUNT, "h1", HOSTILE[0], summary, left, right, "7/3", follows_from
    )


def exemption() -> Exemption:
    return Exemption(
        31337, "C02", "BIG", "", "the custodian's file comes on Monday", "0x" + "e7" * 32, date(2026, 1, 14),
        date(2026, 1, 20), datetime(2026, 1, 14, tzinfo=UTC), SIGNERS[0], "0x01", SIGNERS[1], "0x02",
    )  # fmt: skip


def passing() -> Report:
    checks = [("C01", "Totals agree", {"totals": 12, "pairs": 1}), ("C02", "Every account agrees", {"accounts": 1_512})]
    return Report(
        pin=Pin(31337, 1_234, BLOCK_HASH, 1_768_467_600),
        register_digest=DIGEST,
        passed=True,
        results=tuple(CheckResult(check, title, Outcome.PASS, covered) for check, title, covered in checks),
        findings=(),
        timing=(),
        let_pass=(),
        exemptions=(),
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


def excused() -> Report:
    """Passes with an exemption, and with a difference of timing beneath a check that passes."""
    report = passing()
    exempt = replace(report.results[1], outcome=Outcome.EXEMPT, note="1 finding is exempt")
    known = finding("dddddddddddd", "C02", "the file has another amount")
    late = finding("cccccccccccc", "C02", "the transaction came after the block", break_class="TIMING")
    return replace(
        report, results=(report.results[0], exempt), timing=(late,), let_pass=(known,), exemptions=(exemption(),)
    )
