"""A form of ours that somebody changed on the website, end to end against the sandbox: deploy, change, send, sync."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from sqlalchemy import Connection, Engine, select

from connector.deployment import deploy_programme
from connector.derive import rebuild
from connector.fact_schema import alert, assessment, client_identity, problem
from connector.kobo import KoboClient
from connector.precious_schema import submission
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from connector.schema import derived
from connector.sync import SyncResult, sync
from forms.library import FORMS
from tests.connector.derived_database import ANA, BEA, CLEA
from tests.connector.made_records import dump, intake, rows
from tests.connector.made_renames import choice, own_list, rename, reword, row
from tests.connector.sync_scenes import migrated_database

BOSS = SandboxUser("coordinator", "coordinator-password", "c" * 40)
CHA = SandboxUser("cha001", "cha-password", "1" * 40)
Answers = Mapping[str, Any]


@dataclass
class Scene:
    """A server with the intake form of the programme on it, deployed from a database."""

    url: str
    engine: Engine
    client: KoboClient
    uid: str = ""

    def deploy(self) -> None:
        [done] = deploy_programme(
            self.engine, self.client, plan={"": {"intake": FORMS["intake"]}}, also=[CHA.username], accept_texts="test"
        )
        self.uid = done.asset_uid

    def api(self, method: str, path: str, **more: Any) -> Any:
        """A request as the website makes it for the coordinator."""
        headers = {"Authorization": f"Token {BOSS.token}", "Accept": "application/json"}
        answer = requests.request(method, f"{self.url}/api/v2/assets/{self.uid}/{path}", headers=headers, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def content(self) -> dict[str, Any]:
        """The form as the builder opens it."""
        content: dict[str, Any] = self.api("GET", "", timeout=60)["content"]
        return content

    def save(self, content: dict[str, Any]) -> None:
        """Save the form in the builder and deploy it."""
        saved = self.api("PATCH", "", json={"content": content}, timeout=60)
        self.api("PATCH", "deployment/", json={"active": True, "version_id": saved["version_id"]}, timeout=60)

    def send(self, answers: Answers) -> None:
        """Send a record as a phone does that has the form as it is deployed now."""
        version = self.api("GET", "", timeout=60)["deployed_version_id"]
        root = ElementTree.Element(self.uid, id=self.uid, version="1")
        for key, value in {**answers, "__version__": version, "meta/instanceID": f"uuid:{uuid.uuid4()}"}.items():
            _put(root, key.split("/"), str(value))
        answer = requests.post(
            f"{self.url}/submission",
            files={"xml_submission_file": ("submission.xml", ElementTree.tostring(root), "text/xml")},
            headers={"Authorization": f"Token {CHA.token}"},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text

    def sync(self) -> SyncResult:
        return sync(self.engine, self.client)

    def rebuilt(self) -> bool:
        """Whether everything derived comes out alike without the server."""
        with self.engine.begin() as connection:
            before = dump(connection)
            rebuild(connection)
            return dump(connection) == before


def _put(root: ElementTree.Element, path: list[str], value: str) -> None:
    for name in path:
        found = root.find(name)
        root = ElementTree.SubElement(root, name) if found is None else found
    root.text = value


def answers(code: str, renamed: Mapping[str, str] | None = None, **told: str) -> Answers:
    """The answers of an intake, under the keys that a renamed form gives them."""
    record = intake(1, code, **told).record
    keys = [key for key in record if not key.startswith(("_", "meta/"))]
    parts = {key: key.rpartition("/") for key in keys}
    new = renamed or {}
    return {group + slash + new.get(name, name): record[key] for key, (group, slash, name) in parts.items()}


@contextmanager
def running(folder: Path, database: str) -> Iterator[Scene]:
    prepare(folder / "sandbox.db", [BOSS, CHA])
    engine = migrated_database(database)
    with running_sandbox(folder / "sandbox.db") as address:
        found = Scene(address.url, engine, KoboClient(address.url, BOSS.token))
        found.deploy()
        yield found
    engine.dispose()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with running(tmp_path, f"sqlite:///{tmp_path}/healing.db") as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def any_scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/healing.db" if is_sqlite else request.getfixturevalue("current_postgres_url")
    with running(tmp_path, url) as found:
        yield found


def kinds(connection: Connection) -> set[str]:
    return set(connection.scalars(select(problem.c.kind)))


def levels(connection: Connection) -> dict[str, str]:
    """Alerts by client."""
    return {each["client_code"]: each["level"] for each in rows(connection, alert)}


def test_a_renamed_item_9_and_changed_codes_lose_no_alert_and_no_score(any_scene: Scene) -> None:
    scene = any_scene
    scene.send(answers(ANA, phq9_9="2"))
    scene.sync()
    quiet = scene.sync().requests
    scene.save(_changed(scene.content()))
    told = answers(BEA, {"phq9_9": "own_life", "short_name": "called"}, phq9_9="2")
    scene.send({**told, "interview/phq9/own_life": "d2"})
    assert scene.sync().new == 1
    with scene.engine.connect() as connection:
        assert levels(connection) == {ANA: "moderate", BEA: "moderate"}
        assert [each["score"] for each in rows(connection, assessment, instrument="phq9")] == [2, 2]
        typed = rows(connection, derived.tables["intake"])
        assert [each["phq9_9"] for each in typed] == ["2", "2"]
        assert len({each["form_version"] for each in typed}) == 2
        names = {each["client_code"]: each["short_name"] for each in rows(connection, client_identity)}
        assert names == {ANA: f"Name {ANA}", BEA: f"Name {BEA}"}
        assert {"renamed_question", "recoded_choices"} <= kinds(connection)
        assert not {"safety_answer_unread", "safety_question_lost", "unknown_version"} & kinds(connection)
        raw = [json.loads(body) for body in connection.scalars(select(submission.c.body))]
        assert "d2" in [each.get("interview/phq9/own_life") for each in raw]
        assert f"Name {BEA}" not in str(raw)
    assert scene.rebuilt()
    assert scene.sync().requests == quiet


def _changed(content: dict[str, Any]) -> dict[str, Any]:
    """Item 9 and the person's name under other names, and other codes for the choices of item 9."""
    rename(content, "phq9_9", "own_life")
    rename(content, "short_name", "called")
    own_list(content, "own_life")
    for code in "3210":
        choice(content, "own_life", code)["name"] = f"d{code}"
    return content


def test_a_version_that_was_over_before_the_next_sync_is_asked_for_when_its_record_has_come(scene: Scene) -> None:
    content = scene.content()
    rename(content, "phq9_9", "own_life")
    scene.save(content)
    scene.send(answers(CLEA, {"phq9_9": "own_life"}, phq9_9="3"))
    scene.deploy()
    scene.sync()
    with scene.engine.connect() as connection:
        assert levels(connection) == {CLEA: "moderate"}
        assert not {"unknown_version", "unknown_question", "renamed_question"} & kinds(connection)
    assert scene.rebuilt()


def test_a_changed_safety_question_is_told_at_once(scene: Scene) -> None:
    content = scene.content()
    rename(content, "phq9_9", "own_life")
    reword(row(content, "own_life"), "How often do you go out?")
    scene.save(content)
    scene.sync()
    with scene.engine.connect() as connection:
        assert "safety_question_lost" in kinds(connection)
    scene.send(answers(ANA, {"phq9_9": "own_life"}, phq9_9="3"))
    scene.sync()
    with scene.engine.connect() as connection:
        assert {"safety_answer_unread", "safety_question_lost"} <= kinds(connection)
        assert levels(connection) == {}
    assert scene.rebuilt()
