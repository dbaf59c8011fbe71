"""Knows what an export tells of adopted forms: every variable, and every code, in all languages and versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from sqlalchemy import Column

from connector.adopted import AdoptedProject
from connector.adopted_codes import (
    Code,
    code_cell,
    codes_of,
    earlier_words,
    first_label,
    label_columns,
    languages_of,
    version_numbers,
    version_words,
)
from connector.adopted_content import Asked, Labels
from connector.adopted_tables import POINT_PARTS, Part
from connector.adopted_tables import Variable as Answer
from connector.adopted_values import storable
from connector.codebook import Variable, describe_fact, type_of
from connector.export import UNEXPORTED_COLUMNS

Row = dict[str, Any]
Sheet = tuple[Sequence[str], Iterator[list[Any]]]
"""The header of a file, and its rows."""
CHOICES = "choices-adopted.csv"
MOST_IN_A_CELL = 30_000
"""Characters; a spreadsheet's cell takes 32,767."""
_ASKED_COLUMNS = ("question", "kind", "list_name", "versions", "earlier_names", "earlier_labels")
CODEBOOK_COLUMNS = (*(each.name for each in fields(Variable)), *_ASKED_COLUMNS)
"""Those of codebook.csv, and what only adopted forms have; a label in every language comes behind them."""
CHOICE_COLUMNS = ("table", "variable", "code", "label", "current_code", "versions", "earlier_labels")
_POINT_WORDS = dict(zip(POINT_PARTS, ("latitude", "longitude", "altitude", "accuracy"), strict=True))
_POINT_UNITS = dict(zip(POINT_PARTS, ("degrees", "degrees", "metres", "metres"), strict=True))


@dataclass(frozen=True)
class AdoptedTable:
    """A table of an adopted form, and what of it is exported; not UNEXPORTED_COLUMNS, for it may be a copy of ours."""

    project: AdoptedProject
    title: str
    part: Part

    @property
    def name(self) -> str:
        """The table's name."""
        return self.part.table.name

    @property
    def is_apart(self) -> bool:
        """Whether its rows may name or locate a person."""
        return any(each.is_apart for each in self.part.variables)

    @cached_property
    def answers(self) -> dict[str, tuple[Answer, str]]:
        """By exported column: its question, and "" or which part of a point it is."""
        return {
            name: (each, part)
            for each in self.part.variables
            if not {asked.name for asked in each.question.seen.values()}.intersection(UNEXPORTED_COLUMNS)
            for name, part in zip(each.columns, POINT_PARTS if each.storage == "point" else ("",), strict=True)
        }

    @cached_property
    def columns(self) -> list[Column[Any]]:
        """The exported columns, in their order."""
        hidden = {name for each in self.part.variables for name in each.columns}.difference(self.answers)
        return [column for column in self.part.table.columns if column.name not in hidden]

    @cached_property
    def codes(self) -> dict[str, list[Code]]:
        """By exported column that has or had codes: these."""
        found = {name: codes_of(self.project, each) for name, (each, _) in self.answers.items()}
        return {name: codes for name, codes in found.items() if codes}


def codebook_sheet(tables: Sequence[AdoptedTable]) -> Sheet:
    """Return the codebook: a row for every exported column."""
    labels = (each.question.newest.labels for table in tables for each, _ in table.answers.values())
    return _sheet(CODEBOOK_COLUMNS, labels, (_variable(table, column) for table in tables for column in table.columns))


def choice_sheet(tables: Sequence[AdoptedTable]) -> Sheet:
    """Return a row for every code that a variable has or had."""
    labels = (code.labels for table in tables for codes in table.codes.values() for code in codes)
    return _sheet(CHOICE_COLUMNS, labels, (row for table in tables for row in _choices(table)))


def _sheet(columns: Sequence[str], labels: Iterable[Labels], rows: Iterable[Row]) -> Sheet:
    header = (*columns, *(f"label::{language}" for language in languages_of(labels)))
    return header, ([row.get(name, "") for name in header] for row in rows)


def _variable(table: AdoptedTable, column: Column[Any]) -> Row:
    if column.name not in table.answers:
        fact = asdict(describe_fact(table.part.table, column))
        return fact | {"codes": _version_codes(table.project)} if column.name == "form_version" else fact
    answer, part = table.answers[column.name]
    asked = answer.question.newest
    label = _label(asked)
    told = Variable(
        table=table.name,
        variable=column.name,
        type="codes with spaces between" if answer.storage == "codes" else type_of(column),
        label=f"{label} ({_POINT_WORDS[part]})" if part else label,
        codes=_code_words(table.codes.get(column.name, ())),
        unit=_POINT_UNITS.get(part, ""),
        source=storable(table.title),
    )
    return asdict(told) | _asked(table.project, answer) | label_columns(asked.labels)


def _label(asked: Asked) -> str:
    if asked.calculation and not asked.labels:
        return f"calculated: {storable(asked.calculation)}"
    return first_label(asked.labels) or storable(asked.name)


def _asked(project: AdoptedProject, answer: Answer) -> Row:
    newest = answer.question.newest
    numbers = version_numbers(project)
    seen = {numbers[uid]: asked.labels for uid, asked in answer.question.seen.items()}
    return {
        "question": storable(newest.path),
        "kind": storable(newest.kind),
        "list_name": storable(newest.list_name),
        "versions": version_words(seen),
        "earlier_names": ", ".join(map(storable, answer.question.earlier_names)),
        "earlier_labels": earlier_words(seen),
    }


def _version_codes(project: AdoptedProject) -> str:
    """What a record says of its version, and the number by which the codebook calls it."""
    return " | ".join(f"{uid} = version {number}" for uid, number in version_numbers(project).items())


def _code_words(codes: Sequence[Code]) -> str:
    text = " | ".join(f"{code.code} = {code.label}" for code in codes)
    return text if len(text) <= MOST_IN_A_CELL else f"{len(codes)} codes, see {CHOICES}"


def _choices(table: AdoptedTable) -> Iterator[Row]:
    for name, codes in table.codes.items():
        for code in codes:
            now = (code_cell(code.code), code.label, code_cell(code.current))
            told = (table.name, name, *now, version_words(code.seen), earlier_words(code.seen))
            yield dict(zip(CHOICE_COLUMNS, told, strict=True)) | label_columns(code.labels)
