"""What is computed again by prepared code is what the interpreter computes, for any answers and any version."""

from random import Random

import pytest

from connector.recompute import recompute, steps_of
from forms.form import Form
from forms.instruments.catalogue import FREE
from forms.library import FORMS
from tests.connector.made_forms import HOUSEHOLD
from tests.connector.plain_recompute import plain_recompute
from tests.connector.test_instrument_rows import form_of

EVERY_FORM = (*FORMS.values(), HOUSEHOLD, *(form_of(each) for each in FREE))
STRANGE = (
    "",
    "0",
    "1",
    "2",
    "3",
    "4",
    "yes",
    "no",
    "refused",
    "stopped",
    "female",
    "1.0",
    "-1",
    "x",
    "interviewed",
    "a b",
)


def random_answers(rng: Random, form: Form) -> dict[str, str | None]:
    """Answers of which each is in its list, strange, or missing."""
    wild = rng.choice((0.0, 0.1, 0.6))
    found: dict[str, str | None] = {}
    for question in form.questions():
        codes = question.choices.codes if question.choices else STRANGE
        if rng.random() < 0.8:
            found[question.name] = rng.choice((*STRANGE, None) if rng.random() < wild else codes)
    return found


def disagreements(form: Form, tries: int) -> list[str]:
    """The first names of values that the two ways compute differently."""
    rng = Random(form.form_id)
    names = [step.name for step in steps_of(form)]
    choices = [frozenset[str](), *(frozenset(rng.sample(names, min(3, len(names)))) for _ in range(3))]
    found = []
    for _ in range(tries):
        answers, as_sent = random_answers(rng, form), rng.choice(choices)
        prepared, plain = recompute(form, answers, as_sent), plain_recompute(form, answers, as_sent)
        if list(prepared.items()) != list(plain.items()):
            found.append(next(name for name in {**prepared, **plain} if prepared.get(name) != plain.get(name)))
    return found


@pytest.mark.parametrize("form", EVERY_FORM, ids=lambda form: form.form_id)
def test_prepared_code_computes_what_the_interpreter_does(form: Form) -> None:
    assert disagreements(form, 120 if form.form_id in FORMS else 25) == []


@pytest.mark.soak
@pytest.mark.parametrize("form", EVERY_FORM, ids=lambda form: form.form_id)
def test_prepared_code_computes_what_the_interpreter_does_very_often(form: Form) -> None:
    assert disagreements(form, 5000) == []
