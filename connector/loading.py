"""Knows that what modules make while they load stays: looking for garbage there, or as the program ends, finds none."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading_modules() -> Iterator[None]:
    """Within the block garbage is not looked for at all; afterwards as before, and what exists counts as old.

    Otherwise the first look behind the block goes through all that was made in it, and takes longer than all looks
    within the block would have taken.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # both together: from the youngest generation to the oldest, without a look at anything
        if was_enabled:
            gc.enable()


def end_without_looking() -> None:
    """Spare the end of this process the look for garbage in all modules: the system takes everything back at once.

    That look is a fifth of a run in which nothing changed. What is printed is written, threads are waited for and
    `atexit` is obeyed as ever; but a file that nobody closed may lose its last lines, so whoever opens one closes it.
    """
    atexit.register(gc.freeze)
