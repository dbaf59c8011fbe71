"""The rules that random people are held to notice what they are there for."""

import pytest

from tests.forms.people import PEOPLE
from tests.forms.phone_people import forms_for, programmes
from tests.forms.random_people import faults


def sent_by(name):
    """What a person of the tables sends, as text, and whose form it is."""
    person = next(each for each in PEOPLE if each.name == name)
    values = {key: str(value) for key, value in person.sends.items()}
    return forms_for(person.programme)[person.form_id], programmes()[person.programme], values


TRIAGE = "an act in the past year alone is moderate"
PRIVATE = "another programme, baseline: a woman is asked all"
DISTRESS = "three people in distress: low, moderate, imminent"


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("a woman without complaints joins", {"phq9_score": "1"}, "phq9_score is not what Python computes"),
        ("a woman without complaints joins", {"gad7_band": None}, "gad7_band is missing"),
        (TRIAGE, {"safety_level": "low"}, "safety_level is not the rule's"),
        (TRIAGE, {"safety_actions": None}, "safety: nothing was done"),
        (TRIAGE, {"safety_actions": "stayed_with"}, "safety: nobody was called"),
        (TRIAGE, {"safety_level": None}, "a person at risk was not led to a triage"),
        ("stopped at the first item of the GAD-7", {"gad7_3": "0"}, "gad7_3 was asked after the interview stopped"),
        (
            "stopped in the GAD-7, spoken of: moderate",
            {"meals_yesterday": "1"},
            "the livelihood was asked after the interview stopped",
        ),
        (DISTRESS, {"distress_2_level": None}, "not everybody in distress has a level"),
        (DISTRESS, {"distress_1_level": None}, "somebody was in distress and nobody has a level"),
        (
            "a visitor makes one more, twice",
            {"difference_reason": None},
            "the head count differs without a reason",
        ),
        (PRIVATE, {"asked_by": "own_cha"}, "private matters were asked where they may not be"),
        (PRIVATE, {"private_now": "no"}, "asked about other help without privacy"),
    ],
)
def test_a_rule_that_is_broken_is_noticed(name, change, fault):
    form, programme, values = sent_by(name)
    assert faults(form, programme, values, is_final=True) == []
    changed = {key: value for key, value in (values | change).items() if value is not None}
    assert fault in faults(form, programme, changed, is_final=True)
