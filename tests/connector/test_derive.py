"""Knows what changes in the facts when records come, are edited and go."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, event, inspect, text, update

from connector import fact_schema as fact
from connector.derive import apply_changes, rebuild, refresh_all_facts
from connector.precious_schema import cha, healing_group, submission
from connector.records import StoredRecord
from connector.schema import FORM_TABLES
from tests.connector.derived_database import ANA, BEA, CLEA, DEA, empty_database
from tests.connector.made_records import dump, in_distress, intake, keep, move, register, remove, report, rows, visit

PHQ9_TEN = {f"phq9_{item}": "2" for item in range(1, 6)} | {f"phq9_{item}": "0" for item in range(6, 10)}
AT_RISK = {
    "phq9_9": "1",
    "safety_thoughts_now": "yes",
    "safety_plan": "yes",
    "safety_means": "no",
    "safety_past_year": "no",
    "safety_actions": "called_psychologist",
}


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database with a registry of two healing groups."""
    with empty_database() as opened:
        register(opened)
        yield opened


def one(connection: Connection, table: Table, **values: Any) -> dict[str, Any]:
    (found,) = rows(connection, table, **values)
    return found


def problems(connection: Connection, kind: str) -> list[tuple[str | None, str | None]]:
    found = rows(connection, fact.problem, kind=kind)
    return sorted(((row["root_uuid"], row["client_code"]) for row in found), key=repr)


def states(connection: Connection, client_code: str, group: str = "G1") -> list[str]:
    found = rows(connection, fact.attendance_mark, client_code=client_code, healing_group=group)
    return [row["state"] for row in sorted(found, key=lambda row: row["week"])]


def test_an_intake_makes_a_client_a_member_and_an_assessment(connection: Connection) -> None:
    keep(connection, intake(1, ANA))
    assert one(connection, fact.client)["client_code"] == ANA
    assert one(connection, fact.membership)["joined_on"] == dt.date(2026, 3, 2)
    assert len(rows(connection, fact.assessment, wave="screening")) == 3
    assert len(rows(connection, fact.change, client_code=ANA, verdict="unknown")) == 3


def test_names_phones_and_villages_are_in_one_derived_table_only(connection: Connection) -> None:
    keep(connection, intake(1, ANA, short_name="Sentinel", phone="0788000000"))
    found = one(connection, fact.client_identity)
    assert (found["short_name"], found["phone"], found["village_code"]) == ("Sentinel", "0788000000", "28010101")
    others = {name: content for name, content in dump(connection).items() if name != "client_identity"}
    assert all(secret not in repr(others) for secret in ("Sentinel", "0788000000", "28010101"))


def test_a_cleared_answer_becomes_null(connection: Connection) -> None:
    keep(connection, intake(1, ANA))
    keep(connection, intake(1, ANA, cell="", safety_actions=""))
    assert one(connection, FORM_TABLES["intake"].record)["cell"] is None
    assert one(connection, fact.client)["cell_code"] is None


def test_an_edit_replaces_the_ticks_of_a_multiple_choice(connection: Connection) -> None:
    child = FORM_TABLES["attendance"].children["absent_sick"]
    absent = {"anyone_absent": "yes", "absence_reasons": "sick"}
    keep(connection, report(1, "G1", 1, [ANA, BEA], **absent, absent_sick=f"{ANA} {BEA}"))
    keep(connection, report(1, "G1", 1, [ANA, BEA], **absent, absent_sick=BEA))
    assert [row["choice"] for row in rows(connection, child)] == [BEA]


def test_a_deleted_record_takes_its_rows_along(connection: Connection) -> None:
    before = dump(connection)
    records = [intake(1, ANA, **AT_RISK), report(2, "G1", 1, [ANA], head_count="9"), visit(3, ANA, **PHQ9_TEN)]
    keep(connection, *records)
    remove(connection, *records)
    assert dump(connection) == before


def test_storing_the_same_page_again_changes_nothing(connection: Connection) -> None:
    records = [intake(1, ANA, **AT_RISK), report(2, "G1", 1, [ANA, BEA]), visit(3, CLEA)]
    keep(connection, *records)
    before = dump(connection)
    keep(connection, *records)
    assert dump(connection) == before


def test_a_session_marks_every_member_of_its_group(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA), intake(3, CLEA, "G2"))
    absent = {"anyone_absent": "yes", "absence_reasons": "work", "absent_work": BEA, "head_count": "1"}
    keep(connection, report(4, "G1", 1, [ANA, BEA], **absent))
    assert states(connection, ANA)[:2] == ["present", "no_report"]
    assert states(connection, BEA)[:2] == ["absent", "no_report"]
    assert one(connection, fact.client, client_code=BEA)["missed_in_row"] == 1
    assert one(connection, fact.client, client_code=ANA)["attended_week_1"] is True
    assert one(connection, fact.session, healing_group="G1", week=1)["minutes"] == 105


