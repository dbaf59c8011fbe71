"""Knows when a watch runs again: at its interval, after failures that pass, and not where a person must act."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connector.errors import (
    BusyError,
    DatabaseLockedError,
    DatabaseUnreachableError,
    FormError,
    HealingError,
    MissingAssetError,
    NeedsPersonError,
    ServerError,
)

EVERY = timedelta(minutes=15)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=1)
JITTER = 0.2
"""Each wait is this share longer or shorter by chance, so that many machines do not come at the same moment."""
SHORTEST_PAUSE = 5.0
"""Seconds between two runs when one takes longer than the interval."""
PASSING = (
    ServerError,
    BusyError,
    DatabaseLockedError,
    DatabaseUnreachableError,
    MissingAssetError,
    NeedsPersonError,
    FormError,
)
"""Failures after which the next run is worth while: they pass, or concern one form while the others are still read."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a watch keeps time, in seconds; tests replace all of it. `chance` is 0 to 1."""

    every: float = EVERY.total_seconds()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def pause(self, began_at: float) -> float:
        """Seconds to wait after a run that began then: from beginning to beginning it is the interval, give or take."""
        due = began_at + self.every * (1 - JITTER + 2 * JITTER * self.chance())
        return max(due - self.clock(), SHORTEST_PAUSE)


def watch(
    run: Callable[[], None],
    pace: Pace,
    on_failure: Callable[[HealingError], None],
    on_wait: Callable[[float], None] = lambda seconds: None,
) -> int:
    """Run again and again, one run after the other, until somebody interrupts; return how many runs came to an end.

    A failure that passes is handed to `on_failure`, and the next run comes at its time. Raises the failures where a
    person must act: settings, token, permission, a database that is damaged, full or newer; and faults of the program.
    """
    ended = 0
    try:
        while True:
            began_at = pace.clock()
            try:
                run()
            except HealingError as error:
                if not is_passing(error):
                    raise
                on_failure(error)
            ended += 1
            seconds = pace.pause(began_at)
            on_wait(seconds)
            pace.sleep(seconds)
    except KeyboardInterrupt:
        return ended


def is_passing(error: HealingError) -> bool:
    """Whether the next run may go well, or do some good, without anybody's help."""
    return isinstance(error, PASSING)
