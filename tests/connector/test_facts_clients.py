"""Knows what the programme knows of one client, and how their score changed."""

import datetime as dt
from typing import Any

import pytest

from connector.facts import Cha, HealingGroup, Mark, Membership, Registry, Score, Screening, Visit
from connector.facts_changes import change_row, verdict
from connector.facts_clients import (
    age_band,
    client_row,
    first_screening,
    missed_in_row,
    sessions_to_complete,
)
from forms.library import INSTRUMENTS

PHQ9 = INSTRUMENTS["phq9"]
START = dt.date(2026, 3, 2)
GROUP = HealingGroup("G1", "28", "2801", "C1", "2026-A", START, 15)
REGISTRY = Registry({"G1": GROUP}, {"cha007": Cha("C7", "cha007", "2806")})
MEMBER = Membership("X", "G1", START)
SCREENED = Screening(
    root_uuid="r1",
    asset_uid="a",
    server_id=1,
    client_code="X",
    screened_on=dt.date(2026, 2, 20),
    sex="female",
    birth_year=1990,
    age=36,
    sector="2801",
    cell="280101",
    eligible="yes",
    ineligible_reason=None,
    consent_service="yes",
    consent_research="no",
    enrolled="yes",
    not_enrolled_reason=None,
    healing_group="G1",
    joined_on=START,
)


def marks(states: str) -> list[Mark]:
    """One mark a week: p present, a absent, h not held, - not reported."""
    names = {"p": "present", "a": "absent", "h": "not_held", "-": "no_report"}
    return [Mark("G1", week, "X", names[state], GROUP.due_on(week)) for week, state in enumerate(states, start=1)]


def row(screening: Screening = SCREENED, states: str = "", *memberships: Membership, **visits: str) -> dict[str, Any]:
    met = [Visit("v", 1, "X", wave, result, START) for wave, result in visits.items()]
    return client_row(screening, memberships or (MEMBER,), marks(states), met, REGISTRY)


def test_a_client_has_the_answers_of_the_intake() -> None:
    found = row()
    names = ("sex", "birth_year", "age_band", "district_code", "sector_code", "cell_code", "screened_month")
    assert [found[name] for name in names] == ["female", 1990, "35-39", "28", "2801", "280101", "2026-02"]
    answers = ("is_eligible", "has_consented", "has_research_consent", "is_enrolled")
    assert [found[name] for name in answers] == [True, True, False, True]


def test_what_was_not_asked_is_not_known() -> None:
    ineligible = SCREENED._replace(eligible="no", consent_service=None, enrolled=None, healing_group=None)
    found = client_row(ineligible, [], [], [], Registry({}, {}))
    names = ("has_consented", "is_enrolled", "healing_group", "sessions_attended", "has_completed", "joined_on")
    assert [found[name] for name in names] == [None] * 6
    assert found["is_eligible"] is False


def test_a_client_is_where_the_last_membership_is_and_since_the_first() -> None:
    earlier = Membership("X", "G0", START - dt.timedelta(days=9), START, "transfer")
    found = row(SCREENED, "", earlier, MEMBER._replace(left_on=dt.date(2026, 5, 1), left_reason="died"))
    names = ("healing_group", "cohort", "cha_code", "joined_on", "left_on", "left_reason")
    expected = ["G1", "2026-A", "C1", START - dt.timedelta(days=9), dt.date(2026, 5, 1), "died"]
    assert [found[name] for name in names] == expected


def test_a_group_that_the_registry_does_not_know_is_kept_by_its_code() -> None:
    found = client_row(SCREENED, [Membership("X", "G9", START)], [], [], REGISTRY)
    assert (found["healing_group"], found["cohort"]) == ("G9", None)


def test_somebody_not_asked_where_they_live_is_counted_where_the_cha_is() -> None:
    turned_away = SCREENED._replace(sector=None, healing_group=None, enrolled=None, username="cha007")
    found = client_row(turned_away, [], [], [], REGISTRY)
    assert [found[name] for name in ("sector_code", "district_code", "cha_code")] == ["2806", "28", "C7"]
    assert client_row(turned_away._replace(username="x"), [], [], [], REGISTRY)["sector_code"] is None


