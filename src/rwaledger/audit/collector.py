"""The collector of reference cycles, at rest while records are read and judged."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Looks for no reference cycles meanwhile.

    What a reconciliation loads are millions of objects that stay, and hardly one is in a cycle: to go through them
    whenever there are some more takes a third of its time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
