"""Knows how long work tells a person where it is, without getting in the way of the result."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

OnProgress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and how much there is (None: unknown)."""
SECONDS_BETWEEN_LINES = 2.0


def no_progress(what: str, done: int = 0, total: int | None = None) -> None:
    """Say nothing; for callers that nobody watches."""


class ProgressLines:
    """Writes progress to a stream, usually standard error: one rewritten line on a terminal, else a line now and then.

    Call it like `OnProgress`; call `end` before anything else is printed.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._is_terminal = self._stream.isatty()
        self._what = ""
        self._shown_at = -SECONDS_BETWEEN_LINES
        self._width = 0

    def __call__(self, what: str, done: int = 0, total: int | None = None) -> None:
        """Show a step; a new step, and the end of one, are always shown."""
        line = _line(what, done, total)
        is_due = self._clock() - self._shown_at >= (0.1 if self._is_terminal else SECONDS_BETWEEN_LINES)
        if what == self._what and done != total and not is_due:
            return
        if what != self._what:
            self.end()
        self._what, self._shown_at = what, self._clock()
        self._write(line)

    def end(self) -> None:
        """Finish the line that is being rewritten."""
        if self._is_terminal and self._width:
            self._stream.write("\n")
            self._stream.flush()
        self._width, self._what = 0, ""

    def _write(self, line: str) -> None:
        if self._is_terminal:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()


def _line(what: str, done: int, total: int | None) -> str:
    if total:
        return f"{what} {done}/{total}"
    return f"{what} {done}" if done else what
