"""What becomes of a record: sent, sent again, edited, judged, deleted, sent once more."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.auth import HTTPDigestAuth

from tests.bench.stopwatch import compare
from tests.sandbox.sandbox_project import CHA, OWNER, STRANGER, Project, new_instance, running_project

VISITS = "<visit><place>home</place></visit><visit><place>field</place></visit>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
def project(folder: Path) -> Iterator[Project]:
    with running_project(folder) as running:
        yield running


def test_answers_are_text_under_their_paths(project: Project) -> None:
    instance = new_instance()
    project.submit(f"<note>a &amp; b</note><person><age>31</age></person>{VISITS}<member/>", instance=instance)
    record = project.record(instance)
    assert (record["note"], record["person/age"], "member" in record) == ("a & b", "31", False)
    assert record["visit"] == [{"visit/place": "home"}, {"visit/place": "field"}]
    assert (record["_uuid"], record["meta/rootUuid"]) == (instance, f"uuid:{instance}")


def test_a_namespace_on_the_root_or_on_meta_changes_nothing(project: Project) -> None:
    instance = new_instance()
    xml = (
        f'<x:{project.uid} xmlns:x="http://openrosa.org/x" id="{project.uid}"><x:note>n</x:note>'
        f'<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:{instance}</orx:instanceID></orx:meta>'
        f"</x:{project.uid}>"
    )
    files = {"xml_submission_file": ("s.xml", xml, "text/xml")}
    assert project.api("POST", "/submission", files=files).status_code == 201
    assert project.record(instance)["note"] == "n"


def test_an_edit_keeps_identity_and_submission_and_changes_the_version(project: Project) -> None:
    first, second = new_instance(), new_instance()
    project.submit(
        "<note>old</note><person><age>5</age></person>", instance=first, user=CHA, date="2026-01-02T08:00:00Z"
    )
    before = project.record(first)
    assert project.submit("<note>new</note>", instance=second, edits=first).status_code == 201
    after = project.record(first)
    kept = ("_id", "meta/rootUuid", "_submission_time", "_submitted_by")
    assert [after[key] for key in kept] == [before[key] for key in kept]
    assert (after["_uuid"], after["note"], "person/age" in after) == (second, "new", False)
    assert after["meta/deprecatedID"] == f"uuid:{first}"


def test_a_submission_can_be_dated_back(project: Project) -> None:
    instance = new_instance()
    project.submit(instance=instance, date="2026-01-15T10:30:00.000+02:00")
    assert project.record(instance)["_submission_time"] == "2026-01-15T08:30:00"


def test_a_record_sent_again_after_deletion_has_a_new_number_and_its_old_root(project: Project) -> None:
    instance = new_instance()
    project.submit(instance=instance)
    number = project.record(instance)["_id"]
    assert project.api("DELETE", f"data/{number}/").status_code == 204
    assert project.api("GET", f"data/{number}/").status_code == 404
    assert project.submit(instance=instance).status_code == 201
    assert project.record(instance)["_id"] > number


def test_the_same_instance_id_may_serve_in_two_projects(project: Project) -> None:
    uid = project.import_form()["messages"]["created"][0]["uid"]
    other = Project(project.url, uid)
    other.api("POST", "deployment/", json={"active": True})
    instance = new_instance()
    assert [project.submit(instance=instance).status_code, other.submit(instance=instance).status_code] == [201, 201]


def test_an_edit_over_the_api_is_a_new_version(project: Project) -> None:
    instance = new_instance()
    project.submit("<note>old</note><person><age>5</age></person>", instance=instance)
    before = project.record(instance)
    changes = {"person/age": "6", "brand/new": "x", "meta/instanceID": "uuid:mine"}
    payload = {"submission_ids": [before["_id"]], "data": changes}
    result = project.api("PATCH", "data/bulk/", json={"payload": payload}).json()["results"][0]
    after = project.record(instance)
    assert (after["person/age"], after["brand/new"], after["note"]) == ("6", "x", "old")
    assert after["_uuid"] == result["uuid"] != before["_uuid"]


def test_a_validation_status_leaves_the_version_alone(project: Project) -> None:
    instance = new_instance()
    project.submit(instance=instance)
    number = project.record(instance)["_id"]
    body = {"validation_status.uid": "validation_status_approved"}
    project.api("PATCH", f"data/{number}/validation_status/", json=body)
    record = project.record(instance)
    assert (record["_uuid"], record["_validation_status"]["label"]) == (instance, "Approved")
    found = project.records(query='{"_validation_status.uid": "validation_status_approved"}')
    assert [row["_id"] for row in found] == [number]


def test_a_copy_is_a_record_of_its_own(project: Project) -> None:
    instance = new_instance()
    project.submit("<note>once</note>", instance=instance, user=CHA)
    copy = project.api("POST", f"data/{project.record(instance)['_id']}/duplicate/").json()
    assert (copy["note"], copy["_submitted_by"]) == ("once", OWNER.username)
    assert copy["meta/rootUuid"] != f"uuid:{instance}"


def test_a_cha_who_may_only_submit_sees_no_record(project: Project) -> None:
    assert project.api("GET", "data/", CHA).status_code == 404
    assert project.submit(user=STRANGER).status_code == 403


def test_a_row_filter_shows_a_cha_their_own_records_only(project: Project) -> None:
    for user in (CHA, OWNER):
        project.submit(user=user)
    link = "/api/v2/permissions/"
    filters = [{"url": f"{link}view_submissions/", "filters": [{"_submitted_by": CHA.username}]}]
    body = {"user": f"/api/v2/users/{CHA.username}/", "permission": f"{link}partial_submissions/"}
    project.api("POST", "permission-assignments/", json={**body, "partial_permissions": filters})
    seen = project.api("GET", "data/", CHA).json()["results"]
    others = next(row["_id"] for row in project.records() if row["_submitted_by"] != CHA.username)
    assert {row["_submitted_by"] for row in seen} == {CHA.username}
    assert project.api("GET", f"data/{others}/", CHA).status_code == 404


def test_a_page_holds_a_thousand_records_at_most_and_says_that_there_are_more(project: Project, folder: Path) -> None:
    project.submit("<note>many</note>")
    _multiply(folder / "sandbox.sqlite", project.records(sort='{"_id": -1}', limit=1)[0]["_id"], 1100)
    answer = project.api("GET", "data/", params={"limit": 30000, "query": '{"note": "many"}'}).json()
    ids = [row["_id"] for row in answer["results"]]
    rest = project.records(limit=1000, query=f'{{"note": "many", "_id": {{"$gt": {ids[-1]}}}}}')
    assert (answer["count"], len(ids), len(rest)) == (1101, 1000, 101)
    assert "limit=1000" in answer["next"] and ids == sorted(ids)
    assert len(project.records()) == 100


def _multiply(data_file: Path, number: int, times: int) -> None:
    """Copy one record many times over, which by submissions would take long."""
    with sqlite3.connect(data_file, timeout=30) as connection:
        row = dict(zip(*_row(connection, number), strict=True))
        del row["id"]
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        copies = [[*({**row, "uuid": new_instance(), "root_uuid": new_instance()}).values()] for _ in range(times)]
        connection.executemany(f"INSERT INTO record ({names}) VALUES ({marks})", copies)  # noqa: S608


def _row(connection: sqlite3.Connection, number: int) -> tuple[list[str], Any]:
    cursor = connection.execute("SELECT * FROM record WHERE id = ?", (number,))
    return [column[0] for column in cursor.description], cursor.fetchone()


@pytest.mark.bench
def test_a_submission_costs_a_small_multiple_of_the_smallest_request(project: Project) -> None:
    """Processor time of server and client together, in one run, so that other programs on the machine do not count."""
    meta = "<meta><instanceID>uuid:%s</instanceID></meta>"
    xml = f'<{project.uid} id="{project.uid}">{VISITS * 20}{meta}</{project.uid}>'
    with requests.Session() as session:
        session.auth = HTTPDigestAuth(CHA.username, CHA.password)

        def submit() -> None:
            for _ in range(100):
                files = {"xml_submission_file": ("s.xml", xml % new_instance(), "text/xml")}
                assert session.post(f"{project.url}/submission", files=files, timeout=30).status_code == 201

        def ask_health() -> None:
            for _ in range(100):
                assert session.get(f"{project.url}/service_health/minimal/", timeout=30).ok

        found = compare("100 submissions", submit, ask_health, against="100 of the smallest requests")
    assert found.middle < 15
