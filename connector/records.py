"""Knows how one record becomes typed rows, answers to items, scores, and a list of what is wrong with it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.answer import Value, parse_answer, storage_of, unlisted_codes
from connector.instrument_rows import instrument_rows
from connector.layout import Level, is_system_key, layout_of, once_per_form
from connector.problem import Problem, problem, problem_rows
from connector.recompute import find_differences, recompute, score_names
from connector.version_scoring import retired_questions, retired_scores
from forms.client_code import is_valid
from forms.expression_value import text as as_text
from forms.form import Form, Question

Row = dict[str, Any]
LONGEST_PATH = 200
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


@dataclass(frozen=True, slots=True)
class RecordKey:
    """What tells a record from all others for life; both parts are at most 32 and 64 characters long."""

    asset_uid: str
    root_uuid: str


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record as the server gives it (`record`), with what the table `submission` says about it; times in UTC."""

    asset_uid: str
    root_uuid: str
    form_id: str
    server_id: int
    record: Mapping[str, Any]
    submitted_at: dt.datetime | None = None
    submitted_by: str | None = None
    form_version: str | None = None
    validation_status: str | None = None

    @property
    def key(self) -> RecordKey:
        """The record's key."""
        return RecordKey(self.asset_uid, self.root_uuid)


@dataclass(frozen=True, slots=True)
class RecordRows:
    """The rows of one record by name of table, and its problems."""

    tables: Mapping[str, list[Row]]
    problems: tuple[Problem, ...]

    def with_problems(self) -> dict[str, list[Row]]:
        """Return all rows, those of the table `problem` included."""
        return {**self.tables, "problem": problem_rows(self.problems)}


def read_record(form: Form, stored: StoredRecord, as_sent: frozenset[str] = frozenset()) -> RecordRows:
    """Return the typed rows, item answers and assessments of one record, and every problem found in it.

    `form` has the instruments by which the record is scored, which may be those of an earlier version; `as_sent` names
    calculated values that only that version knew how to compute (see `recompute`).
    Never raises because of what the record holds: a value that cannot be is a problem and counts as blank.
    """
    reading = _Reading(form, stored)
    answers, row = reading.read(layout_of(form), stored.record, "")
    reading.tables[form.form_id].append({**_system_values(stored), **row})
    computed = recompute(form, answers, as_sent)
    reading.check_whole(answers, row, computed)
    told = {**retired_scores(form, answers), **row}
    instruments = instrument_rows(form, answers, told, computed, {"root_uuid": stored.root_uuid}, stored.submitted_at)
    return RecordRows({**reading.tables, **instruments}, tuple(reading.problems))


def unreadable(stored: StoredRecord, reason: str) -> RecordRows:
    """Return the rows of a record that could not be read at all; `reason` holds no answer."""
    return RecordRows({}, (_Reading.problem_of(stored, "unreadable_record", reason=reason),))


def _system_values(stored: StoredRecord) -> Row:
    names = ("root_uuid", "asset_uid", "server_id", "submitted_at", "submitted_by", "form_version", "validation_status")
    return {name: getattr(stored, name) for name in names}


@once_per_form
def _storage(form: Form) -> dict[str, str]:
    return {question.name: storage_of(question, form) for question in form.questions()}


class _Reading:
    """What has been found so far in one record."""

    def __init__(self, form: Form, stored: StoredRecord) -> None:
        self.form = form
        self.stored = stored
        self.tables: defaultdict[str, list[Row]] = defaultdict(list)
        self.problems: list[Problem] = []

    @staticmethod
    def problem_of(stored: StoredRecord, kind: str, path: str | None = None, **details: str) -> Problem:
        where = None if path is None else _printable(path)
        return problem(
            kind, stored.form_id, root_uuid=stored.root_uuid, server_id=stored.server_id, path=where, **details
        )

    def note(self, kind: str, path: str, **details: str) -> None:
        self.problems.append(self.problem_of(self.stored, kind, path, **details))

    def read(self, level: Level, record: Mapping[str, Any], position: str) -> tuple[dict[str, str], Row]:
        """Return (answers by name as text, typed values by name) of one level, and add the rows of its repeats."""
        answers: dict[str, str] = {}
        row: Row = {question.name: None for question in level.questions.values() if not question.identifying}
        for key, value in record.items():
            repeat, question = level.find_repeat(key), level.find(key)
            if repeat is not None and isinstance(value, list):
                self.read_repeat(repeat, key, value, position)
            elif question is not None:
                self.read_answer(question, key, value, position, answers, row)
            elif not is_system_key(key) and not self.read_retired(key, value, answers):
                self.note("unknown_question" if repeat is None else "unexpected_shape", _placed(key, position))
        return answers, row

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

    def read_repeat(self, repeat: Level, key: str, rows: list[Any], position: str) -> None:
        for number, row in enumerate(rows, start=1):
            here = f"{position}.{number}" if position else str(number)
            if not isinstance(row, Mapping) or len(here) > 32:
                self.note("unexpected_shape", _placed(key, here))
                continue
            _, values = self.read(repeat, row, here)
            table = f"{self.form.form_id}_{repeat.name}"
            self.tables[table].append({"root_uuid": self.stored.root_uuid, "position": here, **values})

    def read_answer(
        self, question: Question, key: str, value: Any, position: str, answers: dict[str, str], row: Row
    ) -> None:
        path = _placed(key, position)
        if isinstance(value, list | Mapping):
            self.note("unexpected_shape", path)
            return
        text = _as_text(value)
        if not text:
            return
        if question.is_select_multiple:
            typed: Value | None = self.read_choices(question, text, path, position)
        else:
            typed = self.read_value(question, text, path)
        if typed is not None:
            answers[question.name] = typed if isinstance(typed, str) else text
            if not question.identifying:
                row[question.name] = typed

    def read_value(self, question: Question, text: str, path: str) -> Value | None:
        if unlisted_codes(question, [text]):
            self.note("not_in_list", path)
            return None
        storage = _storage(self.form)[question.name]
        try:
            return parse_answer(text, storage)
        except ValueError:
            self.note("not_a_value", path, reason=_REASONS[storage])
            return None

    def read_choices(self, question: Question, text: str, path: str, position: str) -> str | None:
        codes = list(dict.fromkeys(text.split()))
        unlisted = unlisted_codes(question, codes)
        if unlisted:
            self.note("not_in_list", path)
        kept = [code for code in codes if code not in unlisted]
        if not question.identifying:
            place = {"position": position} if position else {}
            rows = [{"root_uuid": self.stored.root_uuid, **place, "choice": code} for code in kept]
            self.tables[f"{self.form.form_id}_{question.name}"].extend(rows)
        return " ".join(kept) or None

    def check_whole(self, answers: Mapping[str, str], row: Row, computed: Mapping[str, str]) -> None:
        """Note what only the whole record shows: a missing answer, a mistyped code, a value computed otherwise."""
        for name in NEEDED.get(self.form.form_id, ()):
            if name in row and row[name] is None:
                self.note("missing_answer", name)
        code = answers.get("client_code")
        if code is not None and not is_valid(code):
            self.note("invalid_client_code", "client_code")
        scores = score_names(self.form)
        for name in find_differences(self.form, computed, answers):
            self.note("score_differs" if name in scores else "calculation_differs", name)


def _placed(key: str, position: str) -> str:
    return f"{key}[{position}]" if position else key


def _printable(path: str) -> str:
    return path.encode("ascii", "backslashreplace").decode().replace("\x00", "\\x00")[:LONGEST_PATH]


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_whole else as_text(value)
