"""Outcome interviews on KoboCollect's engine: who is asked, what counts as an outcome, codes typed by hand."""

import pytest

from connector.sandbox.phone import Filling
from tests.forms.phone_people import (
    GABO,
    GONE,
    KEZA,
    LIVELIHOOD,
    MANZI,
    SAFE,
    STRANGER,
    UMUTONI,
    VISIT,
    answer_all,
    fill,
    finish,
    interview,
    phone_form,
)

WHOLE = VISIT | interview() | LIVELIHOOD


@pytest.mark.parametrize("wave", ["baseline", "endline", "six_months", "twelve_months"])
def test_an_interview_is_complete_in_every_wave(wave):
    sent = fill("outcome", WHOLE | {"wave": wave} | interview("222222220", "1111111", "2" * 20))
    assert (sent.refusals, sent.not_final) == ([], None)
    assert (sent.values["client_code"], sent.values["wave"]) == (KEZA, wave)
    assert [sent.values[f"{name}_score"] for name in ("phq9", "gad7", "pcl5")] == ["16", "7", "40"]
    assert sent.values["has_loan"] == "refused" and sent.values["meals_yesterday"] == "2"


def test_those_who_left_the_group_can_still_be_interviewed():
    filling = Filling(phone_form("outcome"))
    answer_all(filling, WHOLE)
    assert list(filling.prompt("client_listed").choices) == [KEZA, MANZI, UMUTONI, GONE]


def test_somebody_not_on_the_list_is_found_by_the_code_on_the_card():
    sent = fill("outcome", WHOLE | {"client_on_list": "no", "client_typed": STRANGER})
    assert sent.not_final is None and sent.values["client_code"] == STRANGER
    assert "client_listed" not in sent.values


@pytest.mark.parametrize("position", [0, 1, 2, 3, 5, 6, 7, 8])
def test_a_typing_error_in_the_code_is_refused_on_the_phone(position):
    wrong = "X" if STRANGER[position] != "X" else "Y"
    typed = STRANGER[:position] + wrong + STRANGER[position + 1 :]
    sent = fill("outcome", WHOLE | {"client_on_list": "no", "client_typed": typed}, "English (en)")
    assert sent.refusals[0].message.startswith("This code has a typing error.")
    assert sent.not_final is not None


@pytest.mark.parametrize("result", ["declined", "not_found", "moved_away", "too_ill", "died"])
def test_an_interview_that_cannot_take_place_is_a_valid_outcome(result):
    sent = fill("outcome", WHOLE | {"contact_result": result})
    assert sent.not_final is None and sent.values["contact_result"] == result
    assert not {"phq9_1", "work_days_lost"} & set(sent.values)


def test_a_positive_ninth_item_leads_to_the_triage_here_too():
    sent = fill("outcome", WHOLE | interview("000000001") | SAFE)
    assert sent.not_final is None and sent.values["safety_level"] == "low"


@pytest.mark.parametrize("days", [-1, 31])
def test_days_lost_lie_within_the_last_thirty(days):
    sent = fill("outcome", WHOLE | {"work_days_lost": days})
    assert sent.refusals[0].path.endswith("work_days_lost")


def test_changing_the_healing_group_asks_again_for_the_person():
    filling = Filling(phone_form("outcome"))
    answer_all(filling, WHOLE)
    filling.prompt("healing_group").answer("2801-03")
    sent = finish(filling)
    assert sent.not_final is not None and sent.not_final.path.endswith("client_listed")
    filling.prompt("client_listed").answer(GABO)
    again = finish(filling)
    assert again.not_final is None and again.values["client_code"] == GABO


def test_changing_the_sector_asks_again_for_the_group():
    filling = Filling(phone_form("outcome"))
    answer_all(filling, WHOLE)
    filling.prompt("sector").answer("2802")
    sent = finish(filling)
    assert sent.not_final is not None and sent.not_final.path.endswith("healing_group")
