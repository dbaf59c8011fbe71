"""What a person sees of versions: the changes between two, the list of all, and what `deploy` refuses or warns of."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from connector.cli import main
from connector.commands.versions import change_lines
from connector.precious_schema import deployment, form_version
from connector.settings import VARIABLES
from forms.change import Change
from forms.form import Form
from forms.help_line import help_line_warnings
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.version import content_version, describe, scoring_version
from forms.xlsform import form_sheets, write_workbook
from tests.connector.sync_scenes import NOW, migrated_database
from tests.forms.changed_forms import rescored, stricter, with_codes_exchanged

SERVER = "https://kf.example.invalid"
REAL = ["--server", SERVER, "--token", "sentineltoken"]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts in an empty folder, with no settings in the environment."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def engine(empty_folder: Path) -> Engine:
    """An empty database where the commands look for it."""
    return migrated_database("sqlite:///healing.db")


def keep(engine: Engine, form: Form, uid: str, *, is_deployed: bool = False, accepted: str | None = None) -> str:
    """Keep a version of a form, as a deployment does; return its form version."""
    definition = describe(form, form_sheets(form))
    where = {"form_id": form.form_id, "server": SERVER, "asset_uid": f"a-{form.form_id}", "version_uid": uid}
    when = {"workbook_hash": "0", "deployed_at": NOW, "accepted_texts": accepted}
    versions = {"content_version": content_version(definition), "scoring_version": scoring_version(definition)}
    with engine.begin() as connection:
        connection.execute(insert(form_version).values(**where, **when, **versions, definition=json.dumps(definition)))
        if is_deployed:
            connection.execute(insert(deployment).values(**where, **when))
    return versions["content_version"]


def workbook(path: Path, label: str = "Well?", codes: str = "10") -> str:
    choices = [{"list_name": "yn", "name": c, "label": text} for c, text in zip(codes, ("Yes", "No"), strict=True)]
    survey = [{"type": "select_one yn", "name": "q", "label": label}]
    path.write_bytes(write_workbook({"survey": survey, "choices": choices}))
    return str(path)


def out(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> list[str]:
    assert main(arguments) == 0
    return capsys.readouterr().out.splitlines()


def told(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> str:
    assert main(arguments) == code
    return capsys.readouterr().err


@pytest.mark.parametrize("form_id", FORMS)
def test_a_form_is_compared_with_what_is_deployed(
    capsys: pytest.CaptureFixture[str], engine: Engine, form_id: str
) -> None:
    keep(engine, FORMS[form_id], "v1", is_deployed=True)
    assert out(capsys, ["diff", f"deployed:{form_id}", f"current:{form_id}"]) == ["0 changes, 0 change meaning"]


def test_a_version_is_named_by_form_version_or_asset_version(
    capsys: pytest.CaptureFixture[str], engine: Engine
) -> None:
    form = FORMS["outcome"]
    instrument = form.instruments[0]
    version = keep(engine, rescored(form, stricter(instrument)), "vOld")
    lines = out(capsys, ["diff", version, "current:outcome"])
    assert any(line.startswith(f"{instrument.name} · scoring, missing rule: ") for line in lines)
    assert lines == out(capsys, ["diff", "vOld", "current:outcome"])
    assert lines[-1].endswith("change meaning")


def test_two_workbooks_are_compared_without_a_database(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    old, new = workbook(empty_folder / "a.xlsx"), workbook(empty_folder / "b.xlsx", "Good?")
    assert out(capsys, ["diff", old, new]) == ["q · wording, label: Well? → Good?", "1 changes, 1 change meaning"]


def test_a_name_with_other_codes_ends_with_8_and_says_which(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    old, new = workbook(empty_folder / "a.xlsx"), workbook(empty_folder / "b.xlsx", codes="01")
    assert main(["diff", old, new]) == 8
    said = capsys.readouterr()
    assert "q · choice recoded, choices: 1 Yes, 0 No → 0 Yes, 1 No REFUSED: 'Yes' was the code 1" in said.out
    assert "1 refused" in said.err and "new name" in said.err


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("current:nothing", 2, "The forms are intake, attendance, outcome"),
        ("deployed:intake", 2, "healing versions"),
        ("v-unknown", 2, "The database knows no version v-unknown"),
        ("nowhere.xlsx", 2, "nowhere.xlsx cannot be read"),
        ("damaged.xlsx", 8, "not a readable .xlsx workbook"),
        ("vBefore", 2, "was not kept"),
    ],
)
def test_a_version_that_is_not_there_is_told_with_what_to_do(
    capsys: pytest.CaptureFixture[str], engine: Engine, empty_folder: Path, name: str, code: int, words: str
) -> None:
    (empty_folder / "damaged.xlsx").write_text("no workbook")
    before = {"version_uid": "vBefore", "form_id": "intake", "workbook_hash": "0", "deployed_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(form_version).values(before))
    assert words in told(capsys, ["diff", name, "current:intake"], code)


@pytest.mark.parametrize("arguments", [["versions"], ["diff", "v1", "v2"]])
def test_without_a_database_it_is_said_that_there_is_none(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert "There is no database" in told(capsys, arguments, 4)


def test_versions_are_listed_with_when_where_and_what_was_accepted(
    capsys: pytest.CaptureFixture[str], engine: Engine
) -> None:
    accepted = json.dumps({"reason": "Pilot", "texts": ["PHQ-9, Kinyarwanda (rw): 19 texts missing"]})
    version = keep(engine, FORMS["outcome"], "v1", is_deployed=True, accepted=accepted)
    assert out(capsys, ["versions"]) == [
        "outcome, whole programme:",
        f"  form version {version} = asset version v1, {NOW:%Y-%m-%d %H:%M} UTC, project a-outcome on {SERVER}, "
        "deployed now",
        "    accepted PHQ-9, Kinyarwanda (rw): 19 texts missing: Pilot",
        "1 version",
    ]


def test_a_version_from_before_contents_were_kept_is_listed_too(
    capsys: pytest.CaptureFixture[str], engine: Engine
) -> None:
    row = {"version_uid": "v0", "form_id": "intake", "workbook_hash": "0", "deployed_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(form_version).values(row))
    assert "  form version not kept = asset version v0" in out(capsys, ["versions"])[1]


def test_no_version_is_no_fault(capsys: pytest.CaptureFixture[str], engine: Engine) -> None:
    assert out(capsys, ["versions"]) == ["0 versions"]


def test_refused_changes_come_first_and_a_change_of_many_questions_is_told_once() -> None:
    many = [Change("choice_added", f"q{number}", "choice 9", "", "Other") for number in range(5)]
    lines = change_lines([Change("look", "a", "appearance", "x", "y"), *many, Change("kind", "b", "k", "c", "d", "no")])
    assert lines == [
        "b · kind, k: c → d REFUSED: no",
        "q0 · choice added, choice 9: Other (and 4 more questions)",
        "  a · look, appearance: x → y",
    ]


def test_drafts_are_refused_with_6_before_anything_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, ["deploy", *REAL], 6)
    assert "texts missing" in said and "--accept-texts" in said and "sentineltoken" not in said


def test_a_name_with_other_codes_is_refused_with_8_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str], engine: Engine
) -> None:
    keep(engine, with_codes_exchanged(FORMS["intake"]), "v1")
    said = told(capsys, ["deploy", *REAL, "--accept-texts", "A pilot"], 8)
    assert "Names would be used again" in said and "new name" in said


def test_numbers_that_nobody_tested_are_told_when_deploying(capsys: pytest.CaptureFixture[str]) -> None:
    main(["deploy", *REAL])
    expected = [f"warning: {each}" for each in help_line_warnings(PROGRAMME, dt.date.today())]
    assert capsys.readouterr().out.splitlines() == expected
    assert len(expected) >= sum(line.tested_on is None for line in PROGRAMME.help_lines)


def test_a_project_for_a_form_that_is_not_there_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--asset intake/9999=a: not FORM=UID." in told(capsys, ["deploy", *REAL, "--asset", "intake/9999=a"], 2)
    assert "The forms are intake" in told(capsys, ["deploy", *REAL, "--asset", "intake"], 2)


def test_numbers_that_nobody_tested_are_told_when_checking(capsys: pytest.CaptureFixture[str]) -> None:
    expected = [f"warning: {each}" for each in help_line_warnings(PROGRAMME, dt.date.today())]
    assert [line for line in out(capsys, ["check"]) if line.startswith("warning: help line")] == expected
