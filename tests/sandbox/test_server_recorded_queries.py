"""Over the thirty records of the recording, the data API answers every recorded query as the real server did."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from connector.sandbox.server import prepare, running_sandbox
from tests.sandbox.household import picture, workbook
from tests.sandbox.replay import FIXTURES, USERS, Exchange, Replay, compare_values, load_exchanges

UID = "aDRZDvgptE3UTyTDDFaNq6"
ASSET = f"/api/v2/assets/{UID}/"
FORM_UUID = "44b66fbe82584cef9ef48b50ddc81010"
RECORDS = json.loads((FIXTURES / "07_records.json").read_text(encoding="utf-8"))
UNMATCHED = {
    "07-049": "geojson, which the product does not read",
    "07-048": "raw XML is what the phone sent, and the recording kept only what became of it",
    "07-054": "raw XML is what the phone sent, and the recording kept only what became of it",
    "07-107": "the settings of exports and sharing that the recorded project had gathered by then",
}
EXCHANGES = [item for item in load_exchanges("07_data") if item.id >= "07-044"]
MATCHED = [item for item in EXCHANGES if item.id not in UNMATCHED]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """A sandbox that holds the recorded thirty records, under their recorded numbers."""
    data_file = tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite"
    prepare(data_file, USERS.values())
    with running_sandbox(data_file) as sandbox:
        replay = Replay(sandbox.url)
        _deploy(replay, UID)
        _deploy(replay, "aduTMyEkKYWGHMgnC3u8q4")
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


@pytest.mark.parametrize("exchange", [pytest.param(item, id=f"{item.id} {item.name}") for item in MATCHED])
def test_a_recorded_query_is_answered_as_recorded(exchange: Exchange, replay: Replay) -> None:
    assert replay.play(exchange) == []


def test_the_project_counts_its_records(replay: Replay) -> None:
    assert replay.api("GET", ASSET).json()["deployment__submission_count"] == len(RECORDS)


def test_every_record_reads_as_it_was_recorded(replay: Replay) -> None:
    live = replay.api("GET", f"{ASSET}data/").json()["results"]
    assert list(compare_values(RECORDS, live, replay.url)) == []
    assert [record["_id"] for record in live] == [record["_id"] for record in RECORDS]
