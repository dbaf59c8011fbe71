"""The story has sessions caught up with, newcomers, distress with triage, interviews that stop; its truth is right."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest

from connector.sandbox.simulation import simulate
from connector.sandbox.story import (
    VISITOR,
    Answers,
    Client,
    InDistress,
    Programme,
    Record,
    SafetyTriage,
    Session,
    Visit,
)
from connector.sandbox.story_clients import first_day
from connector.sandbox.story_marks import Mark
from connector.sandbox.story_rosters import roster_moment
from connector.sandbox.story_symptoms import whole_items
from connector.sandbox.story_truth import reckon
from tests.sandbox.test_field_work_truth import (
    ANA,
    AS_OF,
    ERIC,
    GROUP,
    client,
    held,
    marks_of,
    programme,
    record,
    report,
)

LOW = SafetyTriage("no", "no", "no", "no", "low", ("none_needed",))
GRAVE = SafetyTriage("yes", "yes", "no", "no", "imminent", ("stayed_with",))


@pytest.fixture(scope="module")
def story() -> Programme:
    return simulate(1, AS_OF)


def interviews(story: Programme) -> list[Answers]:
    at_intake = [client.answers for client in story.clients.values() if client.answers]
    return at_intake + [visit.answers for visit in story.visits if visit.answers]


def test_some_sessions_are_merged_or_made_up_for_after_one_that_was_not_held(story: Programme) -> None:
    kinds = Counter(each.kind for each in story.sessions if each.status == "held")
    assert kinds["merged"] >= 4 and kinds["made_up"] >= 4
    assert kinds["planned"] > 10 * (kinds["merged"] + kinds["made_up"])
    assert any(each.before for each in story.sessions)
    assert all(each.before.status == "not_held" for each in story.sessions if each.before)


def test_a_merged_session_is_told_by_one_report_for_both_weeks(story: Programme) -> None:
    by_key = {(each.group.code, each.week): each for each in story.sessions}
    told = [each for each in story.sessions if each.told_in]
    records = {each.record_id for each in story.records}
    for each in told:
        teller = by_key[each.group.code, each.told_in or 0]
        assert (teller.kind, teller.merged_week, each.kind) == ("merged", each.week, "merged")
        assert f"attendance/{each.group.code}/{each.week:02d}" not in records
    assert len(told) == sum(each.merged_week is not None for each in story.sessions)


def test_a_made_up_session_is_later_in_the_same_week(story: Programme) -> None:
    late = [each.days_late for each in story.sessions if each.kind == "made_up"]
    assert all(1 <= days <= 5 for days in late)


def test_newcomers_come_to_a_session_before_the_screening(story: Programme) -> None:
    new = [each for each in story.clients.values() if each.newcomer_on]
    assert len(new) > 10
    assert all(0 < (each.screened_at.date() - each.newcomer_on).days <= 7 for each in new if each.newcomer_on)
    since_then = [each for each in new if each.is_member_since_then and each.group]
    assert all(first_day(each, each.group) == each.newcomer_on for each in since_then if each.group)
    seen = {who for session in story.sessions for who in session.newcomers}
    assert seen and seen <= {each.client_id for each in new}
    assert all(not set(session.newcomers) & session.came for session in story.sessions)


def test_some_people_came_once_and_some_counts_were_wrong_at_first(story: Programme) -> None:
    assert any(session.strangers for session in story.sessions)
    assert any(session.miscount for session in story.sessions)


def test_everybody_in_distress_was_there_or_is_a_visitor(story: Programme) -> None:
    distress = [(session, person) for session in story.sessions for person in session.in_distress]
    assert {person.who == VISITOR for _, person in distress} == {True, False}
    assert all(person.who in {VISITOR, *session.newcomers, *session.came} for session, person in distress)
    assert any(person.who in session.newcomers for session, person in distress)
    assert {person.triage.level for _, person in distress} == {"low", "moderate", "imminent"}
    assert max(len(session.in_distress) for session in story.sessions) <= 3


def test_some_interviews_stop_and_then_nothing_else_is_answered(story: Programme) -> None:
    told = interviews(story)
    stopped = [each for each in told if each.stop_reason]
    assert 0 < len(stopped) < len(told) / 20
    for each in stopped:
        assert (
            [code for code in each.items.values() if code == "stopped"] == ["stopped"] == list(each.items.values())[-1:]
        )
        assert each.spoke_of_harm in ("yes", "no")
    assert all(("stopped" in each.items.values()) == bool(each.stop_reason) for each in told)


def test_a_late_triage_follows_only_what_was_said(story: Programme) -> None:
    told = interviews(story)
    assert any(each.late_safety for each in told)
    assert all(each.spoke_of_harm == "yes" and each.safety is None for each in told if each.late_safety)


def test_help_is_offered_only_in_private(story: Programme) -> None:
    told = interviews(story)
    assert {each.care_offer for each in told if each.is_private} == {"not_needed", "offered", "accepted"}
    assert {each.care_offer for each in told if not each.is_private} == {""}


def test_livelihood_is_not_asked_after_a_stop(story: Programme) -> None:
    met = [visit for visit in story.visits if visit.answers]
    assert all((visit.livelihood is None) == bool(visit.answers.stop_reason) for visit in met if visit.answers)


def test_items_after_the_stop_were_not_asked() -> None:
    whole = whole_items("gad7", {"phq9_1": "0", "gad7_1": "2", "gad7_2": "stopped"})
    assert whole == {"gad7_1": "2", "gad7_2": "stopped"} | {f"gad7_{number}": "not_asked" for number in range(3, 8)}
    assert whole_items("pcl5", {"gad7_2": "stopped"}) == {}


# Worked out by hand.

RAINED = Session(GROUP, 2, "not_held", "rain")


def test_a_session_made_up_for_counts_whatever_arrives_last() -> None:
    later = replace(held(2, "ana", {"eric": "sick"}), kind="made_up", days_late=3)
    for delay in (0, 9):
        records = [report(RAINED, "attendance/G001/02/before", delay), report(later, days_later=3)]
        found = programme([ANA, ERIC], [replace(later, before=RAINED)], records)
        assert (marks_of(found)[2, "ana"], marks_of(found)[2, "eric"]) == (Mark("present"), Mark("absent", "sick"))
        assert (reckon(found).sessions, reckon(found).session_kinds) == ({"held": 1}, {"made_up": 1})


def test_two_weeks_in_one_session_are_both_held_with_the_same_marks() -> None:
    three = replace(held(3, "ana", {"eric": "work"}), kind="merged", merged_week=2)
    two = Session(GROUP, 2, "held", kind="merged", told_in=3, before=RAINED)
    records = [report(RAINED, "attendance/G001/02/before"), report(three)]
    found = programme([ANA, ERIC], [two, three], records)
    assert {week: marks_of(found)[week, "eric"] for week in (2, 3)} == dict.fromkeys((2, 3), Mark("absent", "work"))
    assert (reckon(found).sessions, reckon(found).session_kinds) == ({"held": 2}, {"merged": 2})


def late_client(joins_at_once: bool) -> Client:
    screened = roster_moment(GROUP.due_on(2) + dt.timedelta(days=2)).replace(hour=10)
    return replace(
        client("late"), screened_at=screened, newcomer_on=GROUP.due_on(2), is_member_since_then=joins_at_once
    )


@pytest.mark.parametrize(("filled_in", "mark", "state"), [(0, "present", "joined"), (4, "no_report", "overdue")])
def test_a_newcomer_is_joined_when_the_report_was_filled_in_before_the_screening(
    filled_in: int, mark: str, state: str
) -> None:
    two = replace(held(2, "ana"), newcomers=("late",))
    found = programme([ANA, late_client(True)], [two], [report(two, days_later=filled_in), endline()])
    assert marks_of(found)[2, "late"] == Mark(mark)
    assert reckon(found).newcomers == {state: 1}


def endline() -> Record:
    """A record that arrives long after the others."""
    missed = Visit("ana", GROUP, "endline", roster_moment(AS_OF), "other_cha", "cha001", "not_found", False, None, None)
    return record(missed, "outcome/ana", AS_OF)


def test_newcomers_of_a_copy_and_strangers_are_never_joined() -> None:
    two = replace(held(2, "ana"), newcomers=("late",), strangers=1)
    copy = report(two, "attendance/G001/02/copy", copy_of="attendance/G001/02")
    found = programme([ANA, late_client(False)], [two], [report(two), copy])
    assert reckon(found).newcomers == {"joined": 1, "waiting": 3}
    much_later = programme(list(found.clients.values()), [two], [report(two), copy, endline()])
    assert reckon(much_later).newcomers == {"joined": 1, "overdue": 3}


def test_a_client_in_distress_counts_once_a_session_and_others_once_a_record() -> None:
    people = (InDistress("ana", GRAVE), InDistress("late", LOW), InDistress(VISITOR, LOW), InDistress("absent", LOW))
    two = replace(held(2, "ana"), newcomers=("late",), in_distress=people)
    copy = report(two, "attendance/G001/02/copy", copy_of="attendance/G001/02")
    assert reckon(programme([ANA], [two], [report(two), copy])).distress == {"imminent": 1, "low": 4}


def test_an_alert_of_an_interview_comes_from_either_triage() -> None:
    answers = Answers({"phq9_1": "stopped"}, "", None, "distress", "yes", GRAVE)
    found = reckon(programme([replace(ANA, answers=answers)], [], []))
    assert (found.safety_alerts, found.stopped) == ({"imminent": 1}, 1)
    assert [(each.instrument, each.score) for each in found.assessments] == [("phq9", None)]
