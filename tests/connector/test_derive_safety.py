"""Knows that no alert is lost on its way from a record to the table, whatever the record's version and state."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, update

from connector import fact_schema as fact
from connector.alert_handling import add_handling
from connector.records import StoredRecord
from connector.schema import FORM_TABLES
from dashboard.filters import ALL
from dashboard.queries_alerts import open_alerts
from forms.programme import PROGRAMME
from tests.connector.derived_database import ANA, BEA, CLEA, empty_database
from tests.connector.made_records import MOMENT, in_distress, intake, keep, old_report, register, report, rows, visit


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database with a registry of two healing groups."""
    with empty_database() as opened:
        register(opened)
        yield opened


def alerts(connection: Connection, **values: Any) -> dict[str, str]:
    return {row["alert_id"]: row["level"] for row in rows(connection, fact.alert, **values)}


def triage(prefix: str, told: str, **more: str) -> dict[str, str]:
    """The answers of a triage of an interview, as letters."""
    asked = in_distress(1, "visitor", told)
    names = ("thoughts_now", "plan", "means", "past_year")
    return {f"{prefix}_{name}": asked[f"distress_1_{name}"] for name in names} | {
        f"{prefix}_{name}": answer for name, answer in more.items()
    }


def without(record: StoredRecord, *names: str) -> StoredRecord:
    """The record with some answers lost."""
    kept = {key: value for key, value in record.record.items() if key.rpartition("/")[2] not in names}
    return replace(record, record=kept)


def test_each_person_in_distress_has_the_level_of_the_own_triage(connection: Connection) -> None:
    people = in_distress(1, ANA, "nnnn", actions="none_needed") | in_distress(2, BEA, "ynyn", actions="stayed_with")
    keep(connection, intake(1, ANA), intake(2, BEA), report(3, "G1", 1, [ANA, BEA], **people))
    assert alerts(connection) == {f"distress:root-3:{ANA}": "low", f"distress:root-3:{BEA}": "imminent"}
    assert [row["actions"] for row in rows(connection, fact.alert, client_code=BEA)] == ["stayed_with"]
    assert rows(connection, fact.session, healing_group="G1", week=1)[0]["people_in_distress"] == 2


def test_two_visitors_in_distress_are_two_alerts(connection: Connection) -> None:
    keep(connection, report(1, "G1", 1, **in_distress(1, "visitor"), **in_distress(2, "visitor", "yynn")))
    assert sorted(alerts(connection, person="visitor").values()) == ["imminent", "low"]


