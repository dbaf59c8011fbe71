"""Photos of an adopted project come over from a server that answers as KoboToolbox does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert

from connector.cli import main
from connector.precious_schema import adopted_asset, asset_version, submission
from tests.connector.sync_scenes import migrated_database
from tests.sandbox.sandbox_project import OWNER, SHEETS, Project, new_instance, running_project

NOW = datetime(2026, 11, 23, 9, 0)
JPEG = b"\xff\xd8\xff\xe0 a picture"
CONTENT = {
    "survey": [
        {"type": "begin_group", "name": "house"},
        {"type": "image", "name": "photo"},
        {"type": "end_group"},
        {"type": "text", "name": "note"},
    ],
    "choices": [],
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A running server with a project, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    photo = [
        {"type": "begin_group", "name": "house", "label::English (en)": "House"},
        {"type": "image", "name": "photo", "label::English (en)": "Photo"},
        {"type": "end_group"},
    ]
    monkeypatch.setitem(SHEETS, "survey", [*SHEETS["survey"], *photo])
    with running_project(tmp_path) as found:
        yield found


def send_photo(project: Project) -> str:
    """A phone sends a record with a photo; returns its identity."""
    root = new_instance()
    answers = f"<house><photo>p.jpg</photo></house><meta><instanceID>uuid:{root}</instanceID></meta>"
    xml = f'<{project.uid} id="{project.uid}">{answers}</{project.uid}>'
    files = {"xml_submission_file": ("s.xml", xml, "text/xml"), "p.jpg": ("p.jpg", JPEG, "image/jpeg")}
    assert project.api("POST", "/submission", files=files).status_code == 201
    return root


def keep(engine: Engine, project: Project) -> None:
    """Put the records into the database as the server lists them now."""
    with engine.begin() as connection:
        connection.execute(delete(submission))
        connection.execute(insert(submission), [row_of(project.uid, record) for record in project.records()])


def row_of(uid: str, record: dict[str, Any]) -> dict[str, Any]:
    """A record as the table of submissions holds it."""
    key = {"asset_uid": uid, "root_uuid": record["meta/rootUuid"].removeprefix("uuid:"), "server_id": record["_id"]}
    fixed = {"form_id": "visits", "version_uuid": "v", "body_hash": "0" * 64, "first_seen_at": NOW}
    return key | fixed | {"body": json.dumps(record)}


def test_a_photo_comes_over_once_and_goes_when_it_is_deleted_there(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = migrated_database("sqlite:///healing.db")
    own = {"asset_uid": project.uid, "adopted_at": NOW}
    version = {"asset_uid": project.uid, "version_uid": "v", "number": 1, "fetched_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(adopted_asset).values(**own, server=project.url, table_name="visits", title="Visits"))
        connection.execute(insert(asset_version).values(**version, content=json.dumps(CONTENT)))
    root = send_photo(project)
    keep(engine, project)
    command = ["attachments", "--of", "visits", "--server", project.url, "--token", OWNER.token]

    assert main(command) == 0
    assert capsys.readouterr().out == "visits: 1 file fetched, 0 removed, 0 wait, 0 given up\n"
    (photo,) = (tmp_path / "attachments" / project.uid / root).iterdir()
    assert photo.read_bytes() == JPEG and photo.suffix == ".jpg"

    assert main([*command, "--check"]) == 0
    assert capsys.readouterr().out == "visits: 0 files fetched, 0 removed, 0 wait, 0 given up\n"

    body = {"submission_root_uuids": [root]}
    assert project.api("DELETE", "attachments/bulk/", json=body).status_code == 202
    keep(engine, project)
    assert main(command) == 0
    assert capsys.readouterr().out == "visits: 0 files fetched, 1 removed, 0 wait, 0 given up\n"
    assert not photo.exists()


def test_a_project_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["attachments", "--of", "visits", "--server", "https://kobo.invalid", "--token", "a"]) == 2
    assert "--of visits is no project of this database.\nThere are: none." in capsys.readouterr().err
