"""Knows how the text of one answer becomes a value of its own type, and which texts are no such value."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from connector.layout import once_per_form
from forms.expression import Binary, CountSelected, Expression, If, Literal, Ref, Round
from forms.form import Form, Question

Value = str | int | float | dt.date | dt.time | dt.datetime

Day = TypeVar("Day", bound=dt.date)

LOOKED_UP = ("client_code", "healing_group", "newcomer_code")
"""Questions whose answers are codes by which records are found."""
LONGEST_CODE = 64
LONGEST_ROSTER_NAME = 24
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
_BIGGEST_INTEGER = 2**31 - 1
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_AFTER_DAY = re.compile(r"(?<=^\d{4}-\d\d-\d\d)([T+Z-].*)$")
ROSTER_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST_ROSTER_NAME}}}")
STORAGE_OF_KINDS: Mapping[str, str] = {
    "integer": "integer",
    "decimal": "decimal",
    "range": "decimal",
    "date": "date",
    "today": "date",
    "time": "time",
    "dateTime": "datetime",
    "datetime": "datetime",
    "start": "datetime",
    "end": "datetime",
}
"""How answers are stored that are not text, by kind of question; in any form."""
MEDIA_KINDS = frozenset({"image", "audio", "video", "file", "background-audio"})
"""Kinds of questions that ask for a file."""


def storage_of(question: Question, form: Form) -> str:
    """Return how the answers of a question are stored: integer, decimal, date, time, datetime or text."""
    if question.kind == "calculate" and question.calculation is not None:
        return storage_of_calculation(question.calculation, form)
    return STORAGE_OF_KINDS.get(question.kind, "text")


def storage_of_calculation(calculation: Expression, form: Form) -> str:
    """Return integer or decimal for a formula that can only give a number or a blank, else text."""
    found = _number_kind(calculation, form)
    return "text" if found in ("blank", "text") else found


def _number_kind(node: Expression, form: Form) -> str:
    match node:
        case Round() | CountSelected():
            return "integer"
        case Literal(value):
            return "blank" if value == "" else _kind_of_literal(value)
        case If(_, then, otherwise):
            return _wider(_number_kind(then, form), _number_kind(otherwise, form))
        case Binary("+" | "-" | "*", left, right):
            return _wider(_operand_kind(left, form), _operand_kind(right, form))
        case Binary("div" | "mod", _, _):
            return "decimal"
    return "text"


def _kind_of_literal(value: str | int | float) -> str:
    return {str: "text", int: "integer"}.get(type(value), "decimal")


def _operand_kind(node: Expression, form: Form) -> str:
    """Kind of an operand of arithmetic, which XPath turns into a number whatever it is."""
    if isinstance(node, Ref):
        kind = _kinds(form).get(node.name, "")
        return "decimal" if kind in ("decimal", "range") else "integer"
    if isinstance(node, If):
        return _wider(_operand_kind(node.then, form), _operand_kind(node.otherwise, form))
    found = _number_kind(node, form)
    return found if found != "text" else "decimal"


@once_per_form
def _kinds(form: Form) -> Mapping[str, str]:
    """The kind of each question by name; of two with one name, that of the first."""
    return {question.name: question.kind for question in reversed(tuple(form.questions()))}


def _wider(a: str, b: str) -> str:
    order = ("blank", "integer", "decimal", "text")
    return order[max(order.index(a), order.index(b))]


def parse_answer(text: str, storage: str) -> Value:
    """Return the typed value of a non-blank answer. Raises ValueError, without the answer, when it is none.

    Days lie between 1900 and 2199. A datetime is returned in UTC without zone; a time is the one on the wall, its
    offset dropped.
    """
    try:
        return _PARSERS[storage](text)
    except (ValueError, OverflowError):
        raise ValueError(f"not a {storage}") from None


def parser_of(storage: str) -> Callable[[str], Any]:
    """Return what `parse_answer` applies to an answer stored like this; raises ValueError or OverflowError."""
    return _PARSERS[storage]


def _integer(text: str) -> int:
    if text.isdigit() and text.isascii() and len(text) < len(str(_BIGGEST_INTEGER)):
        return int(text)
    number = _decimal(text)
    if not number.is_integer() or abs(number) > _BIGGEST_INTEGER:
        raise ValueError(text)
    return int(number)


def _decimal(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _date(text: str) -> dt.date:
    return _believable(dt.date.fromisoformat(text if len(text) <= len("2026-01-01") else _AFTER_DAY.sub("", text)))


def _believable(day: Day) -> Day:
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError(day)
    return day


def _time(text: str) -> dt.time:
    return dt.time.fromisoformat(text).replace(tzinfo=None)


def _datetime(text: str) -> dt.datetime:
    if "T" not in text:
        raise ValueError(text)
    return _believable(as_utc(dt.datetime.fromisoformat(text)))


def as_utc(moment: dt.datetime) -> dt.datetime:
    """Return a moment in UTC without zone; one that has no zone is taken to be UTC already."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def code(text: str) -> str:
    """Return an answer that is looked up by an index, which holds no long text. Raises ValueError."""
    if len(text) > LONGEST_CODE:
        raise ValueError(text)
    return _text(text)


def _text(text: str) -> str:
    if "\x00" in text:
        raise ValueError(text)
    return text if text.isascii() else text.encode().decode()  # a half surrogate is refused here, not by the database


_PARSERS: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "text": _text,
}


def unlisted_codes(question: Question, codes: list[str]) -> list[str]:
    """Return the codes outside the question's choice list, or that no roster could hold; [] for free answers."""
    if question.choices is not None:
        return [code for code in codes if code not in question.choices.codes]
    if question.roster is not None:
        return [code for code in codes if not ROSTER_NAME.fullmatch(code)]
    return []
