"""Knows how the answers of one record are taken in, key by key, and what is wrong with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from connector.answer import Value
from connector.layout import is_system_key, once_per_form
from connector.problem import Problem, printable, problem
from connector.recompute import find_differences, score_names
from connector.record_plan import Plan, Slot, plan_of
from connector.stored_record import StoredRecord
from connector.version_scoring import retired_questions
from forms.client_code import is_valid
from forms.expression_value import text as as_text
from forms.form import Form

Values = tuple[Any, ...]
NEEDED: Mapping[str, tuple[str, ...]] = {
    "intake": ("client_code",),
    "attendance": ("healing_group", "week", "session_date", "was_held"),
    "outcome": ("client_code", "wave", "contact_result"),
}
"""Answers, by form, without which a record says nothing about the programme."""
_REASONS = {
    "integer": "not a whole number",
    "decimal": "not a number",
    "date": "not a date",
    "time": "not a time",
    "datetime": "not a moment in time",
    "text": "not a text that can be stored",
}


@once_per_form
def _needed_places(form: Form) -> list[tuple[str, int]]:
    names = NEEDED.get(form.form_id, ())
    return [(name, place) for name in names if (place := plan_of(form).place_of(name)) is not None]


class Reading:
    """What has been found so far in one record."""

    __slots__ = ("form", "problems", "read_before", "stored", "tables")

    def __init__(self, form: Form, stored: StoredRecord) -> None:
        self.form = form
        self.stored = stored
        self.tables: defaultdict[str, list[Values]] = defaultdict(list)
        self.problems: list[Problem] = []
        self.read_before: set[tuple[str, str]] = set()

    @staticmethod
    def problem_of(stored: StoredRecord, kind: str, path: str | None = None, **details: str) -> Problem:
        """Return a problem of a record; `path` names the question, as a record keys it."""
        where = None if path is None else printable(path)
        return problem(
            kind, stored.form_id, root_uuid=stored.root_uuid, server_id=stored.server_id, path=where, **details
        )

    def note(self, kind: str, path: str, **details: str) -> None:
        """Note a problem of this record."""
        self.problems.append(self.problem_of(self.stored, kind, path, **details))

    def read(
        self, plan: Plan, record: Mapping[str, Any], position: str, first: Values
    ) -> tuple[dict[str, str], list[Any]]:
        """Return (answers by name as text, row) of one level, and add the rows of its repeats; `first` begins the row.

        What most keys hold, the code of one choice or a value of its type, is taken here and at once.
        """
        answers: dict[str, str] = {}
        row: list[Any] = [*first, *([None] * (len(plan.columns) - len(first)))]
        slots, single, free = plan.slots, plan.single, plan.free
        for key, value in record.items():
            choice = single.get(key)
            if choice is not None and type(value) is str and value in choice[0]:
                _, name, place = choice
                answers[name] = row[place] = value
            elif (typing := free.get(key)) is not None and type(value) is str and (text := value.strip()):
                parse, name, place = typing
                try:
                    row[place] = typed = parse(text)
                    answers[name] = typed if type(typed) is str else text
                except (ValueError, OverflowError):
                    self.read_answer(slots[key], key, value, position, answers, row)
            elif (slot := slots.get(key)) is not None:
                self.read_answer(slot, key, value, position, answers, row)
            elif not is_system_key(key):
                self.read_other(plan, key, value, position, answers, row)
        return answers, row

    def read_other(
        self, plan: Plan, key: str, value: Any, position: str, answers: dict[str, str], row: list[Any]
    ) -> None:
        """Take in what stands under no key of today's form: a repeat, or what earlier versions asked elsewhere."""
        repeat, slot = plan.find_repeat(key), plan.find(key)
        if repeat is not None and isinstance(value, list):
            self.read_repeat(repeat, key, value, position)
        elif slot is not None:
            self.read_answer(slot, key, value, position, answers, row)
        elif not self.read_retired(key, value, answers):
            self.note("unknown_question" if repeat is None else "unexpected_shape", _placed(key, position))

    def read_retired(self, key: str, value: Any, answers: dict[str, str]) -> bool:
        """Take in an answer that only an earlier version of an instrument asks for; say whether it is one."""
        name, text = key.rpartition("/")[2], _as_text(value)
        if name not in (retired := retired_questions(self.form)) or isinstance(value, list | Mapping):
            return False
        if (codes := retired[name]) and text not in codes:
            self.note("not_in_list", key)
        elif text:
            answers[name] = text
        return True

    def read_repeat(self, repeat: Plan, key: str, rows: list[Any], position: str) -> None:
        """Add the rows of a repeat; under two keys, as no phone sends it, only the first list counts."""
        if (repeat.table, position) in self.read_before:
            self.note("unexpected_shape", _placed(key, position))
            return
        self.read_before.add((repeat.table, position))
        for number, row in enumerate(rows, start=1):
            here = f"{position}.{number}" if position else str(number)
            if not isinstance(row, Mapping) or len(here) > 32:
                self.note("unexpected_shape", _placed(key, here))
                continue
            _, values = self.read(repeat, row, here, (self.stored.root_uuid, here))
            self.tables[repeat.table].append(tuple(values))

    def read_answer(
        self, slot: Slot, key: str, value: Any, position: str, answers: dict[str, str], row: list[Any]
    ) -> None:
        """Take in one answer, of whatever shape."""
        if isinstance(value, list | Mapping):
            self.note("unexpected_shape", _placed(key, position))
            return
        text = value.strip() if type(value) is str else _as_text(value)
        if not text:
            return
        if slot.is_multiple:
            typed: Value | None = self.read_choices(slot, text, key, position, answers)
        else:
            typed = self.read_value(slot, text, key, position)
        if typed is not None:
            answers[slot.name] = typed if isinstance(typed, str) else text
            if slot.place is not None:
                row[slot.place] = typed

    def read_value(self, slot: Slot, text: str, key: str, position: str) -> Value | None:
        """Return the value of a text; None, with a problem, when it is none or not in its list."""
        if slot.unlisted([text]):
            self.note("not_in_list", _placed(key, position))
            return None
        try:
            return slot.parse(text)
        except (ValueError, OverflowError):
            self.note("not_a_value", _placed(key, position), reason=_REASONS[slot.storage])
            return None

    def read_choices(self, slot: Slot, text: str, key: str, position: str, answers: Mapping[str, str]) -> str | None:
        """Add a row for each choice, in the place of those of an answer to the same question under another key."""
        codes = list(dict.fromkeys(text.split()))
        unlisted = set(slot.unlisted(codes))
        if unlisted:
            self.note("not_in_list", _placed(key, position))
        kept = [code for code in codes if code not in unlisted]
        if slot.place is not None and kept:
            where = (self.stored.root_uuid, position) if position else (self.stored.root_uuid,)
            if slot.name in answers:
                self.tables[slot.table] = [row for row in self.tables[slot.table] if row[:-1] != where]
            self.tables[slot.table].extend((*where, code) for code in kept)
        return " ".join(kept) or None

    def check_whole(self, answers: Mapping[str, str], row: list[Any], computed: Mapping[str, str]) -> None:
        """Note what only the whole record shows: a missing answer, a mistyped code, a value computed otherwise."""
        for name, place in _needed_places(self.form):
            if row[place] is None:
                self.note("missing_answer", name)
        code = answers.get("client_code")
        if code is not None and not is_valid(code):
            self.note("invalid_client_code", "client_code")
        if differing := find_differences(self.form, computed, answers):
            scores = score_names(self.form)
            for name in differing:
                self.note("score_differs" if name in scores else "calculation_differs", name)


def _placed(key: str, position: str) -> str:
    return f"{key}[{position}]" if position else key


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_whole else as_text(value)
