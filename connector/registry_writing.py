"""Knows how rows of the registry's tables are found by key, and inserted, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

Key = tuple[Any, ...]
Row = dict[str, Any]


def stored_rows(connection: Connection, table: Table) -> dict[Key, Row]:
    """Return all rows of a table by key."""
    return {key_of(table, row): dict(row) for row in connection.execute(select(table)).mappings()}


def replace_rows(
    connection: Connection, table: Table, stored: Mapping[Key, Row], rows: Mapping[Key, Row], gone: list[Key]
) -> None:
    """Bring a table of which these rows are stored to `rows`, without those that are gone; others stay as they are."""
    fitting = {key: fitting_row(table, row) for key, row in rows.items() if key not in gone}
    _insert(connection, table, [row for key, row in fitting.items() if key not in stored])
    _update(connection, table, [row for key, row in fitting.items() if stored.get(key, row) != row])
    _delete(connection, table, [key for key in gone if key in stored])


def key_of(table: Table, row: Mapping[Any, Any]) -> Key:
    """Return the values of a row's primary key."""
    return tuple(row[column.name] for column in table.primary_key)


def fitting_row(table: Table, row: Row) -> Row:
    """Return those values of a row that are columns of a table."""
    return {column.name: row[column.name] for column in table.columns}


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _update(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Give rows that are there their new values."""
    others = [column.name for column in table.columns if not column.primary_key]
    if not rows or not others:
        return
    statement = update(table).where(_same(table)).values({name: bindparam(f"new_{name}") for name in others})
    keys = [column.name for column in table.primary_key]
    connection.execute(
        statement,
        [{f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in others} for row in rows],
    )


def _delete(connection: Connection, table: Table, keys: list[Key]) -> None:
    names = [f"key_{column.name}" for column in table.primary_key]
    if keys:
        connection.execute(delete(table).where(_same(table)), [dict(zip(names, key, strict=True)) for key in keys])


def _same(table: Table) -> Any:
    return and_(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))
