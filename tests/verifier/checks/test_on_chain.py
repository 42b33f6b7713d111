"""All of the scenario's breaks together: L1 has the operator's outcomes, coverage and findings."""

from __future__ import annotations

from pathlib import Path

from rwaledger.audit.evidence.export import export
from rwaledger.audit.sources import Terms
from rwaledger.policies.loading import load_policy
from rwaledger.verifier import rerun
from rwaledger.verifier.pack import Pack
from tests.audit.seeding import SEEDS
from tests.played import Played
from tests.verifier.checks.conftest import roots

ON_CHAIN = (15, 6, 1, 9)
BEYOND = (11, 14)
"""What happens behind the pinned block: a pack has nothing of it."""

IN_REGISTER = (2, 3, 4, 5, 7, 8, 10, 12)


def exported(played: Played, path: Path) -> Path:
    """The pack of a register as it is."""
    export(played.database, played.node, path, Terms(load_policy(None)))
    return path


def read_on(played: Played) -> None:
    """A node proves none of the blocks that it has just made."""
    played.node.request("anvil_mine", ["0x4"])
    assert played.run("register", "sync") == 0


def test_all_breaks_together_are_those_that_the_operator_found(played_apart: Played, tmp_path: Path) -> None:
    for number in ON_CHAIN:
        SEEDS[number](played_apart)
    read_on(played_apart)
    for number in (*BEYOND, *IN_REGISTER):
        SEEDS[number](played_apart)
    with Pack(exported(played_apart, tmp_path / "seeded.evidence.zip")) as pack:
        level, found = rerun.check(pack, {})
    assert level.faults == []
    assert len(roots(found)) == len(ON_CHAIN) - 1 + len(IN_REGISTER)
    assert [each.message[:12] for each in level.breaks] == ["C13, TAMPER,"]
    assert any("C02, TIMING" in each for each in level.unproved)
