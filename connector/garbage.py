"""Knows how seldom Python should look for garbage, and give memory back, while records pass in masses."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_BETWEEN = 100_000
"""More than a page of records makes, and forgets again by counting references alone: a third of the time is saved."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 32 * 2**20
"""More than a page of records needs."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Within the block what exists is not looked at again, and what is made only after `OBJECTS_BETWEEN` objects."""
    before = gc.get_threshold()
    keep_freed_memory()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def keep_freed_memory() -> None:
    """Let this process keep up to `KEPT_BYTES` that one page gave back for the next, where the system's library can.

    Otherwise each page is given its memory anew by the system, which clears it first: a third of the system's time.
    """
    if set_option := getattr(ctypes.CDLL(None), "mallopt", None):  # glibc's
        set_option(M_MMAP_THRESHOLD, KEPT_BYTES // 2)
        set_option(M_TRIM_THRESHOLD, KEPT_BYTES)
