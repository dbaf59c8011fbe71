"""Knows, for every kind of question, how its answers are stored and whether they may name somebody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Set

from connector.answer import STORAGE_OF_KINDS

STORAGES: Mapping[str, str] = {
    **STORAGE_OF_KINDS,
    "repeat_count": "integer",
    "select_one": "code",
    "score__row": "code",
    "rank__level": "code",
    "select_multiple": "codes",
    "rank": "codes",
    "acknowledge": "text",
    "trigger": "text",
    "calculate": "text",
    "geopoint": "point",
    "start-geopoint": "point",
    "background-geopoint": "point",
}
"""By kind: integer, decimal, date, time, datetime, text, code (one of a list), codes (several) or point; else text."""
POINTS = frozenset(kind for kind, storage in STORAGES.items() if storage == "point")
ANSWER_KINDS = frozenset(STORAGES) - POINTS
"""Kinds whose answers name and locate nobody; whatever is not listed here is kept apart."""
SILENT_KINDS = frozenset({"note", "xml-external", "csv-external", "audit"})
"""Kinds that put no answer into a record, or one that the server keeps among its own keys."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_COUNTING_FUNCTIONS = ("count", "count-non-empty", "count-selected", "string-length")
_NUMERIC_FUNCTIONS = (
    *_COUNTING_FUNCTIONS,
    "abs",
    "ceiling",
    "decimal-date-time",
    "floor",
    "int",
    "number",
    "pow",
    "round",
    "sum",
)
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_LOOK_UPS = ("/", "pulldata", "instance", "property", "indexed-repeat", "jr:")
"""Parts of a formula that bring in texts from anywhere."""


def storage_of(kind: str, calculation: str = "") -> str:
    """Return how the answers of a question of one version are stored."""
    if kind == "calculate" and is_number(calculation):
        return "decimal"
    return STORAGES.get(kind, "text")


def widest(storages: Iterable[str]) -> str:
    """Return the storage that loses nothing of several: a question whose kind was changed keeps all its answers."""
    found = set(storages)
    if len(found) == 1:
        return found.pop()
    if found <= {"code", "codes"}:
        return "codes"
    return "decimal" if found == {"integer", "decimal"} else "text"


def is_number(calculation: str) -> bool:
    """Whether a formula can give nothing but a number: a number, or one call of a function that returns one."""
    text = calculation.strip()
    return bool(_NUMBER.fullmatch(text)) or _is_one_call(text, _NUMERIC_FUNCTIONS)


def _is_one_call(text: str, functions: Collection[str]) -> bool:
    """Whether the bracket behind one of these functions closes with the last character; a quoted bracket makes it
    seem otherwise at worst."""
    if text.partition("(")[0].rstrip() not in functions:
        return False
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and sign == ")":
            return place == len(text) - 1
    return False


def used_by(calculation: str) -> frozenset[str]:
    """Return the names of the questions whose answers a formula may pass on: how many or how long tells nothing.

    A number may be passed on, for a phone's is one, and half of a place.
    """
    return frozenset() if _only_counts(calculation) else frozenset(_REFERENCE.findall(calculation))


def may_name(calculation: str, harmless: Set[str]) -> bool:
    """Whether a formula may give what names or locates somebody: it passes on more than the `harmless` questions.

    What a formula brings in from files, other rows or the phone is not known, and so may.
    """
    if _only_counts(calculation):
        return False
    return any(part in calculation for part in _LOOK_UPS) or not used_by(calculation) <= harmless


def _only_counts(calculation: str) -> bool:
    return _is_one_call(calculation.strip(), _COUNTING_FUNCTIONS)
