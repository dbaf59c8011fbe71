"""Knows how sure a mean change is when people sit in healing groups and resemble their neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

FEWEST_GROUPS = 5
"""Below this an interval clustered by healing group would be a guess, and none is given."""

SOURCE = "Cameron & Miller 2015, doi 10.3368/jhr.50.2.317"


@dataclass(frozen=True, slots=True)
class MeanChange:
    """A mean difference in points, its standard deviation, and its 95 % interval (None with too few groups)."""

    people: int
    groups: int
    mean: float
    deviation: float
    low: float | None
    high: float | None


def mean_change(people: Sequence[int], sums: Sequence[float], sums_of_squares: Sequence[float]) -> MeanChange | None:
    """Return the mean change with a 95 % interval clustered by healing group, or None without people.

    One entry for each group: people, sum of their differences, sum of the squares. The variance is the
    cluster-robust one of a mean with the factor G / (G − 1), and t has G − 1 degrees of freedom (SOURCE).
    """
    n, groups = sum(people), len(people)
    if n == 0:
        return None
    mean = sum(sums) / n
    deviation = math.sqrt(max(sum(sums_of_squares) - n * mean * mean, 0.0) / (n - 1)) if n > 1 else 0.0
    if groups < FEWEST_GROUPS:
        return MeanChange(n, groups, mean, deviation, None, None)
    residuals = sum((total - count * mean) ** 2 for count, total in zip(people, sums, strict=True))
    half = t_quantile(0.975, groups - 1) * math.sqrt(groups / (groups - 1) * residuals) / n
    return MeanChange(n, groups, mean, deviation, mean - half, mean + half)


def t_quantile(probability: float, freedom: int) -> float:
    """Return the quantile of Student's t for 4 or more degrees of freedom, to two decimals or better.

    Abramowitz & Stegun 1964, formula 26.7.5: the normal quantile with four corrections.
    """
    z = NormalDist().inv_cdf(probability)
    corrections = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom ** (power + 1) for power, term in enumerate(corrections))
