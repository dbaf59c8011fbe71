"""Knows that a table that only shows another is one to whoever reads, on both databases, whatever was there before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, inspect, select

from connector.database import open_database
from connector.derive import rebuild
from connector.derived_view import is_view
from connector.fact_schema import assessment, derived, item_answer
from connector.migration import migrate, schema_state

GIVEN = (
    ("root-1", "phq9", '{"phq9_1":2,"phq9_2":"refused","phq9_9":0}'),
    ("root-1", "gad7", '{"gad7_1":"stopped","gad7_2":"not_asked"}'),
    ("root-2", "phq9", "{}"),
    ("root-3", "phq9", None),
)
SHOWN = {
    ("root-1", "phq9_1", "phq9", 2, None),
    ("root-1", "phq9_2", "phq9", None, "refused"),
    ("root-1", "phq9_9", "phq9", 0, None),
    ("root-1", "gad7_1", "gad7", None, "stopped"),
    ("root-1", "gad7_2", "gad7", None, "not_asked"),
}


def keep(connection: Connection) -> None:
    rows: list[dict[str, Any]] = [dict(zip(("root_uuid", "instrument", "answers"), row, strict=True)) for row in GIVEN]
    connection.execute(insert(assessment), rows)


def shown(connection: Connection) -> set[tuple[Any, ...]]:
    return set(map(tuple, connection.execute(select(item_answer))))


def test_every_answer_of_every_assessment_is_a_row(any_current: Connection) -> None:
    keep(any_current)
    assert shown(any_current) == SHOWN
    found = any_current.scalars(select(item_answer.c.root_uuid).where(item_answer.c.value >= 1))
    assert list(found) == ["root-1"]


def test_it_goes_and_comes_with_all_tables(any_current: Connection) -> None:
    rebuild(any_current)
    keep(any_current)
    assert shown(any_current) == SHOWN
    assert inspect(any_current).get_view_names() == [item_answer.name]
    derived.drop_all(any_current)
    assert inspect(any_current).get_view_names() == []


def at_an_earlier_version(engine: Engine) -> None:
    """Answers as rows of a table, and no column for them in assessments, as earlier versions had them."""
    with engine.begin() as connection:
        item_answer.drop(connection)
        assessment.drop(connection)
        for name in (item_answer.name, assessment.name):
            Table(name, MetaData(), Column("root_uuid", String(64), primary_key=True)).create(connection)


def test_a_table_of_an_earlier_version_makes_room(any_empty_url: str) -> None:
    engine = open_database(any_empty_url)
    migrate(engine)
    at_an_earlier_version(engine)
    assert schema_state(engine) == "older"
    assert migrate(engine) is True
    assert schema_state(engine) == "current"
    with engine.begin() as connection:
        keep(connection)
        assert shown(connection) == SHOWN
    engine.dispose()


def test_only_the_answers_to_items_are_shown_so() -> None:
    assert [table.name for table in derived.tables.values() if is_view(table)] == ["item_answer"]
