"""Rules changed from a file, under four eyes: what differs is said, signed, and in force; what was is still known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rwaledger.chain import state
from rwaledger.cli.main import run
from rwaledger.domain.errors import InputFileError
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.execute import run as carry_out
from rwaledger.operate.rule_change import RuleChange, rule_changes, rule_plans
from rwaledger.registry import instructions
from tests.office import CHECKER, INSTRUMENTS, MAKER, Office

TIGHTER = INSTRUMENTS.replace('max_balance = "1000"', 'max_balance = "500"\nholder_cap = 3').replace(
    'countries = ["HK", "SG"]', 'countries = ["HK", "JP"]'
)


@pytest.fixture
def changes_of(office: Office) -> Callable[[str], list[RuleChange]]:
    """What a file with this text would change."""

    def changes(text: str) -> list[RuleChange]:
        path = office.write("rules.toml", text)
        return rule_changes(path, read_descriptions(path), office.names(), office.node)

    return changes


def test_the_file_of_the_deployment_changes_nothing(changes_of: Callable[[str], list[RuleChange]]) -> None:
    changes = changes_of(INSTRUMENTS)
    assert [change.is_none for change in changes] == [True, True]
    assert rule_plans(Path("rules.toml"), changes, "again") == []


def test_every_difference_is_said(changes_of: Callable[[str], list[RuleChange]]) -> None:
    hkds, bond = changes_of(TIGHTER)
    assert hkds.words() == [
        ("country JP", "not allowed", "allowed"),
        ("country SG", "allowed", "not allowed"),
    ]
    assert bond.words() == [
        ("max_balance", "at most 1000 an account", "at most 500 an account"),
        ("holder_cap", "none", "at most 3 holders"),
    ]


def test_what_is_asked_for_comes_into_force(office: Office, changes_of: Callable[[str], list[RuleChange]]) -> None:
    for plan in rule_plans(Path("rules.toml"), changes_of(TIGHTER), "tighter"):
        carry_out(office.desk, plan)

    assert all(change.is_none for change in changes_of(TIGHTER))
    rules = state.rules(office.node, office.instrument("GRN28").address, "latest")
    assert (rules.max_balance_units, rules.holder_cap) == (500, 3)


def test_the_same_rules_can_come_back(office: Office, changes_of: Callable[[str], list[RuleChange]]) -> None:
    """One file, applied, taken back by another and applied again: its instructions are other ones each time."""
    for text in (TIGHTER, INSTRUMENTS, TIGHTER):
        for plan in rule_plans(Path("rules.toml"), changes_of(text), "rules"):
            carry_out(office.desk, plan)
        assert all(change.is_none for change in changes_of(text))


def test_what_deployment_settled_is_refused(changes_of: Callable[[str], list[RuleChange]]) -> None:
    with pytest.raises(InputFileError, match="guarded_country was settled for ever"):
        changes_of(INSTRUMENTS.replace('countries = ["HK"]', 'countries = ["HK"]\nguarded_country = "US"'))


def test_the_commands_say_and_apply_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"RPC_URL": office.node.url, "MAKER": MAKER, "CHECKER": CHECKER}
    settings["DATABASE_URL"] = f"sqlite:///{office.folder / 'register.db'}"
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    path = office.write("tighter.toml", TIGHTER)

    assert run(["rules", "diff", str(path), "--instrument", "GRN28"]) == 0
    assert "at most 500 an account" in capsys.readouterr().out
    assert run(["rules", "apply", str(path), "--dry-run"]) == 0
    assert run(["rules", "diff", str(path), "--json"]) == 0
    assert run(["rules", "apply", str(path), "--yes"]) == 0
    assert run(["rules", "apply", str(path), "--yes"]) == 0
    assert "in force already" in capsys.readouterr().out
    with office.database.read() as connection:
        done = [s for s in instructions.instructions(connection) if s.idempotency_key.startswith("rules:tighter.toml")]
    assert sorted(each.instruction.operation for each in done) == ["set-country", "set-rules"]
