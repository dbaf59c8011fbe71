"""The phone's own engine scores every instrument as Python does, and both as by hand, with gaps of every kind."""

import random

import pytest

from connector.sandbox.phone import Filling, PhoneForm
from forms.expression import Literal
from forms.form import Form, Group, Question
from forms.instruments.catalogue import FREE
from forms.questions import SEXES, metadata
from forms.xlsform import convert_workbook, form_sheets
from tests.forms.phone_people import NOW, leaves
from tests.forms.plain_scores import calculate, plain_cluster_rule, plain_score

PEOPLE = 60


def form_of(instrument):
    """A form that asks the sex and the items one after another, each of which may be left blank."""
    items = (
        Question(item.name, "select_one", item.wording, choices=instrument.answers, relevant=item.condition())
        for item in instrument.items
    )
    scores = (Question(name, "calculate", calculation=formula) for name, formula in instrument.calculations())
    sex = Question("sex", "select_one", "Sex", choices=SEXES)
    return Form("made", "Made", (*metadata(), sex, Group("asked", (*items, *scores))), Literal("made"))


def by_name(answers):
    """Answer each question by its name."""
    return lambda prompt: answers[prompt.name]


def drawn(rng, instrument):
    """An answer for each item: a code, a refusal, a stop or a blank."""
    gaps = rng.choice((0.0, 0.1, 0.3))
    low, high = instrument.code_range
    ways_out = ("refused", "stopped", None)
    return {
        item.name: rng.choice(ways_out) if rng.random() < gaps else str(rng.randint(low, high))
        for item in instrument.items
    }


@pytest.mark.parametrize("instrument", FREE, ids=lambda each: each.name)
def test_the_phone_scores_as_python_and_as_by_hand(instrument):
    rng = random.Random(instrument.name)
    phone = PhoneForm(convert_workbook(form_sheets(form_of(instrument))), {}, username="cha001", clock=lambda: NOW)
    for _ in range(PEOPLE):
        answers = {"sex": rng.choice(("female", "male")), **drawn(rng, instrument)}
        filling = Filling(phone)
        filling.walk(by_name(answers))
        assert not filling.finalize()
        values = leaves(filling.submission_xml())
        for name, expected in calculate(instrument, values).items():
            assert values.get(name, "") == expected, (name, values)
        codes = [values.get(item.name, "") for item in instrument.items]
        plain = [int(code) if code.isdigit() else None for code in codes]
        answered, score = plain_score(instrument.name, plain, values["sex"])
        shown = (values[instrument.answered_name], values.get(instrument.score_name, ""))
        assert shown == (str(answered), "" if score is None else str(score))
        if instrument.clusters and plain.count(None) <= 4:
            assert values.get(instrument.cluster_name, "") == plain_cluster_rule(plain)
