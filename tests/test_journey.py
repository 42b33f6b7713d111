"""The whole journey at its edges: the largest amounts, and a chain that changes its mind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.local import local_node
from rwaledger.domain.errors import UnknownName
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.operate.follow import follow
from rwaledger.registry import instructions, positions
from rwaledger.registry.database import Database
from rwaledger.report import model
from rwaledger.report.forms import FORMS
from rwaledger.report.reconciliation import document
from tests.office import Office, open_office

LARGEST = 2**96 - 1


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Iterator[Office]:
    with local_node(tmp_path / "node") as node:
        yield open_office(database, node, tmp_path)


def test_the_largest_amounts_survive_from_file_to_report(office: Office) -> None:
    """2^96-1 units in all, in two holdings that are each far beyond 2^64."""
    office.back(units=LARGEST)
    office.issue("HKDS,kowloon,79228162514264337593543.950334\nHKDS,lantau,0.000001")
    office.send_as("kowloon", "HKDS", "transfer", office.address("lantau"), LARGEST // 2)

    office.settle_and_sync()
    with office.database.read() as connection:
        held = {p.account: p.balance_units for p in positions.positions(connection, "HKDS")}
        last = list(positions.postings(connection, "HKDS"))[-1]
    found = reconcile(office.database, office.node)
    report = json.loads(FORMS["json"].render(document(model.build(office.database, found))))

    lantau, kowloon = office.address("lantau"), office.address("kowloon")
    assert (held[lantau], held[kowloon]) == (LARGEST // 2 + 1, LARGEST // 2)
    assert held["0x" + "0" * 40] == -LARGEST
    assert last.balance_after_units in (LARGEST // 2 + 1, LARGEST // 2)
    # Whoever pays that much by hand has left no record of it for the travel rule, and hears of it.
    assert [each.check for each in found.breaks] == ["C19"]
    held_text = report["tables"]["holdings-HKDS"]
    assert held_text["totals"]["units"] == "79228162514264337593543.950335"
    assert [row["units"] for row in held_text["rows"]] == [
        "39614081257132168796771.975168",
        "39614081257132168796771.975167",
    ]


def test_a_reorganisation_after_syncing_is_rewound_and_reconciles(office: Office) -> None:
    """Three blocks go, with an issue in them; what stays reconciles, and the same command issues again."""
    latest = Finality.parse("latest")
    office.back()
    office.issue("HKDS,kowloon,100")
    office.issue("HKDS,lantau,50", "dropped")
    office.send_as("kowloon", "HKDS", "transfer", office.address("lantau"), 7)
    office.send_as("lantau", "HKDS", "transfer", office.address("kowloon"), 3)
    follow(office.database, office.node, sync(office.database, office.node, latest).target_block)

    office.node.request("anvil_reorg", [3, []])
    summary = sync(office.database, office.node, latest)
    follow(office.database, office.node, summary.target_block)
    found = reconcile(office.database, office.node)

    assert summary.rewound_blocks == 3
    assert office.balance("lantau") == 0
    assert found.passed, found.breaks

    office.issue("HKDS,lantau,50", "dropped")
    follow(office.database, office.node, sync(office.database, office.node, latest).target_block)
    assert office.balance("lantau") == 50_000_000
    assert reconcile(office.database, office.node).passed


def test_what_a_reorganisation_drops_before_it_was_final_is_sent_again(office: Office) -> None:
    """The register had not read the block; only the receipt had been written down."""
    office.back()
    office.issue("HKDS,kowloon,100")
    assert status_of(office, "issue") == "mined"

    office.node.request("anvil_reorg", [1, []])
    follow(office.database, office.node, office.settle_and_sync().target_block)

    assert status_of(office, "issue") == "sent"
    assert reconcile(office.database, office.node).passed
    office.issue("HKDS,kowloon,100")
    follow(office.database, office.node, office.settle_and_sync().target_block)
    assert status_of(office, "issue") == "final"
    assert office.balance("kowloon") == 100_000_000


def status_of(office: Office, key: str) -> str:
    """How far the register says that the instruction of a key has come."""
    with office.database.read() as connection:
        (found,) = [s for s in instructions.instructions(connection) if s.idempotency_key == key]
    return found.status.value


def test_a_check_that_is_not_there_is_named(office: Office) -> None:
    office.settle_and_sync()
    with pytest.raises(UnknownName, match="C99"):
        reconcile(office.database, office.node, checks=["C99"])
