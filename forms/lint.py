"""What pyxform lets through and a phone or an analyst would trip over: checks of definitions before they are built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from forms.expression import Expression, references
from forms.form import Form, Question, walk
from forms.instrument import Instrument
from forms.translation import PLACEHOLDER, question_strings

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_EXPRESSIONS = ("relevant", "constraint", "calculation", "choice_filter")
_COLUMN = re.compile(r"(?<![\w'$/{\-(])([a-z_]+) = ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it is, what is wrong, what to do."""

    form_id: str
    where: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.form_id} · {self.where}: {self.what}. {self.advice}"


def lint(form: Form) -> tuple[Finding, ...]:
    """Return every fault found in a form; an empty tuple means that it may be built."""
    checks = (_names, _unknown_references, _cycles, _unlabelled, _choices, _rosters, _instruments)
    return tuple(Finding(form.form_id, *fault) for check in checks for fault in check(form))


Fault = tuple[str, str, str]


def _names(form: Form) -> Iterator[Fault]:
    names = [node.name for _, node in walk(form.children)]
    for name in names:
        if not NAME.fullmatch(name):
            yield name, "not a usable name", "Use a-z, 0-9 and _, a letter first, at most 31 characters."
    for name, count in Counter(name.lower() for name in names).items():
        if count > 1:
            yield name, f"{count} questions or groups have this name", "Names must be unique in the whole form."


def expressions_of(question: Question) -> Iterator[tuple[str, Expression]]:
    """Yield (column, expression) of a question."""
    for column in _EXPRESSIONS:
        expression = getattr(question, column)
        if expression is not None:
            yield column, expression


def _unknown_references(form: Form) -> Iterator[Fault]:
    known = {question.name for question in form.questions()}
    for question in form.questions():
        for column, expression in expressions_of(question):
            for name in sorted(references(expression) - known):
                yield f"{question.name}, {column}", f"refers to {name}, which does not exist", "Correct the name."
        for string in question_strings(question):
            for name in PLACEHOLDER.findall(string.english):
                if name[2:-1] not in known:
                    yield string.key, f"shows {name}, which does not exist", "Correct the name."


def _cycles(form: Form) -> Iterator[Fault]:
    graph = {
        question.name: references(question.calculation)
        for question in form.questions()
        if question.calculation is not None
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " → ".join(error.args[1]), "these calculations need each other", "Break the circle."


def _unlabelled(form: Form) -> Iterator[Fault]:
    silent = {"start", "end", "today", "username", "deviceid", "audit", "calculate", "hidden"}
    for question in form.questions():
        if question.kind not in silent and not question.label:
            yield question.name, "has no label", "Say what is asked."
        if question.constraint is not None and not question.constraint_message:
            yield question.name, "has a constraint without a message", "Say what is wrong and what to do."


def _choices(form: Form) -> Iterator[Fault]:
    for question in form.questions():
        if question.choices is None:
            continue
        for code, count in Counter(question.choices.codes).items():
            if count > 1:
                yield question.name, f"choice {code} appears {count} times", "Codes must be unique in a list."
            if " " in code or not code:
                yield question.name, f"choice code {code!r} is empty or holds a space", "Use one word."


def _rosters(form: Form) -> Iterator[Fault]:
    for question in form.questions():
        if question.roster is None:
            continue
        if question.roster not in form.rosters:
            yield question.name, f"uses {question.roster.filename}, which the form does not list", "Add the roster."
        if question.choice_filter is None:
            yield question.name, "shows a whole roster", "Filter it, or a phone shows people of other groups."
        xpath = getattr(question.choice_filter, "xpath", "")
        for column in _COLUMN.findall(xpath):
            if column not in question.roster.columns:
                yield question.name, f"filters by {column}, not a column of {question.roster.filename}", "Correct it."


def _instruments(form: Form) -> Iterator[Fault]:
    for instrument in form.instruments:
        yield from _scored_codes(instrument)
        yield from _bands(instrument)


def _scored_codes(instrument: Instrument) -> Iterator[Fault]:
    low, high = instrument.code_range
    codes = {code for code in instrument.answers.codes if code.lstrip("-").isdigit()}
    if codes != {str(code) for code in range(low, high + 1)}:
        yield instrument.answers.name, f"codes do not run from {low} to {high}", "Give every code from low to high."


def _bands(instrument: Instrument) -> Iterator[Fault]:
    covered = [score for band in instrument.bands for score in range(band.low, band.high + 1)]
    if covered != list(range(instrument.highest_score + 1)):
        advice = "Bands must cover every score once, in order."
        yield instrument.name, f"bands do not cover 0 to {instrument.highest_score}", advice
