"""Knows how long it may take to make the forms."""

import time

import pytest

from forms.library import FORMS
from forms.xlsform import build_all, convert_workbook, form_sheets
from tests.bench.stopwatch import check_budget, fastest_seconds

pytestmark = pytest.mark.bench


def test_building_every_workbook_is_quick() -> None:
    check_budget("every form to .xlsx", build_all, 3)


@pytest.mark.parametrize("form_id", sorted(FORMS))
def test_converting_a_form_is_quick(form_id: str) -> None:
    sheets = form_sheets(FORMS[form_id])
    check_budget(f"{form_id} to XForm", lambda: convert_workbook(sheets), 5)


def test_the_stopwatch_takes_the_fastest_round() -> None:
    waits = iter([0.05, 0.0, 0.05])
    assert fastest_seconds(lambda: time.sleep(next(waits))) < 0.04
