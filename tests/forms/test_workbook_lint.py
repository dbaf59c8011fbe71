"""Each way to break a workbook gives exactly the findings that say where it is, what is wrong and what to do."""

from __future__ import annotations

import pytest

from forms.finding import Fault, Finding
from forms.form import Form
from forms.library import FORMS
from forms.questions import GROUPS, MEMBERS
from forms.workbook_lint import lint_workbook
from forms.xlsform import form_sheets
from tests.forms.good_workbook import ROSTERS, Breakage, good_workbook
from tests.forms.workbook_breakages import BREAKAGES, cells

ALL_ROSTERS = {roster.name: roster.columns for roster in (GROUPS, MEMBERS)}


def test_the_good_workbook_has_no_fault() -> None:
    assert lint_workbook(good_workbook(), "probe", rosters=ROSTERS) == ()


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_the_programmes_workbooks_have_no_fault(form: Form) -> None:
    assert [str(finding) for finding in lint_workbook(form_sheets(form), form.form_id, rosters=ALL_ROSTERS)] == []


@pytest.mark.parametrize(("spoil", "expected"), [pytest.param(*each[1:], id=each[0]) for each in BREAKAGES])
def test_a_fault_is_told_with_place_reason_and_advice(spoil: Breakage, expected: list[Fault]) -> None:
    sheets = good_workbook()
    spoil(sheets)
    assert list(lint_workbook(sheets, "probe", rosters=ROSTERS)) == [Finding("probe", *fault) for fault in expected]


def test_a_finding_reads_as_one_sentence_and_an_advice() -> None:
    sheets = good_workbook()
    cells("counted", type="intger")(sheets)
    told = "probe · survey, row 8, counted, type: intger is not a type of question. Write integer."
    assert [str(finding) for finding in lint_workbook(sheets, "probe", rosters=ROSTERS)] == [told]


def test_empty_rows_keep_the_numbers_of_the_sheet() -> None:
    sheets = good_workbook()
    cells("counted", type="intger")(sheets)
    sheets["survey"].insert(0, {})
    assert [finding.where for finding in lint_workbook(sheets, "probe", rosters=ROSTERS)] == [
        "survey, row 9, counted, type"
    ]


def test_rows_that_are_switched_off_are_not_checked() -> None:
    sheets = good_workbook()
    cells("told", type="hologram", disabled="yes")(sheets)
    assert lint_workbook(sheets, "probe", rosters=ROSTERS) == ()


def test_the_columns_of_a_roster_that_is_not_known_are_not_checked() -> None:
    sheets = good_workbook()
    cells("absent", choice_filter="ward = 'w1'")(sheets)
    assert lint_workbook(sheets, "probe") == ()


def test_pictures_that_are_not_there_are_told_when_files_were_looked_for() -> None:
    there = {f"often_{code}.png" for code in ("0", "1", "2")}
    found = lint_workbook(good_workbook(), "probe", rosters=ROSTERS, media=there)
    assert {(finding.what, finding.advice) for finding in found} == {
        ("the file often_refused.png is missing", "Put it beside the workbook.")
    }
    assert lint_workbook(good_workbook(), "probe", rosters=ROSTERS, media={*there, "often_refused.png"}) == ()


def test_a_sheet_whose_name_begins_with_an_underscore_is_a_note() -> None:
    assert lint_workbook(good_workbook() | {"_notes": [{"anything": "at all"}]}, "probe", rosters=ROSTERS) == ()