def test_a_record_of_the_form_before_keeps_its_alerts(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    named = {"anyone_in_distress": "yes", "distress_members": f"{ANA} {BEA}"}
    keep(connection, old_report(3, "G1", 1, [ANA, BEA], **named))
    assert alerts(connection) == {f"distress:root-3:{code}": "moderate" for code in (ANA, BEA)}
    assert rows(connection, fact.session, healing_group="G1", week=1)[0]["status"] == "held"
    assert rows(connection, fact.problem) == []


def test_a_record_of_the_form_before_keeps_whatever_else_it_told(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    sick = {"anyone_absent": "yes", "absence_reasons": "sick", "absent_sick": BEA}
    told = {"absent_count": "1", "expected_present": "1", "head_count": "2", "head_count_difference": "1"}
    keep(connection, old_report(3, "G1", 1, [ANA, BEA], **sick, **told))
    found = rows(connection, fact.session, healing_group="G1", week=1)[0]
    assert [found[name] for name in ("kind", "present", "head_count", "head_count_difference")] == [None, 1, 2, 1]
    assert [row["kind"] for row in rows(connection, fact.problem)] == ["head_count_differs"]


def test_a_triage_cut_short_counts_as_moderate_or_as_what_is_there(connection: Connection) -> None:
    keep(connection, report(1, "G1", 1, [ANA], **in_distress(1, ANA, "n---"), **in_distress(2, BEA, "yy--")))
    assert alerts(connection) == {f"distress:root-1:{ANA}": "moderate", f"distress:root-1:{BEA}": "imminent"}


def test_a_session_without_group_week_or_day_keeps_its_alerts(connection: Connection) -> None:
    lost = without(report(1, "", 1, [ANA], **in_distress(1, ANA)), "week", "session_date", "session_kind", "was_held")
    keep(connection, lost)
    assert alerts(connection) == {f"distress:root-1:{ANA}": "low"}


def test_a_client_named_in_distress_without_intake_is_a_problem_as_well(connection: Connection) -> None:
    named = {"anyone_in_distress": "yes", "distress_members": f"{BEA} {CLEA}"}
    keep(connection, report(1, "G1", 1, [ANA], **in_distress(1, ANA)), old_report(2, "G1", 2, **named))
    found = {(row["root_uuid"], row["client_code"]) for row in rows(connection, fact.problem, kind="unknown_client")}
    assert found == {("root-1", ANA), ("root-2", BEA), ("root-2", CLEA)}
    keep(connection, intake(3, ANA), intake(4, BEA), intake(5, CLEA))
    assert rows(connection, fact.problem, kind="unknown_client") == []


def test_a_correction_of_who_it_was_moves_the_alert(connection: Connection) -> None:
    keep(connection, report(1, "G1", 1, [ANA, BEA], **in_distress(1, ANA)))
    keep(connection, report(1, "G1", 1, [ANA, BEA], **in_distress(1, BEA)))
    assert alerts(connection) == {f"distress:root-1:{BEA}": "low"}


EDITED_ON = {"end": "2026-04-20T10:00:00.000+02:00"}


@pytest.mark.parametrize(
    "record",
    [
        intake(3, ANA, phq9_9="1", **EDITED_ON),
        visit(3, ANA, safety_level="imminent", **EDITED_ON),
        report(3, "G1", 1, [ANA], **in_distress(1, ANA, "yynn"), **EDITED_ON),
        intake(3, ANA, phq9_9="1", end="", today="2031-01-01"),
    ],
)
def test_neither_an_edit_nor_a_phones_clock_puts_off_an_alert(connection: Connection, record: StoredRecord) -> None:
    """A web form sets `end` anew whenever a record is edited, and a phone's clock may be years ahead."""
    keep(connection, intake(1, ANA), record)
    [found] = rows(connection, fact.alert)
    assert found["opened_at"] == MOMENT
    assert found["due_at"] - MOMENT == dt.timedelta(hours=PROGRAMME.alert_hours[found["level"]])


@pytest.mark.parametrize(
    ("calm", "grave"),
    [
        (report(2, "G1", 1, [ANA], **in_distress(1, ANA)), report(2, "G1", 1, [ANA], **in_distress(1, ANA, "yynn"))),
        (report(2, "G1", 1, [ANA], **in_distress(1, ANA)), report(3, "G1", 1, [ANA], **in_distress(1, ANA, "yynn"))),
        (visit(2, ANA, safety_level="low"), visit(2, ANA, safety_level="imminent")),
    ],
    ids=["edited report", "second report", "edited interview"],
)
def test_a_closed_alert_that_becomes_more_serious_is_open_again(
    any_current: Connection, calm: StoredRecord, grave: StoredRecord
) -> None:
    register(any_current)
    keep(any_current, intake(1, ANA), calm)
    ((alert_id, level),) = alerts(any_current).items()
    add_handling(any_current, alert_id, "closed", "MK", MOMENT)
    assert (level, open_alerts(any_current, ALL, MOMENT).empty) == ("low", True)
    keep(any_current, grave)
    [found] = open_alerts(any_current, ALL, MOMENT).itertuples()
    assert (found.alert_id, found.level, found.state) == (alert_id, "imminent", "open")


def test_whoever_is_meant_and_lost_in_an_edit_is_still_somebody(connection: Connection) -> None:
    keep(connection, report(1, "G1", 1, [ANA], **in_distress(1, ANA, "yynn")))
    keep(connection, report(1, "G1", 1, [ANA], anyone_in_distress="yes"))
    assert alerts(connection) == {"distress:root-1:unknown": "moderate"}


@pytest.mark.parametrize("make", [intake, visit])
@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ({"phq9_9": "1", **triage("safety", "nnnn")}, "low"),
        ({"phq9_9": "1"}, "moderate"),
        ({"phq9_9": "0"}, None),
        ({"phq9_9": "1", **triage("safety", "yy--")}, "imminent"),
        ({"phq9_9": "refused", "spoke_of_harm": "yes", **triage("safety_2", "ynyn")}, "imminent"),
        ({"phq9_9": "refused", "spoke_of_harm": "yes"}, "moderate"),
        ({"phq9_9": "refused", "spoke_of_harm": "no"}, None),
        ({"phq9_2": "stopped", "spoke_of_harm": "yes", **triage("safety_2", "nnnn")}, "low"),
        ({"phq9_9": "1", **triage("safety", "nnnn"), **triage("safety_2", "nynn")}, "moderate"),
        ({"phq9_9": "", **triage("safety", "n---")}, "moderate"),
        ({"phq9_9": "", "safety_actions": "stayed_with"}, "moderate"),
        ({"phq9_9": "", "safety_2_level": "imminent"}, "imminent"),
    ],
)
def test_the_alert_of_an_interview_is_the_most_serious_of_all_it_says(
    connection: Connection, make: Any, answers: dict[str, str], level: str | None
) -> None:
    keep(connection, make(1, ANA, **answers))
    assert list(alerts(connection).values()) == ([level] if level else [])


