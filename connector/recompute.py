"""Knows how to compute again, from the answers, whatever the phone calculated, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.layout import once_per_form
from connector.recompute_code import Answers, Compute, Scale, Step, write_compute
from forms.distress import SLOTS
from forms.expression import Current, Expression, OnPhone, references
from forms.expression_value import number
from forms.form import Form, Node, Question, Repeat
from forms.instrument import Instrument
from forms.safety import PREFIXES


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
    return _compute_of(form, as_sent)(answers)


_made: dict[tuple[int, frozenset[str]], tuple[Form, Compute]] = {}


def _compute_of(form: Form, as_sent: frozenset[str]) -> Compute:
    """The function that computes for a form (see `once_per_form`) and what is taken as sent; made once."""
    key = (id(form), as_sent)
    if key not in _made:
        _made[key] = (form, write_compute(scales_of(form), steps_of(form), score_names(form), as_sent))
    return _made[key][1]


def find_differences(form: Form, computed: Mapping[str, str], answers: Answers) -> list[str]:
    """Return the names of the values computed here that are not those of the record.

    A score that the record lacks is a difference; another value that it lacks may be newer than its form's version.
    """
    scores = score_names(form)
    found = []
    for name, value in computed.items():
        told = answers.get(name) or ""
        if told != value and (told or name in scores) and not _agree(value, told):
            found.append(name)
    return found


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
    """Whether two texts that differ are one number."""
    return number(a) == number(b)
