"""Scores as a person with a pencil works them out from the published rules, without the product's expressions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from forms.expression import Expression
from forms.expression_value import evaluate, text
from forms.instrument import Instrument

Answers = Sequence[int | None]


@dataclass(frozen=True)
class Rule:
    """items, highest code, fewest answers, what a missing answer counts, factor, lower ends of the bands above 0."""

    items: int
    high: int
    fewest: int
    missing: str
    factor: int = 1
    bands: tuple[tuple[int, str], ...] = ()


RULES = {
    "phq9": Rule(
        9,
        3,
        7,
        "mean",
        bands=((20, "severe"), (15, "moderately_severe"), (10, "moderate"), (5, "mild"), (0, "minimal")),
    ),
    "gad7": Rule(7, 3, 6, "mean", bands=((15, "severe"), (10, "moderate"), (5, "mild"), (0, "minimal"))),
    "pcl5": Rule(20, 4, 16, "mean", bands=((33, "from_33"), (23, "from_23"), (0, "below_23"))),
    "phq15": Rule(15, 2, 12, "nothing", bands=((15, "high"), (10, "medium"), (5, "low"), (0, "minimal"))),
    "srq20": Rule(20, 1, 20, "no score"),
    "who5": Rule(5, 5, 5, "no score", 4, ((51, "above_50"), (29, "low"), (0, "very_low"))),
    "k6": Rule(6, 4, 6, "no score", bands=((13, "serious"), (5, "moderate"), (0, "low"))),
}
WOMEN_ONLY = {"phq15": 3}


def plain_score(name: str, answers: Answers, sex: str = "female") -> tuple[int, int | None]:
    """The number answered and the score, None for no score; a missing answer is None."""
    rule, values = RULES[name], list(answers)
    if sex != "female" and name in WOMEN_ONLY:
        del values[WOMEN_ONLY[name]]
    given = [value for value in values if value is not None]
    if len(given) < rule.fewest:
        return len(given), None
    total = Fraction(sum(given))
    if rule.missing == "mean":
        total = total * len(values) / len(given)
    return len(given), math.floor(total * rule.factor + Fraction(1, 2))


def plain_band(name: str, score: int | None) -> str:
    """The code of the band of a score, "" for none."""
    return "" if score is None else next((band for low, band in RULES[name].bands if score >= low), "")


PCL5_CLUSTERS = (((1, 5), 1), ((6, 7), 1), ((8, 14), 2), ((15, 20), 2))


def meets_dsm5(answers: Sequence[int]) -> bool:
    """Whether a complete PCL-5 has a symptom of B and of C and two of D and of E, each item 2 or more."""
    return all(
        sum(value >= 2 for value in answers[first - 1 : last]) >= fewest for (first, last), fewest in PCL5_CLUSTERS
    )


def plain_cluster_rule(answers: Answers) -> str:
    """What every possible completion of the missing answers agrees on: met, not_met, or "" when they differ."""
    choices = [(0, 1, 2, 3, 4) if value is None else (value,) for value in answers]
    found = {meets_dsm5(complete) for complete in product(*choices)}
    return "" if len(found) > 1 else "met" if found.pop() else "not_met"


def calculate(instrument: Instrument, answers: Mapping[str, str]) -> dict[str, str]:
    """Every calculated value of an instrument by the product's expressions, as the phone would store it."""
    known: dict[str, Any] = dict(answers)
    for name, expression in _calculations(instrument):
        known[name] = text(evaluate(expression, known))
    return known


_MADE: dict[int, tuple[Instrument, Sequence[tuple[str, Expression]]]] = {}


def _calculations(instrument: Instrument) -> Sequence[tuple[str, Expression]]:
    """Made once for each object; it is kept, so that no other can have its number."""
    if id(instrument) not in _MADE:
        _MADE[id(instrument)] = (instrument, tuple(instrument.calculations()))
    return _MADE[id(instrument)][1]


def as_answers(instrument: Instrument, values: Sequence[int | str | None], sex: str = "female") -> dict[str, str]:
    """Answers by question name; None is a blank."""
    given = {item.name: str(value) for item, value in zip(instrument.items, values, strict=True) if value is not None}
    return {"sex": sex, **given}