def test_an_interview_tells_what_was_done_in_all_its_triages(connection: Connection) -> None:
    told = triage("safety", "nnnn", actions="trusted_person") | triage("safety_2", "yynn", actions="stayed_with")
    keep(connection, intake(1, ANA, phq9_9="1", **told))
    assert rows(connection, fact.alert)[0]["actions"] == "trusted_person stayed_with"


def test_an_alert_outlives_the_question_that_raised_it(connection: Connection) -> None:
    keep(connection, visit(1, ANA, phq9_9="2"))
    record = FORM_TABLES["outcome"].record
    connection.execute(update(record).values(phq9_9=None))
    keep(connection, visit(2, BEA))
    assert alerts(connection) == {"safety:root-1": "moderate"}


@pytest.mark.parametrize("lost", ["distress_1_code", "distress_1_listed", "distress_1_member", "anyone_in_distress"])
def test_one_lost_answer_loses_no_alert(connection: Connection, lost: str) -> None:
    whole = report(1, "G1", 1, [ANA], **in_distress(1, ANA, "yynn", actions="stayed_with"), distress_members=ANA)
    keep(connection, without(whole, lost))
    assert alerts(connection) == {f"distress:root-1:{ANA}": "imminent"}


def test_what_was_told_in_private_is_in_the_forms_own_tables_alone(connection: Connection) -> None:
    keep(connection, intake(1, ANA, private_now="yes", care_offer="accepted"), visit(2, ANA, care_offer="offered"))
    assert FORM_TABLES["intake"].record.c.care_offer is not None
    facts = [table for name, table in fact.derived.tables.items() if name.partition("_")[0] not in FORM_TABLES]
    assert len(facts) > 9
    assert not [
        column.name for table in facts for column in table.columns if column.name in ("care_offer", "private_now")
    ]
    assert "accepted" not in repr([rows(connection, table) for table in facts])


def test_an_interview_that_stopped_says_so_beside_the_scores(connection: Connection) -> None:
    answers = {f"gad7_{item}": "" for item in range(4, 8)} | {"gad7_3": "stopped"}
    answers |= {f"pcl5_{item}": "" for item in range(1, 21)} | {"phq9_1": "refused"}
    keep(connection, intake(1, ANA, **answers, stop_reason="distress", spoke_of_harm="no"))
    found = {
        row["instrument"]: (row["answered"], row["score"], row["stopped"]) for row in rows(connection, fact.assessment)
    }
    assert found == {"phq9": (8, 0, False), "gad7": (2, None, True)}
    told = rows(connection, FORM_TABLES["intake"].record)[0]
    assert (told["interview_stopped"], told["stop_reason"]) == ("yes", "distress")
    why = {row["item"]: row["missing"] for row in rows(connection, fact.item_answer) if row["missing"]}
    assert (why["phq9_1"], why["gad7_3"], why["gad7_4"]) == ("refused", "stopped", "not_asked")
