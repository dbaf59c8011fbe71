"""How long work shows where it is, on a terminal and in a log."""

from __future__ import annotations

import io

from connector.progress import ProgressLines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_now_and_then_and_the_last_one() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLines(stream, clock)
    for done in range(1, 101):
        clock.now += 0.1
        progress("reading", done, 100)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "reading 1/100" and lines[-1] == "reading 100/100"
    assert len(lines) == 6


def test_a_terminal_has_one_line_that_is_written_over() -> None:
    stream, clock = Terminal(), Clock()
    progress = ProgressLines(stream, clock)
    progress("reading", 100, 200)
    clock.now += 1
    progress("reading", 7, 9)
    progress.end()
    assert stream.getvalue() == "\rreading 100/200\rreading 7/9    \n"


def test_a_new_step_begins_a_new_line() -> None:
    stream = Terminal()
    progress = ProgressLines(stream, Clock())
    progress("one")
    progress("two", 3)
    progress.end()
    assert stream.getvalue() == "\rone\n\rtwo 3\n"


def test_ending_twice_writes_nothing_more() -> None:
    stream = Terminal()
    progress = ProgressLines(stream)
    progress.end()
    progress.end()
    assert stream.getvalue() == ""
