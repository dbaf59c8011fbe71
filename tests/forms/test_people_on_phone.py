"""Every person of the tables fills a form on KoboCollect's engine, and exactly what is expected is sent."""

from itertools import cycle

import pytest

from connector.sandbox.phone import Filling
from forms.expression import references
from forms.form import walk
from forms.translation import LANGUAGES
from tests.forms.people import PEOPLE
from tests.forms.phone_people import FULL, USUAL, answer_all, device_of, forms_for, leaves, name_of, phone_form

OF_THE_PHONE = {"start", "end", "today", "deviceid", "username", "instanceID", "instanceName"}
RANDOM = {"client_code", "newcomer_high", "newcomer_low", "newcomer_codes"}
NEVER_SENT = {"absent_nobody", "follow_up_nobody"}
"""Screens that nobody can pass: they are gone once the answers before them are right."""


def deciding(form):
    """The questions on which it depends whether another is asked."""
    conditions = [node.relevant for _, node in walk(form.children) if node.relevant is not None]
    return {name for condition in conditions for name in references(condition)}


def is_left_out(form_id, name):
    """Whether a value comes from the phone or from chance, so that no table can know it."""
    by_chance = name in RANDOM or name.startswith("code_digit_") or name in {f"newcomer_{n}" for n in range(1, 6)}
    return name in OF_THE_PHONE or (by_chance and not (form_id == "outcome" and name == "client_code"))


def written(value):
    """An answer as the submission holds it."""
    return " ".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(
    ("person", "language"),
    [
        pytest.param(person, language, id=f"{person.name} ({language.code})")
        for person, language in zip(PEOPLE, cycle(LANGUAGES), strict=False)
    ],
)
def test_a_person_sends_exactly_what_is_expected(person, language):
    form = phone_form(person.form_id, person.username, person.programme, person.area, person.lists)
    filling = Filling(form, language.column, device=device_of(person.username, person.name))
    for way in person.rounds:
        refused = tuple(name_of(refusal) for refusal in answer_all(filling, way.says))
        not_final = filling.finalize()
        assert (refused, not_final and name_of(not_final)) == (way.refused, way.stopped_at or None)
    values = leaves(filling.submission_xml())
    found = {name: value for name, value in values.items() if not is_left_out(person.form_id, name)}
    assert found == {name: written(value).format_map(values) for name, value in person.sends.items()}


@pytest.mark.parametrize(
    ("programme", "form_id"), [(p, f) for p in (USUAL, FULL) for f in ("intake", "attendance", "outcome")]
)
def test_every_question_is_sent_by_somebody(programme, form_id):
    """Of the other programme, every question that the packaged one has not."""
    sent = {name for person in PEOPLE if person.form_id == form_id for name in person.sends}
    asked = {q.name for q in forms_for(programme)[form_id].questions() if q.is_answered and q.name not in NEVER_SENT}
    assert {name for name in asked - sent if not is_left_out(form_id, name)} == set()


def test_every_choice_that_decides_something_is_made_by_somebody():
    made = {
        (p.form_id, name, str(code)) for p in PEOPLE for name, value in p.sends.items() for code in str(value).split()
    }
    decided = {
        (form_id, question.name, code)
        for form_id, form in forms_for().items()
        for question in form.questions()
        if question.choices is not None and not question.instrument and question.name in deciding(form)
        for code in question.choices.codes
    }
    assert decided - made == set()
