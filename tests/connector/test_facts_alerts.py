"""Knows when somebody must react, how soon, and that no alert is lost."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from connector.facts import Cha, HealingGroup, Registry, Report
from connector.facts_alerts import Interview, alert_id, interview_alert, report_alerts, safety_level

ENDED = dt.datetime(2026, 3, 2, 9, 30)
REGISTRY = Registry(
    {"G1": HealingGroup("G1", "28", "2801", "C1", "2026-A", ENDED.date(), 16)},
    {"cha001": Cha("C1", "cha001", "2801"), "cha002": Cha("C2", "cha002", None)},
)
CALM = {"phq9_9": "0"}
TRIAGE = {
    "phq9_9": "1",
    "safety_thoughts_now": "no",
    "safety_plan": "no",
    "safety_means": "no",
    "safety_past_year": "no",
}
INTERVIEW = Interview(
    "intake", "r1", "X", "G1", "2805", "cha002", ENDED, {**TRIAGE, "safety_level": "low"}, "stayed_with"
)
REPORT = Report(
    root_uuid="r2",
    server_id=5,
    healing_group="G1",
    week=3,
    session_date=ENDED.date(),
    was_held="yes",
    not_held_reason=None,
    roster=frozenset("XY"),
    expected=2,
    absent={},
    head_count=2,
    minutes=None,
    reported_at=ENDED,
    ended_at=ENDED,
    in_distress=("X",),
    to_follow_up=("X", "Y"),
)


def alert(interview: Interview) -> dict[str, Any]:
    found = interview_alert(interview, REGISTRY)
    assert found is not None
    return found


def test_nobody_has_to_react_to_a_calm_interview() -> None:
    assert interview_alert(replace(INTERVIEW, triage=CALM), REGISTRY) is None


@pytest.mark.parametrize(("level", "hours"), [("imminent", 2), ("moderate", 24), ("low", 168)])
def test_the_level_says_how_soon(level: str, hours: int) -> None:
    found = alert(replace(INTERVIEW, triage={**TRIAGE, "safety_level": level}))
    assert (found["level"], found["opened_at"]) == (level, ENDED)
    assert found["due_at"] - found["opened_at"] == dt.timedelta(hours=hours)


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ({}, "low"),
        ({"safety_past_year": "yes"}, "moderate"),
        ({"safety_thoughts_now": "yes"}, "moderate"),
        ({"safety_thoughts_now": "yes", "safety_plan": "yes"}, "imminent"),
        ({"safety_thoughts_now": "refused", "safety_means": "refused"}, "imminent"),
    ],
)
def test_the_level_is_computed_from_the_answers(answers: dict[str, str], level: str) -> None:
    assert safety_level({**TRIAGE, **answers}) == level


def test_of_two_levels_the_more_serious_counts() -> None:
    assert safety_level({**TRIAGE, "safety_level": "imminent"}) == "imminent"
    worse = {**TRIAGE, "safety_thoughts_now": "yes", "safety_plan": "yes", "safety_level": "low"}
    assert safety_level(worse) == "imminent"


@pytest.mark.parametrize(("answer", "level"), [("1", "moderate"), ("3", "moderate"), ("0", None), ("refused", None)])
def test_thoughts_without_a_finished_triage_still_raise_an_alert(answer: str, level: str | None) -> None:
    assert safety_level({"phq9_9": answer}) == level


def test_an_alert_belongs_to_the_group_of_the_interview() -> None:
    found = alert(INTERVIEW)
    names = ("healing_group", "district_code", "sector_code", "cha_code", "actions", "kind")
    assert [found[name] for name in names] == ["G1", "28", "2801", "C1", "stayed_with", "safety"]


def test_outside_groups_it_belongs_to_who_asked() -> None:
    found = alert(replace(INTERVIEW, healing_group=None))
    assert (found["sector_code"], found["cha_code"]) == ("2805", "C2")


def test_an_interview_without_a_client_still_raises_an_alert() -> None:
    assert alert(replace(INTERVIEW, client_code=None))["alert_id"] == "safety:r1"


def test_a_record_without_any_time_is_overdue_at_once() -> None:
    assert alert(replace(INTERVIEW, ended_at=None))["due_at"].year == 1970


def test_a_corrected_client_code_does_not_make_another_alert() -> None:
    assert alert(INTERVIEW)["alert_id"] == alert(replace(INTERVIEW, client_code="Y"))["alert_id"]


def test_people_named_in_a_session_raise_alerts() -> None:
    found = {(row["kind"], row["client_code"], row["level"]) for row in report_alerts([REPORT], REGISTRY)}
    assert found == {("distress", "X", "moderate"), ("follow_up", "X", "follow_up"), ("follow_up", "Y", "follow_up")}


def test_a_session_reported_twice_raises_each_alert_once_from_the_first_record() -> None:
    second = replace(REPORT, root_uuid="r9", server_id=9, to_follow_up=("Z",))
    found = {(row["kind"], row["client_code"]): row["root_uuid"] for row in report_alerts([second, REPORT], REGISTRY)}
    assert found[("distress", "X")] == "r2"
    assert found[("follow_up", "Z")] == "r9"
    assert len(found) == 4


def test_reports_without_a_group_keep_their_alerts_apart() -> None:
    lost = replace(REPORT, healing_group=None, to_follow_up=())
    assert len(report_alerts([lost, replace(lost, root_uuid="r9")], REGISTRY)) == 2


def test_an_id_that_would_be_too_long_is_digested() -> None:
    assert alert_id("distress", "r" * 64, "X") != alert_id("distress", "r" * 64, "Y")
    assert len(alert_id("distress", "r" * 64, "X")) == 64
