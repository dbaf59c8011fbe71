"""What a CHA enters follows from the story and from the list that the phone shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

import pytest

from connector.sandbox.field_answers import attendance_answers, intake_answers, outcome_answers, roster_answers
from connector.sandbox.field_office import as_edit
from connector.sandbox.story import Answers, Cha, Client, HealingGroup, Livelihood, Person, SafetyTriage, Session, Visit

CHA = Cha("CHA001", "cha001", "Nobody", "", "2801")
GROUP = HealingGroup("G001", "Ubumwe", "2801", "28010101", CHA, "2026-06", dt.date(2026, 6, 1), False)
CODES = {"ana": "A", "eric": "E", "rose": "R", "twin": "T"}
PEOPLE = {"ana": "ana", "eric": "eric", "rose": "rose", "twin": "ana"}
LISTED = ("A", "E", "R")
ITEMS = {"phq9_1": "1", "gad7_1": "0", "pcl5_1": "refused"}
NOON = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)


def held(came: str, away: dict[str, str] | None = None, extra: int = 0, distress: tuple[str, ...] = ()) -> Session:
    return Session(
        GROUP,
        1,
        "held",
        came=frozenset(came.split()),
        away=away or {},
        extra_heads=extra,
        components=("breathing",),
        minutes=95,
        in_distress=distress,
    )


def on_list(session: Session, listed: tuple[str, ...] = LISTED) -> dict[str, object]:
    return dict(roster_answers(session, listed, CODES, PEOPLE))


def client(**more: object) -> Client:
    person = Person("ana", "female", 1980, True, "Ana K", "0700123456", "28010101")
    usual = Client("ana", person, CHA, NOON, True, False, True, "written", True, Answers(ITEMS, "1", None), GROUP, "")
    return replace(usual, **more)  # type: ignore[arg-type]


def visit(**more: object) -> Visit:
    life = Livelihood(3, "2", {"has_loan": "no"})
    usual = Visit(
        "ana", GROUP, "endline", NOON, "other_cha", "cha002", "interviewed", False, Answers(ITEMS, "", None), life
    )
    return replace(usual, **more)  # type: ignore[arg-type]


def test_everybody_there_means_nobody_is_ticked() -> None:
    answers = on_list(held("ana eric rose"))
    assert (answers["anyone_absent"], answers["head_count"]) == ("no", 3)
    assert "absence_reasons" not in answers and "difference_reason" not in answers


def test_the_absent_are_ticked_under_their_reason() -> None:
    answers = on_list(held("ana", {"eric": "sick", "rose": "work"}))
    assert answers["absence_reasons"] == ["sick", "work"]
    assert (answers["absent_sick"], answers["absent_work"]) == (["E"], ["R"])
    assert answers["head_count"] == 1


def test_nobody_knows_why_somebody_on_the_list_never_came() -> None:
    assert on_list(held("ana eric"))["absent_unknown"] == ["R"]


def test_who_is_not_on_the_list_cannot_be_ticked() -> None:
    answers = on_list(held("ana eric", {"rose": "sick"}), ("A", "E"))
    assert answers["anyone_absent"] == "no"


def test_a_newcomer_explains_one_head_more() -> None:
    answers = on_list(held("ana eric rose"), ("A", "E"))
    assert (answers["head_count"], answers["difference_reason"]) == (3, "newcomer")


@pytest.mark.parametrize(("extra", "reason"), [(1, "visitor"), (-1, "left_early")])
def test_visitors_and_people_gone_early_explain_a_difference(extra: int, reason: str) -> None:
    assert on_list(held("ana eric rose", extra=extra))["difference_reason"] == reason


def test_somebody_entered_twice_is_one_head_and_two_names() -> None:
    answers = on_list(held("ana twin eric rose"), ("A", "E", "R", "T"))
    assert (answers["head_count"], answers["difference_reason"]) == (3, "list_wrong")


def test_people_in_distress_are_ticked_when_they_are_on_the_list() -> None:
    session = held("ana eric rose", distress=("ana", "twin"))
    assert on_list(session)["distress_members"] == ["A"]
    assert on_list(session, ("E", "R"))["anyone_in_distress"] == "no"


def test_a_session_that_was_not_held_has_only_a_reason() -> None:
    answers = attendance_answers(Session(GROUP, 2, "not_held", "rain"))
    assert answers == {
        "healing_group": "G001",
        "week": "2",
        "session_date": dt.date(2026, 6, 8),
        "was_held": "no",
        "not_held_reason": "rain",
    }


def test_a_session_ends_after_it_began() -> None:
    answers = on_list(held("ana"))
    assert (answers["start_time"], answers["end_time"]) == ("09:00", "10:35")


def test_a_screening_ends_where_the_person_is_not_eligible() -> None:
    answers = intake_answers(client(is_able=False))
    assert set(answers) == {"sex", "birth_year_known", "birth_year", "able_to_take_part", "earlier_participant"}


def test_a_screening_ends_where_the_person_does_not_agree() -> None:
    answers = intake_answers(client(consents=False))
    assert answers["consent_service"] == "no"
    assert "short_name" not in answers and "phq9_1" not in answers


def test_an_age_is_told_where_the_year_of_birth_is_not_known() -> None:
    person = replace(client().person, knows_birth_year=False)
    answers = intake_answers(client(person=person))
    assert answers["age_told"] == 46 and "birth_year" not in answers


def test_a_late_joiner_begins_on_the_day_of_the_next_session() -> None:
    late = client(screened_at=dt.datetime(2026, 6, 9, 10, tzinfo=dt.UTC))
    assert intake_answers(late)["joined_on"] == dt.date(2026, 6, 15)
    assert intake_answers(client())["joined_on"] == dt.date(2026, 6, 1)


def test_who_does_not_join_says_why() -> None:
    answers = intake_answers(client(group=None, not_enrolled_reason="too_far"))
    assert (answers["enrolled"], answers["not_enrolled_reason"]) == ("no", "too_far")


def test_the_triage_is_answered_only_by_people_at_risk() -> None:
    triage = SafetyTriage("yes", "no", "no", "no", "moderate", ("called_psychologist",))
    at_risk = intake_answers(client(answers=Answers(ITEMS, "1", triage)))
    assert at_risk["safety_thoughts_now"] == "yes" and at_risk["safety_actions"] == ["called_psychologist"]
    assert "safety_plan" not in intake_answers(client())


def test_a_client_who_is_not_on_the_list_is_typed_by_code() -> None:
    assert outcome_answers(visit(), "4AC7", is_listed=True)["client_listed"] == "4AC7"
    typed = outcome_answers(visit(), "4AC7", is_listed=False)
    assert (typed["client_on_list"], typed["client_typed"]) == ("no", "4AC7")


def test_without_an_interview_nothing_else_is_asked() -> None:
    answers = outcome_answers(visit(contact_result="not_found", answers=None, livelihood=None), "X", is_listed=True)
    assert answers["contact_result"] == "not_found"
    assert "phq9_1" not in answers and "work_days_lost" not in answers


def test_an_edit_names_the_version_that_it_replaces() -> None:
    xml = "<data><meta><instanceID>uuid:1</instanceID></meta></data>"
    edit = as_edit(xml, "uuid:1", Random(1))
    assert "<deprecatedID>uuid:1</deprecatedID>" in edit
    assert "<instanceID>uuid:1</instanceID>" not in edit
    assert edit == as_edit(xml, "uuid:1", Random(1))
