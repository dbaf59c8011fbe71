"""Knows how long work tells a person where it is, without getting in the way of the result."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

from connector.duration import duration_words

OnProgress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and how much there is (None: unknown)."""
SECONDS_BETWEEN_LINES = 2.0
SECONDS_BETWEEN_REWRITES = 0.1
SECONDS_BEFORE_A_RATE = 1.0
"""A rate from less time than this would jump about."""


def no_progress(what: str, done: int = 0, total: int | None = None) -> None:
    """Say nothing; for callers that nobody watches."""


class ProgressLines:
    """Writes progress to a stream, usually standard error: one rewritten line on a terminal, else a line now and then.

    Call it like `OnProgress`; call `end` before anything else is printed. Rate and time left come from the average
    since the step began. `clock` counts seconds, `width` is that of the terminal.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        width: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._clock, self._width = clock, width
        self._is_terminal = self._stream.isatty()
        self._pause = SECONDS_BETWEEN_REWRITES if self._is_terminal else SECONDS_BETWEEN_LINES
        self._what = ""
        self._began_at, self._began_with = 0.0, 0
        self._shown_at = -SECONDS_BETWEEN_LINES
        self._shown = ""

    def __call__(self, what: str, done: int = 0, total: int | None = None) -> None:
        """Show a step; a new step, and the end of one, are always shown."""
        now = self._clock()
        if what != self._what:
            self.end()
            self._what, self._began_at, self._began_with = what, now, done
        elif done != total and now - self._shown_at < self._pause:
            return
        self._shown_at = now
        self._write(_line(what, done, total) + self._speed(now, done, total))

    def end(self) -> None:
        """Finish the line that is being rewritten."""
        if self._is_terminal and self._shown:
            self._stream.write("\n")
            self._stream.flush()
        self._shown, self._what = "", ""

    def _speed(self, now: float, done: int, total: int | None) -> str:
        """What is done in a second, and how long the rest will take at that rate."""
        seconds, more = now - self._began_at, done - self._began_with
        if seconds < SECONDS_BEFORE_A_RATE or more <= 0:
            return ""
        rate = more / seconds
        left = f", {duration_words((total - done) / rate)} left" if total and total > done else ""
        return f" ({rate:,.0f}/s{left})" if rate >= 1 else f" ({60 * rate:,.0f}/min{left})"

    def _write(self, line: str) -> None:
        if not self._is_terminal:
            self._stream.write(line + "\n")
        elif (line := line[: max(self._width() - 1, 20)]) != self._shown:  # one that wraps could not be rewritten
            self._stream.write("\r" + line.ljust(len(self._shown)))
            self._shown = line
        self._stream.flush()


def _line(what: str, done: int, total: int | None) -> str:
    if total:
        return f"{what} {done}/{total}"
    return f"{what} {done}" if done else what
