"""Knows, once for each form, what to do with each key of its records, and in which column an answer goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from connector.answer import LOOKED_UP, Value, code, parser_of, storage_of, unlisted_codes
from connector.layout import Level, layout_of, once_per_form
from forms.form import Form, Question

RECORD_COLUMNS = (
    "root_uuid",
    "asset_uid",
    "server_id",
    "submitted_at",
    "submitted_by",
    "form_version",
    "validation_status",
)
"""The columns that every form's table begins with; the questions follow in the order of the form."""


class Slot(NamedTuple):
    """What is known of one question: `place` is its column, None for an identifying one, which has none.

    `codes` are those of its choice list, None for a free answer; `table` is the one of a multiple choice's choices.
    """

    question: Question
    name: str
    place: int | None
    codes: frozenset[str] | None
    is_multiple: bool
    table: str
    storage: str
    parse: Callable[[str], Value]

    @property
    def is_free(self) -> bool:
        """Whether any text of the right type is an answer."""
        return self.codes is None and self.question.roster is None and not self.is_multiple

    def unlisted(self, codes: list[str]) -> list[str]:
        """Return the codes outside the choice list, or that no roster could hold; [] for free answers."""
        if self.codes is not None:
            return [code for code in codes if code not in self.codes]
        return [] if self.question.roster is None else unlisted_codes(self.question, codes)


class Plan(NamedTuple):
    """How the answers of a form, or of one repeat, become a row of `table`.

    `slots` are keyed as a record keys answers, `by_name` by question, `repeats` by their name. `single` has, for each
    question with one choice that has a column, what most of its answers need: (codes, name, place); `free` has for each
    one whose answers are in no list (parse, name, place).
    """

    level: Level
    table: str
    columns: tuple[str, ...]
    slots: Mapping[str, Slot]
    single: Mapping[str, tuple[frozenset[str], str, int]]
    free: Mapping[str, tuple[Callable[[str], Value], str, int]]
    by_name: Mapping[str, Slot]
    repeats: Mapping[str, Plan]

    def find(self, key: str) -> Slot | None:
        """Return the slot of a key, also of one that an earlier version had in another group."""
        question = self.level.find(key)
        return None if question is None else self.by_name[question.name]

    def find_repeat(self, key: str) -> Plan | None:
        """Return the plan of a repeat, found like a question."""
        level = self.level.find_repeat(key)
        return None if level is None else self.repeats[level.name]

    def place_of(self, name: str) -> int | None:
        """Return the column of a question; None when the table has none."""
        return self.by_name[name].place if name in self.by_name else None


@once_per_form
def plan_of(form: Form) -> Plan:
    """Return the plan of a form's records."""
    return _plan(form, layout_of(form), form.form_id, RECORD_COLUMNS)


@once_per_form
def columns_of(form: Form) -> dict[str, tuple[str, ...]]:
    """Return the columns, in their order, of the tables that a form's records fill, by name of table."""
    return dict(_columns(plan_of(form), ()))


def _plan(form: Form, level: Level, table: str, first: tuple[str, ...]) -> Plan:
    stored = [question.name for question in level.questions.values() if not question.identifying]
    columns = (*first, *stored)
    slots = {key: _slot(form, question, columns) for key, question in level.questions.items()}
    inner = {each.name: each for each in level.repeats.values()}
    repeats = {
        name: _plan(form, each, f"{form.form_id}_{name}", ("root_uuid", "position")) for name, each in inner.items()
    }
    single = {
        key: (slot.codes, slot.name, slot.place)
        for key, slot in slots.items()
        if slot.codes is not None and slot.place is not None and not slot.is_multiple
    }
    free = {
        key: (slot.parse, slot.name, slot.place)
        for key, slot in slots.items()
        if slot.is_free and slot.place is not None
    }
    return Plan(level, table, columns, slots, single, free, {slot.name: slot for slot in slots.values()}, repeats)


def _slot(form: Form, question: Question, columns: tuple[str, ...]) -> Slot:
    storage = storage_of(question, form)
    return Slot(
        question=question,
        name=question.name,
        place=None if question.identifying else columns.index(question.name),
        codes=None if question.choices is None else frozenset(question.choices.codes),
        is_multiple=question.is_select_multiple,
        table=f"{form.form_id}_{question.name}",
        storage=storage,
        parse=code if question.name in LOOKED_UP and storage == "text" else parser_of(storage),
    )


def _columns(plan: Plan, position: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield plan.table, plan.columns
    for slot in plan.slots.values():
        if slot.is_multiple and slot.place is not None:
            yield slot.table, ("root_uuid", *position, "choice")
    for repeat in plan.repeats.values():
        yield from _columns(repeat, ("position",))
