"""Knows that problems, completeness, runs and the age of the data are told as they are, on both databases."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Engine, delete, insert, select, update

from connector.database import open_database
from connector.fact_schema import problem
from connector.precious_schema import deployment, quarantine, sync_cursor
from connector.problem import KINDS
from dashboard.filters import ALL, Filters
from dashboard.queries_data import DUPLICATE_KINDS, completeness, problem_counts, problems, runs, unread
from dashboard.queries_frame import contents, data_age, filter_options, last_run, schema
from tests.dashboard.known_programme import code


def age_after(engine: Engine, change: object) -> pd.Series:
    """The age of the data after one change to the cursors."""
    with engine.begin() as connection:
        connection.execute(change)  # type: ignore[call-overload]
        return data_age(connection).iloc[0]


def test_problems_are_counted_by_kind_most_frequent_first(known: Connection) -> None:
    found = problem_counts(known, ALL)
    assert list(zip(found["kind"], found["problems"], strict=True)) == [
        ("not_in_list", 2),
        ("session_reported_twice", 1),
    ]


def test_problems_of_a_kind_are_listed_newest_first(known: Connection) -> None:
    found = problems(known, ALL, ("not_in_list",))
    assert list(found["server_id"]) == [103, 101]
    assert list(found["path"]) == ["visit/wave", "about/sex"]
    assert len(problems(known, ALL, ("not_in_list",), limit=1)) == 1


def test_problems_follow_the_filters_that_concern_them(known: Connection) -> None:
    found = problem_counts(known, Filters(healing_group=("2801-01",)))
    assert list(found["kind"]) == ["session_reported_twice"]


def test_every_kind_of_duplicate_exists() -> None:
    assert set(DUPLICATE_KINDS) <= set(KINDS)


def test_deleted_records_are_not_counted_as_kept(known: Connection) -> None:
    found = completeness(known).set_index("form_id")[["records", "on_server", "deleted"]].astype(int)
    assert found.T.to_dict() == {
        "attendance": {"records": 1, "on_server": 1, "deleted": 0},
        "intake": {"records": 2, "on_server": 2, "deleted": 1},
        "outcome": {"records": 0, "on_server": 1, "deleted": 0},
    }


def test_the_last_run_comes_first(known: Connection) -> None:
    found = runs(known)
    assert list(found["new"]) == [3, 40]
    assert last_run(known).iloc[0]["message"] == "3 new, 1 edited, 1 deleted"
    assert len(runs(known, limit=1)) == 1


def test_data_are_as_old_as_the_form_proved_longest_ago(known: Connection) -> None:
    age = data_age(known).iloc[0]
    assert str(age["complete_as_of"]) == "2026-04-14 05:00:00"
    assert str(age["newest_submission"]) == "2026-04-15 04:04:00"
    assert (age["forms"], age["submissions"]) == (3, 3)


def test_data_are_not_complete_while_one_form_never_was(own_url: str) -> None:
    never = update(sync_cursor).where(sync_cursor.c.form_id == "intake").values(complete_as_of=None)
    assert age_after(open_database(own_url), never)["complete_as_of"] is None


def test_data_are_not_complete_without_any_sync(own_url: str) -> None:
    assert age_after(open_database(own_url), delete(sync_cursor))["complete_as_of"] is None


def test_a_form_synced_later_makes_the_data_no_older(own_url: str) -> None:
    values = {
        "asset_uid": "b",
        "form_id": "intake",
        "last_id": 1,
        "complete_as_of": pd.Timestamp("2026-04-16").to_pydatetime(),
    }
    age = age_after(open_database(own_url), insert(sync_cursor).values(values))
    assert str(age["complete_as_of"]) == "2026-04-14 05:00:00"


DEPLOYED = {
    "server": "https://kobo.invalid",
    "workbook_hash": "0",
    "version_uid": "v",
    "deployed_at": datetime(2026, 1, 1),
}


def deploy(engine: Engine, *asset_uids: str) -> None:
    """Note these projects as deployed."""
    with engine.begin() as connection:
        rows = [DEPLOYED | {"form_id": f"form{uid}", "area": "", "asset_uid": uid} for uid in asset_uids]
        connection.execute(insert(deployment), rows)


def test_a_deployed_form_that_no_sync_has_read_leaves_the_data_incomplete(own_url: str) -> None:
    engine = open_database(own_url)
    with engine.connect() as connection:
        read = list(connection.scalars(select(sync_cursor.c.asset_uid)))
    deploy(engine, *read)
    with engine.connect() as connection:
        assert str(data_age(connection).iloc[0]["complete_as_of"]) == "2026-04-14 05:00:00"
    deploy(engine, "never")
    with engine.connect() as connection:
        age = data_age(connection).iloc[0]
    assert age["complete_as_of"] is None and age["forms"] == len(read) + 1


def test_a_project_that_is_deployed_no_more_makes_the_data_no_older(own_url: str) -> None:
    engine = open_database(own_url)
    with engine.connect() as connection:
        newest = connection.execute(select(sync_cursor).order_by(sync_cursor.c.complete_as_of.desc())).first()
    assert newest is not None
    deploy(engine, newest.asset_uid)
    with engine.connect() as connection:
        age = data_age(connection).iloc[0]
    assert age["complete_as_of"] == newest.complete_as_of and age["forms"] == 1


def test_records_that_could_not_be_read_are_listed_until_they_are_settled(own_url: str) -> None:
    engine, at = open_database(own_url), datetime(2026, 4, 15)
    with engine.begin() as connection:
        uid = connection.scalar(select(sync_cursor.c.asset_uid).where(sync_cursor.c.form_id == "intake"))
        row = {"asset_uid": uid, "reason": "nested too deep", "body": "…", "first_seen_at": at, "last_seen_at": at}
        connection.execute(insert(quarantine).values(row | {"body_hash": "1", "server_id": 7}))
        connection.execute(insert(quarantine).values(row | {"body_hash": "2", "server_id": 8, "resolved_at": at}))
        found = unread(connection)
    assert found.drop(columns="first_seen_at").to_dict("records") == [
        {"form_id": "intake", "server_id": 7, "reason": "nested too deep"}
    ]


def test_filters_offer_what_the_registry_holds(known: Connection) -> None:
    found = filter_options(known)
    assert list(found["healing_group"]) == ["2801-01", "2801-02", "2812-01", "2812-02"]
    assert set(found["cohort"]) == {"2025-2", "2026-1"}


def test_the_shape_of_the_tables_is_known(known: Connection, empty: Connection) -> None:
    assert schema(known).iloc[0]["state"] == "current"
    assert contents(known).iloc[0].to_dict() == {"groups": 4, "clients": 22, "submissions": 4}
    assert contents(empty).iloc[0].to_dict() == {"groups": 0, "clients": 0, "submissions": 0}


def test_filters_by_sex_reach_problems_through_their_client(own_url: str) -> None:
    engine = open_database(own_url)
    with engine.begin() as connection:
        connection.execute(update(problem).where(problem.c.problem_id == "p1").values(client_code=code("a3")))
        found = problem_counts(connection, Filters(sex=("male",)))
    assert list(found["kind"]) == ["not_in_list"]
    assert list(found["problems"]) == [1]
