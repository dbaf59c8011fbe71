"""Knows how records of an adopted form become rows: by code where all is as the form says, else with care."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from connector.adopted_care import Note, problem_of, rows_with_care
from connector.adopted_code import Row
from connector.adopted_keys import LevelKeys, Rows
from connector.adopted_union import Union
from connector.problem import Problem
from connector.stored_record import StoredRecord
from connector.submission import Submission

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Turns records into rows of all tables of a form; `form_id` is the name of its first table."""

    form_id: str
    keys: LevelKeys
    union: Union
    known_versions: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        versions = frozenset(uid for each in self.union.questions for uid in each.seen)
        object.__setattr__(self, "known_versions", versions)

    def read(self, records: Sequence[StoredRecord]) -> tuple[Mapping[Table, list[Row]], list[Problem]]:
        """Return the rows of these records, table by table, and what is wrong in them.

        Never raises because of what a record holds.
        """
        tables, problems = [list[Row]() for _ in self.keys.tables], list[Problem]()
        for stored in records:
            notes: list[Note] = []
            for before, rows in zip(tables, self._rows_of(stored, notes), strict=True):
                before += rows
            problems += [problem_of(self.form_id, stored, note) for note in notes]
        return dict(zip(self.keys.tables, tables, strict=True)), problems

    def _rows_of(self, stored: StoredRecord, notes: list[Note]) -> Rows:
        if stored.rows is not None:
            return stored.rows
        found, about = self._under_newest_keys(stored), described(stored)
        return self.keys.rows_of(found, about) or rows_with_care(self.keys, found, about, notes)

    def _under_newest_keys(self, stored: StoredRecord) -> Json:
        if not self.union.moves:
            return stored.record
        is_known = stored.form_version in self.known_versions
        moves = self.union.moves.get(stored.form_version or "", {}) if is_known else self.union.any_moves
        return _moved_inside(self.keys, stored.record, moves) if moves else stored.record


def described(about: StoredRecord | Submission) -> Row:
    """What describes a record, as `ABOUT` names it; the moment is a text in the databases' own notation."""
    moment = about.submitted_at
    return (
        about.server_id,
        about.root_uuid,
        moment and moment.isoformat(" ", "microseconds"),
        about.submitted_by,
        about.form_version,
        about.validation_status,
    )


def _moved_inside(keys: LevelKeys, record: Json, moves: Mapping[str, str]) -> Json:
    """Return a record, and the rows in it, under the keys of the newest version."""
    found = moved(record, moves)
    for inner in keys.repeats:
        rows = found.get(inner.path)
        if isinstance(rows, list):
            whole = [_moved_inside(inner, row, moves) if isinstance(row, dict) else row for row in rows]
            found = {**found, inner.path: whole}
    return found


def moved(record: Json, moves: Mapping[str, str]) -> Json:
    """Return a record under the keys that the newest version has for its questions.

    Where both keys are there, an old one keeps its value under its own name.
    """
    if not moves or moves.keys().isdisjoint(record):
        return record
    found = {key: value for key, value in record.items() if key not in moves}
    for key in sorted(record.keys() & moves.keys()):
        found.setdefault(key if moves[key] in found else moves[key], record[key])
    return found
