"""No time between attempts: as many as ever, and none of the pauses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def impatient() -> Iterator[None]:
    """What would be waited for a node is not waited for; what the node itself asks for is."""
    with patch("rwaledger.mirror.sync._PAUSE_S", 0), patch("rwaledger.chain.rpc._BACK_OFF", lambda _state: 0):
        yield
