"""Sessions as a CHA reports them on KoboCollect's engine: absent people only, counts reconciled, no stale ticks."""

import pytest

from connector.sandbox.phone import Filling, NotOnScreenError
from tests.forms.phone_people import GABO, KEZA, MANZI, SESSION, UMUTONI, answer_all, fill, finish, phone_form

ABSENT = SESSION | {
    "anyone_absent": "yes",
    "absence_reasons": "sick travel",
    "absent_sick": [KEZA],
    "absent_travel": [MANZI],
    "head_count": 1,
}


def test_a_full_circle_takes_one_minute():
    sent = fill("attendance", SESSION)
    assert (sent.refusals, sent.not_final) == ([], None)
    assert sent.values["roster_codes"] == f"{KEZA} {MANZI} {UMUTONI}"
    assert sent.values["expected_present"] == "3" and sent.values["head_count_difference"] == "0"
    asked = [name for name in sent.shown if not name.endswith(("_note", "_do"))]
    assert len(asked) == 11


def test_the_absent_are_ticked_by_reason():
    sent = fill("attendance", ABSENT)
    assert (sent.refusals, sent.not_final) == ([], None)
    assert (sent.values["absent_sick"], sent.values["absent_travel"]) == (KEZA, MANZI)
    assert (sent.values["absent_count"], sent.values["expected_present"]) == ("2", "1")


def test_nobody_can_be_absent_for_two_reasons():
    filling = Filling(phone_form("attendance"))
    answer_all(filling, ABSENT)
    assert list(filling.prompt("absent_travel").choices) == [MANZI, UMUTONI]
    with pytest.raises(NotOnScreenError):
        filling.prompt("absent_travel").answer([KEZA])


def test_a_reason_ticked_needs_a_name():
    answers = {name: value for name, value in ABSENT.items() if name != "absent_travel"}
    sent = fill("attendance", answers)
    assert sent.not_final is not None and sent.not_final.path.endswith("absent_travel")


def test_former_members_are_not_on_the_list():
    filling = Filling(phone_form("attendance"))
    answer_all(filling, ABSENT)
    assert list(filling.prompt("absent_sick").choices.values()) == ["Keza", "Manzi", "Umutoni"]


@pytest.mark.parametrize(("counted", "difference"), [(2, "-1"), (4, "1")])
def test_a_wrong_head_count_is_asked_about(counted, difference):
    sent = fill("attendance", SESSION | {"head_count": counted, "difference_reason": "newcomer"}, "English (en)")
    assert sent.values["head_count_difference"] == difference and sent.values["difference_reason"] == "newcomer"
    refused = fill("attendance", SESSION | {"head_count": counted})
    assert refused.not_final is not None and refused.not_final.path.endswith("difference_reason")


def test_the_question_about_a_difference_shows_both_numbers():
    filling = Filling(phone_form("attendance"), "English (en)")
    answer_all(filling, SESSION | {"head_count": 2})
    assert "You counted 2, the list says 3" in filling.prompt("difference_reason").label


def test_changing_the_healing_group_leaves_no_ticks_behind():
    filling = Filling(phone_form("attendance"))
    answer_all(filling, ABSENT)
    filling.prompt("healing_group").answer("2801-03")
    sent = finish(filling)
    assert sent.not_final is not None and sent.not_final.path.endswith("absent_nobody")
    assert not {KEZA, MANZI} & set(" ".join(sent.values.values()).split())
    filling.prompt("anyone_absent").answer("no")
    filling.prompt("head_count").answer(1)
    again = finish(filling)
    assert again.not_final is None and again.values["roster_codes"] == GABO
    assert "absent_sick" not in again.values


def test_a_session_that_was_not_held_asks_only_why():
    sent = fill("attendance", SESSION | {"was_held": "no", "not_held_reason": "rain"})
    assert sent.not_final is None and sent.values["not_held_reason"] == "rain"
    assert not {"roster_codes", "head_count", "components"} & set(sent.values)


def test_only_the_own_groups_are_offered():
    filling = Filling(phone_form("attendance"))
    answer_all(filling, SESSION)
    assert list(filling.prompt("healing_group").choices) == ["2801-01", "2801-03"]


def test_there_is_no_week_seventeen():
    with pytest.raises(NotOnScreenError):
        fill("attendance", SESSION | {"week": "17"})


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"session_date": "2026-03-05"}, "session_date"),
        ({"session_date": "2025-03-05"}, "session_date"),
        ({"head_count": 61}, "head_count"),
        ({"end_time": "08:59:00.000+02:00"}, "end_time"),
    ],
)
def test_an_impossible_answer_is_refused(change, name):
    sent = fill("attendance", SESSION | change)
    assert name in {refusal.path.rsplit("/", 1)[1] for refusal in sent.refusals}


def test_people_in_distress_and_to_follow_up_are_named_by_code_only():
    answers = SESSION | {
        "anyone_in_distress": "yes",
        "distress_members": [MANZI],
        "anyone_to_follow_up": "yes",
        "follow_up_members": [KEZA, UMUTONI],
    }
    sent = fill("attendance", answers)
    assert (sent.values["distress_members"], sent.values["follow_up_members"]) == (MANZI, f"{KEZA} {UMUTONI}")
    assert "distress_do" in sent.shown


def test_the_name_of_the_record_holds_no_person():
    assert fill("attendance", SESSION).values["instanceName"] == "2801-01 w3"


@pytest.mark.parametrize(
    ("asked", "members", "screen"),
    [
        ("anyone_in_distress", "distress_members", "distress_nobody"),
        ("anyone_to_follow_up", "follow_up_members", "follow_up_nobody"),
    ],
)
def test_changing_the_healing_group_never_loses_somebody_who_needs_care(asked, members, screen):
    filling = Filling(phone_form("attendance"))
    answer_all(filling, SESSION | {asked: "yes", members: [MANZI]})
    filling.prompt("healing_group").answer("2801-03")
    filling.prompt("head_count").answer(1)
    sent = finish(filling)
    assert sent.not_final is not None and sent.not_final.path.endswith(screen)
    assert filling.prompt(screen).answer("go_back") is not None, "the screen cannot be answered away"
    filling.prompt(members).answer([GABO])
    assert finish(filling).not_final is None


def test_nobody_is_asked_to_go_back_when_everything_is_ticked():
    assert not {"absent_nobody", "distress_nobody", "follow_up_nobody"} & set(fill("attendance", ABSENT).shown)
