"""Knows that a change is judged in the direction of the instrument, and not at all where no source says what counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.facts_changes import verdict
from forms.instrument import ReliableChange
from forms.instruments.catalogue import CATALOGUE

EVERY = pytest.mark.parametrize("name", CATALOGUE)
OPPOSITE = {"improved": "worse", "worse": "improved", "no_change": "no_change", "unknown": "unknown"}


@pytest.mark.parametrize(
    ("name", "difference", "expected"),
    [
        ("phq9", -6, "improved"),
        ("phq9", 6, "worse"),
        ("who5", 12, "improved"),  # 10 points or more, and higher is better
        ("who5", -12, "worse"),
        ("who5", 8, "no_change"),
        ("who5", -8, "no_change"),
        ("pcl5", -10, "improved"),
        ("srq20", -20, "unknown"),  # no source says what counts
        ("k6", 24, "unknown"),
        ("phq15", 0, "unknown"),
    ],
)
def test_a_change_is_judged_as_worked_out_by_hand(name: str, difference: int, expected: str) -> None:
    assert verdict(difference, CATALOGUE[name]) == expected


@EVERY
def test_up_and_down_are_judged_as_opposites(name: str) -> None:
    instrument = CATALOGUE[name]
    for points in range(instrument.highest_score + 1):
        assert verdict(points, instrument) == OPPOSITE[verdict(-points, instrument)]


@EVERY
def test_the_same_rise_is_worse_or_better_by_the_direction_of_the_instrument(name: str) -> None:
    instrument = replace(CATALOGUE[name], reliable_change=(ReliableChange(1, "made"),))
    assert verdict(1, instrument) == ("worse" if instrument.higher_is_worse else "improved")


@EVERY
def test_without_both_scores_nothing_is_known(name: str) -> None:
    assert verdict(None, CATALOGUE[name]) == "unknown"
