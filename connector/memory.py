"""Knows how the C library is asked to keep the memory of one page of records for the next, and no more than that."""

from __future__ import annotations

import ctypes
from contextlib import suppress

MOST_ARENAS, MAPPED_FROM, KEPT = -8, -3, -1
"""What glibc calls M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD; these numbers are part of its interface."""
SMALLEST_MAPPED = 8 * 2**20
MOST_KEPT = 16 * 2**20
"""Bytes. A page of a thousand records has some four million, and as much again while it is stored."""


def keep_little() -> None:
    """From now on pieces from `SMALLEST_MAPPED` on go back to the system when they are freed, and so does what is free
    beyond `MOST_KEPT`; what is less is used again, which spares the system to clear memory for every page.

    glibc gives every thread a store of its own, and what a thread that read a page has freed is of no use to others:
    four pages in flight held a third more than one. So all threads share one store; they take turns anyway. Call it
    before the first thread starts. Other C libraries (musl, macOS) do not have these settings and need none.
    """
    with suppress(AttributeError, OSError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(MOST_ARENAS, 1)
        set_option(MAPPED_FROM, SMALLEST_MAPPED)
        set_option(KEPT, MOST_KEPT)
