"""What somebody sees and may answer at intake on KoboCollect's engine: codes, lists, places, messages."""

import pytest

from connector.sandbox.phone import Filling, NotOnScreenError
from forms.client_code import is_valid
from forms.safety import LEVELS
from tests.forms.people_answers import ARRIVES, LEAVES, calm, scale, triage
from tests.forms.phone_people import FULL, NEWCOMER, answer_all, fill, finish, phone_form

WELL = ARRIVES | calm("phq9", "gad7", "pcl5") | LEAVES


def filled(answers, language=None, **phone):
    filling = Filling(phone_form("intake", **phone), language)
    answer_all(filling, answers)
    return filling


def test_every_phone_makes_its_own_valid_code_and_shows_it():
    codes = {fill("intake", WELL).values["client_code"] for _ in range(5)}
    assert len(codes) == 5 and all(is_valid(code) for code in codes)
    filling = filled(WELL, "English (en)")
    assert filling.value_of("client_code") in filling.prompt("show_code").label


def test_the_code_stays_when_an_answer_is_changed():
    filling = filled(WELL)
    before = filling.value_of("client_code")
    filling.prompt("sex").answer("male")
    filling.finalize()
    assert filling.value_of("client_code") == before


def test_the_name_of_the_record_holds_no_person():
    assert fill("intake", WELL).values["instanceName"] == "Intake 2026-03-02 11:30"


def test_whoever_is_not_eligible_is_told_so():
    assert "not_eligible_note" in fill("intake", WELL | {"able_to_take_part": "no"}).shown
    assert "not_eligible_note" not in fill("intake", WELL).shown


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("programme", "item", "prefix"), [("usual", "phq9_9", "safety"), (FULL, "srq20_17", "safety")])
def test_each_level_shows_its_own_instruction_with_the_numbers(level, programme, item, prefix):
    answers = {"low": "nnnn", "moderate": "ynnn", "imminent": "yynn"}[level]
    asked = triage(prefix, answers, level, "called_psychologist")
    filling = filled(WELL | calm("srq20", "who5", "k6") | {item: "1"} | asked, programme=programme)
    shown = [prompt.name for prompt in filling.prompts() if prompt.name.startswith(f"{prefix}_do_")]
    assert shown == [f"{prefix}_do_{level}"]
    assert "912" in filling.prompt(shown[0]).label


def test_the_triage_follows_its_item_at_once():
    filling = filled(WELL | {"phq9_9": "1", "phq9_10": "0"})
    order = [prompt.name for prompt in filling.prompts()]
    after = order[order.index("phq9_9") + 1 :]
    assert after[:2] == ["safety_intro", "safety_thoughts_now"]


def test_a_higher_level_needs_a_call():
    answers = WELL | {"phq9_9": "3"} | triage("safety", "ynnn", "moderate", "stayed_with")
    sent = fill("intake", answers, "English (en)")
    assert "For this level, stay with the person and call the psychologist or a help line." in [
        refusal.message for refusal in sent.refusals
    ]


@pytest.mark.parametrize("letter", range(10))
def test_a_wrong_letter_of_a_newcomers_code_is_refused(letter):
    wrong = "X" if NEWCOMER[letter] != "X" else "Y"
    typed = NEWCOMER[:letter] + wrong + NEWCOMER[letter + 1 :]
    sent = fill("intake", WELL | {"has_newcomer_card": "yes", "newcomer_code": typed}, "English (en)")
    assert sent.refusals[0].message.startswith("This code has a typing error.")


def test_a_clients_code_is_no_newcomers_code():
    sent = fill("intake", WELL | {"has_newcomer_card": "yes", "newcomer_code": NEWCOMER[1:]})
    assert sent.refused == ("newcomer_code",)


def test_only_the_own_healing_groups_are_on_the_screen():
    filling = filled(WELL)
    assert list(filling.prompt("healing_group").choices) == ["2801-01", "2801-03", "2802-01"]
    with pytest.raises(NotOnScreenError):
        filling.prompt("healing_group").answer("2801-02")


def test_an_account_without_groups_is_told_whom_to_call():
    assert "no_groups_note" in fill("intake", WELL | {"enrolled": "no"}, username="nobody").shown
    assert "no_groups_note" not in fill("intake", WELL).shown


def test_cells_and_villages_follow_the_place_chosen_before():
    filling = filled(WELL)
    assert set(filling.prompt("cell").choices) == {f"28010{n}" for n in range(1, 5)}
    assert all(code.startswith("280101") for code in filling.prompt("village").choices)


def test_the_project_of_a_sector_offers_its_own_cells_only():
    filling = filled(WELL, area="2801")
    assert all(code.startswith("2801") for code in filling.prompt("cell").choices)
    with pytest.raises(NotOnScreenError):
        filling.prompt("sector")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("birth_year", 2027),
        ("birth_year", 1899),
        ("short_name", "a;b"),
        ("short_name", "a" * 25),
        ("phone", "12"),
        ("joined_on", "2024-01-01"),
        ("joined_on", "2026-06-01"),
    ],
)
def test_an_impossible_answer_is_refused_with_a_message(name, value):
    sent = fill("intake", WELL | {name: value}, "English (en)")
    assert sent.refused[:1] == (name,)
    assert sent.refusals[0].message


@pytest.mark.parametrize("age", [-1, 121])
def test_an_impossible_age_is_refused(age):
    told = {"birth_year_known": "no", "age_told": age}
    assert fill("intake", WELL | told).refused[:1] == ("age_told",)


def test_going_straight_to_finalize_after_changing_the_sector_asks_again_for_cell_and_village():
    filling = filled(WELL)
    filling.prompt("sector").answer("2802")
    assert finish(filling).stopped_at == "cell"
    filling.prompt("cell").answer("280201")
    assert finish(filling).stopped_at == "village"
    filling.prompt("village").answer("28020101")
    assert finish(filling).not_final is None


def test_pictograms_do_not_change_what_an_answer_is():
    assert list(filled(WELL).prompt("phq9_1").choices) == ["0", "1", "2", "3", "refused", "stopped"]
    assert scale("phq9", "0rs") == {"phq9_1": "0", "phq9_2": "refused", "phq9_3": "stopped"}
