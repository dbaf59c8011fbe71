"""Knows sessions that are merged or made up for, newcomers in them, and that one meeting is counted once."""

import datetime as dt
from typing import Any

import pytest

from connector.facts import HealingGroup, InDistress, Mark, Membership, Report
from connector.facts_clients import missed_in_row
from connector.facts_sessions import build_sessions, session_row
from tests.connector.derived_database import CARDS
from tests.connector.mark_rows import build_marks

START = dt.date(2026, 3, 2)
GROUP = HealingGroup("G1", "28", "2801", "C1", "2026-A", START, 15)
WEEK_5, WEEK_6 = (GROUP.due_on(week) for week in (5, 6))
MERGED = Report(
    root_uuid="r6",
    server_id=6,
    healing_group="G1",
    week=6,
    session_date=WEEK_6,
    was_held="yes",
    not_held_reason=None,
    roster=frozenset("ABC"),
    expected=3,
    absent={"B": "sick"},
    head_count=2,
    minutes=120,
    reported_at=dt.datetime(2026, 4, 6, 18),
    ended_at=dt.datetime(2026, 4, 6, 17),
    in_distress=(InDistress("A", "low"),),
    to_follow_up=("C",),
    kind="merged",
    merged_week=5,
)
RAINED = MERGED._replace(
    root_uuid="r5",
    server_id=5,
    week=5,
    session_date=WEEK_5,
    was_held="no",
    not_held_reason="rain",
    kind="not_held",
    merged_week=None,
)
MADE_UP = MERGED._replace(root_uuid="m5", server_id=7, week=5, session_date=dt.date(2026, 4, 2), kind="made_up")
COUNTED = ("newcomers", "head_count", "head_count_difference", "minutes", "people_in_distress", "people_to_follow_up")
MEMBERS = [Membership(code, "G1", dt.date(2026, 1, 1)) for code in "ABC"]


def weeks(*reports: Report) -> dict[int, dict[str, Any]]:
    return {row["week"]: row for row in map(session_row, build_sessions(GROUP, reports)[0])}


def problems(*reports: Report) -> list[tuple[str, str | None, str | None]]:
    return sorted((each.kind, each.root_uuid, each.path) for each in build_sessions(GROUP, reports)[1])


def marks(week: int, *reports: Report, **joined: str) -> dict[str, str]:
    sessions, _ = build_sessions(GROUP, reports)
    found, _ = build_marks(sessions, [*MEMBERS, Membership("N", "G1", dt.date(2026, 3, 1))], joined)
    return {row["client_code"]: row["state"] for row in found if row["week"] == week}


def test_a_merged_report_holds_both_weeks_on_the_day_of_the_meeting() -> None:
    found = weeks(MERGED)
    for week in (5, 6):
        row = found[week]
        assert (row["status"], row["kind"], row["held_on"], row["root_uuid"]) == ("held", "merged", WEEK_6, "r6")
        assert (row["expected"], row["present"], row["absent"]) == (3, 2, 1)
    assert (found[5]["merged_into"], found[6]["merged_into"]) == (6, None)


def test_both_weeks_of_a_merged_session_have_the_same_marks() -> None:
    assert marks(5, MERGED) == marks(6, MERGED)
    assert (marks(5, MERGED)["A"], marks(5, MERGED)["B"]) == ("present", "absent")


def test_what_is_counted_of_one_meeting_adds_up_once() -> None:
    found = weeks(MERGED._replace(head_count=4, newcomers=(CARDS[0],), newcomer_count=1))
    total = {name: sum(row[name] or 0 for row in found.values()) for name in COUNTED}
    assert total == {
        "newcomers": 1,
        "head_count": 4,
        "head_count_difference": 1,
        "minutes": 120,
        "people_in_distress": 1,
        "people_to_follow_up": 1,
    }
    assert all(found[5][name] is None for name in COUNTED)


def test_one_meeting_has_each_problem_once() -> None:
    sessions, found = build_sessions(GROUP, [MERGED._replace(head_count=9)])
    _, more = build_marks(sessions, [*MEMBERS, Membership("X", "G1", START)])
    assert [each.kind for each in (*found, *more)] == ["head_count_differs", "not_on_phone_roster"]


def test_a_session_that_was_rained_off_and_merged_later_is_no_contradiction() -> None:
    for reports in ((RAINED, MERGED), (RAINED._replace(server_id=99), MERGED)):
        assert weeks(*reports)[5]["root_uuid"] == "r6"
        assert problems(*reports) == []


def test_a_session_that_was_rained_off_and_made_up_later_is_no_contradiction() -> None:
    for reports in ((RAINED, MADE_UP), (RAINED._replace(server_id=99), MADE_UP)):
        row = weeks(*reports)[5]
        assert (row["status"], row["kind"], row["held_on"]) == ("held", "made_up", dt.date(2026, 4, 2))
        assert problems(*reports) == []


