"""A number on phones that nobody has tried lately is told, before forms leave and whenever they are checked."""

import datetime as dt
from dataclasses import replace

import pytest

from forms.help_line import help_line_warnings
from forms.programme import PROGRAMME, HelpLine

TODAY = dt.date(2026, 11, 26)


def warnings(tested_on: dt.date | None) -> tuple[str, ...]:
    line = HelpLine("Clinic", "114", "the ministry's page", tested_on)
    return help_line_warnings(replace(PROGRAMME, help_lines=(line,)), TODAY)


def test_a_number_that_nobody_has_called_is_told() -> None:
    (warning,) = warnings(None)
    assert warning.startswith("help line Clinic 114 has never been tested: call it")
    assert "tested_on" in warning


@pytest.mark.parametrize("days", [366, 4000])
def test_a_number_last_called_over_a_year_ago_is_told_with_the_day(days: int) -> None:
    day = TODAY - dt.timedelta(days=days)
    assert f"was last tested on {day:%Y-%m-%d}, over a year ago" in warnings(day)[0]


@pytest.mark.parametrize("days", [365, 1, 0, -1])
def test_a_number_called_within_the_year_is_not_told(days: int) -> None:
    assert warnings(TODAY - dt.timedelta(days=days)) == ()


def test_each_number_is_looked_at() -> None:
    lines = (HelpLine("A", "1", "s"), HelpLine("B", "2", "s", TODAY), HelpLine("C", "3", "s"))
    found = help_line_warnings(replace(PROGRAMME, help_lines=lines), TODAY)
    assert [warning.split()[2] for warning in found] == ["A", "C"]
