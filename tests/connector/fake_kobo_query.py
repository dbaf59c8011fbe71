"""Knows the query languages of the fake server: MongoDB's part that the data API takes, and the history's search."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Record = dict[str, Any]
ALWAYS_SHOWN = ("_id", "_uuid", "meta/rootUuid", "_validation_status")
_ABSENT = object()
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def matches(record: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether a record answers a query; an operator that is not known is a field name, and matches nothing."""
    return all(_holds(record, key, condition) for key, condition in query.items())


def ordered(records: Iterable[Record], sort: Mapping[str, int]) -> list[Record]:
    """Records in the order of `sort`; what lacks the key comes first, as in MongoDB."""
    found = list(records)
    for key, direction in reversed(list(sort.items())):
        found.sort(key=lambda record: _rank(_value(record, key)), reverse=direction == -1)
    return found


def cut(record: Record, fields: Sequence[str]) -> Record:
    """A record with the wanted fields and those that the server always adds."""
    wanted = {*fields, *ALWAYS_SHOWN}
    return {key: value for key, value in record.items() if key in wanted}


def history_matches(row: Mapping[str, Any], search: str) -> bool:
    """Whether a row of the history answers `date_created__gte:"…" AND (action:… OR action:…)`, or parts of it."""
    since, actions, roots = _read_search(search)
    is_wanted = row["date_created"] >= since and (not actions or row["action"] in actions)
    return is_wanted and (not roots or row["metadata"].get("submission", {}).get("root_uuid") in roots)


@lru_cache
def _read_search(search: str) -> tuple[str, frozenset[str], frozenset[str]]:
    since = re.search(r'date_created__gte?:"?([^"\s)]+)', search)
    actions = re.findall(r'action:"?([\w-]+)', search)
    roots = re.findall(r'metadata__submission__root_uuid:"?([\w-]+)', search)
    return since[1] if since else "", frozenset(actions), frozenset(roots)


def _holds(record: Mapping[str, Any], key: str, condition: Any) -> bool:
    if key == "$and":
        return all(matches(record, part) for part in condition)
    if key == "$or":
        return any(matches(record, part) for part in condition)
    value = _value(record, key)
    if isinstance(condition, dict) and any(name.startswith("$") for name in condition):
        return all(_operate(value, name, operand) for name, operand in condition.items())
    return _equals(value, condition)


def _value(record: Mapping[str, Any], key: str) -> Any:
    if key in record:
        return record[key]
    first, _, rest = key.partition(".")
    inner = record.get(first)
    return _value(inner, rest) if rest and isinstance(inner, Mapping) else _ABSENT


def _operate(value: Any, name: str, operand: Any) -> bool:
    if name in _ORDERS:
        return _are_comparable(value, operand) and _ORDERS[name](value, operand)
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
            return (value is not _ABSENT) == bool(operand)
        case "$not":
            return value is _ABSENT or not _holds({"value": value}, "value", operand)
        case "$elemMatch":
            return isinstance(value, list) and any(matches(item, operand) for item in value)
    return False


def _equals(value: Any, wanted: Any) -> bool:
    if wanted is None:
        return value is _ABSENT or value is None
    if isinstance(value, list) and not isinstance(wanted, list):
        return any(_equals(item, wanted) for item in value)
    return type(value) is type(wanted) and bool(value == wanted)


def _are_comparable(left: Any, right: Any) -> bool:
    return any(isinstance(left, kind) and isinstance(right, kind) for kind in (int, str))


def _rank(value: Any) -> tuple[int, Any]:
    if value is _ABSENT or value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float) else (2, str(value))
