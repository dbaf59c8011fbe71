"""Knows that records of any form, through all its versions, lose no answer, and that keeping up equals a rebuild."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select

from connector.adopted import AdoptedProject
from connector.adopted_derive import rebuild_adopted
from connector.adopted_labels import catalogue
from connector.database import open_database
from connector.fact_schema import problem
from connector.identity import join_record
from connector.layout import is_system_key
from connector.migration import migrate
from connector.precious_schema import submission, submission_identity
from connector.records import LONGEST_PATH
from connector.store import mark_deleted, store_page
from tests.connector.adopted_scenes import NOW, adopted
from tests.connector.light_project import light_answers, light_project
from tests.connector.made_adopted import MadeForm

Json = Mapping[str, Any]


def record(number: int, **answers: Any) -> dict[str, Any]:
    """A record as the server gives it."""
    system = {"_id": number, "_uuid": f"u{number}", "meta/rootUuid": f"uuid:r{number}", "__version__": "v1"}
    return {**system, "_submission_time": "2026-11-23T03:30:59", "_validation_status": {}, **answers}


def contents(connection: Connection, project: AdoptedProject) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a form's tables, of the catalogue and of `problem`, in one order."""
    tables = [*project.level.tables(), *catalogue.sorted_tables, problem]
    return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in tables}


def test_rows_of_a_record_are_where_a_person_expects_them(connection: Connection) -> None:
    project = light_project(connection)
    store_page(connection, project, [record(7, **light_answers(5))], NOW)
    rows = contents(connection, project)
    about = (7, "r7", dt.datetime(2026, 11, 23, 3, 30, 59), None, "v1", None)
    assert rows["light"] == [(*about, dt.date(2026, 11, 6), "yes", 5, 5.5, None)]
    assert rows["light_apart"] == [(7, "Person 5")]
    assert rows["light_child"] == [(7, "1", 0), (7, "2", 1)]
    assert rows["light_child_apart"] == [(7, "1", "Child 0"), (7, "2", "Child 1")]
    assert rows["problem"] == []


def test_names_are_in_no_table_that_is_not_kept_apart(connection: Connection) -> None:
    project = light_project(connection)
    store_page(connection, project, [record(7, **light_answers(5), surprise="Sentinel")], NOW)
    body = connection.scalar(select(submission.c.body)) or ""
    identity = connection.scalar(select(submission_identity.c.body)) or ""
    assert not any(name in body for name in ("Person 5", "Child 1", "Sentinel"))
    assert all(name in identity for name in ("Person 5", "Child 1", "Sentinel"))
    assert [row.kind for row in connection.execute(select(problem))] == ["unknown_question"]


def test_an_edit_that_clears_answers_and_rows_leaves_none_behind(connection: Connection) -> None:
    project = light_project(connection)
    store_page(connection, project, [record(7, **light_answers(5, age="many")), record(8, **light_answers(4))], NOW)
    assert len(contents(connection, project)["problem"]) == 1
    store_page(connection, project, [record(7, _uuid="other", is_well="no")], NOW)
    rows = contents(connection, project)
    assert [row[6:] for row in rows["light"] if row[0] == 7] == [(None, "no", None, None, None)]
    assert [row[0] for row in rows["light_child"]] == [8] and rows["problem"] == []


def test_a_record_that_was_deleted_and_sent_again_is_there_once(connection: Connection) -> None:
    project = light_project(connection)
    store_page(connection, project, [record(7, **light_answers(5))], NOW)
    store_page(connection, project, [{**record(9, **light_answers(5)), "meta/rootUuid": "uuid:r7"}], NOW)
    assert [row[0] for row in contents(connection, project)["light"]] == [9]
    mark_deleted(connection, project, ["r7"], NOW)
    assert not any(contents(connection, project)[table.name] for table in project.level.tables())


def test_deleting_a_record_whose_number_another_one_has_got_takes_nothing_from_that_one(connection: Connection) -> None:
    project = light_project(connection)
    store_page(connection, project, [record(7, **light_answers(5))], NOW)
    store_page(connection, project, [{**record(7, **light_answers(4)), "meta/rootUuid": "uuid:later"}], NOW)
    mark_deleted(connection, project, ["r7"], NOW)
    assert [row[1] for row in contents(connection, project)["light"]] == ["later"]


@pytest.mark.parametrize("seed", range(12))
def test_a_form_that_is_changed_again_and_again_loses_no_answer(connection: Connection, seed: int) -> None:
    play(connection, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 3000))
