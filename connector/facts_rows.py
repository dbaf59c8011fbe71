"""Knows how rows are fetched for many keys, a statement for as many as it can carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

KEYS_A_STATEMENT = 500
"""Databases limit how many values one statement may carry."""
Row = Mapping[Any, Any]


def batches(values: Iterable[str], size: int = KEYS_A_STATEMENT) -> Iterator[list[str]]:
    """Cut values, sorted, into lists that one statement can carry."""
    ordered = sorted(values)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def tuples_with(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], keys: Collection[str]
) -> list[Any]:
    """Return the rows of a query whose `column` is one of `keys`, in no order."""
    return [row for batch in batches(keys) for row in connection.execute(query.where(column.in_(batch))).all()]


def rows_with(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], keys: Iterable[str]
) -> list[dict[str, Any]]:
    """Return the rows of a query whose `column` is one of `keys`, by name of column, in no order."""
    found: list[dict[str, Any]] = []
    for batch in batches(keys):
        result = connection.execute(query.where(column.in_(batch)))
        names = tuple(result.keys())
        found.extend(dict(zip(names, row, strict=True)) for row in result.all())
    return found
