"""Knows how seldom Python should look for garbage in cycles while records pass in masses, or forms are filled."""

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


@contextmanager
def collections_by_hand() -> Iterator[None]:
    """Within the block garbage is looked for only by `collect_new`, and what exists is not looked at again.

    Java's side lets Python look through everything whenever it cleans up itself, unless that is off: a sixth of the
    time of filling forms.
    """
    was_enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def collect_new() -> None:
    """Look for garbage among what is new, if that is more than `OBJECTS_BETWEEN` objects."""
    if gc.get_count()[0] > OBJECTS_BETWEEN:
        gc.collect(1)
