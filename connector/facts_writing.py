"""Knows how rows of the derived tables are replaced, whole sets at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete

from connector import fact_schema as fact
from connector.bulk import insert_tuples
from connector.many_keys import is_one_of
from connector.problem import Problem, kinds_of, problem_values


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows by name of column, of which one that is left out is NULL; none is fine."""
    names = table.columns.keys()
    insert_tuples(connection, table, [tuple(map(row.get, names)) for row in rows])


def delete_rows(connection: Connection, table: Table, column: str, keys: Sequence[str]) -> None:
    """Delete the rows whose `column` is one of `keys`."""
    if keys:
        connection.execute(delete(table).where(is_one_of(connection, table.c[column], keys)))


def delete_problems(connection: Connection, hangs_on: str, column: str | None = None, keys: Sequence[str] = ()) -> None:
    """Delete the problems of one sort of kinds: those whose `column` is one of `keys`, or all."""
    table, kinds = fact.problem, kinds_of(hangs_on)
    if column is None:
        connection.execute(delete(table).where(table.c.kind.in_(kinds)))
    elif keys:
        kind = table.c.kind if column == "healing_group" else table.c.kind + ""  # so no index leads through whole kinds
        connection.execute(delete(table).where(is_one_of(connection, table.c[column], keys), kind.in_(kinds)))


def insert_problems(connection: Connection, problems: Iterable[Problem]) -> None:
    """Insert problems, each once."""
    insert_tuples(connection, fact.problem, problem_values(problems))
