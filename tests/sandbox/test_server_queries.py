"""The query language of the data API, in Python and in SQL, and the pages that it is cut into."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.sandbox.server.mongo import matches, narrow, sort_documents
from tests.sandbox.sandbox_project import CHA, OWNER, Project, new_instance, running_project

RECORD = {
    "_id": 7,
    "note": "home",
    "person/age": "34",
    "_validation_status": {"uid": "approved"},
    "visit": [{"visit/place": "home"}, {"visit/place": "field"}],
    "_attachments": [],
    "_submitted_by": None,
}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"note": "home"},
        {"_id": {"$gt": 6, "$lte": 7}},
        {"_id": {"$in": [1, 7]}},
        {"note": {"$ne": "field"}},
        {"note": {"$nin": ["field"]}},
        {"gone": {"$exists": False}},
        {"gone": None},
        {"gone": {"$ne": "x"}},
        {"_submitted_by": None},
        {"note": {"$regex": "^HO", "$options": "i"}},
        {"$or": [{"note": "x"}, {"person/age": {"$gte": "30"}}]},
        {"$and": [{"note": "home"}, {"_id": 7}]},
        {"note": {"$not": {"$eq": "field"}}},
        {"visit": {"$elemMatch": {"visit/place": "field"}}},
        {"_validation_status.uid": "approved"},
        {"_attachments": []},
        {"visit": {"$all": [{"visit/place": "home"}]}},
    ],
)
def test_a_record_answers_a_query(query: dict[str, Any]) -> None:
    assert matches(RECORD, query)


@pytest.mark.parametrize(
    "query",
    [
        {"_id": "7"},
        {"_id": {"$gt": "6"}},
        {"person/age": 34},
        {"person/age": {"$gt": 1}},
        {"_id": True},
        {"visit.visit/place": "home"},
        {"$where": "true"},
        {"$nor": [{"note": "x"}]},
        {"note": {"$foo": 1}},
        {"note": {"$regex": "^HO"}},
        {"gone": {"$gt": "a"}},
        {"_attachments": {"$ne": []}},
        {"visit": {"$elemMatch": {"visit/place": "market"}}},
    ],
)
def test_a_record_does_not_answer_a_query(query: dict[str, Any]) -> None:
    assert not matches(RECORD, query)


def test_missing_values_sort_before_numbers_and_numbers_before_text() -> None:
    rows: list[dict[str, Any]] = [{"a": "x"}, {"a": 2}, {}, {"a": 1}]
    assert sort_documents(rows, {"a": 1}) == [{}, {"a": 1}, {"a": 2}, {"a": "x"}]
    assert sort_documents(rows, {"a": -1}) == [{"a": "x"}, {"a": 2}, {"a": 1}, {}]


def test_the_second_key_orders_what_the_first_leaves_equal() -> None:
    rows = [{"a": 1, "b": 1}, {"a": 0, "b": 2}, {"a": 1, "b": 3}]
    assert sort_documents(rows, {"a": 1, "b": -1}) == [{"a": 0, "b": 2}, {"a": 1, "b": 3}, {"a": 1, "b": 1}]


def test_what_the_connector_asks_is_answered_in_sql() -> None:
    asked: list[dict[str, Any]] = [
        {"_id": {"$gt": 4}},
        {"meta/rootUuid": {"$in": ["uuid:a", "uuid:b"]}},
        {"$and": [{"_id": {"$lte": 9}}, {"_submission_time": {"$gte": "2026-01-01"}}]},
    ]
    assert [narrow(query)[1] for query in asked] == [True, True, True]
    assert narrow({"note": "home"})[1] is False


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running_project(tmp_path_factory.mktemp("sandbox")) as running:
        for number in range(12):
            user = CHA if number % 3 else OWNER
            date = f"2026-02-{number % 4 + 1:02d}T08:00:00Z"
            running.submit(f"<note>{number % 5}</note>", instance=new_instance(), user=user, date=date)
        yield running


_numbers = st.integers(0, 14)
_operators = st.sampled_from(["$eq", "$gt", "$gte", "$lt", "$lte"])
_conditions = st.one_of(
    st.tuples(st.just("_id"), _operators, _numbers),
    st.tuples(st.just("_id"), st.just("$in"), st.lists(_numbers, max_size=4)),
    st.tuples(st.just("_id"), _operators, st.sampled_from(["4", "x"])),
    st.tuples(st.just("_submission_time"), _operators, st.sampled_from(["2026-02-02", "2026-02-03T08:00:00"])),
    st.tuples(st.just("_submitted_by"), st.just("$eq"), st.sampled_from(["cha001", "coordinator", "nobody"])),
    st.tuples(st.just("note"), st.just("$eq"), st.sampled_from(["0", "3", "9"])),
).map(lambda parts: {parts[0]: {parts[1]: parts[2]}})
_queries = st.lists(_conditions, max_size=3).map(lambda parts: {"$and": parts} if parts else {})
_sorts = st.sampled_from([{"_id": 1}, {"_id": -1}, {"_submission_time": 1, "_id": -1}, {"note": -1, "_id": 1}])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=_queries, sort=_sorts, start=st.integers(0, 5), limit=st.integers(1, 6))
def test_sql_and_python_give_the_same_page(
    project: Project, query: dict[str, Any], sort: dict[str, int], start: int, limit: int
) -> None:
    everything = project.records(sort='{"_id": 1}')
    wanted = sort_documents([row for row in everything if matches(row, query)], sort)
    answer = project.api(
        "GET",
        "data/",
        params={"query": json.dumps(query), "sort": json.dumps(sort), "start": start, "limit": limit},
    ).json()
    assert answer["count"] == len(wanted)
    assert answer["results"] == wanted[start : start + limit]
    assert (answer["next"] is None) == (start + limit >= len(wanted))


def test_following_the_links_reads_every_record_once(project: Project) -> None:
    seen, path = [], f"/api/v2/assets/{project.uid}/data/?limit=5"
    while path:
        answer = project.api("GET", path).json()
        seen += [row["_id"] for row in answer["results"]]
        path = (answer["next"] or "").removeprefix(project.url)
    assert seen == [row["_id"] for row in project.records()]


def test_fields_always_bring_what_a_full_scan_needs(project: Project) -> None:
    rows = project.records(fields='["_submitted_by"]')
    needed = {"_id", "_uuid", "meta/rootUuid", "_validation_status", "_submitted_by"}
    assert all(set(row) == needed for row in rows)


@pytest.mark.parametrize(
    ("name", "value"), [("query", "[1]"), ("query", "{bad"), ("sort", "-_id"), ("fields", "_id,note"), ("fields", "{}")]
)
def test_a_parameter_of_the_wrong_kind_is_refused(project: Project, name: str, value: str) -> None:
    response = project.api("GET", "data/", params={name: value})
    assert (response.status_code, response.json()) == (400, {name: "Value must be valid JSON."})
