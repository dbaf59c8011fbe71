"""Knows what becomes of single answers to any form: typed where they are as the form says, told where they are not."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from connector.adopted import AdoptedProject
from connector.adopted_derive import ensure_tables
from connector.adopted_labels import asset_question, asset_shape
from connector.adopted_tables import COLUMNS_A_TABLE
from connector.database import open_database
from connector.fact_schema import problem
from connector.migration import migrate
from connector.precious_schema import submission, submission_identity
from connector.store import store_page
from tests.connector.adopted_scenes import NOW, adopted
from tests.connector.kobo_exchanges import recorded

Row = dict[str, Any]


def record(number: int = 1, **answers: Any) -> dict[str, Any]:
    """A record as the server gives it."""
    return {"_id": number, "_uuid": f"u{number}", "meta/rootUuid": f"uuid:r{number}", "__version__": "v1", **answers}


def one_question(connection: Connection, kind: str, **more: Any) -> AdoptedProject:
    """A form that asks one question, `q`."""
    choices = [{"list_name": "yn", "name": name, "label": [name]} for name in ("yes", "no")]
    row = {"type": kind, "name": "q", "select_from_list_name": "yn", **more}
    return adopted(connection, {"survey": [row], "choices": choices}, settings={"answers": ["q"]})


def rows(connection: Connection, project: AdoptedProject, place: int = 0) -> list[Row]:
    """The rows of one of the tables of a form, by number."""
    table = project.level.tables()[place]
    return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def problems(connection: Connection) -> list[tuple[str, str]]:
    """Kind and path of every problem."""
    query = select(problem.c.kind, problem.c.path).order_by(problem.c.server_id, problem.c.path)
    return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        ("integer", "007", 7),
        ("integer", " -12 ", -12),
        ("integer", "12.0", 12),
        ("integer", str(2**62), 2**62),
        ("integer", 34, 34),
        ("decimal", "1e3", 1000.0),
        ("range", "2.5", 2.5),
        ("date", "2026-11-22", dt.date(2026, 11, 22)),
        ("date", "2026-11-22T00:00:00.000+02:00", dt.date(2026, 11, 22)),
        ("time", "09:30:00.000+02:00", dt.time(9, 30)),
        ("dateTime", "2026-11-22T00:30:15.250+02:00", dt.datetime(2026, 11, 21, 22, 30, 15, 250_000)),
        ("dateTime", "2026-11-22T10:00:00.000+05:45", dt.datetime(2026, 11, 22, 4, 15)),
        ("dateTime", "2026-11-22T10:00", dt.datetime(2026, 11, 22, 10, 0)),
        ("select_one", "yes", "yes"),
        ("select_multiple", "no yes", "no yes"),
        ("text", "  as it is ", "  as it is "),
        ("text", True, "true"),
        ("text", "", None),
        ("integer", " ", None),
        ("integer", None, None),
    ],
)
def test_an_answer_that_is_what_the_form_says_is_stored_as_that(
    connection: Connection, kind: str, answer: Any, value: Any
) -> None:
    project = one_question(connection, kind)
    store_page(connection, project, [record(q=answer)], NOW)
    assert rows(connection, project)[0]["q"] == value and problems(connection) == []


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        *(("integer", text) for text in ("abc", "1.5", "1_000", "1e3", str(2**63), "0x10", "nan")),
        *(("decimal", text) for text in ("nan", "inf", "1_0", "1e400", "1,5")),
        *(("date", text) for text in ("2026-02-30", "20261122", "2026-W01-1", "2026-11-22T09:00:00.000+02:00")),
        *(
            ("dateTime", text)
            for text in ("2026-11-22", "2026-11-22T25:00:00.000+02:00", "0001-01-01T00:00:00.000+14:00")
        ),
        *(("time", text) for text in ("24:00:00", "noon")),
        *(("geopoint", text) for text in ("1", "91 0 0 0", "a b c d", "1 2 3 4 5")),
        *(("text", value) for value in (["x"], {"a": 1})),
    ],
)
def test_an_answer_that_is_not_counts_as_blank_and_is_told_without_its_text(
    connection: Connection, kind: str, answer: Any
) -> None:
    project = one_question(connection, kind)
    store_page(connection, project, [record(q=answer), record(2)], NOW)
    blank = {key: value for key, value in rows(connection, project)[1].items() if key.startswith("q")}
    assert set(blank.values()) == {None}
    assert {key: value for key, value in rows(connection, project)[0].items() if key.startswith("q")} == blank
    ((told, path),) = problems(connection)
    assert path == "q" and told in ("not_a_value", "unexpected_shape")
    assert not isinstance(answer, str) or answer not in str(connection.execute(select(problem.c.message)).all())


def test_a_code_in_no_list_is_stored_as_sent_and_told(connection: Connection) -> None:
    project = one_question(connection, "select_multiple")
    store_page(connection, project, [record(q="yes perhaps")], NOW)
    assert rows(connection, project)[0]["q"] == "yes perhaps" and problems(connection) == [("not_in_list", "q")]


def test_characters_that_no_database_takes_are_replaced_and_told(connection: Connection) -> None:
    project = one_question(connection, "text")
    store_page(connection, project, [record(q="a\0b\ud800")], NOW)
    assert rows(connection, project)[0]["q"].startswith("a\ufffdb\ufffd")
    assert problems(connection) == [("not_a_value", "q")]


def test_a_number_that_a_phone_could_not_calculate_is_blank(connection: Connection) -> None:
    project = one_question(connection, "calculate", calculation="round(${q}, 1)")
    store_page(connection, project, [record(q="NaN"), record(2, q="1.5")], NOW)
    assert [row["q"] for row in rows(connection, project)] == [None, 1.5] and problems(connection) == []


def test_a_key_of_a_newer_server_is_no_problem_and_an_unknown_question_is(connection: Connection) -> None:
    project = one_question(connection, "integer")
    store_page(connection, project, [record(q="1", _novelty="x", surprise="y")], NOW)
    store_page(connection, project, [record(2, q="2", _novelty="x")], NOW)
    assert problems(connection) == [("unknown_question", "surprise")]
    assert [row["q"] for row in rows(connection, project)] == [1, 2]


def test_one_bad_record_of_a_page_leaves_the_others_as_they_are(connection: Connection) -> None:
    project = one_question(connection, "integer")
    pages = [record(number, q="x" if number == 500 else str(number)) for number in range(1, 1001)]
    store_page(connection, project, pages, NOW)
    assert [row["q"] for row in rows(connection, project)] == [None if n == 500 else n for n in range(1, 1001)]


def test_the_recorded_records_are_read_by_the_recorded_form(connection: Connection) -> None:
    version = recorded("projects", "version detail").body
    project = adopted(connection, [(version["uid"], version["content"])])
    records = recorded("records", "data list (default)").body["results"]
    store_page(connection, project, records, NOW)
    found = {row["server_id"]: row for row in rows(connection, project)}
    assert len(found) == len(records)
    assert (found[1]["head_age"], found[1]["pregnant"], found[1]["symptoms"]) == (34, "no", "fever cough")
    assert found[1]["start"] == dt.datetime(2026, 11, 22, 6, 0) and found[1]["n_children"] == 0.0
    apart = {row["server_id"]: row for row in rows(connection, project, 1)}
    assert (apart[1]["location_lat"], apart[1]["location_acc"]) == (-6.7924, 4.5)
    assert next((row["server_id"], row["position"], row["child_age_m"]) for row in rows(connection, project, 2)) == (
        3,
        "1",
        5,
    )
    assert problems(connection) == []


def test_records_of_two_versions_that_swapped_names_keep_their_own(connection: Connection) -> None:
    old = {"survey": [{"type": "integer", "name": name, "$kuid": kuid} for name, kuid in (("a", "1"), ("b", "2"))]}
    new = {"survey": [{"type": "integer", "name": name, "$kuid": kuid} for name, kuid in (("b", "1"), ("a", "2"))]}
    project = adopted(connection, [("v1", old), ("v2", new)])
    store_page(connection, project, [record(1, a="1", b="2"), record(2, __version__="v2", a="2", b="1")], NOW)
    assert [(row["a"], row["b"]) for row in rows(connection, project)] == [(2, 1), (2, 1)]


def named(name: str, kind: str, kuid: str) -> dict[str, str]:
    """A row of a survey."""
    return {"type": kind, "name": name, "$kuid": kuid}


def test_a_name_stays_apart_when_its_key_has_become_another_question(connection: Connection) -> None:
    old = {"survey": [named("who", "text", "1")]}
    new = {"survey": [named("name", "text", "1"), named("who", "integer", "2")]}
    project = adopted(connection, [("v1", old), ("v2", new)])
    store_page(connection, project, [record(1, who="Sentinel")], NOW)
    assert "Sentinel" not in (connection.scalar(select(submission.c.body)) or "")
    assert rows(connection, project)[0]["who"] is None and rows(connection, project, 1)[0]["name"] == "Sentinel"


def test_names_that_an_earlier_reading_left_in_the_bodies_are_taken_out(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.adopted_resplit.KEYS_A_STATEMENT", 2)
    project = adopted(connection, {"survey": [named("who", "text", "1")]})
    sent = [record(number, who=f"Sentinel {number}") for number in range(1, 6)]
    store_page(connection, project, sent, NOW)
    for each in sent:
        is_it = submission.c.server_id == each["_id"]
        connection.execute(update(submission).where(is_it).values(body=json.dumps(each)))
    connection.execute(delete(submission_identity))
    connection.execute(update(asset_shape).values(fingerprint="of an earlier reading"))
    assert ensure_tables(connection, project)
    assert "Sentinel" not in " ".join(connection.scalars(select(submission.c.body)))
    assert [row["who"] for row in rows(connection, project, 1)] == [each["who"] for each in sent]


def test_rows_of_a_repeat_whose_questions_swapped_names_keep_their_own(connection: Connection) -> None:
    def content(first: str, second: str) -> dict[str, Any]:
        inside = [named(first, "integer", "1"), named(second, "integer", "2")]
        return {"survey": [named("r", "begin_repeat", "3"), *inside, {"type": "end_repeat"}]}

    project = adopted(connection, [("v1", content("a", "b")), ("v2", content("b", "a"))])
    sent = [{"r/a": "1", "r/b": "2"}]
    store_page(connection, project, [record(1, r=sent), record(2, __version__="v2", r=sent)], NOW)
    assert [(row["a"], row["b"]) for row in rows(connection, project, 1)] == [(2, 1), (1, 2)]


def chained(*names: str) -> dict[str, Any]:
    """A form with two numbers outside of its repeat and two inside, which have other names in each version."""
    outside = [named(name, "integer", f"k{number}") for number, name in enumerate(names)]
    inside = [named(name, "integer", f"r{number}") for number, name in enumerate(names)]
    return {"survey": [*outside, named("r", "begin_repeat", "3"), *inside, {"type": "end_repeat"}]}


def test_an_answer_that_its_version_does_not_ask_for_takes_no_other_ones_place(connection: Connection) -> None:
    project = adopted(connection, [("v1", chained("b", "c")), ("v2", chained("c", "d"))])
    sent = record(1, b="1", c="2", d="9", r=[{"r/b": "3", "r/c": "4"}, {"r/b": "5", "r/c": "6", "r/d": "9"}])
    store_page(connection, project, [sent], NOW)
    assert [(row["c"], row["d"]) for row in rows(connection, project)] == [(1, 2)]
    assert [(row["c"], row["d"]) for row in rows(connection, project, 1)] == [(3, 4), (5, 6)]
    assert problems(connection) == [("unknown_question", "d"), ("unknown_question", "r/d[2]")]


def test_a_record_of_no_known_version_has_its_answers_under_the_newest_keys_or_told(connection: Connection) -> None:
    project = adopted(connection, [("v1", chained("a", "b")), ("v2", chained("c", "d"))])
    store_page(connection, project, [record(1, __version__="v9", a="1", b="2", d="9")], NOW)
    assert [(row["c"], row["d"]) for row in rows(connection, project)] == [(1, 9)]
    assert problems(connection) == [("unknown_question", "b")]


@pytest.mark.parametrize("name", ["xmin", "xmax", "cmin", "cmax", "ctid", "tableoid", "oid", "rowid"])
def test_a_question_may_be_called_as_a_column_that_a_database_has_of_its_own(
    any_current: Connection, name: str
) -> None:
    repeat = [{"type": "begin_repeat", "name": "pkey"}, {"type": "integer", "name": name}, {"type": "end_repeat"}]
    project = adopted(any_current, {"survey": [{"type": "integer", "name": name}, *repeat]}, name=f"has_{name}")
    store_page(any_current, project, [record(8, **{name: "1", "pkey": [{f"pkey/{name}": "2"}]})], NOW)
    assert [{1, 2} & set(rows(any_current, project, place)[0].values()) for place in range(2)] == [{1}, {2}]


def wide(connection: Connection) -> AdoptedProject:
    """A form of 700 texts, which no table of PostgreSQL can hold, and one of its records."""
    names = [f"t{number}" for number in range(700)]
    content = {"survey": [{"type": "text", "name": name} for name in names]}
    project = adopted(connection, content, settings={"answers": names[:600]})
    store_page(connection, project, [record(7, **{name: f"{name} {'x' * 30}" for name in names})], NOW)
    return project


def test_a_form_with_more_questions_than_a_table_can_hold_gets_several(current_postgres_url: str) -> None:
    engine = open_database(current_postgres_url)
    migrate(engine)
    with engine.begin() as connection:
        project = wide(connection)
        assert [table.name for table in project.level.tables()] == ["visit", "visit_2", "visit_3", "visit_apart"]
        assert all(len(table.columns) <= COLUMNS_A_TABLE + 6 for table in project.level.tables())
        found = {key: value for place in range(4) for key, value in rows(connection, project, place)[0].items()}
    engine.dispose()
    assert all(found[f"t{number}"].startswith(f"t{number} ") for number in range(700))


def test_columns_have_names_that_fit_and_the_catalogue_says_which_question_they_are(connection: Connection) -> None:
    names = ["Age", "age", "AGE", "server_id", "a" * 80, "1st", "ünï"]
    project = adopted(connection, {"survey": [{"type": "integer", "name": name} for name in names]})
    store_page(connection, project, [record(7, **{name: str(place) for place, name in enumerate(names)})], NOW)
    query = select(asset_question.c.path, asset_question.c.column_name)
    columns = dict(tuple(row) for row in connection.execute(query))
    (row,) = rows(connection, project)
    assert [row[columns[name]] for name in names] == list(range(7)) and len(set(columns.values())) == 7
