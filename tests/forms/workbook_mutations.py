"""Knows how a good workbook gets spoilt by chance: rows, columns and cells dropped, doubled, swapped and garbled."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from forms.workbook_rows import REFUSED_TYPES, TYPES
from tests.forms.good_workbook import Row, Sheets

STRANGE = (
    "\u00a0", "\u200b", "\u202e", "\x0b", "\ud800", "“", "’", "é", "ß", "İ", "🙂", "0", "9", "'", '"', "(", ")", "[",
    "]", "{", "}", "$", "<", "&", ";", ",", ".", "/", "::", " ", "\n", "${", "and ", "=",
)  # fmt: skip
_TYPES = (*TYPES, *REFUSED_TYPES, "select_one yes_no", "select_multiple village", "rank often", "foo", "select_one x y")
_COLUMNS = (
    "hint",
    "default",
    "trigger",
    "appearance",
    "read_only",
    "required",
    "choice_filter",
    "repeat_count",
    "audio",
)
_BRACKETS = "()[]{}'\""


def spoilt(sheets: Mapping[str, Sequence[Mapping[str, str]]], rng: random.Random) -> Sheets:
    """A copy of a workbook with one to three things changed."""
    copy = {sheet: [dict(row) for row in rows] for sheet, rows in sheets.items()}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        sheet = rng.choice(("survey",) * 5 + ("choices",) * 2 + ("settings",))
        rng.choice(_CHANGES)(copy.setdefault(sheet, []), rng)
        copy[sheet] = [filled for row in copy[sheet] if (filled := {key: text for key, text in row.items() if text})]
    return copy


def _drop_row(rows: list[Row], rng: random.Random) -> None:
    if rows:
        rows.pop(rng.randrange(len(rows)))


def _double_row(rows: list[Row], rng: random.Random) -> None:
    if rows:
        rows.insert(rng.randrange(len(rows) + 1), dict(rng.choice(rows)))


def _swap_rows(rows: list[Row], rng: random.Random) -> None:
    if rows:
        one, other = rng.randrange(len(rows)), rng.randrange(len(rows))
        rows[one], rows[other] = rows[other], rows[one]


def _change_cell(rows: list[Row], rng: random.Random) -> None:
    """Empty it, take another cell's text, put a strange sign in, or take one sign out."""
    if not rows:
        return
    row = rng.choice(rows)
    column = rng.choice(list(row))
    text = row[column]
    place = rng.randrange(len(text))
    changed = (
        "",
        rng.choice(list(rng.choice(rows).values())),
        text[:place] + rng.choice(STRANGE) + text[place:],
        text[:place] + text[place + 1 :],
        text.swapcase(),
    )
    row[column] = rng.choice(changed)


def _drop_bracket(rows: list[Row], rng: random.Random) -> None:
    found = [
        (row, column, at) for row in rows for column in row for at, sign in enumerate(row[column]) if sign in _BRACKETS
    ]
    if found:
        row, column, at = rng.choice(found)
        row[column] = row[column][:at] + row[column][at + 1 :]


def _change_type(rows: list[Row], rng: random.Random) -> None:
    if rows:
        rng.choice(rows)["type"] = rng.choice(_TYPES)


def _rename_column(rows: list[Row], rng: random.Random) -> None:
    columns = [column for row in rows for column in row]
    if columns:
        old = rng.choice(columns)
        new = rng.choice((old[:-1], old.replace("::", ":"), old.split("::")[0], old.upper(), *_COLUMNS)) or "x"
        rows[:] = [{new if column == old else column: text for column, text in row.items()} for row in rows]


def _drop_column(rows: list[Row], rng: random.Random) -> None:
    columns = [column for row in rows for column in row]
    if columns:
        old = rng.choice(columns)
        rows[:] = [{column: text for column, text in row.items() if column != old} for row in rows]


def _add_cell(rows: list[Row], rng: random.Random) -> None:
    if rows:
        rng.choice(rows)[rng.choice(_COLUMNS)] = rng.choice(("yes", "${held}", "1", "x = 1", "name = 'a'", "quick", ""))


_CHANGES: tuple[Callable[[list[Row], random.Random], None], ...] = (
    _drop_row, _double_row, _swap_rows, _change_cell, _change_cell, _change_cell, _drop_bracket, _change_type,
    _rename_column, _drop_column, _add_cell,
)  # fmt: skip
