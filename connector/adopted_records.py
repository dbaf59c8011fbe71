"""Knows how records of an adopted form become rows: by columns where all is as the form says, else with care."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import attrgetter
from typing import Any

from sqlalchemy import Table

from connector.adopted_care import Note, problem_of, read_with_care
from connector.adopted_columns import Values, read_column
from connector.adopted_tables import RECORD_COLUMNS
from connector.adopted_taking import LevelKeys, Memory, OddError, Taken
from connector.adopted_union import Union
from connector.problem import Problem
from connector.records import StoredRecord

Json = Mapping[str, Any]
Row = tuple[Any, ...]
Notes = list[tuple[StoredRecord, Note]]
LONGEST_POSITION = 64
_ABOUT = tuple(attrgetter(name) for name in RECORD_COLUMNS)
_PLACES = tuple(str(number) for number in range(1, 1000))


@dataclass(slots=True)
class Batch:
    """Records, or rows of one repeat, that are read together; `owners` are the records that they belong to.

    `taken` is None where something is odd. `positions` says where each row stands in its repeat; records have none.
    """

    records: list[Any] = field(default_factory=list)
    owners: list[StoredRecord] = field(default_factory=list)
    taken: list[Taken | None] = field(default_factory=list)
    positions: list[str] | None = None

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

    def read(self, records: Sequence[StoredRecord]) -> tuple[list[tuple[Table, list[Row]]], list[Problem]]:
        """Return the rows of these records, table by table in the order of their columns, and what is wrong in them.

        Never raises because of what a record holds.
        """
        notes: Notes = []
        batch = Batch([self._under_newest_keys(each, each.record) for each in records], list(records))
        batch.taken = [self._take(record) for record in batch.records]
        rows = list(self._rows(self.keys, batch, notes))
        self.memory.forget()
        return rows, [problem_of(self.form_id, stored, note) for stored, note in notes]

    def _take(self, record: Json) -> Taken | None:
        try:
            return self.memory.take(record)
        except OddError:
            return None

    def _rows(self, keys: LevelKeys, batch: Batch, notes: Notes) -> Iterator[tuple[Table, list[Row]]]:
        yield from _rows_of(keys, batch, notes)
        for place, inner in enumerate(keys.repeats):
            yield from self._rows(inner, self._inside(inner, place, batch, notes), notes)

    def _inside(self, inner: LevelKeys, place: int, batch: Batch, notes: Notes) -> Batch:
        """Return the rows of one repeat of all records, or rows, of a batch."""
        found = Batch(positions=[])
        for number, (record, owner, taken) in enumerate(zip(batch.records, batch.owners, batch.taken, strict=True)):
            if taken is None:
                self._add_with_care(found, inner, record.get(inner.path), owner, batch.position(number), notes)
            elif rows := taken[1][place]:
                found.records += record[inner.path]
                found.owners += repeat(owner, len(rows))
                found.taken += rows
                found.positions += _positions(batch.position(number), len(rows))  # type: ignore[operator]
        return found

    def _add_with_care(
        self, batch: Batch, inner: LevelKeys, rows: Any, owner: StoredRecord, around: str, notes: Notes
    ) -> None:
        if rows is None:
            return
        if not isinstance(rows, list):
            notes.append((owner, Note("unexpected_shape", inner.path, around)))
            return
        for position, row in zip(_positions(around, len(rows)), rows, strict=True):
            if not isinstance(row, dict) or len(position) > LONGEST_POSITION:
                notes.append((owner, Note("unexpected_shape", inner.path, position)))
                continue
            batch.records.append(self._under_newest_keys(owner, row))
            batch.owners.append(owner)
            batch.positions.append(position)  # type: ignore[union-attr]
            batch.taken.append(_take_row(inner, batch.records[-1]))

    def _under_newest_keys(self, stored: StoredRecord, record: Json) -> Json:
        if not self.union.moves:
            return record
        if stored.form_version in self.known_versions:
            return moved(record, self.union.moves.get(stored.form_version or "", {}))
        return moved(record, self.union.any_moves)


def _take_row(keys: LevelKeys, row: Json) -> Taken | None:
    try:
        return keys.take(row)
    except OddError:
        return None


def _positions(around: str, size: int) -> Sequence[str]:
    if not around and size <= len(_PLACES):
        return _PLACES[:size]
    return [f"{around}.{number}" if around else str(number) for number in range(1, size + 1)]


def _rows_of(keys: LevelKeys, batch: Batch, notes: Notes) -> Iterator[tuple[Table, list[Row]]]:
    """Yield the rows of every table of one level."""
    key = [[owner.server_id for owner in batch.owners]]
    if batch.positions is not None:
        key.append(batch.positions)  # type: ignore[arg-type]
    columns, start = _columns(keys, batch, notes), 0
    for number, part in enumerate(keys.parts):
        stop = start + sum(len(variable.columns) for variable in part.variables)
        is_first = number == 0 and batch.positions is None
        about = [list(map(read, batch.owners)) for read in _ABOUT] if is_first else []
        yield part.table, list(zip(*key, *about, *columns[start:stop], strict=True))
        start = stop


def _columns(keys: LevelKeys, batch: Batch, notes: Notes) -> list[Values]:
    blank = [""] * len(keys.variables)
    bad = {place for place, taken in enumerate(batch.taken) if taken is None}
    answers = zip(*[blank if taken is None else taken[0] for taken in batch.taken], strict=True)
    columns: list[Values] = []
    for variable, texts in zip(keys.variables, answers if batch.taken else repeat(()), strict=False):
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
