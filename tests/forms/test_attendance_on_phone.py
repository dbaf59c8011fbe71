"""What a CHA sees and may answer in a session's form on KoboCollect's engine: lists, labels, codes, refusals."""

import pytest

from connector.sandbox.phone import Filling, NotOnScreenError
from forms.client_code import is_newcomer
from forms.safety import LEVELS
from tests.forms.people_answers import CIRCLE, SESSION, counted, triage
from tests.forms.people_at_sessions import TWO_ABSENT
from tests.forms.people_in_distress import listed
from tests.forms.phone_people import FULL, GABO, KEZA, MANZI, UMUTONI, answer_all, fill, finish, phone_form

ABSENT = SESSION | TWO_ABSENT | counted(1)
IN_DISTRESS = CIRCLE | {"anyone_in_distress": "yes", "anyone_to_follow_up": "no"} | listed(1, MANZI, more="no")


def filled(answers, language=None, **phone):
    filling = Filling(phone_form("attendance", **phone), language)
    answer_all(filling, answers)
    return filling


def test_nobody_can_be_absent_for_two_reasons():
    filling = filled(ABSENT)
    assert list(filling.prompt("absent_travel").choices) == [MANZI, UMUTONI]
    with pytest.raises(NotOnScreenError):
        filling.prompt("absent_travel").answer([KEZA])


@pytest.mark.parametrize("looked_at", [False, True])
def test_somebody_moved_to_another_reason_is_counted_once(looked_at):
    filling = filled(ABSENT | {"absent_travel": [MANZI, UMUTONI], "head_count": 0})
    filling.prompt("absent_sick").answer([KEZA, MANZI])
    if looked_at:
        assert list(filling.prompt("absent_travel").choices) == [UMUTONI]
    sent = finish(filling)
    assert (sent.not_final, sent.values["absent_travel"], sent.values["absent_count"]) == (None, UMUTONI, "3")


def test_former_members_are_not_on_the_list():
    assert list(filled(ABSENT).prompt("absent_sick").choices.values()) == ["Keza", "Manzi", "Umutoni"]


def test_nobody_can_be_in_distress_twice():
    filling = filled(IN_DISTRESS | triage("distress_1", "nnnn", "low", "stayed_with") | {"distress_1_more": "yes"})
    filling.prompt("distress_2_more").answer("yes")
    filling.prompt("distress_2_listed").answer("yes")
    assert list(filling.prompt("distress_2_member").choices) == [KEZA, UMUTONI]


@pytest.mark.parametrize("came", range(6))
def test_only_newcomers_of_today_can_be_in_distress(came):
    filling = filled(IN_DISTRESS | {"newcomer_count": str(came), "distress_1_listed": "no"})
    offered = list(filling.prompt("distress_1_other").choices)
    assert offered == [*(f"newcomer_{number}" for number in range(1, came + 1)), "visitor"]


@pytest.mark.parametrize("came", range(1, 6))
def test_every_newcomer_has_a_code_of_their_own_which_the_phone_shows(came):
    filling = filled(SESSION | {"newcomer_count": str(came)}, "English (en)")
    codes = filling.value_of("newcomer_codes").split()
    assert codes == [filling.value_of(f"newcomer_{number}") for number in range(1, came + 1)]
    assert len(set(codes)) == came and all(map(is_newcomer, codes))
    shown = [filling.prompt(f"newcomer_{number}_note").label for number in range(1, came + 1)]
    assert shown == [f"Newcomer {number}: {code}" for number, code in enumerate(codes, start=1)]


def test_a_newcomer_is_in_distress_once():
    first = IN_DISTRESS | {"newcomer_count": "2", "distress_1_listed": "no", "distress_1_other": "newcomer_1"}
    second = {"distress_1_more": None, "distress_2_more": "yes", "distress_2_listed": "no"}
    filling = filled(first | triage("distress_1", "nnnn", "low", "stayed_with") | second)
    assert list(filling.prompt("distress_2_other").choices) == ["newcomer_2", "visitor"]


def test_two_sessions_give_different_codes():
    codes = {filled(SESSION | {"newcomer_count": "1"}).value_of("newcomer_codes") for _ in range(5)}
    assert len(codes) == 5


def test_the_codes_of_newcomers_stay_when_an_answer_is_changed():
    filling = filled(SESSION | {"newcomer_count": "2"})
    before = filling.value_of("newcomer_codes")
    filling.prompt("week").answer("4")
    filling.finalize()
    assert filling.value_of("newcomer_codes") == before


