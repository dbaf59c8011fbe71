"""Knows how many tables are read as they were at one moment, while other programs go on writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, Table, func, insert, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable, ExecutableDDLElement

from connector.database import open_private, read_only_uri, sqlite_file
from connector.database_errors import errors_of_driver
from connector.derived_view import is_view

Reading = tuple[Table, Sequence[Column[Any]]]
"""A table, and the columns of it that are read."""
Choose = Callable[[Connection], Sequence[Reading]]
"""Says what is to be read, after a look into the database."""


@contextmanager
def snapshot(engine: Engine, choose: Choose) -> Iterator[Connection]:
    """Give a connection on which what `choose` returns can be read, all as of one moment, for as long as it takes.

    PostgreSQL keeps that state for us. A file of SQLite is read-locked while a transaction reads, and who wants to
    write would wait in vain: so these columns, and nothing else, are copied first, and the file is free again. The
    copy is a file without a name, which is gone with the program however that ends. Raises StorageError.
    """
    if engine.dialect.name == "postgresql":
        with _frozen(engine, choose) as connection:
            yield connection
    elif (path := sqlite_file(engine)) is not None:
        with _copied(engine, path, choose) as connection:
            yield connection
    else:
        with engine.connect() as connection:
            yield connection


@contextmanager
def _frozen(engine: Engine, choose: Choose) -> Iterator[Connection]:
    """The tables are locked before the moment: one that is made anew after it would seem to have no rows."""
    with engine.connect() as connection:
        tables = [table for table, _ in choose(connection)]
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection:
        connection.execute(_KeepTables(tables))
        connection.execute(select(func.now()))  # the moment: the first statement that looks at all
        yield connection


class _KeepTables(ExecutableDDLElement):
    """Nobody drops these tables until the transaction ends; rows may be written."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables


@compiles(_KeepTables)
def _keep(element: _KeepTables, compiler: Any, **_options: Any) -> str:
    return f"LOCK TABLE {', '.join(map(compiler.preparer.format_table, element.tables))} IN ACCESS SHARE MODE"


@contextmanager
def _copied(engine: Engine, path: Path, choose: Choose) -> Iterator[Connection]:
    copy = open_private(engine)
    try:
        _on_driver(copy, f"ATTACH ? AS {_ORIGINAL}", read_only_uri(path))
        readings = _fill(copy, choose)
        _on_driver(copy, f"DETACH {_ORIGINAL}")  # a table that nobody chose is not found there either
        with copy.begin() as connection:
            for view in (table for table, _ in readings if is_view(table)):
                connection.execute(CreateTable(view))
        with copy.connect() as connection:
            yield connection
    finally:
        copy.dispose()


_ORIGINAL = "original"


def _on_driver(copy: Engine, statement: str, *values: str) -> None:
    """Run a statement that SQLite takes outside of a transaction only."""
    with copy.connect() as connection, errors_of_driver(connection) as driver:
        driver.execute(statement, values)


def _fill(copy: Engine, choose: Choose) -> Sequence[Reading]:
    """Copy the rows of what is stored, in one transaction, and return what was chosen."""
    with copy.execution_options(schema_translate_map={None: _ORIGINAL}).begin() as connection:
        readings = choose(connection)
        for table, columns in readings:
            if not is_view(table):
                part = _part(table, columns)
                connection.execute(CreateTable(part))
                connection.execute(insert(part).from_select(part.columns.keys(), select(*columns)))
    return readings


def _part(table: Table, columns: Sequence[Column[Any]]) -> Table:
    """The table in the copy, with these columns alone."""
    kept = [Column(each.name, each.type, primary_key=each.primary_key) for each in columns]
    has_rowid = table.dialect_options["sqlite"]["with_rowid"]
    return Table(table.name, MetaData(schema="main"), *kept, sqlite_with_rowid=has_rowid)
