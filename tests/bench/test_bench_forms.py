"""Knows what making the forms costs, against pyxform's own conversion of them."""

import time

import pytest

from forms.library import FORMS, forms_of
from forms.programme import PROGRAMME
from forms.xlsform import build_form, convert_workbook, form_sheets, media_files
from tests.bench.stopwatch import compare

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("form_id", sorted(FORMS))
def test_building_a_workbook_against_converting_it(form_id: str) -> None:
    form = FORMS[form_id]
    sheets = form_sheets(form)
    found = compare(
        f"{form_id}: definition to .xlsx",
        lambda: build_form(form),
        lambda: convert_workbook(sheets),
        against="pyxform's conversion of the same form",
    )
    assert found.floor_seconds > 0


def test_building_all_forms() -> None:
    """From the definitions to workbooks, pictures and XForms: a figure to read, under 3 CPU seconds when it was set."""

    def build() -> None:
        for form in forms_of(PROGRAMME).values():
            build_form(form)
            media_files(form)
            convert_workbook(form_sheets(form))

    sheets = [form_sheets(form) for form in FORMS.values()]
    found = compare(
        "all forms: definitions to .xlsx, pictures and XForms",
        build,
        lambda: [convert_workbook(each) for each in sheets],
        against="pyxform's conversion of the same forms",
    )
    print(f"; all in all {found.floor_seconds * found.middle:.1f} s CPU", end="")
    assert found.floor_seconds > 0


def test_the_stopwatch_compares_pair_by_pair() -> None:
    def spin(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    found = compare("two units", lambda: spin(0.04), lambda: spin(0.02), against="one unit")
    assert 1.5 < found.middle < 2.6 and found.lowest <= found.middle <= found.highest
