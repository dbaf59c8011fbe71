"""Knows how one statement asks for many keys, each database by its own way."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, JSON, ColumnElement, Connection, String, any_, bindparam, func, literal, select

FEW = 50
"""So many keys are sent one by one more quickly than together."""


def is_one_of(connection: Connection, column: ColumnElement[Any], keys: Collection[str]) -> ColumnElement[bool]:
    """Return whether a column of texts is one of `keys`; many of them travel as one value."""
    if len(keys) <= FEW:
        return column.in_(keys)
    dialect = connection.dialect.name
    return _is_among(dialect, column, literal(list(keys), _sent(dialect)))


def is_one_named(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the same for a statement that is made once: the list of keys is its parameter `name`."""
    return _is_among(dialect, column, bindparam(name, type_=_sent(dialect)))


def _sent(dialect: str) -> Any:
    return ARRAY(String) if dialect == "postgresql" else JSON()


def _is_among(dialect: str, column: ColumnElement[Any], sent: ColumnElement[Any]) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return column == any_(sent)
    return column.in_(select(func.json_each(sent).table_valued("value").c.value))
