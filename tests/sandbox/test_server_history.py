"""The project history tells what happened to a project, to those who manage it."""

from collections.abc import Iterator

import pytest

from connector.sandbox.server.answer import Refusal
from connector.sandbox.server.terms import Either, Every, Term, Without, parse_search
from tests.sandbox.sandbox_project import CHA, OWNER, STRANGER, Project, new_instance, running_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running_project(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def _actions_after(project: Project, known: int) -> list[str]:
    rows = project.history()
    return [row["action"] for row in rows[: len(rows) - known]][::-1]


def test_every_kind_of_change_is_remembered_in_order(project: Project) -> None:
    known = len(project.history())
    first, second = new_instance(), new_instance()
    project.submit(instance=first, user=CHA)
    project.submit(instance=second, edits=first)
    number = project.record(first)["_id"]
    body = {"validation_status.uid": "validation_status_on_hold"}
    project.api("PATCH", f"data/{number}/validation_status/", json=body)
    project.records()
    project.api("DELETE", f"data/{number}/")
    file = project.upload("members.csv", b"name,label\n").json()["uid"]
    project.redeploy()
    project.api("DELETE", f"files/{file}/")
    for is_active in (False, True):
        project.api("PATCH", "deployment/", json={"active": is_active})
    project.grant(STRANGER, "view_asset")
    project.api("PATCH", "", json={"name": "Renamed"})
    changes = ["add-submission", "modify-submission", "modify-submission", "view-data", "delete-submission"]
    files = ["add-media", "redeploy", "delete-media", "archive", "unarchive"]
    assert _actions_after(project, known) == [*changes, *files, "modify-user-permissions", "update-name"]


def test_a_row_names_the_record_and_who_sent_it_and_nothing_that_was_answered(project: Project) -> None:
    instance = new_instance()
    project.submit("<note>Umutoni</note>", instance=instance, user=CHA)
    row = project.history(f"metadata__submission__root_uuid:{instance}")[0]
    assert row["metadata"]["submission"] == {"root_uuid": instance, "submitted_by": CHA.username}
    assert row["username"] == CHA.username and "Umutoni" not in str(row)


def test_a_duplicate_and_a_refusal_leave_no_row(project: Project) -> None:
    instance = new_instance()
    statuses = [
        project.submit(instance=instance).status_code,
        project.submit(instance=instance).status_code,
        project.submit("<note>other</note>", instance=instance).status_code,
    ]
    assert statuses == [201, 202, 409]
    assert len(project.history(f"metadata__submission__root_uuid:{instance}")) == 1


def test_it_is_searched_by_action_and_time(project: Project) -> None:
    project.submit()
    rows = project.history("action:add-submission")
    newest = rows[0]["date_created"]
    since = project.history(f'date_created__gte:"{newest}" AND action:add-submission')
    later = project.history(f'date_created__gt:"{newest}" AND (action:add-submission OR action:delete-submission)')
    assert rows[0] in since and later == []
    assert {row["action"] for row in rows} == {"add-submission"}


def test_a_field_that_does_not_exist_finds_nothing(project: Project) -> None:
    assert project.history("no_such_field:1") == []


def test_it_is_for_those_who_manage_the_project(project: Project) -> None:
    statuses = [project.api("GET", "history/", user).status_code for user in (OWNER, CHA, STRANGER, None)]
    assert statuses == [200, 403, 403, 401]


def test_and_binds_more_closely_than_or() -> None:
    a, b, c = (Term(name, "1") for name in "abc")
    assert parse_search("a:1 OR b:1 AND c:1") == Either((a, Every((b, c))))
    assert parse_search("(a:1 OR b:1) AND NOT c:1") == Every((Either((a, b)), Without(c)))


def test_quotes_keep_colons_and_blanks_together() -> None:
    assert parse_search('date__gte:"2026-01-01T08:00:00Z"') == Term("date__gte", "2026-01-01T08:00:00Z")
    assert parse_search('name:"two words"') == Term("name", "two words")


@pytest.mark.parametrize("text", ["ab", "(a:1", "a:1 AND", "a:1)", "OR b:1"])
def test_a_search_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_search(text)
    assert caught.value.status == 400