def test_attendance_counts_sessions_that_were_held_and_marked() -> None:
    found = row(SCREENED, "pap-hpaa")
    names = ("sessions_attended", "sessions_held", "missed_in_row", "attended_week_1", "attended_week_8")
    assert [found[name] for name in names] == [3, 6, 2, True, False]
    assert found["last_attended_on"] == GROUP.due_on(6)


@pytest.mark.parametrize(("states", "missed"), [("", 0), ("p", 0), ("aaa", 3), ("pa-ha", 2), ("aap", 0)])
def test_absences_count_since_the_last_presence(states: str, missed: int) -> None:
    counted = [mark for mark in marks(states) if mark.state in ("present", "absent")]
    assert missed_in_row(counted) == missed


@pytest.mark.parametrize(("planned", "needed"), [(15, 12), (16, 13), (10, 8), (5, 4), (1, 1)])
def test_completing_takes_four_fifths_of_the_planned_sessions(planned: int, needed: int) -> None:
    assert sessions_to_complete(planned) == needed


@pytest.mark.parametrize(("attended", "completed"), [(12, True), (11, False)])
def test_a_course_of_fifteen_is_completed_with_twelve(attended: int, completed: bool) -> None:
    assert row(SCREENED, "p" * attended + "a" * (15 - attended))["has_completed"] is completed


def test_an_endline_counts_when_the_interview_took_place() -> None:
    assert row(SCREENED, "", endline="interviewed")["has_endline"] is True
    assert row(SCREENED, "", endline="not_found", baseline="interviewed")["has_endline"] is False


@pytest.mark.parametrize(
    ("age", "band"),
    [(None, None), (17, "0-17"), (18, "18-24"), (24, "18-24"), (25, "25-29"), (64, "60-64"), (65, "65+"), (120, "65+")],
)
def test_ages_fall_into_bands(age: int | None, band: str | None) -> None:
    assert age_band(age) == band


def test_of_two_intakes_the_one_that_arrived_first_counts() -> None:
    assert first_screening([SCREENED._replace(server_id=5), SCREENED]) is SCREENED


def score(wave: str, value: int | None, root: str = "r") -> Score:
    return Score(root, "X", "phq9", wave, START, value, None)


def change(*scores: Score, **order: int) -> dict[str, Any]:
    return change_row("X", PHQ9, scores, order)


def test_before_is_the_baseline_and_after_the_endline() -> None:
    found = change(score("screening", 15), score("baseline", 14), score("endline", 8))
    names = ("before_wave", "before_score", "after_score", "difference", "verdict")
    assert [found[name] for name in names] == ["baseline", 14, 8, -6, "improved"]


def test_without_a_baseline_score_the_screening_is_before() -> None:
    for baseline in ([], [score("baseline", None)]):
        assert change(score("screening", 15), *baseline)["before_wave"] == "screening"


@pytest.mark.parametrize(
    "scores", [[], [score("screening", 9)], [score("endline", 9)], [score("baseline", 9), score("endline", None)]]
)
def test_a_missing_side_makes_no_verdict(scores: list[Score]) -> None:
    found = change(*scores)
    assert (found["difference"], found["verdict"]) == (None, "unknown")


def test_of_two_interviews_of_a_wave_the_one_that_arrived_last_counts() -> None:
    pair = [score("endline", 3, "late"), score("endline", 9, "early")]
    assert change(*pair, late=7, early=5)["after_score"] == 3


def test_scores_of_another_instrument_do_not_count() -> None:
    other = score("endline", 3)._replace(instrument="gad7")
    assert change(score("screening", 9), other)["after_score"] is None


@pytest.mark.parametrize(
    ("difference", "expected"), [(-6, "improved"), (-5, "no_change"), (0, "no_change"), (5, "no_change"), (6, "worse")]
)
def test_a_change_counts_from_the_reliable_change_on(difference: int, expected: str) -> None:
    assert verdict(difference, PHQ9) == expected


def test_points_of_reliable_change_are_those_of_the_sources() -> None:
    assert {name: each.reliable_change[0].points for name, each in INSTRUMENTS.items()} == {
        "phq9": 6,
        "gad7": 4,
        "pcl5": 10,
    }
