"""The sandbox server listens on this machine alone, and what it holds outlives it."""

import logging
import socket
from pathlib import Path

import pytest
import requests

from connector.errors import SettingsError
from connector.sandbox.server import prepare, running_sandbox, serve
from tests.sandbox.sandbox_project import CHA, OWNER, USERS, Project, new_instance, running_project


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", ""])
def test_it_refuses_any_address_that_others_could_reach(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="listens on this machine alone") as caught:
        serve(tmp_path / "sandbox.sqlite", host, 0)
    assert caught.value.exit_code == 2


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=str(port)), running_sandbox(tmp_path / "sandbox.sqlite", port):
            pass


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    instance = new_instance()
    with running_project(tmp_path) as project:
        project.upload("members.csv", b"name,label\nm1,Ada\n")
        project.redeploy()
        project.submit("<note>before</note>", instance=instance, user=CHA)
        before = [project.record(instance), project.api("GET", "").json(), project.history()]
    with running_sandbox(tmp_path / "sandbox.sqlite") as sandbox:
        again = Project(sandbox.url, project.uid)
        after = [again.record(instance), again.api("GET", "").json(), again.history()]
        manifest = again.api("GET", "/xformsManifest/1").text
    assert _without_host(after, sandbox.url) == _without_host(before, project.url)
    assert "members.csv" in manifest


def _without_host(values: list[object], url: str) -> str:
    return repr(values).replace(url, "")


def test_all_data_is_in_one_file(tmp_path: Path) -> None:
    with running_project(tmp_path) as project:
        project.submit("<note>here</note>")
    assert [path.name for path in tmp_path.iterdir()] == ["sandbox.sqlite"]


def test_numbers_of_deleted_records_are_not_given_again(tmp_path: Path) -> None:
    with running_project(tmp_path) as project:
        project.submit()
        first = project.records()[0]["_id"]
        project.api("DELETE", f"data/{first}/")
        project.submit()
        assert project.records()[0]["_id"] == first + 1


def test_a_refused_request_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_project(tmp_path) as project:
        before = project.history()
        project.api("POST", "permission-assignments/", json={"user": "/api/v2/users/nobody/", "permission": "x"})
        project.api("PATCH", "deployment/", json={"version_id": "vOld"})
        assert project.history() == before


def test_a_failure_is_logged_without_the_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "Umutoni-7301"
    with running_project(tmp_path) as project, caplog.at_level(logging.DEBUG):
        body = {"payload": {"submission_ids": [secret], "data": {"note": secret}}}
        response = project.api("PATCH", "data/bulk/", json=body)
        project.submit(f"<note>{secret}</note>")
    assert response.status_code == 500
    assert "ValueError" in caplog.text and secret not in caplog.text and OWNER.token not in caplog.text


def test_two_sandboxes_run_side_by_side(tmp_path: Path) -> None:
    for name in ("one", "two"):
        prepare(tmp_path / name, USERS)
    with running_sandbox(tmp_path / "one") as one, running_sandbox(tmp_path / "two") as two:
        answers = [requests.get(f"{url}/service_health/minimal/", timeout=10).text for url in (one.url, two.url)]
    assert answers == ["ok", "ok"] and one.url != two.url
