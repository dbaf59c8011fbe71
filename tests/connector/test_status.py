"""What a person, and a machine that watches, are told about a database."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, update

from connector.errors import HealingError
from connector.fact_schema import problem
from connector.precious_schema import (
    adopted_asset,
    attachment,
    cha,
    deployment,
    healing_group,
    quarantine,
    submission,
    sync_cursor,
    sync_run,
)
from connector.status import Status, read_status
from connector.status_report import MAX_AGE, concerns, status_json, status_lines
from tests.connector.fake_kobo import SERVER, FakeKobo
from tests.connector.fake_kobo_faults import html
from tests.connector.sync_scenes import ATTENDANCE, INTAKE, NOW, empty_database, fill, run

SENTINEL = "Uwase-sentinel"


def add(engine: Engine, table: Table, *rows: dict[str, Any]) -> None:
    """Put rows into a table."""
    with engine.begin() as connection:
        connection.execute(insert(table), list(rows))


def cursor(uid: str, form_id: str, proved: datetime | None = NOW, **more: Any) -> dict[str, Any]:
    """How far a project is read."""
    known = {"complete_as_of": proved, "swept_at": proved, "server_count": 3}
    return {"asset_uid": uid, "form_id": form_id, "last_id": 9} | known | more


def ended(status: str = "ok", **more: Any) -> dict[str, Any]:
    """A run."""
    counts = dict.fromkeys(("new", "edited", "revalidated", "deleted", "problems"), 1)
    times = {"started_at": NOW, "finished_at": NOW}
    return times | counts | {"status": status, "exit_code": 0, "message": "3 new"} | more


def refused(uid: str, number: int, **more: Any) -> dict[str, Any]:
    """A record that waits unread."""
    seen = {"first_seen_at": NOW, "last_seen_at": NOW}
    row = {"asset_uid": uid, "body_hash": f"{number:064}", "server_id": number, "reason": "too_deep", "body": SENTINEL}
    return row | seen | more


@pytest.fixture
def engine() -> Engine:
    """A database in which all is well."""
    engine = empty_database()
    add(engine, sync_cursor, cursor(INTAKE, "intake"), cursor(ATTENDANCE, "attendance"))
    add(engine, sync_run, ended())
    return engine


def read(engine: Engine, server: str | None = None) -> Status:
    with engine.connect() as connection:
        return read_status(connection, server, NOW.date())


def codes(engine: Engine, now: datetime = NOW, server: str | None = None) -> list[tuple[str, str]]:
    """What needs a look, with where."""
    return [(each.code, each.project) for each in concerns(read(engine, server), now)]


def set_all(engine: Engine, table: Table, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(update(table).values(values))


# In words.


def test_records_completeness_and_the_last_run_are_told() -> None:
    engine, kobo = empty_database(), FakeKobo()
    fill(kobo)
    result = run(engine, kobo)
    lines = status_lines(read(engine), NOW + timedelta(hours=3))
    assert "intake: 6 records, 0 deleted, complete as of 2026-11-23 09:00 UTC (3 h ago)" in lines
    assert f"last sync: ok, ended 2026-11-23 09:00 UTC (3 h ago): {result.line}" in lines
    assert lines[-1] == f"{result.problems} problems wait"
    assert not any("needs a look" in line for line in lines)


def test_healing_groups_that_are_closed_by_today_are_told(engine: Engine) -> None:
    place = {"district_code": "28", "sector_code": "2801", "cha_code": "C1", "cohort": "2026-A", "weeks": 16}
    ends = {"G1": None, "G2": (date(2026, 11, 22), "broke_up"), "G3": (NOW.date(), "merged")}
    add(engine, cha, {"cha_code": "C1", "username": "cha001", "is_active": True})
    for code, end in ends.items():
        closing = dict(zip(("ended_on", "end_reason"), end or (None, None), strict=True))
        add(engine, healing_group, {"code": code, "label": code, "started_on": date(2026, 3, 2)} | place | closing)
    assert "registry: 3 healing groups, 1 of them closed, 1 CHAs" in status_lines(read(engine), NOW)
    with engine.connect() as connection:
        later = read_status(connection, today=date(2026, 11, 24))
    assert status_json(later, NOW)["registry"] == {"healing_groups": 3, "closed_groups": 2, "chas": 1}
    assert codes(engine) == []


def test_a_failed_run_is_told_with_its_reason() -> None:
    engine, kobo = empty_database(), FakeKobo()
    kobo.faults = dict.fromkeys(range(1, 100), html)
    with pytest.raises(HealingError) as caught:
        run(engine, kobo)
    lines = status_lines(read(engine), NOW)
    assert f"last sync: failed, ended 2026-11-23 09:00 UTC (0 min ago): {caught.value.message}" in lines
    assert "needs a look: the last sync failed with exit code 5" in lines


def test_a_database_without_projects_says_what_to_do(engine: Engine) -> None:
    lines = status_lines(Status(0, 0, (), {}, {}, {}, None), NOW)
    assert "needs a look: no project is read: run `healing deploy`" in lines
    assert "needs a look: never synced: run `healing sync`" in lines


def test_adopted_projects_are_told_as_the_others_are(engine: Engine) -> None:
    adopted = {"asset_uid": "aVisits", "server": SERVER, "table_name": "visits", "title": SENTINEL, "adopted_at": NOW}
    add(engine, adopted_asset, adopted)
    add(engine, sync_cursor, cursor("aVisits", "visits"))
    lines = status_lines(read(engine), NOW)
    assert f"visits: project aVisits on {SERVER}, adopted 2026-11-23 09:00 UTC" in lines
    assert "visits: 0 records, 0 deleted, complete as of 2026-11-23 09:00 UTC (0 min ago)" in lines


def test_projects_of_areas_and_files_are_told(engine: Engine) -> None:
    row = {"server": SERVER, "form_id": "outcome", "area": "2806", "asset_uid": "aArea", "workbook_hash": "0" * 64}
    add(engine, deployment, row | {"version_uid": "v1", "deployed_at": NOW})
    key = {"asset_uid": "aArea", "root_uuid": "r", "seen_at": NOW}
    add(engine, attachment, *(key | {"attachment_uid": name, "state": name} for name in ("failed", "kept", "waiting")))
    lines = status_lines(read(engine), NOW)
    assert "outcome/2806: 0 records, 0 deleted, never proved complete" in lines
    assert "attachments: 1 failed, 1 kept, 1 waiting" in lines


# What needs a look.


def test_all_is_well_until_completeness_is_older_than_a_day_and_two_hours(engine: Engine) -> None:
    assert timedelta(hours=26) == MAX_AGE
    assert codes(engine, NOW + MAX_AGE) == []
    later = NOW + MAX_AGE + timedelta(seconds=1)
    assert codes(engine, later) == [("stale", "attendance"), ("stale", "intake")]


def test_one_project_that_was_never_complete_is_told(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(sync_cursor).where(sync_cursor.c.asset_uid == INTAKE).values(complete_as_of=None))
    assert codes(engine) == [("stale", "intake")]
    assert read(engine).complete_as_of is None


def test_a_deployed_project_that_no_run_has_read_is_told(engine: Engine) -> None:
    row = {"server": SERVER, "form_id": "outcome", "asset_uid": "aOutcome", "workbook_hash": "0" * 64}
    add(engine, deployment, row | {"version_uid": "v1", "deployed_at": NOW})
    assert codes(engine) == [("stale", "outcome")]


@pytest.mark.parametrize(("status", "found"), [("failed", [("last_run_failed", "")]), ("stopped", []), ("running", [])])
def test_a_last_run_that_failed_is_told_and_one_that_was_stopped_is_not(
    engine: Engine, status: str, found: list[tuple[str, str]]
) -> None:
    add(engine, sync_run, ended(status))
    assert codes(engine) == found


def test_records_that_wait_unread_are_told_until_they_are_settled(engine: Engine) -> None:
    add(engine, quarantine, refused(INTAKE, 1), refused(INTAKE, 2, reason="no_identity"), refused(ATTENDANCE, 3))
    assert codes(engine) == [("quarantine", "attendance"), ("quarantine", "intake")]
    lines = status_lines(read(engine), NOW)
    assert "quarantine no_identity: 1" in lines and "quarantine too_deep: 2" in lines
    assert "needs a look: intake: 2 records cannot be read; see `healing quarantine`" in lines
    set_all(engine, quarantine, resolved_at=NOW)
    assert codes(engine) == []


def test_problems_of_single_records_are_no_matter_for_a_machine(engine: Engine) -> None:
    add(engine, problem, {"problem_id": "p", "kind": "unknown_question", "message": "x", "form_id": "intake"})
    assert codes(engine) == []
    assert "problem unknown_question: 1" in status_lines(read(engine), NOW)
    assert status_lines(read(engine), NOW)[-1] == "1 problem waits"


def test_a_project_that_is_read_no_more_cannot_be_stale_and_its_records_stay_in_sight(engine: Engine) -> None:
    row = {"asset_uid": "aOld", "root_uuid": "r", "form_id": "intake", "server_id": 1, "version_uuid": "v"}
    add(engine, submission, row | {"body": "{}", "body_hash": "0" * 64, "first_seen_at": NOW})
    add(engine, sync_cursor, cursor("aOld", "intake", NOW - timedelta(days=400)))
    assert codes(engine) == [] and read(engine).complete_as_of == NOW
    assert any(
        line.startswith("intake (read no more): 1 record, 0 deleted") for line in status_lines(read(engine), NOW)
    )


def test_only_the_server_that_is_set_is_watched_over(engine: Engine) -> None:
    row = {"server": "https://training.invalid", "form_id": "intake", "asset_uid": "aTraining"}
    add(engine, deployment, row | {"workbook_hash": "0" * 64, "version_uid": "v1", "deployed_at": NOW})
    assert codes(engine, server=SERVER) == []
    assert codes(engine) == [("stale", "intake")]


def test_an_outage_is_told_within_one_interval_whenever_it_begins(engine: Engine) -> None:
    for hours in range(0, 48, 4):
        proved = NOW + timedelta(hours=hours)
        set_all(engine, sync_cursor, complete_as_of=proved)
        assert codes(engine, proved + MAX_AGE) == []
        assert codes(engine, proved + MAX_AGE + timedelta(minutes=15)) != []


# As JSON.


def test_a_machine_gets_counts_times_and_codes(engine: Engine) -> None:
    add(engine, quarantine, refused(INTAKE, 1))
    found = json.loads(json.dumps(status_json(read(engine), NOW + timedelta(hours=1))))
    assert found["checked_at"] == "2026-11-23T10:00:00Z" and found["complete_as_of"] == "2026-11-23T09:00:00Z"
    assert (found["is_well"], found["age_seconds"], found["max_age_seconds"]) == (False, 3600, 93600)
    assert found["concerns"] == [{"code": "quarantine", "project": "intake"}]
    assert found["quarantine"] == {"too_deep": 1} and found["problems"] == {}
    intake = next(each for each in found["projects"] if each["project"] == "intake")
    assert (intake["asset_uid"], intake["quarantined"], intake["on_server"]) == (INTAKE, 1, 3)
    assert (found["last_run"]["status"], found["last_run"]["new"], found["last_run"]["exit_code"]) == ("ok", 1, 0)


def test_an_empty_database_has_the_same_shape() -> None:
    empty, full = status_json(Status(0, 0, (), {}, {}, {}, None), NOW), {"last_run": None, "complete_as_of": None}
    assert empty.keys() == status_json(read(empty_database()), NOW).keys()
    assert full.items() <= empty.items()


def test_no_text_that_anybody_wrote_reaches_lines_or_json(engine: Engine) -> None:
    adopted = {"asset_uid": "aVisits", "server": SERVER, "table_name": "visits", "title": SENTINEL, "adopted_at": NOW}
    add(engine, adopted_asset, adopted)
    add(engine, quarantine, refused("aVisits", 1))
    found = {"problem_id": "p", "kind": "unknown_question", "form_id": "intake"}
    add(engine, problem, found | {"message": SENTINEL, "path": SENTINEL})
    add(engine, sync_run, ended(message=SENTINEL))
    told = json.dumps(status_json(read(engine), NOW))
    assert SENTINEL not in told
    lines = [line for line in status_lines(read(engine), NOW) if not line.startswith("last sync: ")]
    assert SENTINEL not in "".join(lines)
