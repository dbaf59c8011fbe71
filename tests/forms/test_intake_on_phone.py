"""People at intake, as KoboCollect's engine takes them: who is asked what, what is computed, what is refused."""

import pytest

from connector.sandbox.phone import Filling, NotOnScreenError
from forms.client_code import is_valid
from tests.forms.phone_people import (
    CONSENTING,
    ELIGIBLE,
    ENROLLED,
    SAFE,
    answer_all,
    fill,
    finish,
    interview,
    phone_form,
)

WELL = ELIGIBLE | CONSENTING | interview() | ENROLLED


def test_a_woman_who_joins_is_scored_and_enrolled():
    sent = fill("intake", WELL | interview("111111110", "2222111", "1" * 20))
    assert (sent.refusals, sent.not_final) == ([], None)
    wanted = {
        "age": "46",
        "eligible": "yes",
        "consent_version": "2026-1",
        "phq9_score": "8",
        "phq9_band": "mild",
        "gad7_score": "11",
        "gad7_band": "moderate",
        "pcl5_score": "20",
        "pcl5_band": "below_23",
        "enrolled": "yes",
        "healing_group": "2801-01",
        "username": "cha001",
    }
    assert {name: sent.values.get(name) for name in wanted} == wanted
    assert not [name for name in sent.values if name.startswith("safety")]


def test_every_phone_makes_its_own_valid_code_and_shows_it():
    codes = {fill("intake", WELL).values["client_code"] for _ in range(5)}
    assert len(codes) == 5 and all(is_valid(code) for code in codes)
    filling = Filling(phone_form("intake"), "English (en)")
    answer_all(filling, WELL)
    assert filling.value_of("client_code") in filling.prompt("show_code").label


def test_the_code_stays_when_an_answer_is_changed():
    filling = Filling(phone_form("intake"))
    answer_all(filling, WELL)
    before = filling.value_of("client_code")
    filling.prompt("sex").answer("male")
    filling.finalize()
    assert filling.value_of("client_code") == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"birth_year": 2010}, "under_age"),
        ({"birth_year_known": "no", "age_told": 17}, "under_age"),
        ({"able_to_take_part": "no"}, "not_able"),
        ({"earlier_participant": "yes"}, "earlier_participant"),
    ],
)
def test_who_is_not_eligible_is_asked_nothing_more(change, reason):
    sent = fill("intake", WELL | change)
    assert sent.not_final is None and sent.values["ineligible_reason"] == reason
    assert sent.values["eligible"] == "no" and "not_eligible_note" in sent.shown
    assert not {"consent_service", "short_name", "phq9_1", "enrolled"} & set(sent.values)


def test_an_age_told_in_years_counts_as_the_age():
    assert fill("intake", WELL | {"birth_year_known": "no", "age_told": 40}).values["age"] == "40"


def test_who_does_not_consent_leaves_no_name_place_or_answer():
    sent = fill("intake", WELL | {"consent_service": "no"})
    assert sent.not_final is None and sent.values["consent_service"] == "no"
    assert not {"consent_mode", "short_name", "village", "phq9_1", "healing_group"} & set(sent.values)


def test_consent_withdrawn_before_sending_takes_the_answers_away():
    filling = Filling(phone_form("intake"))
    answer_all(filling, WELL)
    filling.prompt("consent_service").answer("no")
    sent = finish(filling)
    assert sent.not_final is None and not {"short_name", "phq9_score", "enrolled"} & set(sent.values)


def test_consent_to_research_is_separate():
    assert fill("intake", WELL | {"consent_research": "no"}).values["consent_research"] == "no"


