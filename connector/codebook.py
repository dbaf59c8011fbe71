"""Knows what every variable of every derived table means, from the forms, the instruments and the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Table

from connector.fact_schema import derived
from connector.schema import FORM_TABLES
from forms.expression import Expression, to_words
from forms.form import Form, Question
from forms.instrument import Instrument
from forms.library import FORMS, INSTRUMENTS

_UNITS = {"age": "years", "age_told": "years", "minutes": "minutes", "work_days_lost": "days"}
_TYPES = {"INTEGER": "integer", "BIGINT": "integer", "FLOAT": "number", "BOOLEAN": "0 = no, 1 = yes"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One row of the codebook; `codes` are written `code = label`, separated by ` | `."""

    table: str
    variable: str
    type: str
    label: str
    codes: str
    unit: str
    source: str


def codebook_rows() -> list[dict[str, str]]:
    """Return the codebook: every column of every derived table, table by table in alphabetical order."""
    return [asdict(variable) for name in sorted(derived.tables) for variable in _variables(derived.tables[name])]


def _variables(table: Table) -> Iterator[Variable]:
    form = next((FORMS[form_id] for form_id, tables in FORM_TABLES.items() if table in tables.all()), None)
    questions = {question.name: question for question in form.questions()} if form else {}
    for column in table.columns:
        question = questions.get(_asked_in(table, column, form))
        yield _of_question(table, column, question, form) if question and form else describe_fact(table, column)


def _asked_in(table: Table, column: Column[Any], form: Form | None) -> str:
    """The question behind a column: `choice` in the table of a multiple choice is that question."""
    return table.name.removeprefix(f"{form.form_id}_") if form and column.name == "choice" else column.name


def describe_fact(table: Table, column: Column[Any]) -> Variable:
    """Return what a column is that no question asks for: the table itself says it."""
    label = column.comment or column.name.replace("_", " ")
    return Variable(table.name, column.name, type_of(column), label, "", _UNITS.get(column.name, ""), "derived")


def _of_question(table: Table, column: Column[Any], question: Question, form: Form) -> Variable:
    instrument = _instrument_of(question)
    label = question.label
    if question.calculation is not None:
        label = f"calculated: {_calculated_words(question.name, question.calculation, instrument)}"
    codes = " | ".join(f"{each.code} = {each.label}" for each in question.choices.choices) if question.choices else ""
    if instrument and question.calculation is not None:
        codes = _calculated_codes(question.name, instrument)
    unit = _UNITS.get(question.name, "points" if instrument and question.name == instrument.score_name else "")
    source = f"{form.title}; {instrument.source}" if instrument else form.title
    return Variable(table.name, column.name, type_of(column), label or question.name, codes, unit, source)


def _calculated_words(name: str, calculation: Expression, instrument: Instrument | None) -> str:
    if instrument and name == instrument.cluster_name:
        return f"{', '.join(each.words for each in instrument.clusters)} ({instrument.cluster_source})"
    return to_words(calculation)


def _calculated_codes(name: str, instrument: Instrument) -> str:
    if name == instrument.band_name:
        return " | ".join(f"{band.code} = {band.label} ({band.low}-{band.high})" for band in instrument.bands)
    if name == instrument.cluster_name:
        return "met = every cluster is reached | not_met = a cluster is out of reach"
    return ""


def _instrument_of(question: Question) -> Instrument | None:
    return INSTRUMENTS.get(question.instrument) or _calculated().get(question.name)


@cache
def _calculated() -> Mapping[str, Instrument]:
    """The instrument behind every name that is calculated."""
    return {name: each for each in reversed([*INSTRUMENTS.values()]) for name, _ in each.calculations()}


def type_of(column: Column[Any]) -> str:
    """Return the type of a column in a reader's words."""
    name = str(column.type).partition("(")[0]
    return _TYPES.get(name, name.lower().replace("varchar", "text").replace("datetime", "UTC time"))
