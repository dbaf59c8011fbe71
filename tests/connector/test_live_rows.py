"""What is told of stored records without their answers: which are live, in which range, which wait for files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select

from connector.live_rows import (
    awaiting_files,
    count_live,
    count_validated,
    highest_number,
    number_at,
    rows_between,
    rows_numbered,
    rows_of,
)
from connector.precious_schema import submission
from connector.raw_rows import keep_versions, known_rows
from connector.store import mark_deleted, store_page
from connector.submission import files_hash
from tests.connector.light_project import LIGHT_ASSET, light_project
from tests.connector.sync_scenes import NOW, empty_database

NUMBERS = (10, 20, 30, 40)
VALIDATED = {"uid": "validation_status_approved", "timestamp": 5}


def served(number: int, **more: object) -> dict[str, object]:
    system = {"_id": number, "_uuid": f"v-{number}", "meta/rootUuid": f"uuid:root-{number}", "_validation_status": {}}
    return system | more


@pytest.fixture
def engine() -> Engine:
    """Four records, of which the third is deleted and the fourth validated."""
    engine = empty_database()
    records = [served(number) for number in NUMBERS[:3]] + [served(40, _validation_status=VALIDATED)]
    with engine.begin() as connection:
        project = light_project(connection)
        store_page(connection, project, records, NOW)
        mark_deleted(connection, project, ["root-30"], NOW)
    return engine


def test_a_range_begins_after_its_first_number_and_ends_with_its_last(engine: Engine) -> None:
    with engine.connect() as connection:
        found = {
            bounds: [row.server_id for row in rows_between(connection, LIGHT_ASSET, *bounds)]
            for bounds in ((None, None), (10, None), (None, 20), (10, 40), (40, 99))
        }
        counted = {bounds: count_live(connection, LIGHT_ASSET, *bounds) for bounds in found}
    assert found == {
        (None, None): [10, 20, 40],
        (10, None): [20, 40],
        (None, 20): [10, 20],
        (10, 40): [20, 40],
        (40, 99): [],
    }
    assert counted == {bounds: len(rows) for bounds, rows in found.items()}


def test_deleted_records_and_those_of_other_projects_are_left_out(engine: Engine) -> None:
    with engine.connect() as connection:
        assert {row.root_uuid for row in rows_between(connection, LIGHT_ASSET)} == {"root-10", "root-20", "root-40"}
        assert set(rows_of(connection, LIGHT_ASSET, ["root-10", "root-30", "nobody"])) == {"root-10"}
        assert [row.root_uuid for row in rows_numbered(connection, LIGHT_ASSET, [30, 40])] == ["root-40"]
        assert count_live(connection, "another") == 0 and highest_number(connection, "another") is None


def test_a_row_says_which_version_is_here(engine: Engine) -> None:
    with engine.connect() as connection:
        row = rows_of(connection, LIGHT_ASSET, ["root-40"])["root-40"]
        assert (row.server_id, row.version_uuid, row.validation_status, row.validation_at) == (
            40,
            "v-40",
            VALIDATED["uid"],
            5,
        )
        assert (
            count_validated(connection, LIGHT_ASSET) == 1 and count_validated(connection, LIGHT_ASSET, upto_id=20) == 0
        )


def test_a_place_among_live_records_has_a_number(engine: Engine) -> None:
    with engine.connect() as connection:
        assert [number_at(connection, LIGHT_ASSET, place) for place in range(4)] == [10, 20, 40, None]
        assert highest_number(connection, LIGHT_ASSET) == 40


def test_files_are_told_apart_by_who_they_are_and_whether_they_are_deleted() -> None:
    kept, gone = {"uid": "a", "is_deleted": False}, {"uid": "a", "is_deleted": True}
    told = [files_hash({"_attachments": files}) for files in ([], [kept], [gone], [kept, {"uid": "\ud800"}])]
    assert told[0] is None and files_hash({}) is None
    assert len(set(told)) == 4 and all(len(each) == 32 for each in told if each)
    assert files_hash({"_attachments": [{"uid": "\ud800"}, kept]}) == told[3]


def test_a_record_waits_for_the_files_that_it_names(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(submission.update().where(submission.c.root_uuid == "root-20").values(awaits_files=2))
    with engine.connect() as connection:
        assert [row.root_uuid for row in awaiting_files(connection, LIGHT_ASSET, NOW)] == ["root-20"]
        assert awaiting_files(connection, LIGHT_ASSET, NOW + timedelta(seconds=1)) == []


def test_a_record_that_was_edited_waits_for_files_anew(engine: Engine) -> None:
    later = NOW + timedelta(days=60)
    with engine.begin() as connection:
        keep_versions(connection, LIGHT_ASSET, ["root-20"], later)
        connection.execute(submission.update().values(awaits_files=1))
    with engine.connect() as connection:
        assert [row.root_uuid for row in awaiting_files(connection, LIGHT_ASSET, later)] == ["root-20"]
        assert awaiting_files(connection, LIGHT_ASSET, later + timedelta(seconds=1)) == []


@pytest.mark.parametrize(
    "look",
    [
        lambda connection: rows_of(connection, LIGHT_ASSET, ["root-10", "nobody"]),
        lambda connection: rows_numbered(connection, LIGHT_ASSET, [10, 30]),
        lambda connection: rows_between(connection, LIGHT_ASSET, 10, 20),
        lambda connection: awaiting_files(connection, LIGHT_ASSET, NOW),
        lambda connection: known_rows(connection, LIGHT_ASSET, ["root-10", "nobody"]),
    ],
    ids=["by identity", "by number", "of a span", "awaiting files", "before they are stored"],
)
def test_looking_for_some_records_passes_no_others(engine: Engine, look: Callable[[Connection], object]) -> None:
    asked = list[tuple[str, Any]]()
    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda _c, _k, text, values, *_: asked.append((text, values)))
        look(connection)
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all() for text, values in asked[:]]
    told = [row[-1] for plan in plans for row in plan if "submission" in row[-1]]
    assert told and not [each for each in told if "SCAN" in each or "submission_by_server_id (asset_uid=?)" in each]


def test_counting_reads_no_record(engine: Engine) -> None:
    asked = select(submission.c.server_id).where(submission.c.asset_uid == "a", submission.c.deleted_at.is_(None))
    query = asked.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert plan and all("COVERING INDEX submission_by_server_id" in step for step in plan)
