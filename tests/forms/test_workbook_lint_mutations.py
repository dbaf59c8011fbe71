"""Workbooks and definitions spoilt by chance never make the linter stumble, and what it lets pass, pyxform takes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from connector.sandbox.phone import validate_xform
from forms.expression import Expression, Literal, OnPhone, Ref
from forms.form import Form, Group, Node, Question, Repeat
from forms.library import FORMS
from forms.lint import lint
from forms.workbook_lint import lint_workbook
from forms.xlsform import convert_workbook, form_sheets
from tests.forms.good_workbook import ROSTERS, good_workbook
from tests.forms.workbook_mutations import STRANGE, spoilt

FEW, MANY = 1, pytest.param(20, marks=pytest.mark.soak)
"""How many times as many are spoilt: in soak, others besides the same."""
WORKBOOKS, SPOILT_OF_THE_PROGRAMME, DEFINITIONS, CONVERTED = 2000, 20, 40, 25
times = pytest.mark.parametrize("times", [FEW, MANY])
_KINDS = ("text", "note", "calculate", "select_one", "select_one_from_file", "audit", "image", "", "integer")


@times
def test_no_spoilt_workbook_makes_the_linter_stumble(times: int) -> None:
    rng, good = random.Random(20), good_workbook()
    faulty = 0
    for _ in range(times * WORKBOOKS):
        found = lint_workbook(spoilt(good, rng), "probe", rosters=ROSTERS)
        assert all(finding.where and finding.what and finding.advice for finding in found)
        faulty += bool(found)
    assert faulty > times * WORKBOOKS / 2


@times
@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_no_spoilt_workbook_of_the_programme_makes_the_linter_stumble(form: Form, times: int) -> None:
    rng, sheets = random.Random(form.form_id), form_sheets(form)
    found = [lint_workbook(spoilt(sheets, rng), form.form_id) for _ in range(times * SPOILT_OF_THE_PROGRAMME)]
    assert any(found)


@times
def test_what_the_linter_lets_pass_is_converted_and_valid(times: int) -> None:
    rng, good, tried = random.Random(21), good_workbook(), 0
    while tried < times * CONVERTED:
        sheets = spoilt(good, rng)
        if sheets == good or lint_workbook(sheets, "probe", rosters=ROSTERS):
            continue
        tried += 1
        assert validate_xform(convert_workbook(sheets)) == [], sheets


@times
@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_no_spoilt_definition_makes_the_linter_stumble(form: Form, times: int) -> None:
    rng = random.Random(form.form_id)
    found = [lint(_spoilt_definition(form, rng)) for _ in range(times * DEFINITIONS)]
    assert any(found)


def _spoilt_definition(form: Form, rng: random.Random) -> Form:
    names = [question.name for question in form.questions()]
    chosen = rng.choice(names)
    changed: dict[str, Any] = rng.choice(
        (
            {"name": rng.choice((rng.choice(names), "", "Ünï", "x" * 40, "meta"))},
            {"kind": rng.choice(_KINDS)},
            {"label": rng.choice(("", "${nowhere}", rng.choice(STRANGE)))},
            {"relevant": _some_expression(names, rng)},
            {"calculation": _some_expression(names, rng)},
            {"constraint": _some_expression(names, rng)},
            {"choice_filter": _some_expression(names, rng)},
            {"choices": None, "roster": None},
            {"parameters": rng.choice(("x = 1", "location-priority=balanced", "=", "seed"))},
            {"appearance": rng.choice(("quik", "search('x')", "w1", "field-list"))},
        )
    )
    return replace(form, children=_with(form.children, chosen, changed))


def _some_expression(names: list[str], rng: random.Random) -> Expression:
    strange = rng.choice(STRANGE)
    return rng.choice(
        (
            Ref(rng.choice(names)) > 1,
            Ref("nowhere").equals(strange),
            Literal(strange),
            OnPhone(f"instance('x'){strange}", "strange"),
            OnPhone("", "nothing"),
            OnPhone("(" * 200, "deep"),
        )
    )


def _with(nodes: tuple[Node, ...], chosen: str, changed: dict[str, Any]) -> tuple[Node, ...]:
    return tuple(_changed(node, chosen, changed) for node in nodes)


def _changed(node: Node, chosen: str, changed: dict[str, Any]) -> Node:
    if isinstance(node, (Group, Repeat)):
        return replace(node, children=_with(node.children, chosen, changed))
    return replace(node, **changed) if isinstance(node, Question) and node.name == chosen else node
