"""The collector of reference cycles rests while a reconciliation is made, and is as it was behind it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from rwaledger.audit.collector import collector_at_rest


@pytest.fixture(params=[True, False], ids=["on", "off"])
def collecting(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the collector is on; it is as it was behind the test."""
    was_on = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield bool(request.param)
    (gc.enable if was_on else gc.disable)()


def test_the_collector_rests_and_is_behind_it_as_it_was(collecting: bool) -> None:
    with collector_at_rest():
        assert not gc.isenabled()
    assert gc.isenabled() is collecting


def test_it_is_as_it_was_behind_an_error_too(collecting: bool) -> None:
    with pytest.raises(ZeroDivisionError), collector_at_rest():
        raise ZeroDivisionError
    assert gc.isenabled() is collecting
