"""The recordings, the fake server of the tests and the sandbox give one answer to whatever the product asks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from sqlalchemy import Engine

from connector.changes_markers import LATEST, markers_of, tail_clauses
from connector.kobo import KoboClient
from connector.reconcile import LIGHT_FIELDS, VALIDATED
from connector.sync import SyncResult, sync
from connector.sync_state import Cursor
from tests.connector.fake_kobo import SERVER, client_of
from tests.connector.proofs.light_project import LightProject
from tests.connector.proofs.state import canonical, empty_light_database, state_of
from tests.sandbox.people import APPROVED, ON_HOLD, People, PeopleOfTheFake, PeopleOfTheSandbox, listed
from tests.sandbox.recorded_records import RECORDS, UID, fake_with_records, sandbox_with_records
from tests.sandbox.replay import USERS, Exchange, Replay, load_exchanges
from tests.sandbox.sandbox_project import Project, new_instance, running_project

NOT_ASKED = (
    "format=",
    "page=",
    "offset=",
    "regex",
    "count=",
    "data.",
    "data/1",
    "data/9",
    "data/n",
    "data/c",
    "data/u",
)
"""What the product never asks, and so the fake server need not know."""
LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)


def is_a_listing(exchange: Exchange) -> bool:
    """Whether an exchange lists records of the project that its owner may see."""
    is_owner = (exchange.caller or {}).get("user") == "coordinator"
    return (
        is_owner
        and re.search(r"/data/(\?|$)", exchange.path) is not None
        and not any(part in exchange.path for part in NOT_ASKED)
    )


LISTINGS = [item for item in load_exchanges("07_data") if item.id >= "07-044" and is_a_listing(item)]


@pytest.mark.parametrize("exchange", [pytest.param(item, id=f"{item.id} {item.name}") for item in LISTINGS])
def test_the_fake_answers_a_recorded_query_as_recorded(exchange: Exchange) -> None:
    response = fake_with_records().send(requests.Request("GET", SERVER + exchange.path).prepare())
    assert response.status_code == exchange.answer["status"]
    if response.status_code == 200:
        page, recorded = json.loads(response.raw.read()), recorded_page(exchange)
        assert (page["count"], [row["_id"] for row in page["results"]]) == recorded
        if "json" in exchange.answer:
            assert page["results"] == exchange.answer["json"]["results"]


def recorded_page(exchange: Exchange) -> tuple[int, list[int]]:
    """How many records a recorded page counts, and which it shows."""
    if "json" in exchange.answer:
        return exchange.answer["json"]["count"], [row["_id"] for row in exchange.answer["json"]["results"]]
    return exchange.answer["page"]["count"], exchange.answer["record_ids"]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    with sandbox_with_records(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def all_marks() -> dict[str, Any]:
    """Everything that a run without a history asks for at once."""
    dates = sorted(record["_submission_time"] for record in RECORDS)
    last_run = datetime.fromisoformat(f"{dates[-5]}Z") + LATEST
    cursor = Cursor(
        UID, "any", 30, last_run.isoformat(), validated_since=1795400000, modified_since="2026-01-01T00:00:00"
    )
    return {"$or": [*markers_of(cursor, LONG_AGO, has_history=False).clauses, *tail_clauses(10, 30, 34)]}


ROOTS = [record["meta/rootUuid"] for record in RECORDS[::7]] + ["uuid:nobody"]
ASKED: dict[str, Callable[[KoboClient, str], Any]] = {
    "new records": lambda client, uid: client.record_pages(uid, after_id=12),
    "new records in small pages": lambda client, uid: client.record_pages(uid, after_id=12, page_size=4),
    "a span": lambda client, uid: client.record_pages(uid, after_id=5, up_to=20),
    "a sweep": lambda client, uid: client.record_pages(uid, fields=LIGHT_FIELDS),
    "all marks": lambda client, uid: client.record_pages(uid, query=all_marks(), fields=LIGHT_FIELDS),
    "validated": lambda client, uid: client.record_pages(uid, query=VALIDATED, fields=LIGHT_FIELDS),
    "validated in a span": lambda client, uid: client.record_pages(uid, query=VALIDATED, after_id=1, up_to=20),
    "edited": lambda client, uid: client.record_pages(uid, query={"meta/deprecatedID": {"$exists": True}}),
    "without a file": lambda client, uid: client.record_pages(
        uid, query={"_attachments": {"$elemMatch": {"is_deleted": True}}}
    ),
    "by identity": lambda client, uid: client.pages_by_root_uuid(uid, ROOTS),
    "by identity or number": lambda client, uid: client.pages_by_root_uuid(uid, [*ROOTS, "other"], {"other": 5}),
    "by number": lambda client, uid: client.pages_by_id(uid, [1, 5, 34, 99999]),
    "the last": lambda client, uid: [client.data_page(uid, sort={"_id": -1}, fields=("_id",), limit=1)],
    "a date that is not served": lambda client, uid: client.record_pages(uid, query={"_date_modified": {"$gte": "2"}}),
}
COUNTED: dict[str, Callable[[KoboClient, str], Any]] = {
    "all": lambda client, uid: client.count(uid),
    "up to": lambda client, uid: client.count(uid, up_to=20),
    "in a span": lambda client, uid: client.count(uid, None, 5, 20),
    "validated": lambda client, uid: client.count(uid, VALIDATED),
    "in another place": lambda client, uid: client.asset(uid).submission_count,
    "in the list of projects": lambda client, uid: (
        {each.uid: each for each in client.list_assets()}[uid].submission_count
    ),
}


@pytest.mark.parametrize("asked", ASKED)
def test_the_sandbox_lists_what_the_fake_lists(asked: str, replay: Replay) -> None:
    sandbox = KoboClient(replay.url, USERS["coordinator"].token)
    fake, live = ASKED[asked](client_of(fake_with_records()), UID), ASKED[asked](sandbox, replay.known[UID])
    assert [shown(page) for page in fake] == [shown(page) for page in live]


@pytest.mark.parametrize("counted", COUNTED)
def test_the_sandbox_counts_what_the_fake_counts(counted: str, replay: Replay) -> None:
    sandbox = KoboClient(replay.url, USERS["coordinator"].token)
    fake = COUNTED[counted](client_of(fake_with_records()), UID)
    assert fake == COUNTED[counted](sandbox, replay.known[UID]) > 0


def shown(page: Any) -> Any:
    """What a page says, by what does not differ between two servers."""
    rows = [(row["_id"], sorted(row), bool(row.get("_validation_status")), _files(row)) for row in page.records]
    return page.count, page.refused, rows


def _files(row: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(file["media_file_basename"], file["is_deleted"]) for file in row.get("_attachments", ())]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running_project(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(params=["fake", "sandbox"])
def people(request: pytest.FixtureRequest) -> People:
    """People at the fake server, and people at the sandbox."""
    if request.param == "fake":
        return PeopleOfTheFake()
    return PeopleOfTheSandbox(request.getfixturevalue("project"))


def send(people: People, note: str = "home", **more: str) -> str:
    """A new record; returns its identity."""
    root = new_instance()
    people.send(root, note, **more)
    return root


def sent(people: People, **more: str) -> tuple[str, dict[str, Any]]:
    """A new record: its identity, and how it is listed."""
    root = send(people, **more)
    return root, listed(people)[root]


def actions(people: People, root: str) -> list[tuple[str, str | None]]:
    """What the history says of a record, oldest first."""
    events = people.client.history(people.uid, LONG_AGO) or ()
    return [(event.action, event.status) for event in reversed(events) if event.root_uuid == root]


def test_a_new_record_has_one_identity_under_three_names(people: People) -> None:
    root, record = sent(people)
    assert (record["_uuid"], record["meta/instanceID"], record["meta/rootUuid"]) == (
        root,
        f"uuid:{root}",
        f"uuid:{root}",
    )
    assert (record["_validation_status"], record["_attachments"], record["note"]) == ({}, [], "home")
    assert "meta/deprecatedID" not in record
    assert actions(people, root) == [("add-submission", None)]


def test_an_edit_changes_the_version_and_neither_number_nor_identity(people: People) -> None:
    root, before = sent(people)
    people.edit(root, "field")
    after = listed(people)[root]
    assert (after["_id"], after["_submission_time"]) == (before["_id"], before["_submission_time"])
    assert after["_uuid"] != before["_uuid"] and after["meta/deprecatedID"] == f"uuid:{root}"
    assert after["note"] == "field"
    assert actions(people, root) == [("add-submission", None), ("modify-submission", None)]


def test_a_cleared_answer_is_absent(people: People) -> None:
    root = send(people)
    people.edit(root, None)
    assert "note" not in listed(people)[root]


def test_a_status_is_set_and_taken_away_and_nothing_else_changes(people: People) -> None:
    root, before = sent(people)
    people.validate(root, ON_HOLD)
    on_hold = listed(people)[root]
    people.validate(root, None)
    assert on_hold["_validation_status"]["uid"] == ON_HOLD and isinstance(
        on_hold["_validation_status"]["timestamp"], int
    )
    assert on_hold | {"_validation_status": {}} == before == listed(people)[root]
    assert [action for action, _ in actions(people, root)] == [
        "add-submission",
        "modify-submission",
        "modify-submission",
    ]


def test_only_a_record_that_has_a_status_is_counted_as_validated(people: People) -> None:
    root, before = send(people), people.client.count(people.uid, VALIDATED)
    people.validate(root, APPROVED)
    assert people.client.count(people.uid, VALIDATED) == before + 1
    people.validate(root, None)
    assert people.client.count(people.uid, VALIDATED) == before


def test_a_deleted_record_is_gone_from_list_and_counts(people: People) -> None:
    root, before = send(people), people.client.count(people.uid)
    people.delete(root)
    assert root not in listed(people)
    assert people.client.count(people.uid) == people.client.asset(people.uid).submission_count == before - 1
    assert actions(people, root) == [("add-submission", None), ("delete-submission", None)]


def test_a_record_sent_again_has_a_new_number_and_its_old_identity(people: People) -> None:
    root, before = sent(people)
    people.delete(root)
    people.send_again(root)
    after = listed(people)[root]
    assert after["_id"] > before["_id"] and after["_uuid"] == before["_uuid"]
    assert actions(people, root)[-1] == ("add-submission", None)


def test_a_late_file_leaves_no_trace_but_itself(people: People) -> None:
    root, before = sent(people, photo="x.jpg")
    people.send_file(root, "x.jpg")
    after = listed(people)[root]
    assert before["_attachments"] == [] and [file["media_file_basename"] for file in after["_attachments"]] == ["x.jpg"]
    assert after | {"_attachments": []} == before
    assert actions(people, root) == [("add-submission", None)]


def test_a_deleted_file_is_marked(people: People) -> None:
    root = send(people, photo="x.jpg")
    people.send_file(root, "x.jpg")
    people.delete_files(root)
    assert [file["is_deleted"] for file in listed(people)[root]["_attachments"]] == [True]


def test_a_phone_may_date_its_record_back(people: People) -> None:
    newest = max(record["_id"] for record in listed(people).values()) if listed(people) else 0
    _, record = sent(people, date="1970-01-01T00:00:00")
    assert record["_submission_time"] == "1970-01-01T00:00:00" and record["_id"] > newest


# A sync against either of them.


def run_sync(engine: Engine, people: People) -> SyncResult:
    """One run that reads this project alone."""
    project = LightProject(people.uid, "light_first")
    return sync(engine, people.client, projects=lambda *_: [project])


def check_equal(engine: Engine, people: People) -> None:
    """The database holds what the server lists."""
    assert state_of(engine).live == {(people.uid, root): canonical(row) for root, row in listed(people).items()}


CHANGES: dict[str, tuple[Callable[[People, str], object], tuple[int, int, int, int]]] = {
    "new": (lambda people, root: send(people), (1, 0, 0, 0)),
    "back-dated": (lambda people, root: send(people, date="1970-01-01T00:00:00"), (1, 0, 0, 0)),
    "edit": (lambda people, root: people.edit(root, "field"), (0, 1, 0, 0)),
    "cleared answer": (lambda people, root: people.edit(root, None), (0, 1, 0, 0)),
    "validation": (lambda people, root: people.validate(root, APPROVED), (0, 0, 1, 0)),
    "late file": (lambda people, root: people.send_file(root, "x.jpg"), (0, 1, 0, 0)),
    "deletion": (lambda people, root: people.delete(root), (0, 0, 0, 1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_sync_sees_a_change(people: People, change: str) -> None:
    engine, root = empty_light_database(), send(people, photo="x.jpg")
    send(people, "another")
    run_sync(engine, people)
    step, expected = CHANGES[change]
    step(people, root)
    result = run_sync(engine, people)
    assert (result.new, result.edited, result.revalidated, result.deleted) == expected
    check_equal(engine, people)


def test_a_sync_sees_what_undoes_a_change(people: People) -> None:
    engine, root = empty_light_database(), send(people, photo="x.jpg")
    send(people, "another")
    for step in (
        lambda: people.validate(root, ON_HOLD),
        lambda: people.validate(root, None),
        lambda: people.send_file(root, "x.jpg"),
        lambda: people.delete_files(root),
        lambda: people.delete(root),
        lambda: people.send_again(root),
    ):
        step()
        run_sync(engine, people)
        check_equal(engine, people)
