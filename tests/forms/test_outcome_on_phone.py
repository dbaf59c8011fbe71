"""What an interviewer sees and may answer in an outcome interview on KoboCollect's engine: people, codes, messages."""

import pytest

from connector.sandbox.phone import Filling
from tests.forms.people_answers import ALONE, LIVELIHOOD, VISIT, calm, scale
from tests.forms.phone_people import (
    FULL,
    GABO,
    GONE,
    KEZA,
    MANZI,
    STRANGER,
    UMUTONI,
    USUAL,
    answer_all,
    fill,
    finish,
    phone_form,
    programmes,
)

WHOLE = VISIT | calm("phq9", "gad7", "pcl5") | LIVELIHOOD | ALONE


def filled(answers, language=None, **phone):
    filling = Filling(phone_form("outcome", **phone), language)
    answer_all(filling, answers)
    return filling


def test_those_who_left_the_group_can_still_be_interviewed():
    assert list(filled(WHOLE).prompt("client_listed").choices) == [KEZA, MANZI, UMUTONI, GONE]


def test_groups_of_other_chas_are_offered_too():
    assert list(filled(WHOLE).prompt("healing_group").choices) == ["2801-01", "2801-02", "2801-03"]


@pytest.mark.parametrize("programme", [USUAL, FULL])
def test_the_waves_are_those_of_the_programme_file(programme):
    offered = filled({}, "English (en)", programme=programme).prompt("wave").choices
    assert offered == {wave.code: wave.label for wave in programmes()[programme].waves}


@pytest.mark.parametrize("position", [0, 1, 2, 3, 5, 6, 7, 8])
def test_a_typing_error_in_the_code_is_refused_on_the_phone(position):
    wrong = "X" if STRANGER[position] != "X" else "Y"
    typed = STRANGER[:position] + wrong + STRANGER[position + 1 :]
    sent = fill("outcome", WHOLE | {"client_on_list": "no", "client_typed": typed}, "English (en)")
    assert sent.refusals[0].message.startswith("This code has a typing error.")
    assert sent.not_final is not None


@pytest.mark.parametrize("days", [-1, 31])
def test_days_lost_lie_within_the_last_thirty(days):
    assert fill("outcome", WHOLE | {"work_days_lost": days}).refused == ("work_days_lost",)


def test_the_name_of_the_record_holds_no_person():
    assert fill("outcome", WHOLE).values["instanceName"] == "Outcome endline 2026-03-02 11:30"


def test_going_straight_to_finalize_after_changing_the_healing_group_asks_again_for_the_person():
    filling = filled(WHOLE)
    filling.prompt("healing_group").answer("2801-03")
    assert finish(filling).stopped_at == "client_listed"
    filling.prompt("client_listed").answer(GABO)
    again = finish(filling)
    assert again.not_final is None and again.values["client_code"] == GABO


def test_going_straight_to_finalize_after_changing_the_sector_asks_again_for_the_group():
    filling = filled(WHOLE)
    filling.prompt("sector").answer("2802")
    assert finish(filling).stopped_at == "healing_group"


def test_private_matters_come_last_and_behind_the_gate():
    answers = VISIT | {"wave": "baseline", "sex": "female"} | LIVELIHOOD | ALONE
    shown = [
        prompt.name
        for prompt in filled(answers | calm(*("phq9", "srq20", "k6", "who5", "phq15")), programme=FULL).prompts()
    ]
    first = [shown.index(f"{name}_1") for name in ("phq9", "srq20", "k6", "who5")]
    assert first == sorted(first) and max(first) < shown.index("private_now") < shown.index("phq15_1")


def test_the_question_for_women_is_not_shown_to_men():
    answers = VISIT | {"wave": "baseline", "sex": "male"} | ALONE | scale("phq15", "0" * 15)
    shown = [prompt.name for prompt in filled(answers | calm("phq9", "srq20", "k6", "who5"), programme=FULL).prompts()]
    assert "phq15_3" in shown and "phq15_4" not in shown
