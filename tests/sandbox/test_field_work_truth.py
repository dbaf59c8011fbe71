"""The known truth of a simulated programme adds up, and follows the story in the cases worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest

from connector.sandbox.simulation import simulate
from connector.sandbox.story import Cha, Client, HealingGroup, Membership, Person, Programme, Record, Session, Visit
from connector.sandbox.story_marks import Mark, reckon_marks
from connector.sandbox.story_rosters import plan_roster_days, roster_moment, roster_on, rosters_shown
from connector.sandbox.story_truth import STEPS, Truth, reckon

AS_OF = dt.date(2026, 8, 31)
MONDAY = dt.date(2026, 6, 1)
CHA = Cha("CHA001", "cha001", "Nobody", "", "2801")
GROUP = HealingGroup("G001", "Ubumwe", "2801", "28010101", CHA, "2026-06", MONDAY, has_baseline_visit=False)
OTHER = replace(GROUP, code="G002", label="Ineza")


def at(day: dt.date, hour: int = 10) -> dt.datetime:
    return roster_moment(day).replace(hour=hour)


def client(name: str, sex: str = "female", group: HealingGroup | None = GROUP) -> Client:
    person = Person(name, sex, 1980, True, name, "", "28010101")
    before = at(MONDAY - dt.timedelta(days=5))
    return Client(name, person, CHA, before, True, False, True, "written", True, None, group, "")


def record(subject: Client | Session | Visit, name: str, day: dt.date, **more: object) -> Record:
    form = {Client: "intake", Session: "attendance", Visit: "outcome"}[type(subject)]
    return replace(
        Record(name, form, subject, "cha001", "English (en)", at(day), 5, at(day, 11)),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def held(week: int, came: str, away: dict[str, str] | None = None) -> Session:
    return Session(GROUP, week, "held", came=frozenset(came.split()), away=away or {})


def programme(clients: list[Client], sessions: list[Session], records: list[Record], **more: object) -> Programme:
    intakes = [record(each, f"intake/{each.client_id}", each.screened_at.date()) for each in clients]
    told = Programme(
        seed=1,
        as_of=AS_OF,
        chas=(CHA,),
        groups=(GROUP, OTHER),
        clients={each.client_id: each for each in clients},
        memberships=tuple(Membership(each.client_id, GROUP.code, MONDAY) for each in clients if each.group),
        sessions=tuple(sessions),
        visits=(),
        records=tuple(sorted([*intakes, *records], key=lambda each: each.started_at)),
        roster_days=plan_roster_days((GROUP,), AS_OF),
        transfers=(),
    )
    return replace(told, **more)  # type: ignore[arg-type]


AT_END = at(AS_OF)
ANA, ERIC, ROSE = client("ana"), client("eric", "male"), client("rose")


def report(session: Session, name: str = "", days_later: int = 0, **more: object) -> Record:
    day = session.due_on + dt.timedelta(days=days_later)
    return record(session, name or f"attendance/G001/{session.week:02d}", day, **more)


def marks_of(told: Programme) -> dict[tuple[int, str], Mark]:
    marks = reckon_marks(told, rosters_shown(told))
    return {(week, who): mark for (group, week, who), mark in marks.items() if group == "G001"}


@pytest.fixture(scope="module")
def story() -> Programme:
    return simulate(1, AS_OF)


@pytest.fixture(scope="module")
def truth(story: Programme) -> Truth:
    return reckon(story)


def test_steps_of_the_cascade_only_get_fewer_up_to_enrolment(truth: Truth) -> None:
    first = [truth.cascade[step] for step in STEPS[:4]]
    assert first == sorted(first, reverse=True)
    assert len(set(first)) == 4


def test_both_breakdowns_of_the_cascade_add_up_to_the_whole(truth: Truth) -> None:
    for split in (truth.cascade_by_sex, truth.cascade_by_sector):
        assert {step: sum(n for (of, _), n in split.items() if of == step) for step in STEPS} == truth.cascade


def test_sessions_add_up_to_those_that_were_due(story: Programme, truth: Truth) -> None:
    days = [(group, group.due_on(week)) for group in story.groups for week in range(1, 17)]
    assert sum(truth.sessions.values()) == sum(day <= AS_OF and not group.is_over_on(day) for group, day in days)


def test_all_five_states_of_attendance_occur_and_absences_alone_have_reasons(truth: Truth) -> None:
    assert {state for state, _ in truth.marks} == {"present", "absent", "not_held", "no_report", "not_member"}
    assert all(bool(reason) == (state == "absent") for state, reason in truth.marks)


def test_deleted_records_count_nowhere(story: Programme, truth: Truth) -> None:
    assert sum(truth.records.values()) == len(story.records) - len(truth.deleted)
    assert not {each.record_id for each in truth.assessments} & set(truth.deleted)


def test_every_interview_has_three_assessments_unless_it_stopped(truth: Truth) -> None:
    begun = Counter(Counter(each.record_id for each in truth.assessments).values())
    assert begun[3] > 50 * (begun[1] + begun[2]) > 0
    assert truth.stopped > begun[1] + begun[2]
    assert {each.wave for each in truth.assessments} == {"screening", "baseline", "endline", "six_months"}


def test_scores_lie_in_the_range_of_the_instrument(truth: Truth) -> None:
    highest = {"phq9": 27, "gad7": 21, "pcl5": 80}
    scores = [(each.instrument, each.score) for each in truth.assessments if each.score is not None]
    assert all(0 <= score <= highest[instrument] for instrument, score in scores)
    assert any(each.score is None for each in truth.assessments)


def test_present_absent_not_held_and_not_reported() -> None:
    one = held(1, "ana", {"eric": "sick", "rose": "work"})
    two, three = Session(GROUP, 2, "not_held", "rain"), Session(GROUP, 3, "no_report")
    told = programme([ANA, ERIC, ROSE], [one, two, three], [report(one), report(two)])
    marks = marks_of(told)
    assert marks[1, "ana"] == Mark("present")
    assert marks[1, "eric"] == Mark("absent", "sick")
    assert marks[2, "rose"] == Mark("not_held")
    assert marks[3, "rose"] == Mark("no_report")


def test_who_is_ticked_as_gone_is_no_member_from_that_session_on() -> None:
    one, two = held(1, "ana eric"), held(2, "ana", {"eric": "left_group"})
    three = held(3, "ana", {"eric": "left_group"})
    told = programme([ANA, ERIC], [one, two, three], [report(one), report(two), report(three)])
    states = [marks_of(told)[week, "eric"].state for week in (1, 2, 3)]
    assert states == ["present", "not_member", "not_member"]


def test_a_member_whom_the_phone_does_not_list_yet_has_no_report() -> None:
    late = replace(client("late"), screened_at=at(MONDAY + dt.timedelta(days=2)))
    two, five = held(2, "ana late"), held(5, "ana late")
    told = programme([ANA, late], [two, five], [report(two), report(five)])
    marks = marks_of(told)
    assert marks[2, "late"] == Mark("no_report")
    assert marks[5, "late"] == Mark("present")


def test_of_two_reports_of_a_session_the_last_to_arrive_counts() -> None:
    first, second = held(1, "ana", {"eric": "sick"}), held(1, "ana eric")
    copies = [report(first), report(second, "attendance/G001/01/copy", 1, copy_of="attendance/G001/01")]
    assert marks_of(programme([ANA, ERIC], [first], copies))[1, "eric"] == Mark("present")


def test_a_corrected_report_counts_as_corrected() -> None:
    wrong, right = held(1, "ana eric"), held(1, "ana", {"eric": "sick"})
    edited = report(wrong, corrected=right, edited_at=at(MONDAY + dt.timedelta(days=3)))
    assert marks_of(programme([ANA, ERIC], [right], [edited]))[1, "eric"] == Mark("absent", "sick")


def test_after_a_transfer_the_old_group_s_sessions_know_no_such_member() -> None:
    moved_on = GROUP.due_on(3)
    move = Membership("eric", "G002", moved_on)
    one, three = held(1, "ana eric"), held(3, "ana", {"eric": "left_group"})
    told = programme([ANA, ERIC], [one, three], [report(one), report(three)])
    told = replace(told, memberships=(*told.memberships, move), transfers=(move,))
    assert marks_of(told)[1, "eric"] == Mark("present")
    assert marks_of(told)[3, "eric"] == Mark("not_member")


def test_the_list_after_a_transfer_shows_the_client_in_the_new_group_only() -> None:
    move = Membership("eric", "G002", GROUP.due_on(2))
    told = replace(programme([ANA, ERIC], [], []), transfers=(move,))
    assert roster_on(told, told.roster_days[0]) == {"G001": ("ana", "eric")}
    assert roster_on(told, told.roster_days[1]) == {"G001": ("ana",), "G002": ("eric",)}


def test_a_deleted_intake_takes_the_client_out_of_everything() -> None:
    one = held(1, "ana eric")
    told = programme([ANA, ERIC], [one], [report(one)])
    gone = [replace(each, deleted_at=AT_END) if each.record_id == "intake/eric" else each for each in told.records]
    found = reckon(replace(told, records=tuple(gone)))
    assert found.cascade["screened"] == found.cascade["week_1"] == 1
    assert found.deleted == ("intake/eric",)
    assert found.marks == {("present", ""): 1}


def test_completing_takes_thirteen_of_sixteen_sessions() -> None:
    sessions = [held(week, "ana eric" if week <= 12 else "ana", {}) for week in range(1, 14)]
    found = reckon(programme([ANA, ERIC], sessions, [report(each) for each in sessions]))
    assert found.cascade["week_8"] == 2
    assert found.cascade["completed"] == 1
    assert found.cascade_by_sex["completed", "female"] == 1


def test_a_closed_group_keeps_whoever_has_not_left(truth: Truth) -> None:
    closed = replace(GROUP, ended_on=GROUP.due_on(3), end_reason="broke_up")
    one = held(1, "ana rose", {"eric": "left_group"})
    told = replace(programme([ANA, ERIC, ROSE], [one], [report(one)]), groups=(closed, OTHER))
    assert reckon(told).closed == {"G001": 2}
    gone = Membership("rose", "G002", GROUP.due_on(6))
    moved = replace(told, memberships=(*told.memberships, gone), transfers=(gone,))
    assert reckon(moved).closed == {"G001": 1}
    assert list(truth.closed.values()) == [count for count in truth.closed.values() if count > 10] != []


def test_a_closed_group_leaves_the_lists_when_the_office_has_heard_of_it() -> None:
    told = programme([ANA], [], [])
    for ended_on, listed in ((told.roster_days[1], {"G001": ("ana",)}), (told.roster_days[1] - dt.timedelta(14), {})):
        group = replace(GROUP, ended_on=ended_on, end_reason="broke_up")
        assert roster_on(replace(told, groups=(group, OTHER)), told.roster_days[1]) == listed


def test_only_an_endline_that_took_place_counts() -> None:
    met = Visit("ana", GROUP, "endline", at(AS_OF), "other_cha", "cha001", "interviewed", False, None, None)
    missed = replace(met, client_id="eric", contact_result="not_found")
    records = [record(met, "outcome/ana", AS_OF), record(missed, "outcome/eric", AS_OF)]
    assert reckon(programme([ANA, ERIC], [], records)).cascade["endline"] == 1