def test_many_forms_lose_no_answer(connection: Connection, seed: int) -> None:
    play(connection, seed)


def test_a_form_loses_no_answer_in_postgresql(current_postgres_url: str) -> None:
    engine = open_database(current_postgres_url)
    migrate(engine)
    for seed in range(100, 103):
        with engine.connect() as connection, connection.begin() as transaction:
            play(connection, seed)
            transaction.rollback()
    engine.dispose()


def play(connection: Connection, seed: int) -> None:
    """Store, edit and delete records of all versions of a made-up form; every answer is found, a rebuild is equal."""
    rng = Random(seed)
    form = MadeForm(rng)
    for _ in range(rng.randint(0, 4)):
        form.change()
    project = adopted(connection, form.contents)
    records = {number: form.record(number) for number in rng.sample(range(1, 60), 25)}
    store_page(connection, project, list(records.values()), NOW)
    for number in rng.sample(sorted(records), 8):
        records[number] = form.record(number)
    store_page(connection, project, list(records.values()), NOW)
    for number in rng.sample(sorted(records), 5):
        del records[number]
        mark_deleted(connection, project, [f"root-{number}"], NOW)
    kept_up = contents(connection, project)
    assert_nothing_is_lost(connection, project, records)
    rebuild_adopted(connection)
    assert contents(connection, project) == kept_up


def assert_nothing_is_lost(connection: Connection, project: AdoptedProject, records: Mapping[int, Json]) -> None:
    """Every answer of every record is in a row of its own level, or named in `problem`; the raw record is whole."""
    rows: dict[tuple[int, str], list[Any]] = {}
    for table in project.level.tables():
        for row in connection.execute(select(table)):
            rows.setdefault((row.server_id, row._mapping.get("position", "")), []).extend(row)
    told = {(row.server_id, row.path) for row in connection.execute(select(problem))}
    same = submission.c.root_uuid == submission_identity.c.root_uuid
    query = select(submission, submission_identity.c.body.label("identity")).outerjoin(submission_identity, same)
    for row in connection.execute(query.where(submission.c.deleted_at.is_(None))):
        whole = join_record(json.loads(row.body), json.loads(row.identity or "{}"))
        assert whole == records[row.server_id] and list(whole) == list(records[row.server_id])
    keys = keys_by_path(project)
    for number, each in records.items():
        for places, value in answers(each, ()):
            path, position = places[-1]
            named = {(number, of) for place, at in places for of in named_as(keys.get(place, ()), place, at)}
            assert named & told or is_stored(value, rows.get((number, position), [])), (number, path, position, value)


def keys_by_path(project: AdoptedProject) -> dict[str, set[str]]:
    """The keys by which problems name a question or repeat, by its path in any version."""
    keys: dict[str, set[str]] = {}
    for kept in (*project.union.questions, *project.union.repeats):
        for asked in kept.seen.values():
            keys.setdefault(asked.path, set()).add(kept.key)
    return keys


def named_as(keys: Iterable[str], path: str, position: str) -> Iterator[str]:
    """How `problem` may write where an answer is."""
    for key in {*keys, path}:
        text = f"{key}[{position}]" if position else key
        yield text.encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")[:LONGEST_PATH]


Places = tuple[tuple[str, str], ...]


def answers(each: Json, around: Places) -> Iterator[tuple[Places, Any]]:
    """Yield (path and position of the answer and of the repeats around it, value) of every answer that is not blank."""
    position = around[-1][1] if around else ""
    for path, value in each.items():
        here = (*around, (path, position))
        if not position and is_system_key(path):
            continue
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            for number, row in enumerate(value, start=1):
                yield from answers(row, (*here, (path, f"{position}.{number}" if position else str(number))))
        elif value not in (None, "", " ", "NaN", [], {}):
            yield here, value


def is_stored(value: Any, row: list[Any]) -> bool:
    """Whether a value, as text, number, day, time, moment or place, is among those of a row."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    found = {text, text.replace("\0", "�").encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
    if any(each in found for each in row if isinstance(each, str)):
        return True
    for read in (float, dt.date.fromisoformat, _time, _moment, _latitude):
        try:
            if read(text) in row:
                return True
        except (ValueError, OverflowError, IndexError):
            continue
    return False


def _time(text: str) -> dt.time:
    return dt.time.fromisoformat(text).replace(tzinfo=None)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC).replace(tzinfo=None)


def _latitude(text: str) -> float:
    return float(text.split()[1])
