"""The gas table: every row is there, none is above its target, and one that is would be told."""

from __future__ import annotations

import pytest

from benchmarks.gas import above_target, measure
from benchmarks.gas_peers import COLUMNS, TARGETS
from rwaledger.chain.artifacts import CODE_BYTES_MAX

# A chain of its own, some two hundred transactions and one compilation.
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def rows() -> dict[str, int]:
    return measure()


def test_no_row_is_above_its_target(rows: dict[str, int]) -> None:
    assert above_target(rows) == []


def test_a_row_above_its_target_is_told(rows: dict[str, int]) -> None:
    worse = rows | {"dvp": TARGETS["dvp"] + 1}
    assert above_target(worse) == ["dvp: 115,001 is above 115,000"]


def test_every_column_is_measured_with_and_without_rules(rows: dict[str, int]) -> None:
    assert {column.row + suffix for column in COLUMNS for suffix in ("", "_3_rules")} <= set(rows)
    assert {"freeze", "erc20_transfer_warm", "erc20_transfer_fresh", "erc20_batch_mint_per_100"} <= set(rows)


def test_rules_cost_something_where_they_apply_and_nothing_where_not(rows: dict[str, int]) -> None:
    """A rule that was not on would cost nothing: then the comparison would be of nothing."""
    for row in ("mint_fresh", "batch_mint_per_100", "transfer_fresh", "transfer_warm", "dvp"):
        assert rows[f"{row}_3_rules"] > rows[row]
    assert rows["freeze_partial_3_rules"] == rows["freeze_partial"]


def test_a_compliant_batch_costs_less_than_a_plain_one(rows: dict[str, int]) -> None:
    assert rows["batch_mint_per_100_3_rules"] < rows["erc20_batch_mint_per_100"] / 2
    assert rows["transfer_fresh"] < rows["erc20_transfer_fresh"]


def test_every_contract_fits_into_a_block(rows: dict[str, int]) -> None:
    sizes = {name: value for name, value in rows.items() if name.startswith("code_size_")}
    assert len(sizes) == 5
    assert all(0 < size < CODE_BYTES_MAX for size in sizes.values())
