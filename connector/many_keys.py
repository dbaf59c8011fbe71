"""Knows how one statement asks for many keys, each database by its own way."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, any_, func, literal, select

FEW = 50
"""So many keys are sent one by one more quickly than together."""


def is_one_of(connection: Connection, column: ColumnElement[Any], keys: Collection[str]) -> ColumnElement[bool]:
    """Return whether a column of texts is one of `keys`; many of them travel as one value, a list in JSON."""
    if len(keys) <= FEW:
        return column.in_(keys)
    sent = literal(list(keys), JSON)
    if connection.dialect.name == "postgresql":
        return column == any_(func.array(select(func.json_array_elements_text(sent)).scalar_subquery()))
    return column.in_(select(func.json_each(sent).table_valued("value").c.value))
