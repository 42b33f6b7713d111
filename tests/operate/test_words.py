"""What a person reads before signing: every operation's line in words."""

from __future__ import annotations

import pytest

from rwaledger.domain.instruction import NO_ORDER, Line, Operation, activation_line, admission_detail, rules_line
from rwaledger.domain.instrument import Particulars, Rules
from rwaledger.operate.words import line_words, sets_instrument

VENUE = "0x" + "00" * 19 + "a7"
NOON = 1_796_212_800
NAME = int.from_bytes(b"prospectus".ljust(32, b"\0"))
FILING = "0x" + "f1" * 32
RULES = Rules(
    max_balance_units=1_000, classes=frozenset({2, 9}), countries_restricted=True, holder_cap=50, opens_at=NOON,
    closes_at=2**40 - 1,
)  # fmt: skip

LINES = [
    (Operation.ADMIT, Line(detail=admission_detail(344, 2, 20_000)), "HK, professional, until 2024-10-04"),
    (Operation.ADMIT, Line(detail=admission_detail(344, 9, 20_000)), "HK, class 9, until 2024-10-04"),
    (Operation.SET_LOCK_UP, Line(amount_units=5, detail=NOON), "until 2026-12-02 12:00:00 UTC"),
    (Operation.SET_LOCK_UP, Line(), "ends"),
    (
        Operation.ACTIVATE,
        activation_line(Particulars("HK0000098761", "4H95J0R2X", 156, FILING)),
        f"ISIN HK0000098761, DTI 4H95J0R2X, underlying in CN, filing {FILING}",
    ),
    (
        Operation.SET_RULES,
        rules_line(RULES),
        "at most 10.00 an account; at most 50 holders; transfers from 2026-12-02 12:00:00 UTC; "
        "transfers until second 1099511627775; classes professional, class 9; listed countries only",
    ),
    (Operation.SET_RULES, Line(), "no rules"),
    (Operation.SET_COUNTRY, Line(amount_units=1, detail=344), "HK allowed"),
    (Operation.SET_COUNTRY, Line(detail=344), "HK not allowed"),
    (Operation.SET_DOCUMENT, Line(amount_units=NAME, detail=7), f"prospectus at ipfs://a, hash 0x{7:064x}"),
    (Operation.REMOVE_DOCUMENT, Line(amount_units=1), f"0x{1:064x}"),
    (Operation.SCHEDULE_RECORD_DATE, Line(detail=NOON), "2026-12-02 12:00:00 UTC"),
    (Operation.CANCEL_RECORD_DATE, Line(detail=3), "number 3"),
    (
        Operation.LICENSE_VENUE,
        Line(recipient=VENUE, detail=NOON),
        "0x00000000000000000000000000000000000000A7 until 2026-12-02 12:00:00 UTC",
    ),
    (Operation.ISSUE, Line(amount_units=5), ""),
]


@pytest.mark.parametrize(("operation", "line", "words"), LINES)
def test_a_line_says_what_it_does(operation: Operation, line: Line, words: str) -> None:
    order = FILING if operation is Operation.ACTIVATE else NO_ORDER
    assert line_words(operation, line, order, "ipfs://a", 2) == words


def test_what_sets_an_instrument_moves_no_units() -> None:
    assert not [each for each in Operation if each.counts_units and sets_instrument(each)]
