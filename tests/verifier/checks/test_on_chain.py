"""What was done on the chain itself: L1 has the operator's outcomes and root findings, each and all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rwaledger.audit.evidence.export import export
from rwaledger.audit.sources import Terms
from rwaledger.policies.loading import load_policy
from rwaledger.verifier.checks import run_all
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import CheckResult
from tests.audit.seeding import SEEDS
from tests.played import Played
from tests.verifier.checks.conftest import Root, roots

TOGETHER = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15)
"""Of the scenario's breaks those that a pack can show: 11 and 14 lie beyond the pinned block."""


def exported(played: Played, path: Path) -> Path:
    """The pack, with all that was done a block behind it: a node proves none that it has just made."""
    played.node.request("anvil_mine", ["0x4"])
    assert played.run("register", "sync") == 0
    export(played.database, played.node, path, Terms(load_policy(None)))
    return path


def counted(results: Sequence[CheckResult]) -> Counter[Root]:
    return Counter(roots(list(results)))


def test_all_breaks_together_are_those_that_the_operator_found(played_apart: Played, tmp_path: Path) -> None:
    for number in TOGETHER:
        SEEDS[number](played_apart)
    with Pack(exported(played_apart, tmp_path / "seeded.evidence.zip")) as pack:
        told, found = pack.reconciliation, run_all(pack)
    assert {each.check: each.outcome for each in found} == {each.check: each.outcome for each in told}
    assert counted(found) == counted(told)
    assert len(counted(found)) == len(TOGETHER) - 1
    consequences = [Counter(len(each.findings) for each in results) for results in (found, told)]
    assert consequences[0] == consequences[1]