@pytest.mark.parametrize(
    ("answers", "level", "actions"),
    [
        ({}, "low", "none_needed"),
        ({"safety_past_year": "yes"}, "moderate", "called_psychologist"),
        ({"safety_thoughts_now": "yes"}, "moderate", "called_psychologist"),
        ({"safety_thoughts_now": "yes", "safety_plan": "yes"}, "imminent", "stayed_with called_help_line"),
        ({"safety_thoughts_now": "yes", "safety_means": "yes"}, "imminent", "removed_means called_psychologist"),
        ({"safety_plan": "refused"}, "moderate", "called_psychologist"),
        ({"safety_thoughts_now": "refused", "safety_plan": "refused"}, "imminent", "called_psychologist"),
    ],
)
def test_a_positive_ninth_item_leads_to_the_triage(answers, level, actions):
    sent = fill("intake", WELL | interview("000000001") | SAFE | answers | {"safety_actions": actions})
    assert (sent.refusals, sent.not_final) == ([], None)
    assert (sent.values["safety_level"], sent.values["safety_actions"]) == (level, actions)
    assert f"safety_do_{level}" in sent.shown


def test_the_triage_cannot_be_left_without_an_action():
    answers = {**WELL, **interview("000000002"), **SAFE}
    del answers["safety_actions"]
    sent = fill("intake", answers)
    assert sent.not_final is not None and sent.not_final.path.endswith("safety_actions")


def test_a_higher_level_needs_a_call():
    answers = WELL | interview("000000003") | SAFE | {"safety_thoughts_now": "yes", "safety_actions": "stayed_with"}
    sent = fill("intake", answers, "English (en)")
    assert [refusal.message for refusal in sent.refusals][:1] == [
        "For this level, stay with the person and call the psychologist or a help line."
    ]
    assert sent.not_final is not None


def test_a_refused_item_is_prorated_and_too_many_give_no_score():
    assert fill("intake", WELL | interview("11111111r")).values["phq9_score"] == "9"
    sent = fill("intake", WELL | interview("111111rrr"))
    assert sent.values["phq9_answered"] == "6" and "phq9_score" not in sent.values and sent.not_final is None


def test_the_difficulty_is_asked_only_of_those_with_a_symptom():
    assert "phq9_10" not in fill("intake", WELL).values
    assert fill("intake", WELL | interview("100000000")).values["phq9_10"] == "1"


def test_only_the_own_healing_groups_are_on_the_screen():
    filling = Filling(phone_form("intake"))
    answer_all(filling, WELL)
    assert list(filling.prompt("healing_group").choices) == ["2801-01", "2801-03"]
    with pytest.raises(NotOnScreenError):
        filling.prompt("healing_group").answer("2801-02")


def test_an_account_without_groups_is_told_whom_to_call():
    answers = WELL | {"enrolled": "no", "not_enrolled_reason": "no_group"}
    sent = fill("intake", answers, username="nobody")
    assert "no_groups_note" in sent.shown and sent.not_final is None
    assert "no_groups_note" not in fill("intake", WELL).shown


def test_cells_and_villages_follow_the_place_chosen_before():
    filling = Filling(phone_form("intake"))
    answer_all(filling, WELL)
    assert set(filling.prompt("cell").choices) == {f"28010{n}" for n in range(1, 5)}
    assert all(code.startswith("280101") for code in filling.prompt("village").choices)


@pytest.mark.parametrize(
    ("name", "value"),
    [("birth_year", 2027), ("birth_year", 1899), ("short_name", "a;b"), ("phone", "12"), ("joined_on", "2024-01-01")],
)
def test_an_impossible_answer_is_refused_with_a_message(name, value):
    sent = fill("intake", WELL | {name: value}, "English (en)")
    assert [refusal.path.rsplit("/", 1)[1] for refusal in sent.refusals] == [name]
    assert sent.refusals[0].message


def test_who_does_not_join_has_a_reason():
    sent = fill("intake", WELL | {"enrolled": "no", "not_enrolled_reason": "referred"})
    assert sent.values["not_enrolled_reason"] == "referred" and "healing_group" not in sent.values


def test_changing_the_sector_asks_again_for_cell_and_village():
    filling = Filling(phone_form("intake"))
    answer_all(filling, WELL)
    filling.prompt("sector").answer("2802")
    sent = finish(filling)
    assert sent.not_final is not None and sent.not_final.path.endswith("cell")
    filling.prompt("cell").answer("280201")
    again = finish(filling)
    assert again.not_final is not None and again.not_final.path.endswith("village")
    filling.prompt("village").answer("28020101")
    assert finish(filling).not_final is None
