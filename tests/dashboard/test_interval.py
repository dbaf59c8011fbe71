"""Knows that the mean change and its interval are those of a calculation by hand and of printed tables."""

from __future__ import annotations

import math

import pytest

from dashboard.interval import FEWEST_GROUPS, mean_change, t_quantile


@pytest.mark.parametrize(
    ("freedom", "printed"),
    [(4, 2.776), (5, 2.571), (7, 2.365), (10, 2.228), (19, 2.093), (30, 2.042), (60, 2.000), (120, 1.980)],
)
def test_t_agrees_with_printed_tables(freedom: int, printed: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(printed, abs=0.002)


def test_mean_and_interval_follow_the_calculation_by_hand() -> None:
    # Five groups of 2, 1, 1, 1, 1 people; differences (−4, −2), −6, 0, −5, −1: n = 6, mean −3.
    # Sums less n × mean: 0, −3, 3, −2, 2: squares add up to 26. Variance 5/4 × 26 / 36.
    found = mean_change([2, 1, 1, 1, 1], [-6, -6, 0, -5, -1], [20, 36, 0, 25, 1])
    assert found is not None
    assert (found.people, found.groups, found.mean) == (6, 5, -3.0)
    half = t_quantile(0.975, 4) * math.sqrt(5 / 4 * 26 / 36)
    assert found.low == pytest.approx(-3 - half)
    assert found.high == pytest.approx(-3 + half)
    # Squares 82 less 6 × 9 = 28; 28 / 5 = 5.6.
    assert found.deviation == pytest.approx(math.sqrt(5.6))


def test_with_one_person_a_group_the_interval_is_the_usual_one() -> None:
    values = [-9, -4, -7, 1, -2, -3, -8, 0]
    found = mean_change([1] * 8, values, [value * value for value in values])
    assert found is not None and found.high is not None and found.low is not None
    usual = t_quantile(0.975, 7) * found.deviation / math.sqrt(8)
    assert found.high - found.mean == pytest.approx(usual)
    assert found.mean - found.low == pytest.approx(usual)


def test_alike_neighbours_widen_the_interval() -> None:
    apart = mean_change([2] * 6, [-10, 0, -10, 0, -10, 0], [50, 0, 50, 0, 50, 0])
    mixed = mean_change([2] * 6, [-5] * 6, [25] * 6)
    assert apart is not None and mixed is not None
    assert apart.mean == mixed.mean and apart.deviation == mixed.deviation
    assert apart.high is not None and mixed.high is not None
    assert apart.high - apart.mean > mixed.high - mixed.mean


def test_few_groups_give_no_interval() -> None:
    groups = FEWEST_GROUPS - 1
    found = mean_change([4] * groups, [-8] * groups, [20] * groups)
    assert found is not None
    assert (found.mean, found.low, found.high) == (-2.0, None, None)


def test_nobody_gives_no_mean() -> None:
    assert mean_change([], [], []) is None


def test_one_person_has_no_spread() -> None:
    found = mean_change([1], [-4], [16])
    assert found is not None
    assert (found.mean, found.deviation) == (-4.0, 0.0)
