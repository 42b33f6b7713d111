"""Collector: have Python look for cycles seldom, while rows are made by the hundred thousand, none of them in one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_MADE = 50_000
"""How many objects are made between two looks. With Python's own 700 they are a third of a sync's time."""


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """As it was, behind it."""
    before = gc.get_threshold()
    gc.set_threshold(max(OBJECTS_MADE, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