def test_a_session_that_is_said_not_to_have_been_held_after_it_was_made_up_is_a_contradiction() -> None:
    later = RAINED._replace(server_id=99, session_date=dt.date(2026, 4, 3))
    assert weeks(MADE_UP, later)[5]["status"] == "not_held"
    assert problems(MADE_UP, later) == [("session_reported_twice", "m5", "week")]


def test_a_planned_session_and_one_that_was_not_held_are_a_contradiction() -> None:
    planned = MADE_UP._replace(kind="planned", server_id=4)
    assert weeks(planned, RAINED)[5]["status"] == "not_held"
    assert problems(planned, RAINED) == [("session_reported_twice", "m5", "week")]


def test_a_report_of_a_week_that_another_session_included_is_a_problem_and_the_last_counts() -> None:
    own = MADE_UP._replace(kind="planned", server_id=8, head_count=2)
    found = weeks(MERGED, own)
    assert (found[5]["root_uuid"], found[5]["kind"], found[6]["root_uuid"]) == ("m5", "planned", "r6")
    assert (found[5]["head_count"], found[6]["head_count"], found[5]["merged_into"]) == (2, 2, None)
    assert problems(MERGED, own) == [("session_reported_twice", "r6", "merged_week")]


def test_a_merged_report_that_counts_for_the_other_week_only_tells_the_meeting_there() -> None:
    own = MADE_UP._replace(kind="planned", week=6, server_id=8)
    found = weeks(MERGED, own)
    assert (found[6]["root_uuid"], found[5]["root_uuid"]) == ("m5", "r6")
    assert (found[5]["merged_into"], found[5]["head_count"]) == (None, 2)


@pytest.mark.parametrize("week", [None, 0, 16])
def test_a_merged_report_whose_own_week_is_not_one_of_the_plan_holds_the_other(week: int | None) -> None:
    found = weeks(MERGED._replace(week=week))
    assert (found[5]["status"], found[5]["head_count"], found[6]["status"]) == ("held", 2, "no_report")


def test_a_merged_week_outside_the_plan_is_a_problem_of_that_question() -> None:
    assert problems(MERGED._replace(merged_week=16)) == [("week_out_of_range", "r6", "merged_week")]


@pytest.mark.parametrize("kind", ["planned", "made_up", "not_held", None])
def test_another_week_counts_for_a_merged_session_only(kind: str | None) -> None:
    assert weeks(MERGED._replace(kind=kind))[5]["status"] == "no_report"


def test_a_week_merged_with_itself_is_one_session() -> None:
    found = weeks(MERGED._replace(merged_week=6))
    assert (found[6]["head_count"], found[6]["merged_into"], problems(MERGED._replace(merged_week=6))) == (2, None, [])


@pytest.mark.parametrize(("was_held", "kind"), [("yes", None), ("no", "not_held"), (None, None)])
def test_a_record_of_the_form_before_says_only_whether_a_session_was_held(was_held: str, kind: str | None) -> None:
    old = MERGED._replace(kind=None, merged_week=None, was_held=was_held)
    assert weeks(old)[6]["kind"] == kind


def test_newcomers_are_expected_in_the_circle() -> None:
    assert weeks(MERGED._replace(head_count=3, newcomer_count=1))[6]["head_count_difference"] == 0
    assert weeks(MERGED._replace(head_count=2, newcomer_count=1))[6]["head_count_difference"] == -1
    assert weeks(MERGED._replace(head_count=3, newcomer_count=1))[6]["expected"] == 3


def test_a_joined_newcomer_who_is_a_member_that_day_was_present() -> None:
    report = MERGED._replace(newcomers=(CARDS[0], CARDS[1]), newcomer_count=2)
    assert marks(6, report)["N"] == "no_report"
    assert marks(6, report, **{CARDS[1]: "N"})["N"] == "present"
    assert marks(6, report, **{CARDS[2]: "N"})["N"] == "no_report"


def test_a_newcomer_was_present_also_when_a_second_report_of_the_session_made_other_codes() -> None:
    first = MERGED._replace(newcomers=(CARDS[0],), newcomer_count=1)
    again = first._replace(root_uuid="r7", server_id=7, newcomers=(CARDS[1],))
    assert marks(6, first, again, **{CARDS[0]: "N"})["N"] == "present"


def test_a_newcomer_whose_membership_begins_later_was_no_member_that_day() -> None:
    sessions, _ = build_sessions(GROUP, [MERGED._replace(newcomers=(CARDS[0],), newcomer_count=1)])
    later = Membership("N", "G1", WEEK_6 + dt.timedelta(days=1))
    found, _ = build_marks(sessions, [later], {CARDS[0]: "N"})
    assert {row["state"] for row in found if row["week"] == 6} == {"not_member"}


def test_one_meeting_is_missed_once_and_attended_for_two_weeks() -> None:
    def mark(week: int, state: str, merged_into: int | None = None) -> Mark:
        return Mark("G1", week, "A", state, WEEK_6, merged_into)

    assert missed_in_row([mark(4, "present"), mark(5, "absent", 6), mark(6, "absent")]) == 1
    assert missed_in_row([mark(4, "absent"), mark(5, "absent", 6), mark(6, "absent")]) == 2
