"""Lengths of time are written as people write them, and nothing else is taken for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.duration import duration_words, parse_duration


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        (" 26H ", timedelta(hours=26)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_number_with_its_unit_is_read(text: str, found: timedelta) -> None:
    assert parse_duration(text) == found


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "1.5h", "15 m", "15min", "0s", "9999999s", "99999d", "٣m"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 90s, 15m, 26h or 7d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (8.9, "8 s"), (60, "1 min"), (3599, "59 min"), (93600, "26 h"), (172800, "2 days")],
)
def test_it_is_told_in_the_largest_unit_that_fits(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
