"""Knows the query language of the data API: a part of MongoDB's, evaluated over records, and in SQL where it can be.

An operator that is not listed here is taken for a field name, as on the real server, and so matches nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false

from connector.sandbox.server.tables import record

Query = Mapping[str, Any]
Document = Mapping[str, Any]

_MISSING = object()
_COLUMNS: dict[str, tuple[ColumnElement[Any], type]] = {
    "_id": (record.c.id, int),
    "_uuid": (record.c.uuid, str),
    "_submitted_by": (record.c.submitted_by, str),
    "_submission_time": (record.c.submission_time, str),
}
_SQL_OPERATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "$eq": lambda column, value: column == value,
    "$gt": lambda column, value: column > value,
    "$gte": lambda column, value: column >= value,
    "$lt": lambda column, value: column < value,
    "$lte": lambda column, value: column <= value,
    "$in": lambda column, value: column.in_(value),
}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda left, right: left > right,
    "$gte": lambda left, right: left >= right,
    "$lt": lambda left, right: left < right,
    "$lte": lambda left, right: left <= right,
}


def matches(document: Document, query: Query) -> bool:
    """Tell whether a record answers a query. Text compares as text and numbers as numbers, never one with the other."""
    return all(_holds(document, key, condition) for key, condition in query.items())


def narrow(query: Query) -> tuple[list[ColumnElement[bool]], bool]:
    """Return the conditions that SQL can check, and whether they are the whole query."""
    clauses: list[ColumnElement[bool]] = []
    is_whole = True
    for key, condition in query.items():
        if key == "$and" and isinstance(condition, list) and all(isinstance(part, dict) for part in condition):
            for part in condition:
                more, part_is_whole = narrow(part)
                clauses += more
                is_whole = is_whole and part_is_whole
            continue
        found = _column_clauses(key, condition)
        is_whole = is_whole and found is not None
        clauses += found or []
    return clauses, is_whole


def sort_clauses(sort: Mapping[str, Any]) -> list[Any] | None:
    """Return ORDER BY expressions, or None when the order needs the answers."""
    if any(key not in _COLUMNS for key in sort):
        return None
    return [_COLUMNS[key][0].desc() if sort[key] == -1 else _COLUMNS[key][0].asc() for key in sort]


def sort_documents(documents: Sequence[Document], sort: Mapping[str, Any]) -> list[Document]:
    """Return records in MongoDB's order: missing values first, then numbers, then text, then the rest."""
    result = list(documents)
    for key, direction in reversed(list(sort.items())):
        result.sort(key=lambda document: _rank(_lookup(document, key)), reverse=direction == -1)
    return result


def _column_clauses(key: str, condition: Any) -> list[ColumnElement[bool]] | None:
    """Return one field's conditions in SQL, or None when SQL cannot check them."""
    if key == "meta/rootUuid":
        return _root_clauses(condition)
    if key not in _COLUMNS:
        return None
    column, kind = _COLUMNS[key]
    operators = condition if isinstance(condition, dict) else {"$eq": condition}
    if not operators or any(name not in _SQL_OPERATORS for name in operators):
        return None
    clauses = []
    for name, value in operators.items():
        values = value if name == "$in" and isinstance(value, list) else [value]
        if any(value is None or isinstance(value, list | dict) for value in values):
            return None
        fitting = [value for value in values if _is_kind(value, kind)]
        clauses.append(_SQL_OPERATORS[name](column, fitting if name == "$in" else value) if fitting else false())
    return clauses


def _root_clauses(condition: Any) -> list[ColumnElement[bool]] | None:
    values = condition.get("$in") if isinstance(condition, dict) and set(condition) == {"$in"} else [condition]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return [record.c.root_uuid.in_([value[5:] for value in values if value.startswith("uuid:")])]


def _is_kind(value: Any, kind: type) -> bool:
    if kind is int:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind)


def _holds(document: Document, key: str, condition: Any) -> bool:
    match key:
        case "$and":
            return all(matches(document, part) for part in condition)
        case "$or":
            return any(matches(document, part) for part in condition)
    value = _lookup(document, key)
    if isinstance(condition, dict) and any(name.startswith("$") for name in condition):
        return all(_operate(value, name, operand, condition) for name, operand in condition.items())
    return _equals(value, condition)


def _lookup(document: Document, key: str) -> Any:
    """Return the value under a key, or under a dotted path through objects (never through lists)."""
    if key in document:
        return document[key]
    value: Any = document
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _MISSING
        value = value[part]
    return value


def _operate(value: Any, name: str, operand: Any, condition: Mapping[str, Any]) -> bool:
    if name in _ORDERS:
        return _is_ordered(value, operand) and _ORDERS[name](value, operand)
    match name:
        case "$eq":
            return _equals(value, operand)
        case "$ne":
            return not _equals(value, operand)
        case "$in":
            return any(_equals(value, item) for item in operand)
        case "$nin":
            return not any(_equals(value, item) for item in operand)
        case "$exists":
            return (value is not _MISSING) == bool(operand)
        case "$not":
            return not _holds({"value": value} if value is not _MISSING else {}, "value", operand)
        case "$regex":
            flags = re.IGNORECASE if "i" in condition.get("$options", "") else 0
            return isinstance(value, str) and re.search(operand, value, flags) is not None
        case "$options":
            return "$regex" in condition
        case "$all":
            return all(_equals(value, item) for item in operand)
        case "$elemMatch":
            return isinstance(value, list) and any(matches(item, operand) for item in value)
        case _:
            return False


def _equals(value: Any, wanted: Any) -> bool:
    if wanted is None:
        return value is _MISSING or value is None
    if isinstance(value, list) and not isinstance(wanted, list):
        return any(_equals(item, wanted) for item in value)
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _is_ordered(left: Any, right: Any) -> bool:
    return any(_is_kind(left, kind) and _is_kind(right, kind) for kind in (int, str))


def _rank(value: Any) -> tuple[int, Any]:
    if value is _MISSING or value is None:
        return 0, 0
    if _is_kind(value, int):
        return 1, value
    return (2, value) if isinstance(value, str) else (3, str(value))
