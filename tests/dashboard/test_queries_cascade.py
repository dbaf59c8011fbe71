"""Knows that the cascade counts people as worked out by hand, and keeps those not due apart, on both databases."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection

from dashboard.filters import ALL, Filters
from dashboard.queries_cascade import STEPS, cascade
from tests.dashboard.known_programme import TODAY

# step: reached, waiting, of the step before (numerator, denominator), denominator of screened
BY_HAND = {
    "screened": (22, 0, 22, 22, 22),
    "eligible": (21, 0, 21, 22, 22),  # one is too young
    "consented": (20, 0, 20, 21, 22),
    "enrolled": (19, 0, 19, 20, 22),  # one lives too far away
    # a4 joined later and nobody reported for c1, c2, c3; a5 and b6 were absent.
    "week_1": (13, 4, 13, 15, 18),
    # 2801-02 (4) and 2812-02 (3) have not come to week 8; a3 had left, a5 was absent; a4 and b6 came, without week 1.
    "week_8": (10, 7, 8, 9, 15),
    # a1 has enough already; a2…a5, c1…c3, d1…d4 still can; b3 came 12 times.
    "completed": (7, 11, 7, 8, 11),
    # Only the window of 2812-01 is over: b5 has no endline; b3 has one without having completed.
    "endline": (6, 12, 5, 6, 10),
}


@pytest.mark.parametrize("step", [step.code for step in STEPS])
def test_each_step_counts_as_worked_out_by_hand(known: Connection, step: str) -> None:
    row = cascade(known, ALL, TODAY).set_index("step").loc[step]
    assert tuple(row[["n", "waiting", "before_n", "before_of", "screened_of"]]) == BY_HAND[step]


def test_steps_come_in_order(known: Connection) -> None:
    assert list(cascade(known, ALL, TODAY)["step"]) == list(BY_HAND)


@pytest.mark.parametrize("by", ["sex", "sector_code"])
def test_a_breakdown_adds_up_to_the_whole(known: Connection, by: str) -> None:
    whole = cascade(known, ALL, TODAY).set_index("step")
    parts = cascade(known, ALL, TODAY, by).drop(columns=by).groupby("step").sum()
    assert parts.loc[whole.index].to_dict() == whole.to_dict()


def test_women_are_counted_apart_from_men(known: Connection) -> None:
    found = cascade(known, ALL, TODAY, "sex").set_index(["sex", "step"])["n"]
    # Women: a1 a2 a5, b1 b2 b4 b6 b7, c1 c3, d1 d2 enrolled, and s2 who did not consent.
    assert (found["female", "screened"], found["female", "enrolled"], found["female", "endline"]) == (13, 12, 5)
    assert (found["male", "screened"], found["male", "enrolled"], found["male", "endline"]) == (9, 7, 1)


@pytest.mark.parametrize(
    ("filters", "screened", "enrolled"),
    [
        (Filters(sex=("female",)), 13, 12),
        (Filters(sector_code=("2812",)), 11, 10),
        (Filters(cohort=("2026-1",)), 12, 12),
        (Filters(healing_group=("2801-01",), sex=("male",)), 2, 2),
        (Filters(district_code=("51",)), 0, 0),
    ],
)
def test_the_cascade_follows_the_filters(known: Connection, filters: Filters, screened: int, enrolled: int) -> None:
    found = cascade(known, filters, TODAY).set_index("step")["n"]
    assert (found["screened"], found["enrolled"]) == (screened, enrolled)


def test_a_step_is_due_on_its_day_and_not_before(known: Connection) -> None:
    # Week 1 of 2812-01 was held on 3 November: b6 was absent, and waited until the day before.
    group = Filters(healing_group=("2812-01",))
    days = {day: cascade(known, group, date(2025, 11, day)).set_index("step") for day in (2, 3)}
    assert {day: steps.loc["week_1", "waiting"] for day, steps in days.items()} == {2: 1, 3: 0}


def test_nobody_misses_a_session_that_was_not_reported(known: Connection) -> None:
    # 20 April is the day of week 8 of 2801-02: without a report nobody knows who came.
    group = Filters(healing_group=("2801-02",))
    assert cascade(known, group, date(2026, 4, 20)).set_index("step").loc["week_8", "waiting"] == 4


def test_the_endline_is_missing_only_when_its_window_is_over(known: Connection) -> None:
    # 2812-01 started on 3 November: due after 112 days, and 28 days are allowed: b5 is missing from 23 March.
    group = Filters(healing_group=("2812-01",))
    waiting = {
        day: cascade(known, group, date(2026, 3, day)).set_index("step").loc["endline", "waiting"] for day in (22, 23)
    }
    assert waiting == {22: 1, 23: 0}


def test_an_empty_database_has_a_cascade_of_zeroes(empty: Connection) -> None:
    found = cascade(empty, ALL, TODAY)
    assert list(found["n"]) == [0] * len(STEPS)
    assert cascade(empty, ALL, TODAY, "sex").empty
