"""Knows how a table of facts can be a way to look at another one: the database makes a view where others are tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Select, Table, inspect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable, CreateView, DropTable, DropView

SHOWS = "shows"


def make_view(
    name: str, metadata: MetaData, columns: tuple[Column[Any], ...], source: Table, shows: Callable[[str], Select[Any]]
) -> Table:
    """Return a table to read, whose rows `shows` selects from `source`, given the name of the database's dialect.

    It is made and dropped with all tables of `metadata`, and nobody can write to it.
    """
    view = Table(name, metadata, *columns, info={SHOWS: shows})
    view.add_is_dependent_on(source)
    return view


def is_view(table: Table) -> bool:
    """Whether a table of ours only shows another."""
    return SHOWS in table.info


def drop_stored(connection: Connection, metadata: MetaData) -> None:
    """Drop what an earlier version of this program stored as tables and now are views."""
    stored = inspect(connection).get_table_names()
    for name in {table.name for table in metadata.tables.values() if is_view(table)}.intersection(stored):
        Table(name, MetaData()).drop(connection)


@compiles(CreateTable)
def _create(element: Any, compiler: Any, **options: Any) -> str:
    table = element.element
    if not is_view(table):
        return str(compiler.visit_create_table(element, **options))
    return str(compiler.process(CreateView(table.info[SHOWS](compiler.dialect.name), table.name)))


@compiles(DropTable)
def _drop(element: Any, compiler: Any, **options: Any) -> str:
    table = element.element
    return str(compiler.process(DropView(table)) if is_view(table) else compiler.visit_drop_table(element, **options))
