"""What is said of two versions of a form: every kind of change in plain words, and which reuse of a name is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forms.change import KINDS, Change, focused
from forms.form import Form
from forms.library import FORMS, forms_in
from forms.programme import PROGRAMME
from forms.version import describe
from forms.version_change import diff, refusals
from forms.xlsform import form_sheets, read_workbook, write_workbook
from tests.forms.changed_forms import rescored, stricter, with_relabelled_bands

Rows = list[dict[str, str]]
KIN, EN = "Kinyarwanda (rw)", "English (en)"

YES, NO = {"list_name": "yn", "name": "1", "label": "Yes"}, {"list_name": "yn", "name": "0", "label": "No"}
MAYBE = {"list_name": "yn", "name": "2", "label": "Maybe"}
ASKED = {"type": "select_one yn", "name": "q", "label": "Well?"}
NOTE = {"type": "note", "name": "n", "label": "Hello"}
SUM = {"type": "calculate", "name": "s", "calculation": "${q} + 1"}
BEGIN, END = {"type": "begin_group", "name": "g"}, {"type": "end_group"}


def definition(survey: Rows, choices: Rows | None = None, **settings: str) -> dict[str, Any]:
    return describe(
        None, {"survey": survey, "choices": [YES, NO] if choices is None else choices, "settings": [settings]}
    )


def question(kind: str = "text", name: str = "q", **columns: str) -> Rows:
    return [{"type": kind, "name": name, "label": "Well?", **columns}]


BASE = definition([ASKED])


def told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(each.kind, each.question, each.what, each.old, each.new) for each in diff(old, new)]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_does_not_differ_from_itself(form: Form) -> None:
    first = describe(form, form_sheets(form))
    assert diff(first, describe(form, form_sheets(form))) == ()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_does_not_differ_from_its_workbook(form: Form) -> None:
    sheets = form_sheets(form)
    assert diff(describe(None, read_workbook(write_workbook(sheets))), describe(form, sheets)) == ()


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    ("wording", BASE, definition([{**ASKED, "label": "Good?"}]), ("wording", "q", "label", "Well?", "Good?")),
    ("hint", BASE, definition([{**ASKED, "hint": "Ask"}]), ("wording", "q", "hint", "", "Ask")),
    (
        "translation",
        definition([{"type": "text", "name": "q", f"label::{KIN}": "A", f"label::{EN}": "B"}]),
        definition([{"type": "text", "name": "q", f"label::{KIN}": "C", f"label::{EN}": "B"}]),
        ("translation", "q", f"label::{KIN}", "A", "C"),
    ),
    ("choice added", BASE, definition([ASKED], [YES, NO, MAYBE]), ("choice_added", "q", "choice 2", "", "Maybe")),
    ("choice removed", definition([ASKED], [YES, NO, MAYBE]), BASE, ("choice_removed", "q", "choice 2", "Maybe", "")),
    (
        "choice relabelled",
        BASE,
        definition([ASKED], [{**YES, "label": "Indeed"}, NO]),
        ("choice_relabelled", "q", "choice 1, label", "Yes", "Indeed"),
    ),
    (
        "choice recoded",
        BASE,
        definition([ASKED], [{**YES, "name": "0"}, {**NO, "name": "1"}]),
        ("choice_recoded", "q", "choices", "1 Yes, 0 No", "0 Yes, 1 No"),
    ),
    ("choice moved", BASE, definition([ASKED], [NO, YES]), ("choice_moved", "q", "order of the choices", "1 0", "0 1")),
    (
        "choice filter",
        BASE,
        definition([ASKED], [{**YES, "parent": "a"}, NO]),
        ("filter", "q", "choice 1, parent", "", "a"),
    ),
    (
        "kind",
        definition(question()),
        definition(question("integer")),
        ("kind", "q", "kind of answer", "text", "integer"),
    ),
    (
        "scoring",
        definition([ASKED, SUM]),
        definition([ASKED, {**SUM, "calculation": "${q} + 2"}]),
        ("scoring", "s", "calculation", "${q} + 1", "${q} + 2"),
    ),
    ("skip", BASE, definition([{**ASKED, "relevant": "1 = 1"}]), ("skip", "q", "relevant", "", "1 = 1")),
    (
        "skip of a group",
        definition([BEGIN, ASKED, END]),
        definition([{**BEGIN, "relevant": "1 = 1"}, ASKED, END]),
        ("skip", "g", "relevant", "", "1 = 1"),
    ),
    (
        "constraint",
        BASE,
        definition([{**ASKED, "constraint": ". > 0"}]),
        ("constraint", "q", "constraint", "", ". > 0"),
    ),
    ("required", BASE, definition([{**ASKED, "required": "yes"}]), ("constraint", "q", "required", "", "yes")),
    (
        "roster filter",
        definition(question("select_one_from_file m.csv", choice_filter="a = 1")),
        definition(question("select_one_from_file m.csv", choice_filter="a = 2")),
        ("filter", "q", "choice_filter", "a = 1", "a = 2"),
    ),
    ("question added", BASE, definition([ASKED, NOTE]), ("question_added", "n", "", "", "Hello")),
    ("question removed", definition([ASKED, NOTE]), BASE, ("question_removed", "n", "", "Hello", "")),
    (
        "question moved",
        definition([BEGIN, END, ASKED]),
        definition([BEGIN, ASKED, END]),
        ("question_moved", "q", "place", "top", "g"),
    ),
    ("order", definition([ASKED, NOTE]), definition([NOTE, ASKED]), ("question_moved", "n", "place", "top", "top")),
    ("picture", BASE, definition([{**ASKED, "image": "a.png"}]), ("picture", "q", "image", "", "a.png")),
    ("look", BASE, definition([{**ASKED, "appearance": "quick"}]), ("look", "q", "appearance", "", "quick")),
    (
        "setting",
        BASE,
        definition([ASKED], form_title="New"),
        ("setting", "settings", "form title", "", "New"),
    ),
]


@pytest.mark.parametrize(("old", "new", "change"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_each_change_is_told_once_and_alone(old: dict[str, Any], new: dict[str, Any], change: tuple[str, ...]) -> None:
    assert told(old, new) == [change]


def test_every_kind_of_change_is_tried_here() -> None:
    assert {change[0] for *_, change in CHANGES} == KINDS.keys() - {"place_list"}


def test_places_that_change_are_told_by_their_number() -> None:
    both = {f"label::{KIN}", f"label::{EN}"}
    rows = [{"list_name": "yn", "name": str(number), **dict.fromkeys(both, f"P{number}")} for number in range(60)]
    assert told(definition([ASKED], rows), definition([ASKED], rows[:50])) == [
        ("place_list", "q", "choices", "60 choices", "50 choices")
    ]


def test_a_visible_fallback_that_follows_the_english_is_no_translation() -> None:
    old = {"type": "text", "name": "q", f"label::{KIN}": "[EN] A", f"label::{EN}": "A"}
    new = {"type": "text", "name": "q", f"label::{KIN}": "[EN] B", f"label::{EN}": "B"}
    assert told(definition([old]), definition([new])) == [("wording", "q", "label", "A", "B")]


def test_a_fallback_that_becomes_a_translation_is_told() -> None:
    old = {"type": "text", "name": "q", f"label::{KIN}": "[EN] A", f"label::{EN}": "A"}
    new = {"type": "text", "name": "q", f"label::{KIN}": "Muraho", f"label::{EN}": "A"}
    assert told(definition([old]), definition([new])) == [("translation", "q", f"label::{KIN}", "[EN] A", "Muraho")]


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("en", {"label::English (en)": "A", "label::Français (fr)": "B"}),
        ("none", {"label": "A", "label::Français (fr)": "B"}),
        ("default", {"label::Kiswahili (sw)": "A", "label::Français (fr)": "B"}),
    ],
)
def test_the_source_language_is_english_else_the_default(source: str, columns: dict[str, str]) -> None:
    changed = dict.fromkeys(columns, "C")
    old = definition([{"type": "text", "name": "q", **columns}], default_language="Kiswahili (sw)")
    new = definition([{"type": "text", "name": "q", **changed}], default_language="Kiswahili (sw)")
    assert [each.kind for each in diff(old, new)] == ["wording", "translation"]


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("labels swapped", BASE, definition([ASKED], [{**YES, "name": "0"}, {**NO, "name": "1"}]), "'Yes' was the code 1"),
    (
        "label on a new code",
        BASE,
        definition([ASKED], [{**YES, "name": "9"}, NO]),
        "'Yes' was the code 1 and would be 9",
    ),
    ("codes exchanged", BASE, definition([ASKED], [YES, MAYBE]), "codes 0 would go and 2 come"),
    ("one becomes several", BASE, definition([{**ASKED, "type": "select_multiple yn"}]), "one choice"),
    ("a number becomes a text", definition(question("integer")), definition(question()), "integer and would be text"),
    ("asked becomes calculated", BASE, definition([{**SUM, "name": "q"}]), "a calculated value"),
    ("fixed to no code of the list", BASE, definition([{**SUM, "name": "q", "calculation": "'9'"}]), "a fixed value"),
    (
        "another list",
        BASE,
        definition(
            [{**ASKED, "type": "select_one ab"}],
            [{"list_name": "ab", "name": "1", "label": "Often"}, {"list_name": "ab", "name": "0", "label": "Seldom"}],
        ),
        "the codes 1, 0 would be those of another list",
    ),
    (
        "another roster",
        definition(question("select_one_from_file a.csv")),
        definition(question("select_one_from_file b.csv")),
        "codes came from a.csv and would come from b.csv",
    ),
    ("a list becomes a roster", BASE, definition(question("select_one_from_file b.csv")), "codes came from yn"),
    (
        "a repeat becomes a question",
        definition([{"type": "begin_repeat", "name": "q"}, {"type": "end_repeat"}]),
        BASE,
        "a repeat",
    ),
]


@pytest.mark.parametrize(("old", "new", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_name_used_again_for_something_else_is_refused(old: dict[str, Any], new: dict[str, Any], reason: str) -> None:
    (change,) = [each for each in diff(old, new) if each.is_refused]
    assert change.question == "q" and reason in change.refusal
    assert change.changes_meaning


ALLOWED = [
    ("a code more", definition([ASKED], [YES, NO, MAYBE])),
    ("a code less", definition([ASKED], [YES])),
    ("other words", definition([ASKED], [{**YES, "label": "Indeed"}, NO])),
    (
        "another name of the list",
        definition([{**ASKED, "type": "select_one x"}], [{**YES, "list_name": "x"}, {**NO, "list_name": "x"}]),
    ),
    ("fixed to a code of the list", definition([{"type": "calculate", "name": "q", "calculation": "'1'"}])),
    ("no question any more", definition([NOTE])),
    ("only a note", definition([{**NOTE, "name": "q"}])),
]


@pytest.mark.parametrize("new", [row[1] for row in ALLOWED], ids=[row[0] for row in ALLOWED])
def test_a_name_that_keeps_its_codes_is_allowed(new: dict[str, Any]) -> None:
    assert refusals([BASE], new) == ()


def test_a_name_that_comes_back_must_keep_its_codes_too() -> None:
    without, other = definition([NOTE]), definition([ASKED], [YES, MAYBE])
    assert [each.question for each in refusals([without, BASE], other)] == ["q"]
    assert refusals([without, BASE], BASE) == ()


def test_only_the_newest_version_of_a_name_counts() -> None:
    grown = definition([ASKED], [YES, NO, MAYBE])
    assert refusals([grown, BASE], definition([ASKED], [YES, MAYBE])) == ()


@pytest.mark.parametrize("form_id", FORMS)
@pytest.mark.parametrize("area", PROGRAMME.sectors[:2])
def test_a_split_by_sectors_uses_no_name_for_something_else(form_id: str, area: str) -> None:
    whole, part = (describe(form, form_sheets(form)) for form in (FORMS[form_id], forms_in(area)[form_id]))
    assert refusals([whole], part) == () and refusals([part], whole) == ()


@pytest.mark.parametrize("form_id", [form.form_id for form in FORMS.values() if form.instruments])
def test_another_missing_rule_and_other_bands_are_told_as_scoring(form_id: str) -> None:
    form = FORMS[form_id]
    instrument = next(each for each in form.instruments if each.bands)
    changed = rescored(form, with_relabelled_bands(stricter(instrument)))
    found = diff(describe(form, form_sheets(form)), describe(changed, form_sheets(changed)))
    parts = {each.what for each in found if each.question == instrument.name}
    assert parts == {"missing rule", "bands"}
    assert {each.kind for each in found} == {"scoring"}


def test_the_wording_of_an_item_is_told_once_where_it_is_asked() -> None:
    form = FORMS["outcome"]
    instrument = form.instruments[0]
    item = instrument.items[0]
    worded = replace(instrument, items=(replace(item, wording="Another wording"), *instrument.items[1:]))
    definition_now = describe(form, form_sheets(form))
    definition_then = {
        **definition_now,
        "instruments": describe(rescored(form, worded), form_sheets(form))["instruments"],
    }
    assert diff(definition_then, definition_now) == ()


def test_begin_group_in_two_words_is_the_same() -> None:
    spaced = definition([{"type": "begin group", "name": "g"}, ASKED, {"type": "end group"}])
    assert diff(spaced, definition([BEGIN, ASKED, END])) == ()


def test_a_change_is_one_line() -> None:
    change = Change("choice_recoded", "q", "choices", "a\nb", "c", "no")
    assert str(change) == "q · choice recoded, choices: a b → c REFUSED: no"
    assert str(Change("question_added", "q", "", "", "Well?")) == "q · question added: Well?"
    assert str(Change("skip", "q", "relevant", "", "1 = 1")) == "q · skip, relevant: none → 1 = 1"


def test_long_texts_are_shortened_to_where_they_differ() -> None:
    old, new = focused("x" * 300 + "a" + "y" * 300, "x" * 300 + "b" + "y" * 300)
    assert old.startswith("…" + "x" * 20 + "a") and new.startswith("…" + "x" * 20 + "b")
    assert old.endswith("y…") and len(old) == 162
