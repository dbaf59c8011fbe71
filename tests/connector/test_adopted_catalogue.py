"""What is promised about the catalogue of adopted forms: it says what the form says, and is written only where not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, event, insert, select, update

from connector.adopted_derive import ensure_tables
from connector.adopted_labels import asset_choice, asset_question
from connector.store import store_page
from tests.connector.adopted_scenes import NOW, adopted
from tests.connector.light_project import light_project


def rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    """All rows of a table, in one order."""
    return sorted(map(tuple, connection.execute(select(table))), key=repr)


def test_a_catalogue_that_says_what_the_form_says_is_not_written_again(connection: Connection) -> None:
    project = light_project(connection)
    ensure_tables(connection, project)
    said: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *told: said.append(told[2].split()[0]))
    ensure_tables(connection, project)
    assert {"SELECT"} <= set(said) <= {"SELECT", "PRAGMA"}


@pytest.mark.parametrize("table", [asset_question, asset_choice])
@pytest.mark.parametrize("what", ["changed", "lost", "added"])
def test_a_catalogue_that_says_anything_else_is_written_anew(connection: Connection, table: Table, what: str) -> None:
    project = light_project(connection)
    ensure_tables(connection, project)
    before = rows(connection, table)
    first = connection.execute(select(table)).mappings().first()
    assert first is not None
    one = table.c.sequence == first["sequence"]
    if what == "changed":
        connection.execute(update(table).where(one).values(sequence=99))
    elif what == "lost":
        connection.execute(delete(table).where(one))
    else:
        key = "column_name" if table is asset_question else "code"
        connection.execute(insert(table).values({**first, key: "another"}))
    assert rows(connection, table) != before
    ensure_tables(connection, project)
    assert rows(connection, table) == before


def test_what_is_said_of_another_form_stays(connection: Connection) -> None:
    project = light_project(connection)
    ensure_tables(connection, project)
    connection.execute(update(asset_choice).values(asset_uid="another"))
    ensure_tables(connection, project)
    kept = {uid: sum(row[0] == uid for row in rows(connection, asset_choice)) for uid in ("another", project.asset_uid)}
    assert kept["another"] == kept[project.asset_uid] > 0


@pytest.mark.parametrize("key", ["list_name", "name", "language"])
def test_words_that_are_longer_than_a_key_and_begin_alike_stop_nothing(any_current: Connection, key: str) -> None:
    long = ["x" * 300 + end for end in ("a", "b")]
    lists, codes = long if key == "list_name" else ["y", "y"], long if key == "name" else ["y", "z"]
    choices = [{"list_name": a, "name": b, "label": ["A", "B"]} for a, b in zip(lists, codes, strict=True)]
    survey = [{"type": f"select_one {name}", "name": f"q{place}"} for place, name in enumerate(lists)]
    content = {"survey": survey, "choices": choices, "translations": long if key == "language" else ["en", "fr"]}
    project = adopted(any_current, content)
    store_page(any_current, project, [{"_id": 1, "_uuid": "u", "__version__": "v1", "q0": codes[0]}], NOW)
    query = select(asset_choice.c.list_name, asset_choice.c.code, asset_choice.c.language)
    assert len(set(any_current.execute(query.where(asset_choice.c.asset_uid == project.asset_uid)).all())) == 4
