"""Knows how many rows at once get into a table or out of it: one behaviour, each database by its own fastest way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, insert

KEYS_A_STATEMENT = 500
"""Databases limit how many values one statement may carry."""
Values = tuple[Any, ...]


def insert_tuples(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows whose values stand in the order of the table's columns; none is fine. Raises StorageError."""
    names = [column.name for column in table.columns]
    if rows:
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def delete_keys(connection: Connection, table: Table, column: str, keys: Sequence[Any]) -> None:
    """Delete the rows whose `column` is one of `keys`, however many. Raises StorageError."""
    for start in range(0, len(keys), KEYS_A_STATEMENT):
        connection.execute(delete(table).where(table.c[column].in_(keys[start : start + KEYS_A_STATEMENT])))


def chunks(values: Sequence[Any], size: int = KEYS_A_STATEMENT) -> Iterator[Sequence[Any]]:
    """Cut values into pieces that a statement can carry."""
    return (values[start : start + size] for start in range(0, len(values), size))
