"""Knows what becomes of planned sessions, and of each member at each of them."""

import datetime as dt
from typing import Any

import pytest

from connector.facts import HealingGroup, InDistress, Membership, Report
from connector.facts_sessions import build_sessions, reports_of_unknown_group, session_row, unknown_cha
from tests.connector.mark_rows import build_marks

START = dt.date(2026, 3, 2)
GROUP = HealingGroup("G1", "28", "2801", "C1", "2026-A", START, 15)
HELD = Report(
    root_uuid="r1",
    server_id=1,
    healing_group="G1",
    week=1,
    session_date=START,
    was_held="yes",
    not_held_reason=None,
    roster=frozenset("ABC"),
    expected=3,
    absent={"B": "sick"},
    head_count=2,
    minutes=90,
    reported_at=dt.datetime(2026, 3, 2, 18),
    ended_at=dt.datetime(2026, 3, 2, 17),
    in_distress=(InDistress("A", "low"),),
    to_follow_up=("A", "C"),
)
ALWAYS = dt.date(2026, 1, 1)


def rows(*reports: Report) -> list[dict[str, Any]]:
    return [session_row(each) for each in build_sessions(GROUP, reports)[0]]


def problems(*reports: Report) -> list[tuple[str, str | None]]:
    return [(each.kind, each.root_uuid) for each in build_sessions(GROUP, reports)[1]]


def states(report: Report, *memberships: Membership, week: int = 1) -> dict[str, str]:
    sessions, _ = build_sessions(GROUP, [report])
    marks, _ = build_marks(sessions, memberships)
    return {row["client_code"]: row["state"] for row in marks if row["week"] == week}


def member(code: str, joined_on: dt.date = ALWAYS, left_on: dt.date | None = None) -> Membership:
    return Membership(code, "G1", joined_on, left_on)


def test_every_planned_week_is_a_session() -> None:
    found = rows()
    assert [row["week"] for row in found] == list(range(1, 16))
    assert {row["status"] for row in found} == {"no_report"}
    assert (found[0]["due_on"], found[14]["due_on"]) == (START, dt.date(2026, 6, 8))


def test_a_session_that_was_held_has_its_figures() -> None:
    first = rows(HELD)[0]
    names = ("status", "held_on", "expected", "present", "absent", "head_count", "head_count_difference", "minutes")
    assert [first[name] for name in names] == ["held", START, 3, 2, 1, 2, 0, 90]
    assert (first["people_in_distress"], first["people_to_follow_up"]) == (1, 2)


def test_a_session_belongs_where_its_group_belongs() -> None:
    first = rows(HELD)[0]
    assert [first[name] for name in ("cohort", "district_code", "sector_code", "cha_code")] == [
        "2026-A",
        "28",
        "2801",
        "C1",
    ]


def test_a_session_that_was_not_held_has_its_reason_and_no_figures() -> None:
    first = rows(HELD._replace(was_held="no", not_held_reason="rain"))[0]
    assert (first["status"], first["not_held_reason"], first["held_on"], first["present"]) == (
        "not_held",
        "rain",
        None,
        None,
    )


def test_a_report_that_does_not_say_whether_is_no_report() -> None:
    assert rows(HELD._replace(was_held=None))[0]["status"] == "no_report"


def test_of_two_reports_the_one_that_arrived_last_counts_and_the_other_is_a_problem() -> None:
    later = HELD._replace(root_uuid="r2", server_id=2, was_held="no")
    assert rows(later, HELD)[0]["root_uuid"] == "r2"
    assert problems(later, HELD) == [("session_reported_twice", "r1")]


@pytest.mark.parametrize("week", [0, 16, 17])
def test_a_week_outside_the_plan_is_a_problem_and_no_session(week: int) -> None:
    stray = HELD._replace(week=week)
    assert {row["status"] for row in rows(stray)} == {"no_report"}
    assert problems(stray) == [("week_out_of_range", "r1")]


def test_a_report_without_a_week_makes_no_session() -> None:
    assert {row["status"] for row in rows(HELD._replace(week=None))} == {"no_report"}


def test_a_head_count_that_differs_is_a_problem() -> None:
    more = HELD._replace(head_count=5)
    assert rows(more)[0]["head_count_difference"] == 3
    assert problems(more) == [("head_count_differs", "r1")]


def test_a_head_count_that_is_missing_is_no_difference() -> None:
    assert rows(HELD._replace(head_count=None))[0]["head_count_difference"] is None
    assert problems(HELD._replace(head_count=None)) == []


def test_a_report_of_an_unknown_group_is_a_problem() -> None:
    assert [each.kind for each in reports_of_unknown_group([HELD])] == ["unknown_group"]


def test_a_group_whose_cha_nobody_knows_is_a_problem() -> None:
    assert [each.kind for each in unknown_cha(GROUP, {"C2"})] == ["unknown_cha"]
    assert unknown_cha(GROUP, {"C1"}) == []


def test_members_are_present_unless_ticked() -> None:
    assert states(HELD, member("A"), member("B")) == {"A": "present", "B": "absent"}


def test_an_absence_has_its_reason() -> None:
    sessions, _ = build_sessions(GROUP, [HELD])
    marks, _ = build_marks(sessions, [member("A"), member("B")])
    assert [row["reason"] for row in marks if row["week"] == 1] == [None, "sick"]


def test_who_joins_later_or_left_is_not_a_member_then() -> None:
    late, gone = member("A", START + dt.timedelta(days=1)), member("C", ALWAYS, START)
    assert states(HELD, late, gone) == {"A": "not_member", "C": "not_member"}


def test_membership_is_judged_on_the_day_the_session_was_held() -> None:
    late = member("A", START + dt.timedelta(days=2))
    assert states(HELD._replace(session_date=START + dt.timedelta(days=2)), late) == {"A": "present"}


def test_membership_is_judged_on_the_planned_day_when_it_was_not_held() -> None:
    late = member("A", START + dt.timedelta(days=2))
    moved = HELD._replace(was_held="no", session_date=START + dt.timedelta(days=2))
    assert states(moved, late) == {"A": "not_member"}


def test_two_spells_in_one_group_are_one_row_a_week() -> None:
    spells = [member("A", ALWAYS, START), member("A", START)]
    assert states(HELD, *spells) == {"A": "present"}


def test_without_a_session_or_a_report_the_mark_says_so() -> None:
    assert states(HELD._replace(was_held="no"), member("A")) == {"A": "not_held"}
    assert states(HELD, member("A"), week=2) == {"A": "no_report"}


def test_a_member_whom_the_phone_did_not_list_is_not_reported() -> None:
    sessions, _ = build_sessions(GROUP, [HELD])
    marks, found = build_marks(sessions, [member("A"), member("X"), member("Y")])
    assert {row["client_code"]: row["state"] for row in marks if row["week"] == 1}["X"] == "no_report"
    assert [(each.kind, each.root_uuid) for each in found] == [("not_on_phone_roster", "r1")]


def test_everybody_who_was_ever_a_member_has_a_mark_for_every_week() -> None:
    sessions, _ = build_sessions(GROUP, [HELD])
    marks, _ = build_marks(sessions, [member("A"), member("B", ALWAYS, START)])
    assert len(marks) == 2 * 15
