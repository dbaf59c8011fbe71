"""Knows how a record that is not as its form says is read all the same: what can be is stored, the rest is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from connector.adopted_code import Row
from connector.adopted_keys import LONGEST_POSITION, LevelKeys, positions
from connector.adopted_tables import Variable
from connector.adopted_values import NO_POINT, READERS, read_point, storable
from connector.layout import is_system_key
from connector.problem import Problem, printable, problem
from connector.stored_record import StoredRecord

Json = Mapping[str, Any]
NOT_A_NUMBER = "NaN"
"""What phones write for a calculated number while one of its parts is blank."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something wrong with one answer: a kind of problem, the key, the position in repeats, and a reason without it."""

    kind: str
    key: str
    position: str
    reason: str = ""


def problem_of(form_id: str, stored: StoredRecord, note: Note) -> Problem:
    """Return the row of the table `problem` about one note."""
    placed = f"{note.key}[{note.position}]" if note.position else note.key
    path = printable(placed)
    if not note.reason:
        return problem(note.kind, form_id, root_uuid=stored.root_uuid, server_id=stored.server_id, path=path)
    return Problem(note.kind, form_id, stored.root_uuid, stored.server_id, path, message=note.reason)


def rows_with_care(keys: LevelKeys, found: Json, begin: Row, notes: list[Note], position: str = "") -> list[list[Row]]:
    """Return the rows of a record, or of a row at a position in its repeat, table by table; note what is wrong.

    They are what `LevelKeys.rows_of` gives where nothing is. `begin` is what a row begins with: the record's number
    on the server and what describes it, or the position.
    """
    values = iter(_values(keys, found, position, notes))
    rows = []
    for part, own in zip(keys.parts, keys.keys, strict=True):
        answers = islice(values, sum(len(variable.columns) for variable in part.variables))
        rows.append([(*begin[: len(own)], *answers)])
    for repeated in keys.repeats:
        rows += _rows_inside(repeated, found.get(repeated.path), begin[0], position, notes)
    return rows


def _rows_inside(keys: LevelKeys, value: Any, number: int, around: str, notes: list[Note]) -> list[list[Row]]:
    rows: list[list[Row]] = [[] for _ in keys.tables]
    if not isinstance(value, list):
        if value is not None:
            notes.append(Note("unexpected_shape", keys.path, around))
        return rows
    for position, found in zip(positions(around, len(value)), value, strict=True):
        if isinstance(found, dict) and len(position) <= LONGEST_POSITION:
            more = rows_with_care(keys, found, (number, position), notes, position)
            for before, each in zip(rows, more, strict=True):
                before += each
        else:
            notes.append(Note("unexpected_shape", keys.path, position))
    return rows


def _values(keys: LevelKeys, record: Json, position: str, notes: list[Note]) -> list[Any]:
    """The values of a level in the order of its columns."""
    for key in record:
        if not keys.knows(key) and not position and is_system_key(key):
            keys.learn(key)  # a newer server's own key is no reason for care from now on
        elif not keys.knows(key):
            notes.append(Note("unknown_question", key, position))
    found: list[Any] = []
    for each in keys.variables:
        value = _value(each, record.get(each.path), position, notes)
        found += (value or NO_POINT) if each.storage == "point" else (value,)
    return found


def _value(variable: Variable, value: Any, position: str, notes: list[Note]) -> Any:
    if isinstance(value, list | Mapping):
        notes.append(Note("unexpected_shape", variable.path, position))
        return None
    text = _as_text(value)
    if not text or (not text.strip() and variable.storage in (*READERS, "point")):
        return None
    if variable.storage == "decimal" and text == NOT_A_NUMBER and variable.question.newest.kind == "calculate":
        return None
    try:
        return _typed(variable, text, position, notes)
    except ValueError as error:
        reason = f"The answer is {error} and counts as blank here; the raw record keeps it."
        notes.append(Note("not_a_value", variable.path, position, reason))
        return None


def _typed(variable: Variable, text: str, position: str, notes: list[Note]) -> Any:
    if variable.storage == "point":
        return read_point(text)
    if variable.storage in READERS:
        return READERS[variable.storage](text)
    safe = storable(text)
    if safe != text:
        reason = (
            "The answer holds characters that no database takes; they are replaced here, the raw record keeps them."
        )
        notes.append(Note("not_a_value", variable.path, position, reason))
    elif variable.codes is not None and not _is_listed(variable, text):
        reason = "The answer is in no choice list that the form has or had; it is stored as sent."
        notes.append(Note("not_in_list", variable.path, position, reason))
    return safe


def _is_listed(variable: Variable, text: str) -> bool:
    codes = variable.codes or frozenset()
    return codes.issuperset(text.split()) if variable.storage == "codes" else text in codes


def _as_text(value: Any) -> str:
    """An answer as Kobo writes it: a text; numbers and truths come from other tools."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
