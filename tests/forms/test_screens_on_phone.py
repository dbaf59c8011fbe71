"""How many screens a form takes as KoboCollect shows it, measured on its engine; the table in the docs is current."""

import pytest

from connector.sandbox.phone import Filling, PhoneForm
from connector.sandbox.phone_screens import screens_of
from forms.xlsform import convert_workbook
from tests.forms.screen_table import PAGE, PATHS, page_with_table, screens_on

PROMISED = [way for way in PATHS if way.at_most is not None]


def test_the_promises_are_those_of_the_programme():
    assert [(way.form_id, way.name, way.at_most) for way in PROMISED] == [
        ("attendance", "everybody came", 12),
        ("attendance", "three absent for three reasons", 16),
        ("intake", "no instruments at intake", 20),
    ]


@pytest.mark.parametrize("way", PROMISED, ids=lambda way: f"{way.form_id}, {way.name}")
def test_a_way_through_a_form_takes_no_more_screens_than_promised(way):
    assert len(screens_on(way)) <= way.at_most


def test_the_page_about_forms_is_current():
    assert PAGE.read_text(encoding="utf-8") == page_with_table(), "run: .venv/bin/python -m tests.forms.screen_table"


SURVEY = [
    {"type": "integer", "name": "a", "label": "A"},
    {"type": "note", "name": "shown_note", "label": "Read", "relevant": "${a} = 1"},
    {"type": "calculate", "name": "c", "calculation": "${a} + 1"},
    {"type": "begin_group", "name": "plain", "label": "Plain"},
    {"type": "integer", "name": "b", "label": "B"},
    {"type": "begin_group", "name": "together", "label": "Together", "appearance": "field-list"},
    {"type": "note", "name": "n", "label": "N"},
    {"type": "integer", "name": "d", "label": "D"},
    {"type": "begin_group", "name": "inner", "label": "Inner"},
    {"type": "integer", "name": "e", "label": "E", "relevant": "${a} = 1"},
    {"type": "end_group"},
    {"type": "end_group"},
    {"type": "end_group"},
    {"type": "begin_group", "name": "hidden", "label": "Hidden", "appearance": "field-list", "relevant": "${a} = 2"},
    {"type": "integer", "name": "f", "label": "F"},
    {"type": "end_group"},
    {"type": "begin_group", "name": "second", "label": "Second", "appearance": "field-list"},
    {"type": "integer", "name": "g", "label": "G"},
    {"type": "end_group"},
]


@pytest.mark.parametrize(
    ("a", "screens"),
    [
        (1, [("a",), ("shown_note",), ("b",), ("n", "d", "e"), ("g",)]),
        (2, [("a",), ("b",), ("n", "d"), ("f",), ("g",)]),
        (3, [("a",), ("b",), ("n", "d"), ("g",)]),
    ],
)
def test_notes_and_field_lists_are_screens_and_what_is_not_relevant_is_none(a, screens):
    filling = Filling(PhoneForm(convert_workbook({"survey": SURVEY})))
    filling.fill({"a": a})
    assert list(screens_of(filling)) == screens