def test_an_intake_that_arrives_after_the_session_gets_its_marks(connection: Connection) -> None:
    keep(connection, report(1, "G1", 1, [ANA]))
    keep(connection, intake(2, ANA))
    assert states(connection, ANA)[0] == "present"


def test_a_tick_for_good_ends_the_membership(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    gone = {"anyone_absent": "yes", "absence_reasons": "left_group", "absent_left_group": BEA}
    keep(connection, report(3, "G1", 2, [ANA, BEA], **gone, head_count="1"))
    assert one(connection, fact.membership, client_code=BEA)["left_on"] == dt.date(2026, 3, 9)
    assert one(connection, fact.client, client_code=BEA)["left_reason"] == "left_group"
    assert states(connection, BEA)[:3] == ["no_report", "not_member", "not_member"]


def test_a_tick_in_a_report_that_was_replaced_ends_nothing(connection: Connection) -> None:
    gone = {"anyone_absent": "yes", "absence_reasons": "left_group", "absent_left_group": ANA}
    first = report(2, "G1", 2, [ANA], **gone)
    keep(connection, intake(1, ANA), first)
    assert one(connection, fact.membership)["left_on"] is not None
    second = report(3, "G1", 2, [ANA])
    keep(connection, second)
    assert one(connection, fact.membership)["left_on"] is None
    remove(connection, second)
    assert one(connection, fact.membership)["left_on"] is not None


def test_a_death_ends_the_membership_and_its_correction_opens_it_again(connection: Connection) -> None:
    keep(connection, intake(1, ANA), visit(2, ANA, contact_result="died", today="2026-04-01"))
    assert one(connection, fact.membership)["left_reason"] == "died"
    keep(connection, visit(2, ANA, contact_result="not_found"))
    assert one(connection, fact.membership)["left_on"] is None


def test_a_move_shows_after_the_registry_was_read(connection: Connection) -> None:
    keep(connection, intake(1, ANA), report(2, "G1", 1, [ANA]))
    move(connection, ANA, "G2", "2026-03-09")
    refresh_all_facts(connection)
    found = one(connection, fact.client)
    assert (found["healing_group"], found["sessions_attended"]) == ("G2", 1)
    assert states(connection, ANA)[:2] == ["present", "not_member"]
    assert states(connection, ANA, "G2")[:2] == ["not_member", "no_report"]


def test_a_group_that_is_registered_later_gets_its_sessions(connection: Connection) -> None:
    keep(connection, intake(1, ANA, "G9"), report(2, "G9", 1, [ANA]))
    assert problems(connection, "unknown_group") == [("root-2", None)]
    assert problems(connection, "unknown_group_of_client") == [("root-1", ANA)]
    connection.execute(delete(cha))
    register(connection, ["G9"])
    assert states(connection, ANA, "G9")[0] == "present"
    assert problems(connection, "unknown_group") == problems(connection, "unknown_group_of_client") == []


def test_a_group_that_leaves_the_registry_loses_its_sessions(connection: Connection) -> None:
    keep(connection, intake(1, ANA), report(2, "G1", 1, [ANA]))
    connection.execute(delete(healing_group).where(healing_group.c.code == "G1"))
    refresh_all_facts(connection)
    assert rows(connection, fact.session, healing_group="G1") == []
    assert one(connection, fact.client)["sessions_attended"] == 0


def test_a_group_whose_cha_is_unknown_is_a_problem(connection: Connection) -> None:
    connection.execute(update(healing_group).where(healing_group.c.code == "G2").values(cha_code="C9"))
    refresh_all_facts(connection)
    assert [row["healing_group"] for row in rows(connection, fact.problem, kind="unknown_cha")] == ["G2"]


def test_a_session_reported_twice_is_a_problem_until_one_is_deleted(connection: Connection) -> None:
    rain = {"session_kind": "not_held", "not_held_reason": "rain"}
    first, second = report(1, "G1", 3, [ANA]), report(2, "G1", 3, [ANA], **rain)
    keep(connection, first, second)
    assert problems(connection, "session_reported_twice") == [("root-1", None)]
    assert one(connection, fact.session, healing_group="G1", week=3)["status"] == "not_held"
    remove(connection, second)
    assert problems(connection, "session_reported_twice") == []
    assert one(connection, fact.session, healing_group="G1", week=3)["status"] == "held"


def test_a_report_that_moves_to_another_week_leaves_the_first(connection: Connection) -> None:
    keep(connection, report(1, "G1", 3, [ANA]))
    keep(connection, report(1, "G2", 4, [ANA]))
    held = [(row["healing_group"], row["week"]) for row in rows(connection, fact.session, status="held")]
    assert held == [("G2", 4)]


def test_week_seventeen_is_kept_and_listed(connection: Connection) -> None:
    keep(connection, report(1, "G1", 17, [ANA]))
    assert [(row["kind"], row["path"]) for row in rows(connection, fact.problem, kind="not_in_list")] == [
        ("not_in_list", "session/week")
    ]
    assert len(rows(connection, FORM_TABLES["attendance"].record)) == 1
    assert rows(connection, fact.session, status="held") == []


def test_a_client_code_used_twice_is_a_problem_and_the_first_intake_counts(connection: Connection) -> None:
    keep(connection, intake(5, ANA, sex="male"))
    keep(connection, intake(2, ANA, "G2"))
    assert problems(connection, "duplicate_client_code") == [("root-5", ANA)]
    assert one(connection, fact.client)["sex"] == "female"
    remove(connection, intake(2, ANA, "G2"))
    assert one(connection, fact.client)["sex"] == "male"
    assert problems(connection, "duplicate_client_code") == []


def test_somebody_in_two_groups_is_a_problem_and_the_later_group_wins(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, ANA, "G2", joined_on="2026-03-09"))
    assert problems(connection, "member_of_two_groups") == [("root-2", ANA)]
    assert one(connection, fact.client)["healing_group"] == "G2"


