"""The workbooks are current, stable, in every language, and read back as they were written."""

from pathlib import Path

import pytest

from forms.library import FORMS
from forms.translation import LANGUAGES
from forms.xlsform import (
    XlsFormError,
    build_all,
    build_form,
    convert_workbook,
    form_sheets,
    media_files,
    read_workbook,
    write_workbook,
)

ROOT = Path(__file__).parents[2]
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))


@EVERY_FORM
def test_the_committed_workbook_is_current(form):
    committed = read_workbook((ROOT / "xlsforms" / f"{form.form_id}.xlsx").read_bytes())
    built = read_workbook(build_form(form))
    assert committed == built, "run `healing build` and commit xlsforms/"


def test_xlsforms_holds_every_form_and_every_picture_and_nothing_else():
    folder = ROOT / "xlsforms"
    committed = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in (".xlsx", ".png")}
    assert committed == set(build_all())


def test_the_committed_pictures_are_current():
    pictures = {name: content for name, content in build_all().items() if name.endswith(".png")}
    assert {name: (ROOT / "xlsforms" / name).read_bytes() for name in pictures} == pictures


@EVERY_FORM
def test_every_picture_that_a_form_names_is_among_its_files(form):
    named = {value for row in form_sheets(form)["choices"] for column, value in row.items() if "image" in column}
    assert named == set(media_files(form))


@EVERY_FORM
def test_building_twice_gives_the_same_bytes(form):
    assert build_form(form) == build_form(form)


@EVERY_FORM
def test_a_workbook_reads_back_as_it_was_written(form):
    sheets = form_sheets(form)
    assert read_workbook(write_workbook(sheets)) == {name: [dict(row) for row in rows] for name, rows in sheets.items()}


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
