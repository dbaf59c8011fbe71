"""Knows who is named in distress in a record of any version, whole or damaged, and that nobody is lost."""

from typing import Any

import pytest

from connector.facts import InDistress
from connector.facts_distress import people_in_distress
from connector.schema import FORM_TABLES
from forms.distress import SLOTS, VISITOR
from tests.connector.derived_database import ANA, BEA, CARDS, CLEA

EMPTY = dict.fromkeys(column.name for column in FORM_TABLES["attendance"].record.columns)
CALM = {"thoughts_now": "no", "plan": "no", "means": "no", "past_year": "no", "level": "low", "actions": "none_needed"}
GRAVE = {**CALM, "thoughts_now": "yes", "means": "yes", "level": "imminent", "actions": "stayed_with"}


def people(**answers: Any) -> list[InDistress]:
    return list(people_in_distress({**EMPTY, **answers}))


def slot(number: int, **answers: str) -> dict[str, str]:
    return {f"distress_{number}_{name}": answer for name, answer in answers.items()}


def member(number: int, code: str, **more: str) -> dict[str, str]:
    return slot(number, listed="yes", member=code, code=code, **more)


def test_nobody_is_named_in_a_calm_session() -> None:
    assert people(anyone_in_distress="no") == []


def test_each_person_has_the_level_and_the_actions_of_the_own_triage() -> None:
    named = {"anyone_in_distress": "yes", "distress_2_more": "yes", "distress_members": f"{ANA} {BEA}"}
    found = people(**named, **member(1, ANA, **CALM), **member(2, BEA, **GRAVE))
    assert found == [InDistress(ANA, "low", "none_needed"), InDistress(BEA, "imminent", "stayed_with")]


def test_a_record_of_the_form_before_names_everybody_who_was_ticked_as_moderate() -> None:
    found = people(anyone_in_distress="yes", distress_members=f"{ANA} {BEA}")
    assert found == [InDistress(ANA, "moderate"), InDistress(BEA, "moderate")]


def test_newcomers_and_visitors_are_people() -> None:
    newcomer = slot(1, listed="no", other="newcomer_2", code=CARDS[1], **CALM)
    found = people(**newcomer, **slot(2, listed="no", other=VISITOR, code=VISITOR, **GRAVE))
    assert [(each.code, each.level) for each in found] == [(CARDS[1], "low"), (VISITOR, "imminent")]


def test_two_visitors_are_two_people() -> None:
    visitor = {"listed": "no", "other": VISITOR, "code": VISITOR}
    named = {"anyone_in_distress": "yes", "distress_members": f"{VISITOR} {VISITOR}"}
    assert len(people(**named, **slot(1, **visitor, **CALM), **slot(2, **visitor, **CALM))) == 2


@pytest.mark.parametrize("number", range(1, len(SLOTS) + 1))
def test_a_person_without_a_finished_triage_counts_as_moderate(number: int) -> None:
    assert people(**member(number, ANA)) == [InDistress(ANA, "moderate")]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"listed": "yes", "member": ANA}, ANA),
        ({"listed": "no", "other": "newcomer_1"}, CARDS[0]),
        ({"listed": "no", "other": VISITOR}, VISITOR),
        ({"code": ANA}, ANA),
        ({"listed": "yes"}, None),
        ({"thoughts_now": "no"}, None),
        ({"actions": "stayed_with"}, None),
        ({"code": "x" * 40}, None),
    ],
)
@pytest.mark.parametrize("number", range(1, len(SLOTS) + 1))
def test_whatever_is_left_of_a_person_is_a_person(number: int, answers: dict[str, str], code: str | None) -> None:
    (found,) = people(newcomer_1=CARDS[0], **slot(number, **answers))
    assert (found.code, found.level) == (code, "moderate")


@pytest.mark.parametrize("name", ["distress_2_more", "distress_3_more"])
def test_one_more_person_without_any_answer_is_a_person(name: str) -> None:
    found = people(**member(1, ANA, **CALM), **{name: "yes"})
    assert [(each.code, each.level) for each in found] == [(ANA, "low"), (None, "moderate")]


def test_somebody_in_distress_whom_nothing_names_is_one_person() -> None:
    assert people(anyone_in_distress="yes") == [InDistress(None, "moderate")]


def test_a_code_that_only_the_list_of_all_holds_is_a_further_person() -> None:
    found = people(distress_members=f"{ANA} {CLEA} {VISITOR}", **member(1, ANA, **CALM))
    assert [(each.code, each.level) for each in found] == [(ANA, "low"), (CLEA, "moderate"), (VISITOR, "moderate")]


def test_one_person_named_twice_is_one_with_the_more_serious_level() -> None:
    newcomer = {"listed": "no", "other": "newcomer_1", "code": CARDS[0]}
    found = people(**slot(1, **newcomer, **CALM), **slot(3, **newcomer, **GRAVE))
    assert found == [InDistress(CARDS[0], "imminent", "none_needed stayed_with")]


def test_the_phones_level_is_believed_when_it_is_the_more_serious() -> None:
    assert people(**member(1, ANA, **{**CALM, "level": "imminent"}))[0].level == "imminent"
    assert people(**member(1, ANA, **{**GRAVE, "level": "low"}))[0].level == "imminent"
