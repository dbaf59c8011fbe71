"""Knows that the questions of This week give the totals worked out by hand, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import Connection

from dashboard.filters import ALL, Filters
from dashboard.queries_alerts import alert_counts, handling_history, open_alerts
from dashboard.queries_sessions import members_now, people_missing, sessions_due, sessions_to_chase, silent_chas
from tests.dashboard.known_programme import NOW, TODAY, code

LAST_WEEK = {"held": 1, "not_held": 1, "no_report": 1, "awaited": 0}


def counts(frame: pd.DataFrame, key: str, value: str) -> dict[str, int]:
    """Two columns as a dictionary."""
    return {str(row[key]): int(row[value]) for _, row in frame.iterrows()}


def test_the_worst_alert_comes_first_and_closed_ones_are_gone(known: Connection) -> None:
    alerts = open_alerts(known, ALL, NOW)
    # x2 is moderate and overdue, x5 moderate and contacted; x4 is closed.
    assert list(alerts["alert_id"]) == ["x1", "x2", "x5", "x3"]


def test_an_alert_is_overdue_until_somebody_has_made_contact(known: Connection) -> None:
    alerts = open_alerts(known, ALL, NOW).set_index("alert_id")
    assert alerts["is_overdue"].to_dict() == {"x1": 1, "x2": 1, "x5": 0, "x3": 0}
    assert alerts["state"].to_dict() == {"x1": "open", "x2": "acknowledged", "x5": "contacted", "x3": "open"}


def test_an_alert_is_not_overdue_before_its_time(known: Connection) -> None:
    early = NOW - timedelta(hours=7, minutes=1)  # one minute before x2 is due
    assert open_alerts(known, ALL, early).set_index("alert_id").loc["x2", "is_overdue"] == 0


def test_the_most_urgent_alerts_are_kept_when_there_are_too_many(known: Connection) -> None:
    assert list(open_alerts(known, ALL, NOW, limit=2)["alert_id"]) == ["x1", "x2"]


def test_alerts_carry_no_name_and_no_answer(known: Connection) -> None:
    columns = set(open_alerts(known, ALL, NOW).columns)
    assert columns == {
        "alert_id",
        "kind",
        "level",
        "person",
        "client_code",
        "healing_group",
        "cha_code",
        "actions",
        "opened_at",
        "due_at",
        "state",
        "is_overdue",
    }


def test_alerts_are_counted_by_level_with_zeroes(known: Connection) -> None:
    found = alert_counts(known, ALL, NOW)
    assert counts(found, "level", "open") == {"imminent": 1, "moderate": 2, "low": 1, "follow_up": 0}
    assert counts(found, "level", "overdue") == {"imminent": 1, "moderate": 1, "low": 0, "follow_up": 0}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(sex=("male",)), ["x2"]),
        (Filters(sector_code=("2812",)), ["x2", "x5"]),
        (Filters(cohort=("2026-1",)), ["x1", "x5", "x3"]),
        (Filters(healing_group=("2801-02",)), ["x3"]),
        (Filters(district_code=("28",), sex=("female",), sector_code=("2801",)), ["x1", "x3"]),
        (Filters(district_code=("51",)), []),
    ],
)
def test_alerts_follow_the_filters(known: Connection, filters: Filters, expected: list[str]) -> None:
    assert list(open_alerts(known, filters, NOW)["alert_id"]) == expected


def test_the_history_of_an_alert_is_told_in_order(known: Connection) -> None:
    history = handling_history(known, "x5")
    assert list(history["state"]) == ["acknowledged", "contacted"]
    assert set(history["handled_by"]) == {"JN"}


def test_sessions_of_the_last_seven_days_are_counted_by_status(known: Connection) -> None:
    # Due 9 to 15 April: 2801-01 week 15 held, 2801-02 week 7 rained off, 2812-02 week 2 silent.
    assert counts(sessions_due(known, ALL, TODAY), "status", "sessions") == LAST_WEEK


def test_sessions_of_two_weeks_are_counted_by_status(known: Connection) -> None:
    # And due 2 to 8 April: 2801-01 week 14 and 2801-02 week 6 held, 2812-02 week 1 silent.
    found = sessions_due(known, ALL, TODAY, days=14)
    assert counts(found, "status", "sessions") == {"held": 3, "not_held": 1, "no_report": 2, "awaited": 0}


@pytest.mark.parametrize(("today", "expected"), [(date(2026, 4, 12), 3), (date(2026, 4, 13), 3), (date(2026, 4, 5), 2)])
def test_both_ends_of_the_span_count(known: Connection, today: date, expected: int) -> None:
    # Running groups meet on Mondays: 6 and 13 April; 2812-02 starts on 6 April.
    assert int(sessions_due(known, ALL, today)["sessions"].sum()) == expected


@pytest.mark.parametrize(
    ("today", "late", "awaited"), [(date(2026, 4, 13), 0, 1), (date(2026, 4, 14), 0, 1), (date(2026, 4, 15), 1, 0)]
)
def test_a_report_is_late_only_after_two_days(known: Connection, today: date, late: int, awaited: int) -> None:
    # 2812-02 week 2 was due on Monday 13 April and has no report.
    found = counts(sessions_due(known, ALL, today), "status", "sessions")
    assert (found["no_report"], found["awaited"]) == (late, awaited)
    assert ("2812-02" in list(sessions_to_chase(known, ALL, today)["healing_group"])) is bool(late)


def test_a_session_not_due_yet_is_not_chased(known: Connection) -> None:
    chase = sessions_to_chase(known, ALL, TODAY)
    assert list(chase["healing_group"]) == ["2801-02", "2812-02"]
    assert list(chase["week"]) == [7, 2]
    assert chase["not_held_reason"].iloc[0] == "rain"


def test_a_cha_without_any_report_is_silent_and_others_are_not(known: Connection) -> None:
    silent = silent_chas(known, ALL, TODAY)
    # C01 reported, C02's group has finished and nothing was due, C03 owes two reports and never sent one.
    assert list(silent["cha_code"]) == ["C03"]
    assert list(silent["due"]) == [2]
    assert silent["last_report_at"].isna().all()


def test_people_who_missed_two_in_a_row_are_listed_longest_first(known: Connection) -> None:
    people = people_missing(known, ALL, TODAY)
    # b3 missed four, but that healing group has finished; d3 missed one.
    assert list(people["client_code"]) == [code("d2"), code("a2")]
    assert list(people["missed_in_row"]) == [3, 2]


def test_a_higher_limit_lists_fewer(known: Connection) -> None:
    assert list(people_missing(known, ALL, TODAY, at_least=3)["client_code"]) == [code("d2")]


def test_members_of_running_groups_are_the_denominator(known: Connection) -> None:
    # 4 in 2801-01 (a3 has left), 3 in 2812-02, 4 in 2801-02.
    assert int(members_now(known, ALL, TODAY)["members"].iloc[0]) == 11


def test_a_member_who_leaves_later_is_still_a_member_today(known: Connection) -> None:
    # a3 leaves on 4 February.
    assert int(members_now(known, Filters(healing_group=("2801-01",)), date(2026, 2, 3))["members"].iloc[0]) == 5


def test_an_empty_database_gives_empty_answers(empty: Connection) -> None:
    assert open_alerts(empty, ALL, NOW).empty
    assert int(alert_counts(empty, ALL, NOW)["open"].sum()) == 0
    assert int(sessions_due(empty, ALL, TODAY)["sessions"].sum()) == 0
    assert silent_chas(empty, ALL, TODAY).empty
    assert people_missing(empty, ALL, TODAY).empty
