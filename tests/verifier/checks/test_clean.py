"""The clean scenario: all twenty pass, and look at what the operator's reconciliation looked at."""

from __future__ import annotations

from pathlib import Path

from rwaledger.verifier.checks import run_all
from rwaledger.verifier.pack import Pack


def test_all_twenty_pass_with_the_operators_coverage(story_pack: Path) -> None:
    with Pack(story_pack) as pack:
        found, told = run_all(pack), pack.reconciliation
    assert [each.check for each in found] == [f"C{number:02}" for number in range(1, 21)]
    assert [(each.check, each.outcome, each.title) for each in found] == [
        (each.check, "PASS", each.title) for each in told
    ]
    assert {each.check: dict(each.coverage) for each in found} == {each.check: dict(each.coverage) for each in told}


def test_a_head_that_the_caller_has_kept_is_looked_for(story_pack: Path) -> None:
    kept = "0x" + "77" * 32
    with Pack(story_pack) as pack:
        (head, *_) = (each for each in pack.manifest.heads if each.instrument_id == "HKDS")
        known = run_all(pack, {"HKDS": head.head})[-1]
        other = run_all(pack, {"HKDS": kept})[-1]
    assert (known.outcome, known.coverage["expected_heads"]) == ("PASS", 1)
    assert [(each.check, each.cause, each.left) for each in other.findings] == [
        ("C20", "expected head", ("expected", kept))
    ]
