"""The scenario's seeded breaks: each alone yields its finding and no other."""

from __future__ import annotations

from rwaledger.audit.reconcile import reconcile
from tests.played import Played


def test_the_scenario_as_it_was_played_passes_every_check(played: Played) -> None:
    found = reconcile(played.database, played.node)
    assert [result.check for result in found.results if result.outcome != "PASS"] == []
