"""Records that cannot be read wait, each once, until they can be read or are gone; nothing of them is lost."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from connector.database import open_database
from connector.kobo_values import Refused
from connector.precious_schema import precious, quarantine, submission
from connector.quarantine import (
    count_waiting,
    keep_refused,
    resolve,
    resolve_unseen,
    waiting,
)
from connector.sync_here import Here

NOW = datetime(2026, 11, 26, 9, 0)
LATER = NOW + timedelta(hours=1)


def refused(text: str = '{"a":1,"a":2}', server_id: int | None = 7, root: str | None = "r7") -> Refused:
    return Refused("a key occurs twice in one object", text, server_id, root)


NAMELESS = refused("7", None, None)


@pytest.fixture
def connection(any_current: Connection) -> Connection:
    return any_current


def test_a_record_is_kept_as_served_with_its_reason(connection: Connection) -> None:
    text = '{"a":"\\u0000\\ud800","a":2}'
    assert keep_refused(connection, "x", [refused(text)], NOW) == 1
    row = connection.execute(select(quarantine)).one()
    assert (row.body, row.reason, row.server_id, row.root_uuid) == (text, refused().reason, 7, "r7")
    assert (row.tries, row.first_seen_at, row.last_seen_at, row.resolved_at) == (1, NOW, NOW, None)


def test_the_same_record_is_kept_once_and_its_tries_are_counted(connection: Connection) -> None:
    assert [keep_refused(connection, "x", [refused(), NAMELESS], at) for at in (NOW, LATER)] == [2, 0]
    rows = connection.execute(select(quarantine)).all()
    assert [(row.tries, row.first_seen_at, row.last_seen_at) for row in rows] == [(2, NOW, LATER)] * 2


def test_an_edit_that_cannot_be_read_either_takes_the_place_of_what_waited(connection: Connection) -> None:
    keep_refused(connection, "x", [refused()], NOW)
    assert keep_refused(connection, "x", [refused('{"a":3,"a":4}')], LATER) == 1
    assert count_waiting(connection, "x") == 1
    assert [row.resolved_at for row in connection.execute(select(quarantine)).all()] == [LATER, None]


def test_a_record_that_was_settled_waits_again_when_it_comes_again(connection: Connection) -> None:
    keep_refused(connection, "x", [refused()], NOW)
    resolve(connection, "x", NOW, roots=["r7"])
    assert count_waiting(connection, "x") == 0
    assert keep_refused(connection, "x", [refused()], LATER) == 1
    assert count_waiting(connection, "x") == 1


def test_what_was_read_or_is_gone_is_settled_and_its_text_stays(connection: Connection) -> None:
    keep_refused(connection, "x", [refused(), refused("8", 8, "r8"), refused("9", 9, None), NAMELESS], NOW)
    assert resolve(connection, "x", LATER, roots=["r7", "other"], server_ids=[9]) == 2
    assert {row.root_uuid for row in waiting(connection, "x")} == {"r8", None}
    assert resolve(connection, "x", LATER, without_id=True) == 1
    assert len(connection.execute(select(quarantine.c.body)).all()) == 4


def test_other_projects_are_left_alone(connection: Connection) -> None:
    for uid in ("x", "y"):
        keep_refused(connection, uid, [refused()], NOW)
    resolve(connection, "x", LATER, roots=["r7"])
    assert (count_waiting(connection, "x"), count_waiting(connection, "y"), count_waiting(connection)) == (0, 1, 1)


def test_a_run_that_read_everything_settles_what_was_not_served(connection: Connection) -> None:
    keep_refused(connection, "x", [refused(), NAMELESS], NOW)
    keep_refused(connection, "x", [refused()], LATER)
    assert resolve_unseen(connection, "x", LATER, LATER) == 1
    assert {row.root_uuid for row in waiting(connection, "x")} == {"r7"}


def test_a_record_that_is_stored_as_it_was_is_not_counted_twice(any_empty_url: str) -> None:
    engine = open_database(any_empty_url)
    stored = {"asset_uid": "x", "root_uuid": "r7", "form_id": "f", "server_id": 7, "version_uuid": "", "body": "{}"}
    with engine.begin() as connection:
        precious.create_all(connection)
        connection.execute(insert(submission), [{**stored, "body_hash": "0" * 64, "first_seen_at": NOW}])
        keep_refused(connection, "x", [refused(), refused("8", 8, "r8"), NAMELESS], NOW)
        assert count_waiting(connection, "x") == 3
    assert Here(engine, "x").size() == 3
    engine.dispose()


def test_a_thousand_records_are_kept_and_settled(connection: Connection) -> None:
    many = [refused(json.dumps(number), number, f"r{number}") for number in range(1, 1001)]
    assert keep_refused(connection, "x", many, NOW) == 1000
    assert keep_refused(connection, "x", many, LATER) == 0
    assert resolve(connection, "x", LATER, roots=[each.root_uuid or "" for each in many]) == 1000
