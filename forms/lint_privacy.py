"""What a form of this programme may never ask, show or carry: pictures, positions, free text, names of people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from forms.expression import references, to_xpath
from forms.finding import Fault
from forms.form import Form, Question
from forms.workbook_rows import REFUSED_TYPES

TELLING_COLUMN = re.compile(
    r"(sur|last|family|father|mother|full|first)_?name|score|band|phq|gad|pcl|srq|alert|risk|distress|phone|tel|mobile"
    r"|birth|age$|village|cell$|address|national|id_?number|hiv|gps|latitude|longitude",
    re.IGNORECASE,
)
"""Columns that tell more about a person than a list on a phone may."""


def _refused_kinds(form: Form) -> Iterator[Fault]:
    for question in form.questions():
        if question.kind in REFUSED_TYPES:
            what, advice = REFUSED_TYPES[question.kind]
            yield question.name, f"{question.kind} {what}", advice


def _audit(form: Form) -> Iterator[Fault]:
    found = [question for question in form.questions() if question.kind == "audit"]
    if not found:
        yield "audit", "there is no audit trail", "Add the metadata questions, audit among them."
    for question in found:
        if "location" in question.parameters:
            yield question.name, "the audit trail would record where people live", "Delete the location parameters."
        if "track-changes=true" not in question.parameters.split():
            yield question.name, "the audit trail does not note changes", "Write track-changes=true."


def _free_text(form: Form) -> Iterator[Fault]:
    for question in form.questions():
        if question.kind == "text" and not question.identifying and question.constraint is None:
            advice = "Offer choices; or mark it identifying; or let a constraint allow a code only."
            yield question.name, "takes free text, where anything about a person can end up", advice


def _instance_name(form: Form) -> Iterator[Fault]:
    """The name of a record is listed on the phone even after the form is deleted from it."""
    advice = "Show codes only; the name stays on the phone after sending."
    asked = {question.name: question for question in form.questions()}
    for name in _behind(form, asked):
        if asked[name].identifying:
            yield "instance_name", f"shows {name}, which names or locates a person", advice
    xpath = to_xpath(form.instance_name)
    if "jr:choice-name" in xpath or re.search(r"instance\([^)]*\)[^,]*/label", xpath):
        yield "instance_name", "shows a label, which may name a person", advice


def _behind(form: Form, asked: dict[str, Question]) -> list[str]:
    """The questions that the instance name is made of, directly or through calculations, in a fixed order."""
    waiting, seen = sorted(references(form.instance_name)), dict[str, None]()
    while waiting:
        name = waiting.pop(0)
        if name not in seen and name in asked:
            seen[name] = None
            calculation = asked[name].calculation
            waiting += sorted(references(calculation)) if calculation is not None else []
    return list(seen)


def _roster_columns(form: Form) -> Iterator[Fault]:
    for roster in form.rosters:
        for column in roster.columns:
            if TELLING_COLUMN.search(column):
                advice = "A list on a phone holds codes and short names only."
                yield roster.filename, f"the column {column} tells too much about a person", advice


PRIVACY_CHECKS: tuple[Callable[[Form], Iterator[Fault]], ...] = (
    _refused_kinds, _audit, _free_text, _instance_name, _roster_columns,
)  # fmt: skip
