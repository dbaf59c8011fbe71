"""Knows how answers that are as their form says become rows: by Python code that is written once for each level.

Code that names every question takes a third of the time of a loop that finds out, for each answer, what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.adopted_tables import Part, Variable
from connector.adopted_values import NO_POINT, READERS, days_of, is_storable, read_moment, read_point
from connector.plain_answer import Remembered, one_of
from forms.expression_code import make_function

Row = tuple[Any, ...]
ODD = (LookupError, TypeError, ValueError)
"""What the code raises when something is not as its form says: it is then read with care."""


def row_code(parts: Sequence[Part], keys: Sequence[Sequence[str]], known: set[str]) -> Callable[..., tuple[Row, ...]]:
    """Return a function that makes of an object, and of what `keys` names, a row for each part of its level.

    The row of each part begins with what `keys` has for it; the first has all, and that is what the function takes
    behind the object. It raises one of `ODD` if the object has a key that is not among `known`, an answer that is no
    text, or one whose text is no value of its question or in no list.
    """
    writer = _Writer({"known": known, **_READ})
    rows = list(map(writer.row, parts, keys))
    lines = [
        f"def read({', '.join(('found', *keys[0]))}):",
        "    if type(found) is not dict or not known.issuperset(found):",
        "        raise KeyError",
        "    get = found.get",
        *writer.points,
        f"    return ({''.join(f'{row}, ' for row in rows)})",
    ]
    return make_function("read", lines, writer.names)


class _Writer:
    """Writes the rows of a level; `points` are lines that come before, `names` what the code finds when it runs."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.points: list[str] = []

    def row(self, part: Part, keys: Sequence[str]) -> str:
        """The code of one row, a tuple."""
        values = [value for variable in part.variables for value in self._values(variable)]
        return f"({''.join(f'{value}, ' for value in (*keys, *values))})"

    def _values(self, variable: Variable) -> list[str]:
        answer = f"(t := get({variable.path!r}))"
        if variable.storage == "point":
            name = f"point_{len(self.points)}"
            self.points.append(f"    {name} = nowhere if {answer} is None else point(t)")
            return [f"{name}[{place}]" for place in range(len(NO_POINT))]
        if variable.storage in ("integer", "time"):
            return [f"{variable.storage}[get({variable.path!r})]"]
        if variable.storage in ("decimal", "date", "datetime"):
            return [f"(None if {answer} is None else {variable.storage}(t))"]
        if variable.codes is None:
            is_plain = "type(t) is str and t and t.isascii() and '\\0' not in t"
            return [f"(t if {answer} is None or {is_plain} else text(t))"]
        if variable.storage == "codes":
            are_listed = f"type(t) is str and t and {self._named(_codes(variable).issuperset)}(t.split())"
            return [f"(t if {answer} is None or {are_listed} else blank(t))"]
        return [f"{self._named(one_of(_codes(variable)))}[get({variable.path!r})]"]

    def _named(self, value: Any) -> str:
        """The name under which the code finds a value."""
        name = f"value_{len(self.names)}"
        self.names[name] = value
        return name


def _codes(variable: Variable) -> frozenset[str]:
    """The codes of a question that a database takes; each answer with one of them is always the same text."""
    return frozenset(code for code in variable.codes or () if code and is_storable(code))


def _answered(read: Callable[[str], Any], nothing: Any = None) -> Callable[[Any], Any]:
    """Return what reads an answer: `nothing` for a blank one, TypeError for what is no text."""

    def answer(value: Any) -> Any:
        if value is None or value == "":
            return nothing
        if type(value) is not str:
            raise TypeError("no text")
        return read(value)

    return answer


def _blank(value: Any) -> None:
    """Nothing for a blank answer; ValueError for any other, which is in no list."""
    if value != "":
        raise ValueError("not in the list")


_DAYS = Remembered(days_of)
_other_day = _answered(READERS["date"])


def _date(value: Any) -> Any:
    """A day; what is written as both databases do stays as it is."""
    return value if value[8:] in _DAYS[value[:8]] else _other_day(value)


def _text(value: Any) -> str | None:
    """A text as both databases take it; None for a blank one."""
    if type(value) is not str or "\0" in value:
        raise ValueError("no text that can be stored")
    value.encode()  # half a character raises UnicodeEncodeError, a ValueError
    return value or None


_READ: Mapping[str, Any] = {
    "text": _text,
    "blank": _blank,
    "point": _answered(read_point, NO_POINT),
    "nowhere": NO_POINT,
    "datetime": _answered(read_moment),
    "decimal": _answered(READERS["decimal"]),
    "date": _date,
    **{storage: Remembered(_answered(READERS[storage])) for storage in ("integer", "time")},
}
"""What the code of every level finds under these names: functions of an answer, and two memories of answers."""
