"""What is kept of a version of a form: all that it asks and scores, under a name that its content alone decides."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from forms.form import Form
from forms.instrument import Instrument
from forms.instrument_data import instrument_to_data
from forms.library import FORMS, forms_in
from forms.programme import PROGRAMME
from forms.version import (
    calculations_in,
    calculations_of,
    content_version,
    describe,
    scoring_version,
    scoring_version_of,
)
from forms.xlsform import form_sheets
from tests.forms.changed_forms import rescored, stricter, with_relabelled_bands

every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
SCORED = [(form, each) for form in FORMS.values() for each in form.instruments if each.is_scored]
BANDED = [(form, each) for form, each in SCORED if each.bands]
every_score, every_band = (
    pytest.mark.parametrize(("form", "instrument"), some, ids=[f"{form.form_id}-{each.name}" for form, each in some])
    for some in (SCORED, BANDED)
)


def described(form: Form) -> dict[str, Any]:
    return describe(form, form_sheets(form))


@every_form
def test_a_definition_is_json_and_comes_back_as_it_was(form: Form) -> None:
    definition = described(form)
    assert json.loads(json.dumps(definition)) == definition


@every_form
def test_a_definition_holds_every_question_every_list_and_every_instrument(form: Form) -> None:
    definition = described(form)
    assert {question.name for question in form.questions()} <= {row.get("name") for row in definition["survey"]}
    lists = {question.choices.name for question in form.questions() if question.choices is not None}
    assert definition["choices"].keys() == lists
    assert definition["instruments"] == {each.name: instrument_to_data(each) for each in form.instruments}


@every_form
def test_the_form_version_is_the_one_in_the_workbook(form: Form) -> None:
    assert content_version(described(form)) == form_sheets(form)["settings"][0]["version"]


@every_form
def test_the_calculations_of_a_form_are_those_of_its_sheets(form: Form) -> None:
    definition = described(form)
    assert calculations_in(form.children) == calculations_of(definition)
    assert scoring_version_of(form) == scoring_version(definition)


@every_score
def test_another_missing_rule_is_another_version(form: Form, instrument: Instrument) -> None:
    other = rescored(form, stricter(instrument))
    assert content_version(described(other)) != content_version(described(form))
    assert scoring_version_of(other) != scoring_version_of(form)


@every_band
def test_other_bands_are_another_version(form: Form, instrument: Instrument) -> None:
    other = rescored(form, with_relabelled_bands(instrument))
    assert content_version(described(other)) != content_version(described(form))
    assert scoring_version_of(other) != scoring_version_of(form)


@every_form
def test_another_title_is_the_same_version(form: Form) -> None:
    assert content_version(described(replace(form, title="Another"))) == content_version(described(form))


@pytest.mark.parametrize("area", PROGRAMME.sectors[:2])
@pytest.mark.parametrize("form_id", FORMS)
def test_a_form_of_one_sector_is_scored_as_that_of_all(area: str, form_id: str) -> None:
    assert scoring_version_of(forms_in(area)[form_id]) == scoring_version_of(FORMS[form_id])


def test_a_long_list_of_places_is_kept_as_its_hash() -> None:
    villages = described(FORMS["intake"])["choices"]["village"]
    assert villages.keys() == {"hash", "count"} and villages["count"] > 300


def test_translated_lists_and_short_ones_are_kept_whole() -> None:
    kept = described(FORMS["intake"])["choices"]
    assert [row["name"] for row in kept["yes_no"]["rows"]] == ["yes", "no"]
    assert len(kept["sector"]["rows"]) == len(PROGRAMME.sectors)


def test_a_workbook_of_others_has_a_version_of_its_content() -> None:
    sheets = {"survey": [{"type": "text", "name": "a", "label": "A"}], "settings": [{"version": "spring, final (2)"}]}
    other = {**sheets, "survey": [{"type": "text", "name": "a", "label": "B"}]}
    first, second = content_version(describe(None, sheets)), content_version(describe(None, other))
    assert len(first) == 12 and first != second and first == content_version(describe(None, sheets))


def test_an_empty_workbook_is_described_too() -> None:
    assert describe(None, {}) == {"survey": [], "choices": {}, "settings": {}, "instruments": {}}
