"""Knows when somebody must react, how soon, and that no alert is lost."""

import datetime as dt
from typing import Any

import pytest

from connector.facts import Cha, HealingGroup, InDistress, Registry, Report
from connector.facts_alerts import Interview, alert_id, interview_alert, report_alerts
from forms.distress import VISITOR
from tests.connector.derived_database import newcomer_code

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
    in_distress=(InDistress("X", "moderate", "stayed_with"),),
    to_follow_up=("X", "Y"),
)
NEWCOMER = newcomer_code("4AC7HK9")


def alert(interview: Interview) -> dict[str, Any]:
    found = interview_alert(interview, REGISTRY)
    assert found is not None
    return found


def alerts(*reports: Report, **joined: str) -> list[dict[str, Any]]:
    return report_alerts(reports, REGISTRY, joined)


def in_distress(*people: InDistress, **more: Any) -> Report:
    return REPORT._replace(in_distress=people, to_follow_up=(), **more)


def test_nobody_has_to_react_to_a_calm_interview() -> None:
    assert interview_alert(INTERVIEW._replace(triage=CALM), REGISTRY) is None


@pytest.mark.parametrize(("level", "hours"), [("imminent", 2), ("moderate", 24), ("low", 168)])
def test_the_level_says_how_soon(level: str, hours: int) -> None:
    found = alert(INTERVIEW._replace(triage={**TRIAGE, "safety_level": level}))
    assert (found["level"], found["opened_at"]) == (level, ENDED)
    assert found["due_at"] - found["opened_at"] == dt.timedelta(hours=hours)


def test_an_alert_belongs_to_the_group_of_the_interview() -> None:
    found = alert(INTERVIEW)
    names = ("healing_group", "district_code", "sector_code", "cha_code", "actions", "kind")
    assert [found[name] for name in names] == ["G1", "28", "2801", "C1", "stayed_with", "safety"]


def test_outside_groups_it_belongs_to_who_asked() -> None:
    found = alert(INTERVIEW._replace(healing_group=None))
    assert (found["sector_code"], found["cha_code"]) == ("2805", "C2")


def test_an_interview_without_a_client_still_raises_an_alert() -> None:
    assert alert(INTERVIEW._replace(client_code=None))["alert_id"] == "safety:r1"


@pytest.mark.parametrize("ended_at", [None, dt.datetime(1, 1, 1), dt.datetime(2200, 1, 1)])
def test_a_record_without_any_time_that_can_be_is_overdue_at_once(ended_at: dt.datetime | None) -> None:
    assert alert(INTERVIEW._replace(ended_at=ended_at))["due_at"].year == 1970


def test_a_corrected_client_code_does_not_make_another_alert() -> None:
    assert alert(INTERVIEW)["alert_id"] == alert(INTERVIEW._replace(client_code="Y"))["alert_id"]


def test_people_named_in_a_session_raise_alerts() -> None:
    found = {(row["kind"], row["client_code"], row["level"]) for row in alerts(REPORT)}
    assert found == {("distress", "X", "moderate"), ("follow_up", "X", "follow_up"), ("follow_up", "Y", "follow_up")}


@pytest.mark.parametrize(("level", "hours"), [("imminent", 2), ("moderate", 24), ("low", 168)])
def test_distress_has_the_level_and_the_actions_of_its_own_triage(level: str, hours: int) -> None:
    (found,) = alerts(in_distress(InDistress("X", level, "stayed_with called_psychologist")))
    assert (found["level"], found["actions"]) == (level, "stayed_with called_psychologist")
    assert found["due_at"] - found["opened_at"] == dt.timedelta(hours=hours)


def test_a_session_reported_twice_raises_each_alert_once_from_the_first_record() -> None:
    second = REPORT._replace(root_uuid="r9", server_id=9, to_follow_up=("Z",))
    found = {(row["kind"], row["client_code"]): row["root_uuid"] for row in alerts(second, REPORT)}
    assert found[("distress", "X")] == "r2"
    assert found[("follow_up", "Z")] == "r9"
    assert len(found) == 4


def test_a_second_report_makes_an_alert_more_serious_and_never_less() -> None:
    mild = in_distress(InDistress("X", "low", "none_needed"))
    grave = in_distress(InDistress("X", "imminent", "stayed_with"), root_uuid="r9", server_id=9)
    for first, second in ((mild, grave), (grave._replace(server_id=1), mild._replace(server_id=9))):
        (found,) = alerts(second, first)
        assert (found["level"], found["root_uuid"]) == ("imminent", first.root_uuid)
        assert found["due_at"] - found["opened_at"] == dt.timedelta(hours=2)
        assert set(found["actions"].split()) == {"none_needed", "stayed_with"}


def test_reports_without_a_group_keep_their_alerts_apart() -> None:
    lost = REPORT._replace(healing_group=None, to_follow_up=())
    assert len(alerts(lost, lost._replace(root_uuid="r9"))) == 2


@pytest.mark.parametrize("code", [VISITOR, None])
def test_two_people_without_a_code_are_two_alerts(code: str | None) -> None:
    nobody_known = InDistress(code, "moderate")
    found = alerts(in_distress(nobody_known, InDistress("X", "low"), nobody_known))
    assert len({row["alert_id"] for row in found}) == 3
    assert [row["client_code"] for row in found] == [None, "X", None]
    assert found[0]["person"] == ("visitor" if code else "unknown")


def test_a_visitor_in_a_second_report_may_be_another_visitor() -> None:
    one = in_distress(InDistress(VISITOR, "low"))
    assert len(alerts(one, one._replace(root_uuid="r9", server_id=9))) == 2


def test_somebody_new_in_the_record_does_not_change_a_visitors_id() -> None:
    visitor = InDistress(VISITOR, "low")
    (alone,) = alerts(in_distress(visitor))
    assert alone["alert_id"] in {row["alert_id"] for row in alerts(in_distress(InDistress("X", "low"), visitor))}


def test_a_newcomer_is_called_by_the_temporary_code_until_the_intake() -> None:
    (before,) = alerts(in_distress(InDistress(NEWCOMER, "low")))
    (after,) = alerts(in_distress(InDistress(NEWCOMER, "low")), **{NEWCOMER: "X"})
    assert (before["person"], before["client_code"]) == ("newcomer", NEWCOMER)
    assert (after["person"], after["client_code"]) == ("client", "X")
    assert before["alert_id"] == after["alert_id"]


def test_an_id_that_would_be_too_long_is_digested() -> None:
    assert alert_id("distress", "r" * 64, "X") != alert_id("distress", "r" * 64, "Y")
    assert len(alert_id("distress", "r" * 64, "X")) == 64
