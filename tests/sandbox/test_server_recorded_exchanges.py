"""The sandbox answers as the real server was recorded to answer, exchange by exchange.

The exchanges are played in order on one sandbox. What was done on the real server between two recorded exchanges is
done here by the steps in `BEFORE` and `AFTER`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from connector.sandbox.server import prepare, running_sandbox
from tests.sandbox.replay import FILLER, FIXTURES, USERS, Exchange, Replay, load_exchanges

ASSET = "/api/v2/assets/aDRZDvgptE3UTyTDDFaNq6/"
FILES = (
    "01_token_me_environment",
    "02_imports_assets_deployment",
    "03_files_media",
    "04_permissions",
    "06_openrosa",
    "07_data",
    "10_errors_limits",
    "11_history",
)
UNMATCHED = {
    "01-016": "a list of addresses, of which the product uses none",
    "01-018": "the state of the real server's own parts",
    "02-071": "content in another layout, which the product does not read",
    "02-072": "download of the XLSForm, which the product keeps itself",
    "02-073": "download of the XForm outside OpenRosa",
    "02-082": "metadata for the filters of the web pages",
    "02-087": "reports of the web pages",
    "02-088": "bulk actions of the web pages",
    "07-034": "attachments by question: the product's forms have none",
    "07-035": "attachments by question: the product's forms have none",
    "07-037": "web forms (Enketo)",
    "10-012": "the page that a browser shows instead of JSON",
    "10-021": "the description of an address",
    "11-012": "export of the history to a file",
    "11-013": "the log of sign-ins",
    "11-014": "the history of all projects, for superusers",
    "11-015": "the history of all projects, for superusers",
    "11-016": "the log of everything, for superusers",
}
QUERIES_FROM = "07-044"


def _in_order() -> list[Exchange]:
    """The exchanges up to the data queries, in the order in which the real server saw them."""
    exchanges = {exchange.id: exchange for name in FILES for exchange in load_exchanges(name)}
    for changed in _large_exchanges(exchanges):
        exchanges[changed.id] = changed
    late = [name for name in exchanges if "06-061" <= name <= "06-071"]
    moved = {"04-030", "04-031", *late}
    last = [name for name in exchanges if "02-089" <= name < "03-"]
    first = [name for name in exchanges if name < "07-" and name not in moved and name not in last]
    data = [name for name in exchanges if "07-" < name < QUERIES_FROM]
    rest = [name for name in exchanges if name >= "10-"]
    order = [*first, *data[:39], "04-031", data[39], *late[:2], "04-030", *late[2:], *data[40:], *rest, *last]
    return [exchanges[name] for name in order]


def _large_exchanges(exchanges: Mapping[str, Exchange]) -> list[Exchange]:
    """The exchanges whose requests were too large to keep."""
    part = exchanges["06-027"].body["files"]["xml_submission_file"]  # type: ignore[index]

    def submit(number: int, filler: str, **files: Any) -> dict[str, Any]:
        instance = f"00000000-0000-4000-8000-{number:012d}"
        xml = part["content"].replace("00e2c563-7b0a-4268-83d0-2fdab130dbc4", instance).replace("Dalila", filler)
        return {"files": {"xml_submission_file": {**part, "content": xml}, **files}}

    large_file = {"filename": "big.png", "content_type": "image/png", "content": FILLER * 12_000}
    ids = quote(json.dumps({"_id": {"$in": list(range(2000))}}))
    return [
        replace(exchanges["10-015"], body={"json": {"settings": {"description": FILLER * 11_000}}}),
        replace(exchanges["10-017"], body=submit(17, "Big file", **{"big.png": large_file})),
        replace(exchanges["10-018"], body=submit(18, FILLER * 11_000)),
        replace(exchanges["10-019"], path=f"{ASSET}data/?query={ids}"),
    ]


Step = Callable[[Replay], None]


def _created_by_last_import(recorded_uid: str) -> Step:
    def step(replay: Replay) -> None:
        messages = replay.api("GET", replay.last_url).json()["messages"]
        replay.known[recorded_uid] = messages["created"][0]["uid"]

    return step


def _remove_a_question(replay: Replay) -> None:
    path = "/api/v2/assets/aCTq5Vhqe9E8gnngHKNQrh/"
    content = replay.api("GET", path).json()["content"]
    content["survey"].pop()
    replay.known["vafvRMmTzMVG7bGhWL2iy5"] = replay.api("PATCH", path, json={"content": content}).json()["version_id"]


def _clone_once_more(replay: Replay) -> None:
    replay.api("POST", "/api/v2/assets/", json={"clone_from": replay.known[ASSET.split("/")[4]], "name": "Cloned"})
    replay.api("PATCH", ASSET, json={"settings": {"description": "d"}})


def _remove_all_files(replay: Replay) -> None:
    for file in replay.api("GET", f"{ASSET}files/").json()["results"]:
        replay.api("DELETE", f"{ASSET}files/{file['uid']}/")


def _grant(replay: Replay, username: str, permission: str) -> str:
    body = {"user": f"/api/v2/users/{username}/", "permission": f"/api/v2/permissions/{permission}/"}
    url = replay.api("POST", f"{ASSET}permission-assignments/", json=body).json()["url"]
    return str(url).rstrip("/").rpartition("/")[2]


def _grant_what_is_deleted_next(replay: Replay) -> None:
    replay.known["pcPgPkXkPAnQePMHTDeogV"] = _grant(replay, "cha1", "view_asset")
    _grant(replay, "cha2", "add_submissions")


def _let_both_submit(replay: Replay) -> None:
    _grant(replay, "cha1", "add_submissions")
    _grant(replay, "cha2", "add_submissions")


def _set_active(is_active: bool) -> Step:
    def step(replay: Replay) -> None:
        replay.api("PATCH", f"{ASSET}deployment/", json={"active": is_active})

    return step


def _send_six_more(replay: Replay) -> None:
    """The records 15 to 20 of the recording, which the edits and deletions are about."""
    _set_active(True)(replay)
    template = next(item for item in load_exchanges("07_data") if item.id == "07-030")
    recorded = template.body["files"]["xml_submission_file"]["content"]  # type: ignore[index]
    xml = replay.translate(recorded)
    for number in range(6):
        instance = f"00000000-0000-4000-9000-{number:012d}"
        mine = xml.replace("8166d7e7-5c2f-4255-9d02-320d288bab88", instance)
        mine = mine.replace("HH950", f"HH90{number}").replace("Deleted and resent", f"Bulk {number}")
        replay.api("POST", "/submission", user="cha1", files={"xml_submission_file": ("s.xml", mine, "text/xml")})
        replay.record_ids[15 + number] = replay.api("GET", f"{ASSET}data/{instance}/").json()["_id"]


def _delete_record(replay: Replay) -> None:
    replay.api("DELETE", f"{ASSET}data/8166d7e7-5c2f-4255-9d02-320d288bab88/")


def _learn_attachments(replay: Replay) -> None:
    recorded = json.loads((FIXTURES / "07_records.json").read_text(encoding="utf-8"))[1]
    replay.learn(recorded, replay.api("GET", f"{ASSET}data/16a0b4e7-b950-499c-ab86-79be97464ed0/").json())


BEFORE: dict[str, Step] = {
    "02-078": _clone_once_more,
    "02-105": _remove_a_question,
    "03-023": _remove_all_files,
    "04-015": _grant_what_is_deleted_next,
    "04-019": _let_both_submit,
    "04-029": _let_both_submit,
    "06-059": _set_active(False),
    "07-000": _send_six_more,
    "07-031": _delete_record,
    "07-038": _set_active(False),
    "06-061": _set_active(True),
    "07-040": _learn_attachments,
}
AFTER: dict[str, Step] = {
    "02-090": _created_by_last_import("a4WkBSzwmyM27GqLrVMCja"),
    "02-092": _created_by_last_import("aWgp77FQSWerC6dUic8Dex"),
    "02-095": _created_by_last_import("aoYtLKE2ExQHQed3YeLRB3"),
    "02-097": _created_by_last_import("ajEYhh3L6wtPk8jvRY28EK"),
}
EXCHANGES = _in_order()
MATCHED = [exchange for exchange in EXCHANGES if exchange.id not in UNMATCHED]


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """How each of today's answers differs from the recorded one."""
    data_file = tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite"
    prepare(data_file, USERS.values())
    with running_sandbox(data_file) as sandbox:
        replay = Replay(sandbox.url)
        return {exchange.id: _play(replay, exchange) for exchange in MATCHED}


def _play(replay: Replay, exchange: Exchange) -> list[str]:
    BEFORE.get(exchange.id, _nothing)(replay)
    found = replay.play(exchange)
    AFTER.get(exchange.id, _nothing)(replay)
    return found


def _nothing(replay: Replay) -> None:
    pass


@pytest.mark.parametrize("exchange", [pytest.param(item, id=f"{item.id} {item.name}") for item in MATCHED])
def test_the_answer_is_the_recorded_one(exchange: Exchange, differences: dict[str, list[str]]) -> None:
    assert differences[exchange.id] == []


def test_at_least_two_hundred_exchanges_are_matched() -> None:
    assert len(MATCHED) >= 200


def test_every_exception_names_a_recorded_exchange() -> None:
    assert set(UNMATCHED) <= {exchange.id for exchange in EXCHANGES}
