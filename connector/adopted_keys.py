"""Knows the keys of an adopted form, level by level, and how a record with none but these becomes rows at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from connector.adopted_code import ODD, Row, row_code
from connector.adopted_tables import RECORD_COLUMNS, Level

Json = Mapping[str, Any]
Rows = Sequence[Sequence[Row]]
"""The rows of one record, table by table, in the order of `Level.tables`."""
ABOUT = ("server_id", *RECORD_COLUMNS)
IN_REPEAT = ("server_id", "position")
"""What the row of a record and the row of a repeat begin with."""
LONGEST_POSITION = 64
_PLACES = tuple(str(number) for number in range(1, 1000))


class LevelKeys:
    """The keys of one level, records or rows of a repeat, in the order of its variables."""

    def __init__(self, level: Level, more_keys: Iterable[str] = ()) -> None:
        self.path = level.path
        self.parts = level.parts
        self.tables = level.tables()
        self.variables = tuple(each for part in level.parts for each in part.variables)
        self.repeats = tuple(LevelKeys(each) for each in level.repeats)
        self._known = {*(each.path for each in self.variables), *(each.path for each in level.repeats), *more_keys}
        is_record = level.repeat is None
        first, others = (ABOUT, ABOUT[:1]) if is_record else (IN_REPEAT, IN_REPEAT)
        self.keys = [first, *[others] * (len(level.parts) - 1)]

    @cached_property
    def _read(self) -> Callable[..., tuple[Row, ...]]:
        """Written when the first record comes: most runs see none."""
        return row_code(self.parts, self.keys, self._known)

    def knows(self, key: str) -> bool:
        """Whether a key is one of the form's, or of the server's."""
        return key in self._known

    def learn(self, key: str) -> None:
        """Know a key of its own that a newer server turns out to send."""
        self._known.add(key)

    def rows_of(self, record: Json, about: Row) -> Rows | None:
        """Return the rows of a record, described by `about`; None if anything in it is not as the form says."""
        try:
            rows: list[Sequence[Row]] = [(row,) for row in self._read(record, *about)]
            for repeated in self.repeats:
                rows += repeated._rows_inside(record.get(repeated.path), about[0], "")
        except ODD:
            return None
        return rows

    def _rows_inside(self, value: Any, number: int, around: str) -> list[Sequence[Row]]:
        """The rows of this repeat in a record, and of those inside; `around` is where it stands. Raises one of ODD."""
        if value is not None and type(value) is not list:
            raise TypeError("no rows")
        if not value:
            return [()] * len(self.tables)
        places, read = positions(around, len(value)), self._read
        if len(places[-1]) > LONGEST_POSITION:
            raise ValueError("rows inside rows inside rows")
        own = [read(found, number, place) for place, found in zip(places, value, strict=True)]
        rows: list[Sequence[Row]] = list(zip(*own, strict=True))
        for inner in self.repeats:
            more = [
                inner._rows_inside(found.get(inner.path), number, place)
                for place, found in zip(places, value, strict=True)
            ]
            rows += [tuple(chain.from_iterable(each)) for each in zip(*more, strict=True)]
        return rows


def positions(around: str, size: int) -> Sequence[str]:
    """Where the rows of a repeat stand, counted from 1; those of one inside another begin with the place `around`."""
    if not around and size <= len(_PLACES):
        return _PLACES[:size]
    return [f"{around}.{number}" if around else str(number) for number in range(1, size + 1)]
