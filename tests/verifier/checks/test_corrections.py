"""Which postings a signed correction lets count: the verifier and the domain, which share nothing, on any rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from rwaledger.domain.correction import CorrectionRow, effective, posting_key
from rwaledger.domain.posting import Posting
from rwaledger.verifier import reversing
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.replay import Leg

NOW = datetime(2026, 7, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Drawn:
    """Postings of few places, and rows that claim to correct some of them."""

    postings: tuple[Posting, ...]
    rows: tuple[CorrectionRow, ...]


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    places = draw(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 1)), min_size=1, max_size=3, unique=True))
    postings = [
        Posting("X", block, log, leg, draw(st.sampled_from("ab")), draw(st.sampled_from([-5, 5, 7])), 0, "0x")
        for block, log in sorted(places)
        for leg in range(draw(st.integers(1, 5)))
    ]
    keys = [posting_key(each) for each in postings]
    rows = [
        CorrectionRow("b", "postings", key, draw(st.sampled_from(["", "X/9/9/9", *keys])), "X", 1, NOW)
        for key in draw(st.lists(st.sampled_from(keys), unique=True))
    ]
    return Drawn(tuple(postings), tuple(rows))


def legs(postings: tuple[Posting, ...]) -> Iterator[tuple[tuple[int, int], Leg]]:
    for p in postings:
        yield (p.block_number, p.log_index), Leg(p.leg, p.account, p.amount_units, p.balance_after_units, p.tx_hash)


@given(drawn())
def test_the_same_postings_count(case: Drawn) -> None:
    groups: dict[tuple[int, int], list[Leg]] = {}
    for place, leg in legs(case.postings):
        groups.setdefault(place, []).append(leg)
    ledger: Any = SimpleNamespace(instrument_id="X", groups=groups)
    due = effective(case.postings, case.rows)
    found = reversing.effective(cast(Ledger, ledger), case.rows)
    assert [(place, leg) for place, group in found.groups.items() for leg in group] == list(legs(due.postings))
    taken = [(place, leg) for _, place, leg in found.reversals]
    assert taken == list(legs(tuple(each.by for each in due.reversals)))
    assert {(*place, number) for place, number in found.corrected} == due.corrected
