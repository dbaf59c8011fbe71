"""Random people who fill a form in any way that a phone lets them, and what must hold for whatever they send."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile

from connector.recompute import find_differences, recompute, scales_of
from connector.sandbox.phone import Answer, Filling, Prompt
from forms.client_code import make
from forms.distress import SLOTS
from forms.expression_value import evaluate, text
from forms.form import Form
from forms.instrument import STOPPED
from forms.programme_shape import TRIAGE_ANSWERS, Programme
from forms.safety import PREFIXES, level

STARTS = ("08:30", "09:00", "14:15")
ENDS = ("08:00", "11:00", "16:00")
TYPED: Mapping[str, Callable[[random.Random], Answer]] = {
    "birth_year": lambda rng: rng.randint(1930, 2010),
    "age_told": lambda rng: rng.randint(12, 121),
    "short_name": lambda rng: rng.choice(["Keza", "Manzi", "N'deza", "Éric", "a;b"]),
    "phone": lambda rng: rng.choice([None, None, "0780000001", "12"]),
    "joined_on": lambda rng: rng.choice(["2026-03-02", "2026-03-20", "2020-01-01"]),
    "session_date": lambda rng: rng.choice(["2026-03-01", "2026-01-15", "2027-01-01"]),
    "head_count": lambda rng: rng.randint(0, 9),
    "head_count_again": lambda rng: rng.randint(0, 9),
    "start_time": lambda rng: f"{rng.choice(STARTS)}:00.000+02:00",
    "end_time": lambda rng: f"{rng.choice(ENDS)}:00.000+02:00",
    "client_typed": lambda rng: rng.choice([make(rng), "3467-ACDE"]),
    "newcomer_code": lambda rng: rng.choice([f"N{make(rng)}", make(rng)]),
    "work_days_lost": lambda rng: rng.randint(0, 31),
}
"""What is typed where nothing can be ticked; some of it is wrong, and the phone refuses it."""
LEAD_ON = {
    "able_to_take_part": "yes",
    "earlier_participant": "no",
    "consent_service": "yes",
    "sector": "2801",
    "contact_result": "interviewed",
    "private_now": "yes",
    "session_kind": "planned",
    "absent_nobody": None,
    "follow_up_nobody": None,
}
"""Answers that open the rest of a form: random people give them three times in four."""


def anything(rng: random.Random, stopping: float = 0.01) -> Callable[[Prompt], Answer]:
    """Answer as a person might: any choice on the screen, a plausible number, a call when the level asks for one.

    `stopping` is how likely the interview stops at any one item.
    """

    def answer(prompt: Prompt) -> Answer:
        if not prompt.is_select:
            return TYPED[prompt.name](rng)
        names = list(prompt.choices)
        if prompt.name in LEAD_ON and rng.random() < 0.75:
            return LEAD_ON[prompt.name]
        if prompt.name.endswith("_actions") and rng.random() < 0.75:
            return ["called_psychologist"]
        if STOPPED in names and rng.random() >= stopping:
            names.remove(STOPPED)
        if not names:
            return None
        return rng.choice(names) if prompt.is_select_one else rng.sample(names, rng.randint(1, len(names)))

    return answer


def change_something(filling: Filling, rng: random.Random) -> None:
    """Go back to a random question and answer it anew."""
    prompt = rng.choice([prompt for prompt in filling.prompts() if not prompt.is_note])
    prompt.answer_or_pass(anything(rng)(prompt))


def answer_what_is_left(filling: Filling, rng: random.Random) -> None:
    """Swipe through the form again and answer whatever has no answer."""
    answer = anything(rng)
    filling.walk(lambda each: None if each.value else answer(each))


def faults(form: Form, programme: Programme, values: Mapping[str, str], *, is_final: bool) -> list[str]:
    """Return what is wrong with the values of a submission: a sentence each."""
    found = [*_wrong_calculations(form, values), *_wrong_levels(programme, values), *_asked_after_a_stop(form, values)]
    return found + (list(_missing_in_a_final_form(form, values)) if is_final else [])


def _wrong_calculations(form: Form, values: Mapping[str, str]) -> Iterator[str]:
    computed = recompute(form, values)
    yield from (f"{name} is not what Python computes" for name in find_differences(form, computed, values))
    yield from (f"{name} is missing" for name, value in computed.items() if value and not values.get(name))
    for scale in scales_of(form):
        known: dict[str, str | None] = dict(values)
        for name, expression in scale.calculations if scale.items[0] in values else ():
            known[name] = text(evaluate(expression, known))
            if known[name] != values.get(name, ""):
                yield f"{name} is not the instrument's own score"


def _wrong_levels(programme: Programme, values: Mapping[str, str]) -> Iterator[str]:
    for prefix in (*PREFIXES, *SLOTS):
        asked = [values.get(f"{prefix}_{name}") for name in TRIAGE_ANSWERS]
        expected = text(evaluate(level(programme.triage, prefix), values)) if any(asked) else ""
        if values.get(f"{prefix}_level", "") != expected:
            yield f"{prefix}_level is not the rule's"


def _asked_after_a_stop(form: Form, values: Mapping[str, str]) -> Iterator[str]:
    items = [question.name for question in form.questions() if question.instrument and question.kind == "select_one"]
    before = list(takewhile(lambda name: values.get(name) != STOPPED, items))
    yield from (f"{name} was asked after the interview stopped" for name in items[len(before) + 1 :] if name in values)
    if len(before) < len(items) and "meals_yesterday" in values:
        yield "the livelihood was asked after the interview stopped"


def _missing_in_a_final_form(form: Form, values: Mapping[str, str]) -> Iterator[str]:
    levels = {prefix: values.get(f"{prefix}_level", "") for prefix in (*PREFIXES, *SLOTS)}
    yield from _missing_for_a_person_at_risk(form, values, levels)
    for prefix, reached in levels.items():
        done = values.get(f"{prefix}_actions", "").split()
        if reached and not done:
            yield f"{prefix}: nothing was done"
        if reached in ("moderate", "imminent") and not {"called_psychologist", "called_help_line"} & set(done):
            yield f"{prefix}: nobody was called"
    if values.get("head_count_difference", "0") != "0" and "difference_reason" not in values:
        yield "the head count differs without a reason"
    private = [each for each in form.instruments if each.needs_privacy and each.items[0].name in values]
    is_private = values.get("private_now") == "yes"
    if private and (not is_private or values["asked_by"] == "own_cha"):
        yield "private matters were asked where they may not be"
    if "care_offer" in values and not is_private:
        yield "asked about other help without privacy"


def _missing_for_a_person_at_risk(form: Form, values: Mapping[str, str], levels: Mapping[str, str]) -> Iterator[str]:
    harmless = (None, "0", "refused", "stopped")
    is_positive = any(values.get(each.safety_item) not in harmless for each in form.instruments)
    if (is_positive or values.get("spoke_of_harm") == "yes") and not any(levels.values()):
        yield "a person at risk was not led to a triage"
    if len(values.get("distress_members", "").split()) != sum(bool(levels[slot]) for slot in SLOTS):
        yield "not everybody in distress has a level"
    if values.get("anyone_in_distress") == "yes" and not levels[SLOTS[0]]:
        yield "somebody was in distress and nobody has a level"
