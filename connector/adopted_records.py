"""Knows how records of an adopted form become rows: by columns where all is as the form says, else with care."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sqlalchemy import Table

from connector.adopted_care import Note, problem_of, read_with_care
from connector.adopted_columns import Values, read_column
from connector.adopted_tables import RECORD_COLUMNS
from connector.adopted_taking import LevelKeys, Memory, Taken
from connector.adopted_union import Union
from connector.problem import Problem
from connector.stored_record import StoredRecord

Json = Mapping[str, Any]
Notes = list[tuple[StoredRecord, Note]]
_ABOUT = tuple(attrgetter(name) for name in RECORD_COLUMNS)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records, or rows of one repeat, that are read together; `owners` are the records that they belong to.

    `positions` says where each row stands in its repeat; records have none.
    """

    records: Sequence[Json]
    owners: Sequence[StoredRecord]
    taken: Taken
    positions: Sequence[str] | None = None

    def position(self, place: int) -> str:
        """The position of one row, "" for a record."""
        return self.positions[place] if self.positions is not None else ""


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Turns records into rows of all tables of a form; `form_id` is the name of its first table."""

    form_id: str
    keys: LevelKeys
    memory: Memory
    union: Union
    known_versions: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        versions = frozenset(uid for each in self.union.questions for uid in each.seen)
        object.__setattr__(self, "known_versions", versions)

    def read(self, records: Sequence[StoredRecord]) -> tuple[list[tuple[Table, list[Values]]], list[Problem]]:
        """Return the columns of these records, table by table, and what is wrong in them.

        Never raises because of what a record holds.
        """
        notes: Notes = []
        found = [self._under_newest_keys(each) for each in records]
        batch = Batch(found, records, self.memory.take(found))
        columns = list(self._tables(self.keys, batch, notes))
        self.memory.forget()
        return columns, [problem_of(self.form_id, stored, note) for stored, note in notes]

    def _tables(self, keys: LevelKeys, batch: Batch, notes: Notes) -> Iterator[tuple[Table, list[Values]]]:
        yield from _columns_of(keys, batch, notes)
        for inner, rows in zip(keys.repeats, batch.taken.inside, strict=True):
            owners = [batch.owners[place] for place in rows.owners]
            notes += [(batch.owners[at], Note("unexpected_shape", inner.path, where)) for at, where in rows.misfits]
            yield from self._tables(inner, Batch(rows.rows, owners, rows.taken, rows.positions), notes)

    def _under_newest_keys(self, stored: StoredRecord) -> Json:
        if not self.union.moves:
            return stored.record
        is_known = stored.form_version in self.known_versions
        moves = self.union.moves.get(stored.form_version or "", {}) if is_known else self.union.any_moves
        return _moved_inside(self.keys, stored.record, moves) if moves else stored.record


def _columns_of(keys: LevelKeys, batch: Batch, notes: Notes) -> Iterator[tuple[Table, list[Values]]]:
    """Yield the columns of every table of one level."""
    key: list[Values] = [[owner.server_id for owner in batch.owners]]
    if batch.positions is not None:
        key.append(batch.positions)
    columns, start = _columns(keys, batch, notes), 0
    for number, part in enumerate(keys.parts):
        stop = start + sum(len(variable.columns) for variable in part.variables)
        is_first = number == 0 and batch.positions is None
        about = [list(map(read, batch.owners)) for read in _ABOUT] if is_first else []
        yield part.table, [*key, *about, *columns[start:stop]]
        start = stop


def _columns(keys: LevelKeys, batch: Batch, notes: Notes) -> list[Values]:
    bad = set(batch.taken.odd)
    columns: list[Values] = []
    for variable, texts in zip(keys.variables, batch.taken.columns, strict=True):
        columns += read_column(variable, texts, bad)
    return _with_care(keys, batch, columns, sorted(bad), notes) if bad else columns


def _with_care(keys: LevelKeys, batch: Batch, columns: list[Values], bad: Sequence[int], notes: Notes) -> list[Values]:
    """Return the columns with the values of what has to be read one by one."""
    found = [list(column) for column in columns]
    for place in bad:
        own: list[Note] = []
        values = read_with_care(keys, batch.records[place], batch.position(place), own)
        for column, value in zip(found, values, strict=True):
            column[place] = value
        notes.extend((batch.owners[place], note) for note in own)
    return found  # type: ignore[return-value]


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
