"""A form that is read by its XLSForm alone loses no hostile record either, and its neighbours are untouched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, select

from connector.adopted import AdoptedProject
from connector.adopted_content import read_content
from connector.adopted_derive import ensure_tables
from tests.connector.hostile_payloads import Payload, generated, payloads
from tests.connector.hostile_storing import lost, problems, read, served, store
from tests.connector.sync_scenes import differences, new_database

QUESTIONS = {
    "text": "text",
    "name": "text",
    "code": "text",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "time": "time",
    "moment": "dateTime",
    "point": "geopoint",
    "photo": "image",
}
CONTENT: dict[str, Any] = {
    "schema": "1",
    "survey": [
        {"type": "begin_group", "name": "all", "$xpath": "all"},
        *({"type": kind, "name": name, "label": [name], "$xpath": f"all/{name}"} for name, kind in QUESTIONS.items()),
        {"type": "select_one", "select_from_list_name": "ab", "name": "one", "label": ["one"], "$xpath": "all/one"},
        {
            "type": "select_multiple",
            "select_from_list_name": "ab",
            "name": "many",
            "label": ["m"],
            "$xpath": "all/many",
        },
        {"type": "end_group"},
        {"type": "begin_repeat", "name": "repeat", "label": ["repeat"], "$xpath": "repeat"},
        {"type": "text", "name": "inner", "label": ["inner"], "$xpath": "repeat/inner"},
        {"type": "begin_repeat", "name": "deeper", "label": ["deeper"], "$xpath": "repeat/deeper"},
        {"type": "integer", "name": "deepest", "label": ["deepest"], "$xpath": "repeat/deeper/deepest"},
        {"type": "end_repeat"},
        {"type": "end_repeat"},
    ],
    "choices": [{"list_name": "ab", "name": name, "label": [name]} for name in ("a", "b")],
    "translations": [None],
    "translated": ["label"],
    "settings": {},
}
KEYS = {name: f"all/{name}" for name in (*QUESTIONS, "one", "many")}
ROWS = [
    Payload("rows in rows", {"repeat": [{"repeat/inner": "x", "repeat/deeper": [{"repeat/deeper/deepest": "5"}] * 3}]}),
    Payload("rows that are none", {"repeat": [{"repeat/inner": ["x"], "repeat/deeper": "x"}, "x", None, [], {}]}),
    Payload("rows with strange values", {"repeat": [{"repeat/inner": "a\0\ud800", "repeat/deeper": [{"x": 1}, 5]}]}),
    Payload("a thousand rows in rows", {"repeat": [{"repeat/deeper": [{"repeat/deeper/deepest": "5"}] * 50}] * 20}),
]


def project() -> AdoptedProject:
    """A form with a question of every kind, and a repeat in a repeat."""
    return AdoptedProject("aAny", "any_form", (("v1", read_content(CONTENT)),))


@pytest.fixture
def engines(current_postgres_url: str) -> Iterator[tuple[Engine, Engine]]:
    pair = new_database("sqlite://"), new_database(current_postgres_url)
    yield pair
    for engine in pair:
        engine.dispose()


def tables(engine: Engine) -> dict[str, list[Any]]:
    """The rows of the form's own tables."""
    metadata = MetaData()
    metadata.reflect(engine, only=lambda name, _: name.startswith("any_form"))
    with engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in metadata.tables.items()
        }


def pictures(found: list[Payload]) -> list[Payload]:
    """The payloads that tell of files, as other records, which name one."""
    return [
        Payload(f"{each.name}, with a picture", {"photo": "a.png", "_attachments": each.answers["_attachments"]})
        for each in found
        if "_attachments" in each.answers
    ]


def check(engines: tuple[Engine, Engine], found: list[Payload]) -> None:
    """Store the payloads in both databases, and see that every promise is kept."""
    records = served([*found, *pictures(found)], KEYS)
    pages = read(records)
    for engine in engines:
        adopted = project()
        with engine.begin() as connection:
            ensure_tables(connection, adopted)
        stored = store(engine, adopted, pages).new
        assert lost(engine, adopted, records) == []
        assert len(tables(engine)["any_form"]) == stored
        assert [row for row in problems(engine) if row.kind == "unreadable_record"] == []
        assert store(engine, adopted, pages).new == 0
    assert differences(*engines) == {}
    assert tables(engines[0]) == tables(engines[1])


def test_no_payload_is_lost_in_any_form(engines: tuple[Engine, Engine]) -> None:
    check(engines, [*payloads(), *ROWS])


def test_no_generated_payload_is_lost_in_any_form(engines: tuple[Engine, Engine]) -> None:
    check(engines, list(generated(250, seed=77)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_no_generated_payload_of_many_is_lost_in_any_form(engines: tuple[Engine, Engine], seed: int) -> None:
    check(engines, list(generated(1_000, seed)))
