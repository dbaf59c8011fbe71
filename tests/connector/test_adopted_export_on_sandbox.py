"""A form of somebody's account, from the website to an evaluator's files, by the commands that a person types."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
import requests

from connector.cli import main
from connector.kobo import KoboClient
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from forms.xlsform import write_workbook

BOSS = SandboxUser("coordinator", "secret", "a" * 40)
CANARIES = ("Canary auwase", "0788000199", "Canary buwase", "1.9876543", "Canary duwase")
SURVEY = [
    {"type": "text", "name": "who", "label::English (en)": "Who?", "label::Français (fr)": "Qui ?"},
    {"type": "phonenumber", "name": "phone", "label::English (en)": "Phone?", "label::Français (fr)": "Téléphone ?"},
    {"type": "geopoint", "name": "home", "label::English (en)": "Where?", "label::Français (fr)": "Où ?"},
    {"type": "select_one yn", "name": "well", "label::English (en)": "Well?", "label::Français (fr)": "Bien ?"},
    {"type": "begin repeat", "name": "child", "label::English (en)": "Child", "label::Français (fr)": "Enfant"},
    {"type": "integer", "name": "child_age", "label::English (en)": "Age?", "label::Français (fr)": "Âge ?"},
    {"type": "text", "name": "child_name", "label::English (en)": "Name?", "label::Français (fr)": "Nom ?"},
    {"type": "end repeat"},
]
CHOICES = [
    {"list_name": "yn", "name": "1", "label::English (en)": "Yes", "label::Français (fr)": "Oui"},
    {"list_name": "yn", "name": "-99", "label::English (en)": "No word", "label::Français (fr)": "Rien"},
]


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with the form, two records of which name people, and how to run a command there."""

    flags: tuple[str, ...]
    uid: str

    def run(self, *arguments: str) -> int:
        return main([*arguments, *self.flags, "--verbose", "--log", "runs.log"])


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.chdir(tmp_path)
    is_sqlite = request.param == "sqlite"
    url = "sqlite:///healing.db" if is_sqlite else request.getfixturevalue("current_postgres_url")
    prepare(tmp_path / "sandbox.db", [BOSS])
    sheets = {"survey": SURVEY, "choices": CHOICES, "settings": [{"form_title": "Visits", "form_id": "visits"}]}
    with running_sandbox(tmp_path / "sandbox.db") as address:
        client = KoboClient(address.url, BOSS.token)
        uid = client.import_form(write_workbook(sheets), "visits")
        version = client.deploy(uid).version_id
        answers = {"who": CANARIES[0], "phone": CANARIES[1], "home": f"-{CANARIES[3]} 30.1 0 0", "well": "-99"}
        send(address.url, uid, {**answers, "__version__": version}, [CANARIES[2], CANARIES[4]])
        send(address.url, uid, {"well": "1", "__version__": version}, [])
        yield Scene(("--server", address.url, "--token", BOSS.token, "--database-url", url), uid)
    logging.getLogger("connector").handlers.clear()


def send(url: str, uid: str, answers: dict[str, Any], children: list[str]) -> None:
    """Send a record as a phone does."""
    root = ElementTree.Element(uid, id=uid, version="1")
    for key, value in answers.items():
        ElementTree.SubElement(root, key).text = value
    for age, name in enumerate(children, start=3):
        child = ElementTree.SubElement(root, "child")
        ElementTree.SubElement(child, "child_age").text = str(age)
        ElementTree.SubElement(child, "child_name").text = name
    meta = ElementTree.SubElement(root, "meta")
    ElementTree.SubElement(meta, "instanceID").text = f"uuid:{uuid.uuid4()}"
    sent = {"xml_submission_file": ("submission.xml", ElementTree.tostring(root), "text/xml")}
    answer = requests.post(
        f"{url}/submission", files=sent, headers={"Authorization": f"Token {BOSS.token}"}, timeout=60
    )
    assert answer.status_code == 201, answer.text


def test_an_evaluator_gets_the_answers_and_the_codebook_and_no_name(
    scene: Scene, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert scene.run("adopt", scene.uid, "--as", "visit") == 0
    assert scene.run("sync") == 0
    assert scene.run("export", "--with-identity") == 0
    named = tmp_path / "exports" / "adopted" / "visit_apart.csv"
    assert all(canary in named.read_text("utf-8-sig") for canary in (*CANARIES[:2], CANARIES[3]))
    assert "These files name people" in capfd.readouterr().out
    assert scene.run("export") == 0
    told = capfd.readouterr()
    assert f"visit: 2 tables in {Path('exports/adopted')}, 4 rows\n" in told.out
    everything = told.out + told.err + (tmp_path / "runs.log").read_text("utf-8")
    everything += "".join(path.read_text("utf-8") for path in (tmp_path / "exports").rglob("*") if path.is_file())
    assert "visit,well" in everything and [canary for canary in CANARIES if canary in everything] == []
    visits, children, codebook = (
        pd.read_csv(tmp_path / "exports" / "adopted" / f"{name}.csv")
        for name in ("visit", "visit_child", "codebook-adopted")
    )
    assert visits["well"].tolist() == [-99, 1]
    assert children.merge(visits, on="server_id", validate="many_to_one")["child_age"].tolist() == [3, 4]
    well = codebook.set_index("variable").loc["well"]
    assert (well["label::Français (fr)"], well["codes"]) == ("Bien ?", "1 = Yes | -99 = No word")


def test_a_form_that_is_let_go_is_in_no_later_export(scene: Scene, tmp_path: Path) -> None:
    for arguments in (["adopt", scene.uid, "--as", "visit"], ["sync"], ["export", "--with-identity"]):
        assert scene.run(*arguments) == 0
    assert (tmp_path / "exports" / "adopted" / "visit.csv").is_file()
    assert scene.run("adopt", "--forget", "visit", "--yes") == 0
    assert scene.run("export") == 0
    assert not (tmp_path / "exports" / "adopted").exists() and (tmp_path / "exports" / "client.csv").is_file()
