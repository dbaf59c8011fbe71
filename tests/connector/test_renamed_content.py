"""Knows what is recognised of a form of ours after somebody changed it in KoboToolbox's form builder."""

import copy
from typing import Any

import pytest

from connector.renamed_content import VersionMap, compare
from connector.sandbox.server.content import standardise
from forms.library import FORMS
from tests.connector.made_renames import (
    Content,
    changed,
    choice,
    move_into,
    own_list,
    published,
    remove,
    rename,
    reword,
    row,
    text,
)

ITEM = "interview/phq9/phq9_9"
REST = {"refused": "refused", "stopped": "stopped"}
"""Nobody touches these choices."""


def compared(content: Content, form_id: str = "outcome") -> VersionMap:
    return compare(text(published(form_id)), text(content))


def renamed(form_id: str = "outcome", *changes: Any) -> VersionMap:
    return compared(changed(form_id, *changes), form_id)


@pytest.mark.parametrize("form_id", FORMS)
def test_a_form_that_nobody_changed_is_plain(form_id: str) -> None:
    found = compared(published(form_id), form_id)
    assert found.is_plain
    assert (found.reworded, found.absent) == ((), ())


@pytest.mark.parametrize("form_id", FORMS)
def test_a_form_with_all_new_marks_is_plain(form_id: str) -> None:
    content = published(form_id)
    for each in (*content["survey"], *content["choices"]):
        del each["$kuid"]
    found = compared(standardise(content), form_id)
    assert found.is_plain
    assert (found.reworded, found.absent) == ((), ())


@pytest.mark.parametrize("form_id", FORMS)
def test_every_question_of_every_form_may_be_renamed(form_id: str) -> None:
    content = published(form_id)
    names = {key.rpartition("/")[2]: key for key in compared(content, form_id).keys}
    for number, name in enumerate(names):
        rename(content, name, f"x{number}")
    found = compared(content, form_id)
    assert {ours: theirs.rpartition("/")[2] for theirs, ours in found.keys.items()} == {
        key: f"x{number}" for number, key in enumerate(names.values())
    }
    assert (dict(found.refused), dict(found.codes), found.absent) == ({}, {}, ())


def test_a_renamed_question_is_found_by_its_mark() -> None:
    found = renamed("outcome", lambda content: rename(content, "phq9_9", "own_life"))
    assert found.renamed == {"interview/phq9/own_life": ITEM}
    assert (dict(found.refused), found.absent) == ({}, ())


def test_a_renamed_group_and_a_move_into_another_are_renamings() -> None:
    found = renamed("outcome", lambda content: rename(content, "phq9", "mood"))
    assert found.renamed["interview/mood/phq9_9"] == ITEM
    found = renamed("outcome", lambda content: move_into(content, "phq9_9", "gad7"))
    assert found.renamed == {"interview/gad7/phq9_9": ITEM}


def test_a_question_with_another_name_and_other_words_is_refused() -> None:
    def change(content: Content) -> None:
        rename(content, "phq9_9", "own_life")
        reword(row(content, "own_life"), "Something else")

    found = renamed("outcome", change)
    assert found.refused == {"interview/phq9/own_life": ITEM}
    assert not found.renamed


def test_a_question_of_another_type_is_refused() -> None:
    found = renamed("outcome", lambda content: row(content, "phq9_9").update(type="integer"))
    assert found.refused == {ITEM: ITEM}


def test_a_question_that_moved_into_a_repeat_is_refused() -> None:
    def change(content: Content) -> None:
        row(content, "gad7")["type"] = "begin_repeat"
        ends = [each for each in content["survey"] if each["type"] == "end_group"]
        for each in ends:
            each.setdefault("name", "")
        move_into(content, "phq9_9", "gad7")

    found = renamed("outcome", change)
    assert found.refused["interview/gad7/phq9_9"] == ITEM


def test_corrected_words_are_told_and_read() -> None:
    found = renamed("outcome", lambda content: reword(row(content, "phq9_9"), "Corrected"))
    assert (found.reworded, found.is_plain) == ((ITEM,), True)


def test_words_in_another_language_are_nobody_s_business() -> None:
    found = renamed("outcome", lambda content: row(content, "phq9_9")["label"].__setitem__(2, "Other English"))
    assert (found.reworded, found.is_plain) == ((), True)


def test_the_default_language_counts_wherever_it_stands() -> None:
    content = published("outcome")
    for each in (*content["survey"], *content["choices"]):
        for column, value in each.items():
            if isinstance(value, list):
                each[column] = value[::-1]
    content["translations"].reverse()
    assert compared(content).is_plain
    assert compared(content).reworded == ()


def test_a_question_that_is_asked_no_more_is_told() -> None:
    assert renamed("outcome", lambda content: remove(content, "phq9_9")).absent == (ITEM,)


def test_a_new_question_is_nothing_of_ours() -> None:
    new = {"type": "text", "name": "remarks_2", "label": ["Remarks", None, None], "$kuid": "new"}
    assert renamed("outcome", lambda content: content["survey"].append(new)).is_plain


def test_a_changed_code_is_called_back_where_the_words_stayed() -> None:
    def change(content: Content) -> None:
        own_list(content, "phq9_9")
        choice(content, "phq9_9", "3")["name"] = "always"

    codes = renamed("outcome", change).codes
    assert list(codes) == [ITEM]
    assert codes[ITEM]["always"] == "3"
    assert {code: meant for code, meant in codes[ITEM].items() if code != "always"} == {
        "0": "0",
        "1": "1",
        "2": "2",
        **REST,
    }


def test_codes_that_moved_up_by_one_are_called_back() -> None:
    def change(content: Content) -> None:
        own_list(content, "phq9_9")
        for code in "3210":
            choice(content, "phq9_9", code)["name"] = str(int(code) + 1)

    assert renamed("outcome", change).codes == {ITEM: {"1": "0", "2": "1", "3": "2", "4": "3", **REST}}


def test_a_changed_code_with_other_words_means_nobody_knows_what() -> None:
    def change(content: Content) -> None:
        own_list(content, "phq9_9")
        for code in "01":
            reword(choice(content, "phq9_9", code), f"Other words {code}")
        choice(content, "phq9_9", "0")["name"] = "none"

    codes = renamed("outcome", change).codes
    assert codes == {ITEM: {"none": None, "1": "1", "2": "2", "3": "3", **REST}}


def test_labels_that_were_swapped_are_not_read() -> None:
    def change(content: Content) -> None:
        own_list(content, "phq9_9")
        first, last = choice(content, "phq9_9", "0"), choice(content, "phq9_9", "3")
        first["label"], last["label"] = last["label"], first["label"]

    assert renamed("outcome", change).codes == {ITEM: {"0": None, "1": "1", "2": "2", "3": None, **REST}}


def test_a_new_choice_under_an_old_code_is_not_read() -> None:
    def change(content: Content) -> None:
        own_list(content, "phq9_9")
        new = copy.deepcopy(choice(content, "phq9_9", "3"))
        choice(content, "phq9_9", "3")["name"] = "always"
        content["choices"].append({**new, "$kuid": "new", "label": ["Once a week", None, None]})

    assert renamed("outcome", change).codes == {ITEM: {"0": "0", "1": "1", "2": "2", "always": "3", "3": None, **REST}}


def test_a_content_without_sense_loses_everything_and_raises_nothing() -> None:
    found = compare(text(published("outcome")), text({"survey": [7, {"type": None}], "choices": {}}))
    assert (dict(found.keys), ITEM in found.absent) == ({}, True)
