"""An instrument or a triage alone on a phone, answered one change at a time, in every way that there is."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from connector.sandbox.phone import Filling, PhoneForm
from forms.expression import Expression, OnPhone
from forms.expression_value import evaluate, text
from forms.form import Form, Group, Node
from forms.instrument import REFUSED, SEX, STOPPED, Instrument
from forms.interview import Asked, interview
from forms.questions import SEXES, calculated, one_of
from forms.xlsform import convert_workbook, form_sheets
from tests.forms.phone_people import USUAL, forms_for, programmes

Step = tuple[str, str]
"""One answer that changes: the question and what it becomes."""


def gray_steps(choices: Sequence[Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Yield (place, value) of every step from all-first through all combinations, one place changing at a time.

    Reflected mixed-radix Gray code, without loops in a step (Knuth, TAOCP 7.2.1.1, algorithm H).
    """
    size = len(choices)
    at, focus, direction = [0] * size, list(range(size + 1)), [1] * size
    while True:
        place, focus[0] = focus[0], 0
        if place == size:
            return
        at[place] += direction[place]
        yield place, choices[place][at[place]]
        if at[place] in (0, len(choices[place]) - 1):
            direction[place] = -direction[place]
            focus[place], focus[place + 1] = focus[place + 1], place + 1


class Alone:
    """A part of a form alone on a phone, with values that it computes read as one text."""

    def __init__(self, nodes: Sequence[Node], computed: Sequence[str], first: Mapping[str, str]) -> None:
        joined = ", '|', ".join(f"string(${{{name}}})" for name in computed)
        shown = calculated("everything", OnPhone(f"concat({joined}, '|')", "all values in one text"))
        form = Form("alone", "Alone", (*nodes, shown), OnPhone("'alone'", "a name"), facts=forms_for()["intake"].facts)
        self.filling = Filling(PhoneForm(convert_workbook(form_sheets(form)), {}))
        self.filling.fill(first)
        self._prompts = {prompt.name: prompt for prompt in self.filling.prompts()}

    def change(self, question: str, value: str) -> None:
        """Give a question another answer."""
        assert self._prompts[question].answer(value) is None

    def values(self) -> list[str]:
        """The values computed now; NaN is what the phone stores of a number that is none."""
        return self.filling.value_of("everything").split("|")[:-1]


def alone(instrument: Instrument, first: Mapping[str, str]) -> Alone:
    """Return an instrument alone on a phone, behind the question about sex where it reads that."""
    names = [name for name, _ in instrument.calculations()]
    reads_sex = any(item.asked_of for item in instrument.items)
    before = (one_of(SEX, "Is the person a woman or a man?", SEXES),) if reads_sex else ()
    nodes = interview(programmes()[USUAL], (Asked(replace(instrument, needs_privacy=False)),))
    own = (node for node in nodes if isinstance(node, Group) and node.name.startswith(instrument.name))
    return Alone((*before, *own), names, first)


def expected(
    instrument: Instrument, calculations: Sequence[tuple[str, Expression]], answers: Mapping[str, str]
) -> list[str]:
    """Return what Python computes from the items that are asked with these answers: those up to a stop, of the sex."""
    known: dict[str, str | None] = {SEX: answers.get(SEX)}
    for item in instrument.items:
        if item.asked_of in ("", answers.get(SEX)):
            known[item.name] = answers[item.name]
            if answers[item.name] == STOPPED:
                break
    for name, expression in calculations:
        known[name] = text(evaluate(expression, known))
    return [known[name] or "" for name, _ in calculations]


def disagreements(instrument: Instrument, first: Mapping[str, str], steps: Iterator[Step]) -> tuple[int, list[str]]:
    """Return how many combinations were compared, and those (as question = answer) on which phone and Python differ."""
    phone, calculations = alone(instrument, first), instrument.calculations()
    answers, found, compared = dict(first), [], 0
    for question, value in (next(iter(first.items())), *steps):
        phone.change(question, value)
        answers[question] = value
        compared += 1
        if phone.values() != expected(instrument, calculations, answers):
            found.append(" ".join(f"{name}={answer}" for name, answer in answers.items()))
    return compared, found


def every_combination(instrument: Instrument, *, refused: bool) -> Iterator[Step]:
    """Yield steps through all combinations of scored answers (and refusals), all items at their first code before."""
    names, choices = _space(instrument, refused=refused)
    return ((names[place], value) for place, value in gray_steps([choices] * len(names)))


def every_stop(instrument: Instrument, *, refused: bool) -> Iterator[Step]:
    """Yield steps through everything that can be answered before the interview stops, at each item."""
    names, choices = _space(instrument, refused=refused)
    for stop in range(len(names)):
        yield from ((name, choices[0]) for name in names[:stop])
        yield names[stop], STOPPED
        yield from ((names[place], value) for place, value in gray_steps([choices] * stop))


def random_steps(instrument: Instrument, count: int, rng: random.Random) -> Iterator[Step]:
    """Yield `count` random changes of one answer: any code, a refusal now and then, the sex where it matters."""
    names, choices = _space(instrument, refused=True)
    sexes = [SEX] if any(item.asked_of for item in instrument.items) else []
    for _ in range(count):
        name = rng.choice([*names, *sexes])
        yield name, rng.choice(SEXES.codes if name == SEX else choices)


def all_first(instrument: Instrument) -> dict[str, str]:
    """Every item at the lowest code, for a woman."""
    woman = {SEX: "female"} if any(item.asked_of for item in instrument.items) else {}
    return woman | {item.name: instrument.answers.codes[0] for item in instrument.items}


def _space(instrument: Instrument, *, refused: bool) -> tuple[list[str], list[str]]:
    codes = [code for code in instrument.answers.codes if code != STOPPED and (refused or code != REFUSED)]
    return [item.name for item in instrument.items], codes
