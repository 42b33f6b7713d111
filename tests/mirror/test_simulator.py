"""Some seeds of the simulator; `make test-deep` runs hundreds. A seed that goes wrong says how to see it again."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from rwaledger.registry.database import Database
from tests.mirror.simulator import Wrong, simulate


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_seed(database: Database, database_url: str, seed: int) -> None:
    simulate(seed, 30, database_url)


def test_a_mirror_that_does_not_rewind_is_found_out(new_register: Callable[[], Database]) -> None:
    """A judge that lets everything pass would be of no use."""
    with patch("rwaledger.registry.rewind._set_positions_back"), pytest.raises(Wrong) as wrong:
        for seed in range(1, 20):
            simulate(seed, 30, new_register().url)
    assert "positions: " in str(wrong.value)
    assert ".venv/bin/python -m tests.mirror.simulator " in str(wrong.value)