def test_the_second_count_says_both_numbers_and_the_last_question_too():
    filling = filled(SESSION | {"head_count": 2, "head_count_again": 5}, "English (en)")
    assert "You counted 2, but with the list it should be 3" in filling.prompt("head_count_again").label
    assert "You counted 5, with the list it should be 3" in filling.prompt("difference_reason").label


def test_the_list_says_how_many_it_holds():
    assert "has 3 people" in filled(SESSION, "English (en)").prompt("anyone_absent").label


def test_going_straight_to_finalize_after_changing_the_healing_group_leaves_no_ticks_behind():
    filling = filled(ABSENT)
    filling.prompt("healing_group").answer("2801-03")
    sent = finish(filling)
    assert sent.stopped_at == "absent_nobody"
    assert not {KEZA, MANZI} & set(" ".join(sent.values.values()).split())
    filling.prompt("anyone_absent").answer("no")
    again = finish(filling)
    assert again.not_final is None and again.values["roster_codes"] == GABO
    assert "absent_sick" not in again.values


@pytest.mark.parametrize(
    ("answers", "stopped_at", "then"),
    [
        (
            IN_DISTRESS | triage("distress_1", "nnnn", "low", "stayed_with"),
            "distress_1_member",
            {"distress_1_member": GABO},
        ),
        (
            CIRCLE | {"anyone_in_distress": "no", "anyone_to_follow_up": "yes", "follow_up_members": [MANZI]},
            "follow_up_nobody",
            {"follow_up_members": GABO},
        ),
    ],
)
def test_going_straight_to_finalize_after_changing_the_group_never_loses_who_needs_care(answers, stopped_at, then):
    filling = filled(answers)
    filling.prompt("healing_group").answer("2801-03")
    filling.prompt("head_count").answer(1)
    assert finish(filling).stopped_at == stopped_at
    for name, value in then.items():
        filling.prompt(name).answer(value)
    assert finish(filling).not_final is None


def test_the_screen_for_nobody_ticked_cannot_be_answered_away():
    filling = filled(ABSENT)
    filling.prompt("healing_group").answer("2801-03")
    filling.finalize()
    assert filling.prompt("absent_nobody").answer("go_back") is not None


def test_nobody_is_asked_to_go_back_when_everything_is_ticked():
    assert not {"absent_nobody", "follow_up_nobody"} & set(fill("attendance", ABSENT).shown)


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_shows_its_own_instruction_with_the_numbers(level):
    answers = {"low": "nnnn", "moderate": "ynnn", "imminent": "yynn"}[level]
    filling = filled(IN_DISTRESS | triage("distress_1", answers, level, "called_psychologist"))
    shown = [prompt.name for prompt in filling.prompts() if prompt.name.startswith("distress_1_do_")]
    assert shown == [f"distress_1_do_{level}"]
    assert "114" in filling.prompt(shown[0]).label


def test_after_the_third_person_the_form_says_whom_to_call():
    three = listed(1, KEZA, more="yes") | listed(2, MANZI, more="yes") | listed(3, UMUTONI)
    filling = filled(IN_DISTRESS | three, "English (en)")
    assert "call the psychologist now" in filling.prompt("distress_more_note").label


def test_only_the_own_groups_are_offered():
    assert list(filled(SESSION).prompt("healing_group").choices) == ["2801-01", "2801-03", "2802-01"]


def test_an_account_without_groups_is_told_whom_to_call():
    sent = fill("attendance", {}, username="nobody")
    assert "no_groups_note" in sent.shown and sent.stopped_at == "healing_group"


@pytest.mark.parametrize(("programme", "last"), [("usual", 16), (FULL, 15)])
def test_there_is_no_week_after_the_last(programme, last):
    with pytest.raises(NotOnScreenError):
        fill("attendance", SESSION | {"week": str(last + 1)}, programme=programme)


def test_a_planned_theme_stands_beside_the_number_of_the_week():
    choices = filled({}, programme=FULL).prompt("week").choices
    assert (choices["1"], choices["3"], choices["15"]) == ("1 · Arriving", "3", "15 · Farewell")


@pytest.mark.parametrize("day", ["2026-03-05", "2025-03-05"])
def test_a_day_in_the_future_or_long_ago_is_refused_with_a_message(day):
    sent = fill("attendance", SESSION | {"session_date": day}, "English (en)")
    assert sent.refused == ("session_date",)
    assert sent.refusals[0].message == "The day cannot lie in the future or more than half a year back."


def test_the_name_of_the_record_holds_no_person():
    assert fill("attendance", SESSION).values["instanceName"] == "2801-01 w3"