def test_somebody_enrolled_without_a_group_is_a_problem(connection: Connection) -> None:
    keep(connection, intake(1, ANA, ""))
    assert problems(connection, "enrolled_without_group") == [("root-1", ANA)]


def test_records_about_an_unknown_client_are_problems_until_the_intake_arrives(connection: Connection) -> None:
    absent = {"anyone_absent": "yes", "absence_reasons": "sick", "absent_sick": BEA}
    keep(connection, visit(1, ANA), report(2, "G1", 1, [BEA], **absent))
    assert problems(connection, "unknown_client") == [("root-1", ANA), ("root-2", BEA)]
    keep(connection, intake(3, ANA), intake(4, BEA))
    assert problems(connection, "unknown_client") == []


def test_a_mistyped_code_is_one_problem_and_not_two(connection: Connection) -> None:
    keep(connection, visit(1, "4AC7-HK9X"))
    assert [row["kind"] for row in rows(connection, fact.problem)] == ["invalid_client_code"]


def test_one_person_entered_twice_is_shown_on_both_records(connection: Connection) -> None:
    keep(connection, intake(1, ANA, short_name="Aimée"))
    keep(connection, intake(2, BEA, "G2", short_name=" aimee "))
    assert problems(connection, "likely_duplicate_person") == [("root-1", ANA), ("root-2", BEA)]
    assert all("Aim" not in row["message"] for row in rows(connection, fact.problem))


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_a_duplicate_that_is_resolved_disappears_on_both_sides(connection: Connection, change: str) -> None:
    keep(connection, intake(1, ANA, short_name="Aimée"), intake(2, BEA, short_name="Aimée"))
    if change == "edit":
        keep(connection, intake(2, BEA, short_name="Béa"))
    else:
        remove(connection, intake(2, BEA))
    assert problems(connection, "likely_duplicate_person") == []


def test_change_follows_the_waves(connection: Connection) -> None:
    worse = {f"phq9_{item}": "3" for item in range(1, 10)}
    keep(connection, intake(1, ANA), visit(2, ANA, "baseline", **worse), visit(3, ANA, "endline", **PHQ9_TEN))
    found = one(connection, fact.change, instrument="phq9")
    assert (found["before_wave"], found["before_score"], found["after_score"]) == ("baseline", 27, 10)
    assert (found["difference"], found["verdict"], found["after_band"]) == (-17, "improved", "moderate")
    assert one(connection, fact.client)["has_endline"] is True


def test_each_instrument_has_its_own_change(connection: Connection) -> None:
    ones = {f"pcl5_{item}": "1" for item in range(1, 21)} | {f"gad7_{item}": "1" for item in range(1, 8)}
    keep(connection, intake(1, ANA), visit(2, ANA, "endline", **PHQ9_TEN, **ones))
    found = {row["instrument"]: row["after_score"] for row in rows(connection, fact.change)}
    assert found == {"phq9": 10, "gad7": 7, "pcl5": 20}


