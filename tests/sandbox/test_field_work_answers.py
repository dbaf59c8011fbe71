"""What a CHA enters follows from the story and from the list that the phone shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

import pytest

from connector.sandbox.field_answers import attendance_answers, intake_answers, outcome_answers, roster_answers
from connector.sandbox.field_office import as_edit
from connector.sandbox.story import (
    VISITOR,
    Answers,
    Cha,
    Client,
    HealingGroup,
    InDistress,
    Livelihood,
    Person,
    SafetyTriage,
    Session,
    Visit,
)

CHA = Cha("CHA001", "cha001", "Nobody", "", "2801")
GROUP = HealingGroup("G001", "Ubumwe", "2801", "28010101", CHA, "2026-06", dt.date(2026, 6, 1), False)
CODES = {"ana": "A", "eric": "E", "rose": "R", "twin": "T"}
PEOPLE = {"ana": "ana", "eric": "eric", "rose": "rose", "twin": "ana"}
LISTED = ("A", "E", "R")
ITEMS = {"phq9_1": "1", "gad7_1": "0", "pcl5_1": "refused"}
TRIAGE = SafetyTriage("yes", "no", "no", "no", "moderate", ("called_psychologist",))
NOON = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)


def held(came: str, away: dict[str, str] | None = None, extra: int = 0, distress: str = "", **more: object) -> Session:
    session = Session(
        GROUP,
        1,
        "held",
        came=frozenset(came.split()),
        away=away or {},
        extra_heads=extra,
        components=("breathing",),
        minutes=95,
        in_distress=tuple(InDistress(who, TRIAGE) for who in distress.split()),
    )
    return replace(session, **more)  # type: ignore[arg-type]


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


def test_a_member_who_is_not_on_the_list_yet_is_counted_and_the_list_is_wrong() -> None:
    answers = on_list(held("ana eric rose"), ("A", "E"))
    counts = [answers[name] for name in ("newcomer_count", "head_count", "head_count_again", "difference_reason")]
    assert counts == ["0", 3, 3, "list_wrong"]


def test_newcomers_and_strangers_are_expected_in_the_circle() -> None:
    answers = on_list(held("ana eric rose", newcomers=("late",), strangers=1))
    assert (answers["newcomer_count"], answers["head_count"]) == ("2", 5)
    assert "head_count_again" not in answers


@pytest.mark.parametrize(("extra", "reason"), [(1, "visitor"), (-1, "left_early")])
def test_visitors_and_people_gone_early_explain_a_difference(extra: int, reason: str) -> None:
    assert on_list(held("ana eric rose", extra=extra))["difference_reason"] == reason


def test_a_miscount_is_put_right_by_the_second_count() -> None:
    answers = on_list(held("ana eric rose", miscount=1))
    assert (answers["head_count"], answers["head_count_again"]) == (4, 3)
    assert "difference_reason" not in answers


def test_somebody_entered_twice_is_one_head_and_two_names() -> None:
    answers = on_list(held("ana twin eric rose"), ("A", "E", "R", "T"))
    assert (answers["head_count"], answers["difference_reason"]) == (3, "list_wrong")


def test_people_in_distress_are_named_when_they_are_on_the_list_each_with_a_triage() -> None:
    session = held("ana eric rose", distress="ana twin rose")
    answers = on_list(session)
    assert [answers[f"distress_{number}_member"] for number in (1, 2)] == ["A", "R"]
    assert [answers[f"distress_{number}_plan"] for number in (1, 2)] == ["no", "no"]
    assert (answers["distress_2_more"], answers["distress_3_more"]) == ("yes", "no")
    assert on_list(session, ("E",))["anyone_in_distress"] == "no"


def test_newcomers_and_visitors_in_distress_are_named_as_what_they_are() -> None:
    answers = on_list(held("ana eric rose", distress=f"late {VISITOR} ana", newcomers=("early", "late")))
    assert [answers[f"distress_{number}_listed"] for number in (1, 2, 3)] == ["no", "no", "yes"]
    assert (answers["distress_1_other"], answers["distress_2_other"]) == ("newcomer_2", VISITOR)
    assert answers["distress_3_member"] == "A" and "distress_4_more" not in answers


def test_a_session_that_was_not_held_has_only_a_reason() -> None:
    answers = attendance_answers(Session(GROUP, 2, "not_held", "rain"))
    assert answers == {
        "healing_group": "G001",
        "week": "2",
        "session_date": dt.date(2026, 6, 8),
        "session_kind": "not_held",
        "not_held_reason": "rain",
    }


def test_a_session_that_is_made_up_for_tells_its_own_day() -> None:
    answers = attendance_answers(held("ana", kind="made_up", days_late=3))
    assert (answers["session_kind"], answers["session_date"]) == ("made_up", dt.date(2026, 6, 4))


def test_a_merged_session_tells_the_other_week() -> None:
    answers = attendance_answers(held("ana", kind="merged", merged_week=2))
    assert (answers["session_kind"], answers["week"], answers["merged_week"]) == ("merged", "1", "2")


def test_a_session_ends_after_it_began() -> None:
    answers = on_list(held("ana"))
    assert (answers["start_time"], answers["end_time"]) == ("09:00", "10:35")


def test_a_screening_ends_where_the_person_is_not_eligible() -> None:
    answers = intake_answers(client(is_able=False))
    about = {"sex", "birth_year_known", "birth_year", "able_to_take_part", "earlier_participant", "has_newcomer_card"}
    assert set(answers) == about


def test_who_came_before_the_screening_shows_the_card() -> None:
    assert intake_answers(client(), "N4AC7-HK9P")["newcomer_code"] == "N4AC7-HK9P"
    assert intake_answers(client())["has_newcomer_card"] == "no"


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
    at_risk = intake_answers(client(answers=Answers(ITEMS, "1", TRIAGE)))
    assert at_risk["safety_thoughts_now"] == "yes" and at_risk["safety_actions"] == ["called_psychologist"]
    assert "safety_plan" not in intake_answers(client())


def test_an_interview_that_stops_says_why_and_asks_nothing_else() -> None:
    stopped = Answers({"phq9_1": "stopped"}, "", None, "distress", "yes", TRIAGE, is_private=False, care_offer="")
    answers = outcome_answers(visit(answers=stopped, livelihood=None), "X", is_listed=True)
    assert (answers["stop_reason"], answers["spoke_of_harm"], answers["safety_2_plan"]) == ("distress", "yes", "no")
    assert answers["private_now"] == "no"
    assert not {"work_days_lost", "safety_plan", "care_offer", "phq9_10"} & set(answers)


def test_help_is_offered_where_nobody_can_hear() -> None:
    answers = intake_answers(client(answers=Answers(ITEMS, "1", None, care_offer="offered")))
    assert (answers["private_now"], answers["care_offer"]) == ("yes", "offered")


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
