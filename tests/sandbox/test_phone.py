"""The phone shows, refuses and sends what KoboCollect would."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from connector.sandbox.phone import (
    Filling,
    NotOnScreenError,
    PhoneForm,
    Refusal,
)
from tests.sandbox.phone_forms import HELD, MEDIA, NINE, XFORM, device, element


@pytest.fixture(scope="module")
def form() -> PhoneForm:
    return PhoneForm(XFORM, MEDIA, clock=lambda: NINE, rng=random.Random(1))


def test_the_phone_offers_the_form_s_languages(form: PhoneForm) -> None:
    assert Filling(form).languages == ("English (en)", "Français (fr)")


def test_a_question_speaks_the_chosen_language_and_the_default_one_otherwise(form: PhoneForm) -> None:
    assert Filling(form).prompt("week").label == "Week"
    assert Filling(form, "Français (fr)").prompt("week").label == "Semaine"


def test_choices_speak_the_chosen_language(form: PhoneForm) -> None:
    assert Filling(form, "Français (fr)").prompt("was_held").choices == {"yes": "Oui", "no": "Non"}


def test_a_language_that_the_form_lacks_is_refused(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="Suomi"):
        Filling(form, "Suomi (fi)")


def test_a_constraint_is_explained_in_the_chosen_language_and_the_answer_not_kept(form: PhoneForm) -> None:
    week = Filling(form, "Français (fr)").prompt("week")
    assert week.answer(17) == "Semaines 1 à 16"
    assert week.value == ""


def test_a_refused_change_leaves_the_old_answer(form: PhoneForm) -> None:
    week = Filling(form).prompt("week")
    assert week.answer(5) is None
    assert week.answer(0) == "Weeks are 1 to 16"
    assert week.value == "5"


def test_a_required_question_is_asked_for_in_the_chosen_language(form: PhoneForm) -> None:
    assert Filling(form, "Français (fr)").prompt("healing_group").answer("") == "Choisissez un groupe"


def test_walking_past_required_questions_tells_each_of_them(form: PhoneForm) -> None:
    refused = Filling(form).walk(lambda prompt: None)
    assert [refusal.path for refusal in refused] == [
        "/data/session/healing_group",
        "/data/session/week",
        "/data/session/was_held",
    ]
    assert refused[0].message == "Choose a group"
    assert refused[1].message == "Sorry, this response is required!"


def test_finalize_names_the_first_question_that_is_refused(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({"healing_group": "g1"})
    assert filling.finalize() == Refusal("/data/session/week", "Sorry, this response is required!")


def test_finalize_accepts_a_whole_form(form: PhoneForm) -> None:
    filling = Filling(form)
    assert filling.fill(HELD) == []
    assert filling.finalize() is None


def test_a_question_that_is_not_relevant_is_not_shown_and_not_sent(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert "not_held_reason" not in [prompt.name for prompt in filling.prompts()]
    assert element(filling.submission_xml(), "session/not_held_reason") is None


def test_answering_a_question_that_never_comes_up_is_an_error(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="not_held_reason"):
        Filling(form).fill({**HELD, "not_held_reason": "rain"})


def test_going_to_a_question_that_is_not_shown_is_an_error(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="absent_sick"):
        Filling(form).prompt("absent_sick")


def test_a_note_shows_the_answers_so_far_and_takes_none(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    note = filling.prompt("who")
    assert note.is_note
    assert note.label == "Who of g1 was away in week 3?"


def test_a_list_from_a_file_holds_only_the_rows_of_its_filter(form: PhoneForm) -> None:
    filling = Filling(form)
    assert filling.prompt("healing_group").choices == {"g1": "Ejo Heza", "g3": "Icyizere"}
    filling.fill(HELD)
    assert filling.prompt("absent_sick").choices == {"A1": "Ana", "A2": "Uwase"}


def test_the_list_belongs_to_whoever_is_signed_in(form: PhoneForm) -> None:
    assert list(Filling(form, device=device("cha002")).prompt("healing_group").choices) == ["g2"]
    assert Filling(form, device=device("cha003")).prompt("healing_group").choices == {}


def test_who_is_ticked_in_one_list_is_not_offered_in_the_next(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert list(filling.prompt("absent_work").choices) == ["A2"]


@pytest.mark.parametrize("value", ["A3", "B1", "nobody"])
def test_a_choice_that_is_not_on_the_screen_cannot_be_tapped(form: PhoneForm, value: str) -> None:
    with pytest.raises(NotOnScreenError, match="2 choices"):
        Filling(form).fill({**HELD, "absent_sick": [value]})


def test_the_error_about_a_wrong_choice_does_not_hold_the_answer(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError) as caught:
        Filling(form).fill({**HELD, "absent_sick": ["Sentinel"]})
    assert "Sentinel" not in str(caught.value)


def test_words_cannot_be_typed_into_a_number(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="/data/session/week"):
        Filling(form).prompt("week").answer("three")


def test_going_back_to_another_group_drops_the_people_ticked_before(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert filling.prompt("healing_group").answer("g3") is None
    assert filling.finalize() is None
    assert element(filling.submission_xml(), "absence/absent_sick") is None


def test_going_back_to_not_held_asks_for_the_reason_and_drops_the_rest(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    filling.prompt("was_held").answer("no")
    assert filling.finalize() == Refusal("/data/session/not_held_reason", "Sorry, this response is required!")
    assert filling.prompt("not_held_reason").answer("mourning") is None
    assert filling.finalize() is None
    xml = filling.submission_xml()
    assert element(xml, "session/not_held_reason") == "mourning"
    assert element(xml, "absence") is None


def test_an_answer_can_be_cleared(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "remark": "words"})
    filling.prompt("remark").answer("")
    assert filling.prompt("remark").value == ""
    assert not element(filling.submission_xml(), "absence/remark")


def test_swiping_on_leaves_an_answer_as_it_is(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert filling.walk(lambda prompt: None) == []
    assert filling.value_of("week") == "3"


def test_dates_decimals_and_texts_are_sent_as_typed(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "met_on": dt.date(2025, 3, 3), "remark": "é & <ñ>", "rain": 1.5})
    xml = filling.submission_xml()
    assert element(xml, "absence/met_on") == "2025-03-03"
    assert element(xml, "absence/remark") == "é & <ñ>"
    assert element(xml, "absence/rain") == "1.5"


def test_several_choices_are_sent_with_spaces_and_counted(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "absent_sick": "A1 A2"})
    assert filling.value_of("absent_count") == "2"
    assert element(filling.submission_xml(), "absence/absent_sick") == "A1 A2"


def test_the_value_of_an_unknown_question_is_an_error(form: PhoneForm) -> None:
    with pytest.raises(KeyError, match="nothing_here"):
        Filling(form).value_of("nothing_here")


def test_an_answer_may_be_a_function_of_the_prompt(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "absent_work": lambda prompt: list(prompt.choices)})
    assert filling.value_of("absent_work") == "A2"


def test_the_record_says_who_filled_it_where_and_when(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    xml = filling.submission_xml()
    assert element(xml, "username") == "cha001"
    assert element(xml, "start") == "2025-03-04T09:30:00.000+02:00"
    assert element(xml, "today") == element(xml, "on_day") == "2025-03-04"
    assert element(xml, "meta/instanceName") == "g1 w3"
    assert str(element(xml, "meta/instanceID")).startswith("uuid:")


def test_the_end_of_the_record_is_the_moment_it_is_finished() -> None:
    now = [NINE]
    filling = Filling(PhoneForm(XFORM, MEDIA, clock=lambda: now[0]))
    filling.fill(HELD)
    now[0] += dt.timedelta(minutes=12)
    assert element(filling.submission_xml(), "end") == "2025-03-04T09:42:00.000+02:00"


def test_the_day_is_rwanda_s_day_whatever_the_clock_s_zone(form: PhoneForm) -> None:
    late = dt.datetime(2025, 3, 4, 22, 30, tzinfo=dt.UTC)
    filling = Filling(form, device=device(now=late))
    filling.fill(HELD)
    assert element(filling.submission_xml(), "today") == "2025-03-05"