def test_people_who_did_not_enrol_have_no_change(connection: Connection) -> None:
    keep(connection, intake(1, ANA, "", enrolled="no", not_enrolled_reason="declined", joined_on=""))
    assert rows(connection, fact.change) == []
    assert one(connection, fact.client)["is_enrolled"] is False


def test_alerts_come_from_interviews_and_from_sessions(connection: Connection) -> None:
    keep(connection, intake(1, ANA, **AT_RISK), report(2, "G1", 1, [ANA], **in_distress(1, ANA, "nnny")))
    found = {row["alert_id"]: row["level"] for row in rows(connection, fact.alert)}
    assert found == {"safety:root-1": "imminent", f"distress:root-2:{ANA}": "moderate"}
    assert one(connection, fact.alert, kind="safety")["opened_at"] == dt.datetime(2026, 3, 2, 9, 30)


def test_an_alert_of_somebody_outside_every_group_is_kept_up_to_date(connection: Connection) -> None:
    alone = intake(1, ANA, "", enrolled="no", joined_on="", **AT_RISK)
    keep(connection, alone)
    assert one(connection, fact.alert)["cha_code"] == "C1"
    keep(connection, intake(1, ANA, "", enrolled="no", joined_on=""))
    assert rows(connection, fact.alert) == []


def test_a_record_in_two_projects_counts_once_and_is_a_problem(connection: Connection) -> None:
    old = intake(1, ANA, root="same", sex="male")
    new = replace(intake(9, ANA, root="same"), asset_uid="asset-new")
    keep(connection, old)
    keep(connection, new)
    assert (one(connection, fact.client)["sex"], problems(connection, "two_projects")) == ("female", [("same", None)])
    keep(connection, old)
    assert one(connection, fact.client)["sex"] == "female"
    remove(connection, new)
    assert (one(connection, fact.client)["sex"], problems(connection, "two_projects")) == ("male", [])


def test_a_record_of_a_form_that_is_no_more_is_a_problem_and_stops_nothing(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    connection.execute(update(submission).where(submission.c.root_uuid == "root-1").values(form_id="retired"))
    rebuild(connection)
    assert problems(connection, "unreadable_record") == [("root-1", None)]
    assert one(connection, fact.client)["client_code"] == BEA


def test_a_record_that_breaks_the_reader_is_a_problem_and_stops_nothing(connection: Connection) -> None:
    broken: StoredRecord = replace(intake(1, ANA), submitted_at="no moment")  # type: ignore[arg-type]
    broken = replace(broken, record={**broken.record, "today": "", "end": ""})
    keep(connection, intake(2, BEA))
    connection.execute(update(submission).values(root_uuid="root-1", asset_uid=broken.asset_uid))
    apply_changes(connection, [broken], [])
    assert problems(connection, "unreadable_record") == [("root-1", None)]


def test_no_fact_is_lost_when_damaged_records_come_along(connection: Connection) -> None:
    damaged = intake(3, CLEA, sex="?", joined_on="soon", phq9_1="x", client_code="\x00")
    keep(connection, intake(1, ANA), damaged, visit(4, DEA, wave="?", contact_result="?"))
    assert [row["client_code"] for row in rows(connection, fact.client)] == [ANA]
    assert {"not_in_list", "not_a_value", "missing_answer"} <= {row["kind"] for row in rows(connection, fact.problem)}


def test_one_record_costs_a_bounded_number_of_statements(connection: Connection) -> None:
    keep(connection, *(intake(number, ANA[:-1] + letter) for number, letter in enumerate("34679ABCDEFHJKMNPRTVWXY", 1)))
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    one_record = replace(intake(1, ANA[:-1] + "3", sex="male"), replaces=1)
    apply_changes(connection, [one_record], [])
    alone = len(statements)
    statements.clear()
    keep(connection, *(intake(number, ANA[:-1] + letter) for number, letter in enumerate("34679ABCDEFHJKMNPRTVWXY", 1)))
    assert len(statements) <= alone + 6 * 23  # the store of this test writes six statements a record


def test_a_rebuild_drops_the_tables_of_questions_that_are_no_more_and_nothing_else(connection: Connection) -> None:
    others = {
        "outcome_old_reasons": "root_uuid varchar(64), choice varchar(64)",
        "intake_old_repeat": "root_uuid varchar(64), position varchar(32), amount integer",
        "outcome_my_own_analysis": "client varchar(16), result integer",
    }
    for name, columns in others.items():
        connection.execute(text(f"CREATE TABLE {name} ({columns})"))
    rebuild(connection)
    found = set(inspect(connection).get_table_names()) & others.keys()
    assert found == {"outcome_my_own_analysis"}
