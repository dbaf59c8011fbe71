"""Knows how rows are fetched for many keys, in batches that fit into memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from connector.bulk import chunks
from connector.many_keys import is_one_of

KEYS_A_BATCH = 2000
"""Two pages of records; what is known of so many clients takes a few megabytes."""
Row = Mapping[Any, Any]


def batches(values: Iterable[str], size: int = KEYS_A_BATCH) -> Iterator[Sequence[str]]:
    """Cut values, sorted, into pieces of a size."""
    return chunks(sorted(values), size)


def tuples_with(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], keys: Collection[str]
) -> list[Any]:
    """Return the rows of a query whose `column` is one of `keys`, in no order."""
    where = (is_one_of(connection, column, batch) for batch in batches(keys))
    return [row for is_theirs in where for row in connection.execute(query.where(is_theirs)).all()]


def rows_with(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], keys: Collection[str]
) -> list[dict[str, Any]]:
    """Return the rows of a query whose `column` is one of `keys`, by name of column, in no order."""
    names = tuple(column.name for column in query.selected_columns)
    return [dict(zip(names, row, strict=True)) for row in tuples_with(connection, query, column, keys)]
