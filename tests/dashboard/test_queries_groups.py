"""Knows that the questions about healing groups and people give the totals worked out by hand, on both databases."""

from __future__ import annotations

import pandas as pd
import pytest
from sqlalchemy import Connection, update

from connector.database import open_database
from connector.fact_schema import session
from dashboard.filters import ALL, Filters
from dashboard.queries_groups import (
    group_marks,
    group_members,
    group_rates,
    group_sessions,
    group_weeks,
    names_of_group,
)
from dashboard.queries_person import person, person_marks, person_scores
from tests.dashboard.known_programme import SENTINEL_NAME, TODAY, code


def rates_of(known: Connection) -> pd.DataFrame:
    """The list of healing groups by code."""
    return group_rates(known, ALL, TODAY).set_index("healing_group")


def test_groups_without_a_register_come_first_then_the_worst(known: Connection) -> None:
    found = group_rates(known, ALL, TODAY)
    assert list(found["healing_group"]) == ["2812-02", "2801-02", "2801-01", "2812-01"]
    assert pd.isna(found["rate"].iloc[0])


@pytest.mark.parametrize(
    ("group", "present", "expected"),
    [
        ("2801-01", 9, 12),  # weeks 13, 14, 15: 3 of 4 each
        ("2801-02", 8, 12),  # weeks 4, 5, 6: 3, 3, 2 of 4; week 7 was not held
        ("2812-01", 17, 21),  # weeks 14, 15, 16: 6, 6, 5 of 7
    ],
)
def test_the_rate_is_that_of_the_last_three_held_sessions(
    known: Connection, group: str, present: int, expected: int
) -> None:
    row = rates_of(known).loc[group]
    assert (row["present"], row["expected"]) == (present, expected)
    assert row["rate"] == pytest.approx(present / expected)


def test_members_are_those_of_today(known: Connection) -> None:
    # a3 has left 2801-01.
    assert rates_of(known)["members"].to_dict() == {"2812-02": 3, "2801-02": 4, "2801-01": 4, "2812-01": 7}


def test_sessions_to_date_are_counted(known: Connection) -> None:
    found = rates_of(known)
    assert found["due"].to_dict() == {"2812-02": 2, "2801-02": 7, "2801-01": 15, "2812-01": 16}
    assert found["held"].to_dict() == {"2812-02": 0, "2801-02": 6, "2801-01": 13, "2812-01": 16}
    assert found["not_reported"].to_dict() == {"2812-02": 2, "2801-02": 0, "2801-01": 1, "2812-01": 0}


def test_groups_follow_the_filters_and_sex_is_left_out(known: Connection) -> None:
    only = Filters(sector_code=("2801",), cohort=("2026-1",), sex=("male",))
    assert list(group_rates(known, only, TODAY)["healing_group"]) == ["2801-02", "2801-01"]


def test_sessions_to_come_have_no_cell(known: Connection) -> None:
    weeks = group_weeks(known, ALL, TODAY)
    assert weeks.groupby("healing_group")["week"].max().to_dict() == {
        "2801-01": 15,
        "2801-02": 7,
        "2812-01": 16,
        "2812-02": 2,
    }


def test_everybody_who_was_ever_a_member_has_a_mark_for_every_week(known: Connection) -> None:
    marks = group_marks(known, "2801-01")
    assert marks.groupby("client_code").size().to_dict() == {code(f"a{n}"): 16 for n in (1, 2, 3, 4, 5)}
    # 13 + 11 + 4 + 10 + 10 presences; a2 two absences, a4 one, a5 three; a3 11 weeks and a4 2 weeks not a member.
    assert marks["state"].value_counts().to_dict() == {
        "present": 48,
        "absent": 6,
        "not_member": 13,
        "not_held": 5,
        "no_report": 8,
    }


def test_members_carry_when_and_why_they_left(known: Connection) -> None:
    left = group_members(known, "2801-01").set_index("client_code").loc[code("a3")]
    assert left["left_reason"] == "moved_away"
    assert str(left["left_on"])[:10] == "2026-02-04"


def test_planned_sessions_are_listed_by_week(known: Connection) -> None:
    sessions = group_sessions(known, "2801-01")
    assert list(sessions["week"]) == list(range(1, 17))
    week_6 = sessions.set_index("week").loc[6]
    # a3 has left and a4 was absent: 4 on the list, 3 of them there, and one more person in the circle.
    assert (week_6["expected"], week_6["present"], week_6["head_count"], week_6["head_count_difference"]) == (
        4,
        3,
        4,
        1,
    )


def test_names_come_only_for_the_group_that_is_asked_for(known: Connection) -> None:
    names = names_of_group(known, "2801-02")
    assert list(names["client_code"]) == sorted(code(f"d{n}") for n in (1, 2, 3, 4))
    assert all(name.startswith(SENTINEL_NAME) for name in names["short_name"])


def test_a_person_is_found_by_code_without_a_name(known: Connection) -> None:
    found = person(known, code("a2"))
    assert found["sessions_attended"].iloc[0] == 11
    assert not any(SENTINEL_NAME in str(value) for value in found.iloc[0])


def test_an_unknown_code_gives_no_row(known: Connection) -> None:
    assert person(known, "AAAA-AAAA").empty


def test_a_persons_marks_run_by_date(known: Connection) -> None:
    marks = person_marks(known, code("a4"))
    assert list(marks["week"]) == list(range(1, 17))
    assert list(marks["state"][:4]) == ["not_member", "not_member", "present", "not_held"]


def test_a_persons_scores_run_by_date(known: Connection) -> None:
    scores = person_scores(known, code("b1"))
    assert list(zip(scores["wave"], scores["score"], strict=True)) == [
        ("screening", 16),
        ("baseline", 15),
        ("endline", 8),
    ]


def test_two_sessions_in_one_meeting_are_one_of_the_last_three(own_url: str) -> None:
    engine = open_database(own_url)
    week_16 = (session.c.healing_group == "2812-01") & (session.c.week == 16)
    with engine.begin() as connection:
        connection.execute(update(session).where(week_16).values(kind="merged", merged_into=15))
        row = rates_of(connection).loc["2812-01"]
    engine.dispose()
    assert (row["present"], row["expected"]) == (18, 21)  # weeks 13, 14, 15: 6 of 7 each
    assert row["held"] == 16
