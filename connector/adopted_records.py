"""Knows how records of an adopted form become rows: by code where all is as the form says, else with care."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Table

from connector.adopted_care import Note, problem_of, rows_with_care
from connector.adopted_code import Row
from connector.adopted_keys import LevelKeys, Rows, positions
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
        found, about = self._under_newest_keys(stored, notes), described(stored)
        return self.keys.rows_of(found, about) or rows_with_care(self.keys, found, about, notes)

    def _under_newest_keys(self, stored: StoredRecord, notes: list[Note]) -> Json:
        if stored.form_version in self.known_versions:
            moves = self.union.moves.get(stored.form_version or "", {})
            move = partial(_as_told, moves, notes)
        else:
            moves = self.union.any_moves
            move = partial(_as_guessed, moves)
        return _moved_inside(self.keys, stored.record, move) if moves else stored.record


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


def _moved_inside(keys: LevelKeys, record: Json, move: Callable[[Json, str], dict[str, Any]], at: str = "") -> Json:
    """Return a record, or a row at a position in its repeats, as `move` makes it, and the rows in it likewise."""
    found = move(record, at)
    for inner in keys.repeats:
        rows = found.get(inner.path)
        if isinstance(rows, list):
            found[inner.path] = [
                _moved_inside(inner, row, move, place) if isinstance(row, dict) else row
                for place, row in zip(positions(at, len(rows)), rows, strict=True)
            ]
    return found


def _as_told(moves: Mapping[str, str], notes: list[Note], record: Json, at: str) -> dict[str, Any]:
    """Return one level of a record under the newest version's keys, as its own version says (`moves`).

    Where an answer comes to a key under which another one stands, that version does not ask for the other, which is
    left out and noted.
    """
    taken = {moves[key] for key in moves.keys() & record.keys()}
    strange = {key for key in taken & record.keys() if key not in moves}
    notes += (Note("unknown_question", key, at) for key in record if key in strange)
    return {moves.get(key, key): value for key, value in record.items() if key not in strange}


def _as_guessed(moves: Mapping[str, str], record: Json, _at: str) -> dict[str, Any]:
    """Return one level of a record of no known version under the newest version's keys.

    An old key is one that the newest version does not have, so where both are there it keeps its value, and is told.
    """
    found = {key: value for key, value in record.items() if key not in moves}
    for key in sorted(record.keys() & moves.keys()):
        found[key if moves[key] in found else moves[key]] = record[key]
    return found
