"""Each way to break a definition gives exactly the findings that say where it is, what is wrong and what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forms.expression import Literal, Ref
from forms.finding import Fault, Finding, nearest
from forms.form import Form, walk
from forms.instrument import ChoiceList
from forms.library import FORMS
from forms.lint import lint
from tests.forms.definition_breakages import BREAKAGES, GOOD, PLACES, Breakage, changed, phone


def test_the_good_definition_has_no_fault() -> None:
    assert lint(GOOD) == ()


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_the_programmes_definitions_have_no_fault(form: Form) -> None:
    assert [str(finding) for finding in lint(form)] == []


@pytest.mark.parametrize(("spoil", "expected"), [pytest.param(*each[1:], id=each[0]) for each in BREAKAGES])
def test_a_fault_is_told_with_place_reason_and_advice(spoil: Breakage, expected: list[Fault]) -> None:
    assert list(lint(spoil(GOOD))) == [Finding("probe", *fault) for fault in expected]


def test_a_typed_code_that_a_constraint_checks_is_no_free_text() -> None:
    checked = {"constraint": phone("regex(., '[A-Z]{2}')"), "constraint_message": "Two letters."}
    assert lint(changed("who", identifying=False, **checked)(GOOD)) == ()


def test_a_list_whose_rows_are_filtered_is_no_scale() -> None:
    assert [choice.code for choice in PLACES.choices] == ["11", "25"]
    unfiltered = ChoiceList("place", tuple(replace(choice, filters=()) for choice in PLACES.choices))
    assert lint(changed("place", choices=unfiltered, choice_filter=None)(GOOD)) != ()


def test_a_form_with_several_faults_tells_each_once() -> None:
    found = lint(changed("held", label="")(changed("score", calculation=Literal(1) + Ref("nowhere"))(GOOD)))
    assert [finding.where for finding in found] == ["score, calculation", "held"]


@pytest.mark.parametrize(
    ("word", "meant"), [("hold", "held"), ("COUNTED", "counted"), ("zzz", ""), ("", ""), ("told_", "told")]
)
def test_the_nearest_word_is_what_was_probably_meant(word: str, meant: str) -> None:
    assert nearest(word, [node.name for _, node in walk(GOOD.children)]) == meant
