"""Knows that a breakdown shows no small count, neither as a number nor inside a share."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from sqlalchemy import Connection

from dashboard.breakdown import HIDDEN, NOT_SHOWN, cascade_rows, verdict_rows
from dashboard.filters import ALL
from dashboard.queries_cascade import STEPS, cascade
from dashboard.queries_outcomes import verdicts
from tests.dashboard.known_programme import TODAY


def steps_of(*people: tuple[str, list[int]]) -> pd.DataFrame:
    """A cascade by sex with the given counts, nobody waiting."""
    rows = [
        {
            "sex": sex,
            "step": step.code,
            "n": n,
            "waiting": 0,
            "before_n": n,
            "before_of": before,
            "screened_of": counts[0],
        }
        for sex, counts in people
        for step, n, before in zip(STEPS, counts, [counts[0], *counts], strict=False)
    ]
    return pd.DataFrame(rows)


def numbers(frame: pd.DataFrame) -> set[int]:
    """Every number that is printed in a table, percentages left out."""
    text = " ".join(str(value) for value in frame.to_numpy().ravel())
    return {int(number) for number in re.findall(r"\d+(?! %)\b", re.sub(r"\d+ %", "", text))}


def test_large_counts_are_shown_with_both_shares() -> None:
    steps = steps_of(("female", [60, 55, 50, 40, 38, 30, 20, 10]), ("male", [30, 28, 27, 25, 22, 20, 15, 12]))
    rows = cascade_rows(steps, "sex", "enrolled").set_index("sex")
    assert rows.loc["female"].to_dict() == {
        "People": "40",
        "Of the step before": "80 % (40 of 50)",
        "Of screened": "67 % (40 of 60)",
    }


def test_few_men_hide_the_women_as_well() -> None:
    steps = steps_of(("female", [60, 55, 50, 40, 38, 30, 20, 10]), ("male", [30, 28, 27, 25, 22, 20, 15, 3]))
    rows = cascade_rows(steps, "sex", "endline").set_index("sex")
    assert list(rows["People"]) == [HIDDEN, HIDDEN]
    assert list(rows["Of screened"]) == [NOT_SHOWN, NOT_SHOWN]


def test_a_share_is_hidden_with_its_denominator() -> None:
    steps = steps_of(("female", [60, 55, 50, 3, 0, 0, 0, 0]), ("male", [30, 28, 27, 9, 0, 0, 0, 0]))
    rows = cascade_rows(steps, "sex", "week_1").set_index("sex")
    assert list(rows["People"]) == ["0", "0"]
    assert list(rows["Of the step before"]) == [NOT_SHOWN, NOT_SHOWN]


@pytest.mark.parametrize("by", ["sex", "sector_code"])
@pytest.mark.parametrize("step", [step.code for step in STEPS])
def test_the_known_programme_shows_no_small_number(known: Connection, by: str, step: str) -> None:
    rows = cascade_rows(cascade(known, ALL, TODAY, by), by, step)
    assert not {n for n in numbers(rows.drop(columns=by)) if 0 < n < 5}


def test_a_value_that_is_not_recorded_has_its_own_row() -> None:
    steps = steps_of(("female", [60, 55, 50, 40, 38, 30, 20, 10]))
    unknown = steps.assign(sex=None)
    rows = cascade_rows(pd.concat([steps, unknown]), "sex", "screened")
    assert list(rows["People"]) == ["60", "60"]


def test_verdicts_are_shares_of_those_with_both_scores() -> None:
    frame = pd.DataFrame(
        [
            {"sex": "female", "improved": 60, "no_change": 30, "worse": 10, "paired": 100},
            {"sex": "male", "improved": 20, "no_change": 15, "worse": 5, "paired": 40},
        ]
    )
    rows = verdict_rows(frame, "sex").set_index("sex")
    assert list(rows.loc["male"]) == ["50 % (20 of 40)", "38 % (15 of 40)", "12 % (5 of 40)"]


def test_few_who_got_worse_are_hidden_with_others_beside_them() -> None:
    frame = pd.DataFrame(
        [
            {"sex": "female", "improved": 60, "no_change": 30, "worse": 10, "paired": 100},
            {"sex": "male", "improved": 20, "no_change": 15, "worse": 2, "paired": 37},
        ]
    )
    rows = verdict_rows(frame, "sex").set_index("sex")
    assert rows.loc["male", "Worse"] == NOT_SHOWN
    assert rows.loc["female", "Worse"] == NOT_SHOWN
    assert list(rows.loc["male"]).count(NOT_SHOWN) >= 2


def test_verdicts_of_few_people_are_hidden_altogether(known: Connection) -> None:
    rows = verdict_rows(verdicts(known, ALL, "phq9", "sex"), "sex")
    assert numbers(rows.drop(columns="sex")) <= {0}


def test_no_verdicts_give_no_rows() -> None:
    frame = pd.DataFrame(columns=["sex", "improved", "no_change", "worse", "paired"])
    assert verdict_rows(frame, "sex").empty
