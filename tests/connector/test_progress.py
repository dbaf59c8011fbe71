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
    assert lines[0] == "reading 1/100" and lines[-1] == "reading 100/100 (10/s)"
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


def told(*moments: tuple[float, int, int | None]) -> str:
    """The last line of a step of which `moments` are (second, done, total)."""
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLines(stream, clock)
    for clock.now, done, total in moments:
        progress("reading", done, total)
    return stream.getvalue().splitlines()[-1]


def test_rate_and_time_left_are_the_average_since_the_step_began() -> None:
    assert told((0, 0, 30_000), (5, 10_000, 30_000)) == "reading 10000/30000 (2,000/s, 10 s left)"
    assert told((0, 0, 30_000), (5, 1_000, 30_000), (10, 20_000, 30_000)).endswith("(2,000/s, 5 s left)")


def test_what_was_there_when_the_step_began_is_not_its_work() -> None:
    assert told((0, 9_000, 10_000), (10, 9_500, 10_000)) == "reading 9500/10000 (50/s, 10 s left)"


def test_slow_work_is_told_by_the_minute() -> None:
    assert told((0, 0, 10), (120, 4, 10)) == "reading 4/10 (2/min, 3 min left)"


def test_no_time_left_is_told_where_the_end_is_unknown_or_reached() -> None:
    assert told((0, 0, None), (4, 80, None)) == "reading 80 (20/s)"
    assert told((0, 0, 80), (4, 80, 80)) == "reading 80/80 (20/s)"


def test_nothing_is_guessed_in_the_first_second_or_while_nothing_moves() -> None:
    assert told((0, 0, 100), (0.9, 100, 100)) == "reading 100/100"
    assert told((0, 50, 100), (60, 50, 100)) == "reading 50/100"


def test_each_step_has_a_rate_of_its_own() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLines(stream, clock)
    for what, clock.now, done in (("one", 0, 0), ("one", 2, 2_000), ("two", 100, 0), ("two", 110, 50)):
        progress(what, done, 10_000)
    assert stream.getvalue().splitlines()[-1] == "two 50/10000 (5/s, 33 min left)"


def test_a_terminal_is_not_written_to_more_than_ten_times_a_second_or_without_news() -> None:
    stream, clock = Terminal(), Clock()
    progress = ProgressLines(stream, clock)
    for step in range(1000):
        clock.now = step / 1000
        progress("reading", 1 + step // 2, 10_000)
    assert stream.getvalue().count("\r") <= 11
    clock.now += 10
    before = len(stream.getvalue())
    progress("reading", 500, 10_000)
    clock.now += 0.2
    after = len(stream.getvalue())
    progress("reading", 500, 10_000)
    assert before < after and len(stream.getvalue()) - after <= after - before


def test_a_line_is_cut_to_the_terminal_for_one_that_wraps_stays_behind() -> None:
    stream, clock = Terminal(), Clock()
    progress = ProgressLines(stream, clock, width=lambda: 30)
    progress("intake: comparing records with a long name", 1, 2)
    assert stream.getvalue() == "\rintake: comparing records wit"


def test_ending_twice_writes_nothing_more() -> None:
    stream = Terminal()
    progress = ProgressLines(stream)
    progress.end()
    progress.end()
    assert stream.getvalue() == ""
