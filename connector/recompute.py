"""Knows how to compute again, from the answers, whatever the phone calculated, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.layout import once_per_form
from forms.distress import SLOTS
from forms.expression import Current, Expression, OnPhone, references
from forms.expression_value import evaluate, number, text, truth
from forms.form import Form, Node, Question, Repeat
from forms.instrument import Instrument
from forms.safety import PREFIXES

Answers = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """The names of an instrument's items, and what is calculated from them in the order of dependence.

    `others` are further questions that the calculations read: the person's sex, where an item is for one sex only.
    """

    items: tuple[str, ...]
    calculations: tuple[tuple[str, Expression], ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One calculated question and the conditions of the groups around it; None for one that only a phone can judge.

    `inputs` are the questions that the calculation reads.
    """

    name: str
    calculation: Expression
    conditions: tuple[Expression, ...] | None
    inputs: frozenset[str] = frozenset()


def recompute(form: Form, answers: Answers, as_sent: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return every value that can be computed here, by name, as the phone would store it ("" for blank).

    `answers` are those of the record outside repeats. What only a phone can compute (OnPhone) is left out, and so are
    constants, which belong to the version of the form, and calculations inside repeats. An instrument is scored from
    its items (and the sex, where it matters) when any item has an answer, whatever the conditions around it say.
    `as_sent` are values that an earlier version of the form calculated by a formula of its own: they are taken from
    the record, and left out unless they are part of a score. A value whose inputs are all missing (which the form
    before asked directly, such as whether a session was held) is the record's own, and left out too, unless it says
    how a person is.
    """
    scored = {name: value for scale in scales_of(form) for name, value in _score(scale, answers, as_sent).items()}
    known = {**answers, **scored}
    computed = dict(scored)
    for step in steps_of(form):
        if step.name in scored or step.name in as_sent or (step.conditions is None and not answers.get(step.name)):
            continue
        if answers.get(step.name) and step.name not in score_names(form) and not any(map(known.get, step.inputs)):
            continue
        relevant = all(truth(evaluate(condition, known)) for condition in step.conditions or ())
        computed[step.name] = known[step.name] = text(evaluate(step.calculation, known)) if relevant else ""
    return computed


def _score(scale: Scale, answers: Answers, as_sent: frozenset[str]) -> dict[str, str]:
    known = {name: answers.get(name) for name in scale.items}
    if not any(known.values()):
        return {}
    known.update((name, answers.get(name)) for name in scale.others)
    for name, calculation in scale.calculations:
        known[name] = answers.get(name) if name in as_sent else text(evaluate(calculation, known))
    return {name: known[name] or "" for name, _ in scale.calculations}


def find_differences(form: Form, computed: Mapping[str, str], answers: Answers) -> list[str]:
    """Return the names of the values computed here that are not those of the record.

    A score that the record lacks is a difference; another value that it lacks may be newer than its form's version.
    """
    expected = [name for name in computed if name in score_names(form) or answers.get(name)]
    return [name for name in expected if not _agree(computed[name], answers.get(name) or "")]


@once_per_form
def scales_of(form: Form) -> tuple[Scale, ...]:
    """Return the items and calculations of the form's instruments."""
    return tuple(_scale(each) for each in form.instruments)


def _scale(instrument: Instrument) -> Scale:
    items, calculations = tuple(item.name for item in instrument.items), instrument.calculations()
    own = {*items, *(name for name, _ in calculations)}
    read = {name for _, calculation in calculations for name in references(calculation)}
    return Scale(items, calculations, tuple(sorted(read - own)))


@once_per_form
def score_names(form: Form) -> frozenset[str]:
    """Return the names of the values that say how a person is: those of the instruments, and the levels of triages."""
    levels = (f"{prefix}_level" for prefix in (*PREFIXES, *SLOTS))
    return frozenset({*levels, *(name for scale in scales_of(form) for name, _ in scale.calculations)})


@once_per_form
def steps_of(form: Form) -> tuple[Step, ...]:
    """Return the calculations that `recompute` makes, in the order of the form."""
    return tuple(_steps(form.children, ()))


def _steps(nodes: tuple[Node, ...], around: tuple[Expression, ...]) -> Iterator[Step]:
    for node in nodes:
        conditions = around if node.relevant is None else (*around, node.relevant)
        if isinstance(node, Question):
            yield from _step(node, conditions)
        elif not isinstance(node, Repeat):
            yield from _steps(node.children, conditions)


def _step(question: Question, conditions: tuple[Expression, ...]) -> Iterator[Step]:
    formula = question.calculation
    if formula is None or needs_phone(formula) or not references(formula):
        return
    known = None if any(needs_phone(condition) for condition in conditions) else conditions
    yield Step(question.name, formula, known, references(formula))


def needs_phone(node: Expression) -> bool:
    """Whether a formula holds a part that has no value outside the phone."""
    if isinstance(node, OnPhone | Current):
        return True
    children = (getattr(node, name) for name in node.__dataclass_fields__)
    return any(needs_phone(child) for child in children if isinstance(child, Expression))


def _agree(a: str, b: str) -> bool:
    return a == b or number(a) == number(b)
