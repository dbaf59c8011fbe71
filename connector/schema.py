"""The tables derived from the forms: one a form, one a repeat or multiple choice; a column a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, Float, Index, Integer, MetaData, String, Table, Text, Time

from connector.answer import LOOKED_UP, storage_of
from connector.fact_schema import derived
from connector.layout import Level, layout_of
from forms.form import Form, Question
from forms.library import FORMS

__all__ = ["FORM_TABLES", "FormTables", "build_form_tables", "derived"]

_TYPES: Mapping[str, Any] = {
    "integer": Integer,
    "decimal": Float,
    "date": Date,
    "time": Time,
    "datetime": DateTime,
    "text": Text,
}


@dataclass(frozen=True, slots=True)
class FormTables:
    """The tables of one form: `record` has one row a record, `children` are named by repeat or multiple choice."""

    record: Table
    children: Mapping[str, Table]

    def all(self) -> tuple[Table, ...]:
        """Return all tables, the record's first."""
        return (self.record, *self.children.values())


def build_form_tables(form: Form, metadata: MetaData = derived) -> FormTables:
    """Return the tables of a form, added to `metadata`; identifying questions have no column.

    Every table has `root_uuid`; a repeat's adds `position` ("2", or "2.1" inside another repeat), a multiple choice's
    adds `choice`. Raises ValueError when a question bears the name of a column that every form has.
    """
    layout = layout_of(form)
    record = Table(form.form_id, metadata, *_record_columns(), *_question_columns(form, layout))
    for name in LOOKED_UP:
        if name in record.columns:
            Index(f"{form.form_id}_by_{name}", record.columns[name])
    children = {name: _child_table(form, name, columns, metadata) for name, columns in _children(form, layout)}
    return FormTables(record, MappingProxyType(children))


def _record_columns() -> tuple[Column[Any], ...]:
    return (
        Column("root_uuid", String(64), primary_key=True, comment="meta/rootUuid: one record for life"),
        Column("asset_uid", String(32), nullable=False, comment="the KoboToolbox project"),
        Column("server_id", BigInteger, nullable=False, comment="_id on the server"),
        Column("submitted_at", DateTime, comment="UTC, when the server received it"),
        Column("submitted_by", Text, comment="KoboToolbox account that sent it"),
        Column("form_version", Text, comment="__version__ as the phone sent it"),
        Column("validation_status", Text, comment="uid of the review on the server"),
    )


def _question_columns(form: Form, level: Level) -> list[Column[Any]]:
    taken = {column.name for column in _record_columns()} | {"position", "choice"}
    stored = [question for question in level.questions.values() if not question.identifying]
    if clash := sorted(taken & {question.name for question in stored}):
        raise ValueError(f"{form.form_id}: a question may not be called {', '.join(clash)}")
    return [_question_column(form, question) for question in stored]


def _question_column(form: Form, question: Question) -> Column[Any]:
    comment = question.label or question.indicator or None
    return Column(question.name, _TYPES[storage_of(question, form)], comment=comment)


def _children(form: Form, level: Level, depth: int = 0) -> Iterator[tuple[str, list[Column[Any]]]]:
    """Yield (name, columns beside root_uuid) of every child table of a level, those inside repeats included."""
    for question in level.questions.values():
        if question.is_select_multiple and not question.identifying:
            yield question.name, [*(_position_column() for _ in range(min(depth, 1))), _choice_column(question)]
    for repeat in level.repeats.values():
        yield repeat.name, [_position_column(), *_question_columns(form, repeat)]
        yield from _children(form, repeat, depth + 1)


def _position_column() -> Column[Any]:
    return Column("position", String(32), primary_key=True, comment="of the row in its repeat, from 1")


def _choice_column(question: Question) -> Column[Any]:
    return Column("choice", String(64), primary_key=True, index=True, comment=question.label or None)


def _child_table(form: Form, name: str, columns: list[Column[Any]], metadata: MetaData) -> Table:
    root = Column("root_uuid", String(64), primary_key=True)
    return Table(f"{form.form_id}_{name}", metadata, root, *columns, sqlite_with_rowid=False)


FORM_TABLES: Mapping[str, FormTables] = MappingProxyType(
    {name: build_form_tables(form) for name, form in FORMS.items()}
)
"""The tables of every form of the programme, by form id."""
