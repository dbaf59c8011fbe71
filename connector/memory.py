"""Knows how the C library is asked to give memory back that a page of records does not need any more."""

from __future__ import annotations

import ctypes
from contextlib import suppress

MOST_ARENAS, MAPPED_FROM = -8, -3
"""What glibc calls M_ARENA_MAX and M_MMAP_THRESHOLD; these numbers are part of its interface."""
SMALLEST_MAPPED = 2**17
"""Bytes. It is where glibc begins, but it keeps more for itself with each large piece that is freed."""


def keep_little() -> None:
    """From now on pieces from `SMALLEST_MAPPED` on go back to the system when they are freed.

    glibc gives every thread a store of its own, and what a thread that read a page has freed is of no use to others:
    four pages in flight held a third more than one. So all threads share one store; they take turns anyway. Call it
    before the first thread starts. Other C libraries (musl, macOS) do not have these two settings and need none.
    """
    with suppress(AttributeError, OSError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(MOST_ARENAS, 1)
        set_option(MAPPED_FROM, SMALLEST_MAPPED)
