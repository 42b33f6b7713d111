"""The policy file: what is in force on which day, and which files are refused."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from rwaledger.cli.main import run
from rwaledger.domain.errors import SettingsError
from rwaledger.domain.policy import Threshold
from rwaledger.policies.loading import load_policy

PACKAGED = (files("rwaledger") / "policies" / "hong-kong.toml").read_text(encoding="utf-8")


def test_the_packaged_policy_is_that_of_hong_kong() -> None:
    policy = load_policy(None)
    assert policy.zone == "Asia/Hong_Kong"
    assert not policy.calendar.is_business_day(date(2026, 7, 1))
    assert policy.travel_rule_threshold == Threshold("8000", "HKD")
    assert policy.redemption_business_days == 1
    assert set(policy.reserve_kinds) == {"cash", "deposits", "bills", "reverse-repo"}
    assert all(each.source for each in policy.figures)


def test_what_happened_is_judged_by_what_was_in_force(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    later = '[[redemption_business_days]]\nvalue = 2\nvalid_from = 2026-07-01\nsource = "an amendment"\n'
    gone = '[[reserve_kinds]]\nkind = "bills"\ncurrencies = []\nmax_tenor_months = 12\nvalid_from = 2026-07-01\n'
    path.write_text(f'{PACKAGED}\n{later}\n{gone}source = "an amendment"\n', encoding="utf-8")
    policy = load_policy(path)

    assert policy.on(date(2026, 6, 30)).redemption_business_days == 1
    assert policy.on(date(2026, 7, 1)).redemption_business_days == 2
    assert policy.redemption_business_days == 2
    assert policy.on(date(2026, 6, 30)).reserve_kinds["bills"].currencies == {"HKD"}
    assert policy.on(date(2026, 7, 1)).reserve_kinds["bills"].currencies == frozenset()
    with pytest.raises(SettingsError, match="no redemption_business_days in force on 2020-01-01"):
        assert policy.on(date(2020, 1, 1)).redemption_business_days


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[nav_deviation_bp]]\nvalue = 50", "[[nav_deviation_bp]]\nvalue = 50\ngrade = 1", "nav_deviation_bp.0.grade"),
        ('holidays = "HK"', 'holidays = "HK"\nmoon = "full"', "moon: Extra inputs"),
        ('value = "8000"', "value = 8000.0", "travel_rule_threshold.0.value"),
        ('value = "8000"', 'value = "8,000"', "not a positive decimal amount"),
        ("value = 10\n", "value = 10_001\n", "redemption_fee_max_bp.0.value"),
        ('source = "policy choice: the reserve is attested every month"\n', "", "attestation_lifetime_s.0.source"),
        ('zone = "Asia/Hong_Kong"', 'zone = "Asia/Kowloon"', "no time zone 'Asia/Kowloon'"),
        ('holidays = "HK"', 'holidays = "Hong Kong"', "holidays: String should match"),
        ("max_tenor_months = 3\n", "max_tenor_months = 3\nmax_tenor_business_days = 9\n", "not both"),
        ("max_tenor_months = 12\n", "", "without on_demand it needs"),
        ('kind = "cash"', 'kind = "deposits"', "two versions have the same valid_from"),
        ("[[nav_deviation_bp]]", "[[nav_deviation_bp", "is not TOML"),
    ],
)
def test_a_policy_with_a_fault_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert PACKAGED.count(old) == 1
    path = tmp_path / "faulty.toml"
    path.write_text(PACKAGED.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_policy(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_country_without_holidays_counts_no_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nowhere.toml"
    path.write_text(PACKAGED.replace('holidays = "HK"', 'holidays = "XX"'), encoding="utf-8")
    with pytest.raises(SettingsError, match="no holidays are known for the country 'XX'"):
        load_policy(path).calendar.add(date(2026, 7, 1), 1)
    monkeypatch.setenv("RWALEDGER_POLICY_FILE", str(path))
    assert run(["config", "policy"]) == 2
    assert "no holidays are known" in capsys.readouterr().err


def test_a_missing_policy_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load_policy(tmp_path / "none.toml")


def test_config_policy_shows_each_figure_with_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(PACKAGED.replace('value = "8000"', 'value = "7999.50"'), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RWALEDGER_POLICY_FILE", str(own))

    assert run(["config", "policy"]) == 0
    assert "travel_rule_threshold     7999.50 HKD" in capsys.readouterr().out
    assert run(["config", "policy", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures[0] == {
        "figure": "travel_rule_threshold",
        "value": "7999.50 HKD",
        "valid_from": "2023-06-01",
        "source": "Anti-Money Laundering and Counter-Terrorist Financing Ordinance (Cap. 615), Schedule 2, section 13A",
    }
