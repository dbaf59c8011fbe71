"""Knows the thirty recorded records, how a sandbox comes to hold them, and how they lie in the fake server."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from connector.sandbox.server import prepare, running_sandbox
from tests.connector.fake_kobo import FakeKobo
from tests.sandbox.household import picture, workbook
from tests.sandbox.replay import FIXTURES, USERS, Replay

UID = "aDRZDvgptE3UTyTDDFaNq6"
ANOTHER_UID = "aduTMyEkKYWGHMgnC3u8q4"
ASSET = f"/api/v2/assets/{UID}/"
FORM_UUID = "44b66fbe82584cef9ef48b50ddc81010"
RECORDS = json.loads((FIXTURES / "07_records.json").read_text(encoding="utf-8"))


def fake_with_records() -> FakeKobo:
    """The fake server, holding the recorded records; its other project is empty."""
    kobo = FakeKobo()
    kobo.project(UID).records = {record["_id"]: record for record in RECORDS}
    kobo.project(ANOTHER_UID)
    return kobo


@contextmanager
def sandbox_with_records(folder: Path) -> Iterator[Replay]:
    """A running sandbox that holds the recorded records, under their recorded numbers."""
    data_file = folder / "sandbox.sqlite"
    prepare(data_file, USERS.values())
    with running_sandbox(data_file) as sandbox:
        replay = Replay(sandbox.url)
        _deploy(replay, UID)
        _deploy(replay, ANOTHER_UID)
        _share(replay)
        for record in RECORDS:
            _send(replay, data_file, record)
        yield replay


def _deploy(replay: Replay, recorded_uid: str) -> None:
    file = {"file": ("hh_v1.xlsx", workbook("hh_v1.xlsx"))}
    task = replay.api("POST", "/api/v2/imports/", data={"name": "hh_v1.xlsx", "library": "false"}, files=file).json()
    messages = replay.api("GET", task["url"].removeprefix(replay.url)).json()["messages"]
    replay.known[recorded_uid] = messages["created"][0]["uid"]
    deployment = f"/api/v2/assets/{recorded_uid}/deployment/"
    asset = replay.api("POST", deployment, json={"active": True}).json()["asset"]
    if recorded_uid == UID:
        replay.known[FORM_UUID] = asset["deployment__uuid"]
        replay.api("PATCH", ASSET, json={"name": "Household visit (renamed)"})


def _share(replay: Replay) -> None:
    for username in ("cha1", "cha2", "AnonymousUser"):
        body = {"user": f"/api/v2/users/{username}/", "permission": "/api/v2/permissions/add_submissions/"}
        replay.api("POST", f"{ASSET}permission-assignments/", json=body)


def _send(replay: Replay, data_file: Path, record: Mapping[str, Any]) -> None:
    """Bring one record into the state in which it was recorded: its number, versions, files and status."""
    _continue_numbers_at(data_file, record["_id"])
    root, deprecated = record["meta/rootUuid"], record.get("meta/deprecatedID")
    if deprecated is None:
        _post(replay, record, record["meta/instanceID"], by=record["_submitted_by"])
    else:
        _post(replay, record, root, by=record["_submitted_by"])
        if deprecated != root:
            _post(replay, record, deprecated, by="coordinator", edits=root)
        _post(replay, record, record["meta/instanceID"], by="coordinator", edits=deprecated)
    if record["_validation_status"]:
        status = {"validation_status.uid": record["_validation_status"]["uid"]}
        replay.api("PATCH", f"{ASSET}data/{record['_id']}/validation_status/", json=status)
    if any(item["is_deleted"] for item in record["_attachments"]):
        replay.api("DELETE", f"{ASSET}attachments/bulk/", json={"submission_root_uuids": [root]})


def _continue_numbers_at(data_file: Path, number: int) -> None:
    """The numbers of records are shared by all projects of a server, so there are gaps; make the same ones."""
    with sqlite3.connect(data_file, timeout=30) as connection:
        connection.execute(
            "INSERT OR IGNORE INTO sqlite_sequence (name, seq) SELECT 'record', 0 WHERE NOT EXISTS "
            "(SELECT 1 FROM sqlite_sequence WHERE name = 'record')"
        )
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'record'", (number - 1,))


def _post(
    replay: Replay, record: Mapping[str, Any], instance: str, *, by: str | None, edits: str | None = None
) -> None:
    xml = _xml(record, instance, edits)
    named = {item["media_file_basename"]: item for item in record["_attachments"]}
    files: dict[str, Any] = {"xml_submission_file": ("s.xml", replay.translate(xml), "text/xml")}
    files |= {name: (name, picture(f"{name} 90"), item["mimetype"]) for name, item in named.items()}
    if by is None:
        replay.session(None).post(f"{replay.url}/coordinator/submission", files=files).raise_for_status()
    else:
        replay.api("POST", "/submission", user=by, files=files)


def _xml(record: Mapping[str, Any], instance: str, edits: str | None) -> str:
    answers = {key: value for key, value in record.items() if key == "__version__" or key[0] != "_"}
    answers |= {"meta/instanceID": instance}
    for key in ("meta/rootUuid", "meta/deprecatedID"):
        answers.pop(key, None)
    if edits is not None:
        answers |= {"meta/deprecatedID": edits}
    date = f'submissionDate="{record["_submission_time"]}Z"'
    return f'<{UID} id="{record["_xform_id_string"]}" {date}>{_elements(_nest(answers))}</{UID}>'


def _nest(answers: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in answers.items():
        node, names = tree, path.removeprefix(prefix).split("/")
        for name in names[:-1]:
            node = node.setdefault(name, {})
        node[names[-1]] = [_nest(row, f"{path}/") for row in value] if isinstance(value, list) else value
    return tree


def _elements(tree: Mapping[str, Any]) -> str:
    rows = [(name, row) for name, value in tree.items() for row in (value if isinstance(value, list) else [value])]
    return "".join(f"<{name}>{_elements(row) if isinstance(row, dict) else escape(row)}</{name}>" for name, row in rows)
