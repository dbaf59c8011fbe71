"""Knows how a page of answers is read column by column, which costs a fraction of reading it record by record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.adopted_tables import Variable
from connector.adopted_values import MINUTES, READERS, SMALL, Point, Stored, read_datetime, read_hour, read_point

Values = Sequence[Any]
_NO_NUMBER = re.compile(r"[^0-9.+\- ]")


def read_column(variable: Variable, texts: Sequence[str], bad: set[int]) -> list[Values]:
    """Return the columns of a question, one, or four for a point; `texts` are its answers, "" where there is none.

    A text that is no such value becomes None, and its place is added to `bad`, as is that of a code in no list.
    """
    if variable.storage == "point":
        return _parts_of(_points(texts, bad))
    if variable.storage in READERS:
        return [_typed(variable.storage, texts, bad)]
    if variable.codes is not None and not variable.codes.issuperset(_codes(variable, texts)):
        bad.update(place for place, text in enumerate(texts) if not _is_listed(variable, text))
    return [[text or None for text in texts]]


def _codes(variable: Variable, texts: Sequence[str]) -> Sequence[str]:
    return " ".join(texts).split() if variable.storage == "codes" else texts


def _is_listed(variable: Variable, text: str) -> bool:
    codes = variable.codes or frozenset()
    return codes.issuperset(text.split()) if variable.storage == "codes" else text in codes


def _typed(storage: str, texts: Sequence[str], bad: set[int]) -> Values:
    try:
        return _AT_ONCE[storage](texts)
    except (KeyError, ValueError):
        return [_one(text, READERS[storage], place, bad) for place, text in enumerate(texts)]


def _one(text: str, read: Callable[[str], Any], place: int, bad: set[int]) -> Any:
    try:
        return read(text) if text else None
    except ValueError:
        bad.add(place)
        return None


def _integers(texts: Sequence[str]) -> Values:
    return list(map(SMALL.__getitem__, texts))


def _decimals(texts: Sequence[str]) -> Values:
    """Where nothing but digits, signs and points is written, no text can be `nan`, infinite or `1_0`."""
    if _NO_NUMBER.search(" ".join(texts)):
        raise ValueError
    return [float(text) if text else None for text in texts]


def _moments(texts: Sequence[str]) -> Values:
    """Most are written by one kind of phone, `2026-11-22T09:00:00.000+03:00`: hours are looked up, the rest stays."""
    return [
        f"{read_hour(text[:13] + text[23:])}{text[13:23]}000"
        if len(text) == 29
        and text[13:19] in MINUTES
        and text[19] == "."
        and text[20:23].isdigit()
        and text[27:] == "00"
        else (read_datetime(text) if text else None)
        for text in texts
    ]


def _each(storage: str) -> Callable[[Sequence[str]], Values]:
    read = READERS[storage]
    return lambda texts: [read(text) if text else None for text in texts]


_AT_ONCE: Mapping[str, Callable[[Sequence[str]], Values]] = {
    "integer": _integers,
    "decimal": _decimals,
    "date": _each("date"),
    "time": _each("time"),
    "datetime": _moments,
}
"""How a whole column is read; a KeyError or ValueError tells that one of its texts has to be looked at alone."""


def _points(texts: Sequence[str], bad: set[int]) -> list[Point | None]:
    return [_one(text, read_point, place, bad) for place, text in enumerate(texts)]


def _parts_of(points: Sequence[Point | None]) -> list[Values]:
    return list(zip(*[point or _NO_POINT for point in points], strict=True)) or [(), (), (), ()]


_NO_POINT: tuple[Stored, ...] = (None, None, None, None)
