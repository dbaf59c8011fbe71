"""Knows how a database gets the tables of this version: the precious ones migrated, the derived ones remade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, column, func, select, table, true

from connector.database_errors import describe
from connector.errors import SchemaTooNewError
from connector.schema import derived

FOLDER = Path(__file__).parent / "migrations"
VERSION = table("alembic_version", column("version_num"))
Columns = Mapping[str, Sequence[str]]
"""The columns of every table, in order."""


def migrate(engine: Engine) -> bool:
    """Bring a database to this version in one transaction; an empty one gets all tables.

    Derived tables that are missing or of another shape are rebuilt from the raw records; says whether they were.
    Raises SchemaTooNewError when a newer version of this program has written it, StorageError on other failures.
    """
    with engine.begin() as connection:
        tables = _columns(connection)
        found = _revision(connection, tables)
        _refuse_newer(connection, found)
        if found != known_revisions()[0]:
            _upgrade(connection)
            tables = _columns(connection)
        remake = not _is_derived_current(tables)
        if remake:
            _rebuild(connection)
    return remake


def schema_state(engine: Engine) -> str:
    """Return empty, current, older or newer: how the tables of a database compare with this version. Writes nothing."""
    with engine.connect() as connection:
        tables = _columns(connection)
        found = _revision(connection, tables)
        if found is None:
            return "empty"
        if found not in known_revisions():
            return "newer"
        is_current = found == known_revisions()[0] and _is_derived_current(tables)
        return "current" if is_current else "older"


@cache
def known_revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows, the newest first; the name of each step begins with its own."""
    return tuple(
        sorted((path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")), reverse=True)
    )


def _is_derived_current(tables: Columns) -> bool:
    """Whether every derived table is there with exactly the columns that the forms ask for."""
    return all(tables.get(each.name) == each.columns.keys() for each in derived.tables.values())


def _upgrade(connection: Connection) -> None:
    """Alembic takes longer to load than a sync in which nothing changed, so it is loaded only where it is needed."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _rebuild(connection: Connection) -> None:
    """What makes rows of records takes as long to load as Alembic."""
    from connector.derive import rebuild

    rebuild(connection)


_REVISION = select(VERSION.c.version_num)


def _revision(connection: Connection, tables: Columns) -> str | None:
    return connection.scalar(_REVISION) if VERSION.name in tables else None


def _columns(connection: Connection) -> Columns:
    """An inspector asks for keys and types too, and takes ten times as long."""
    return (_columns_of_sqlite if connection.dialect.name == "sqlite" else _columns_of_postgresql)(connection)


_MASTER = table("sqlite_master", column("type"), column("name"), column("sql"))
_MADE = select(_MASTER.c.name, _MASTER.c.sql).where(_MASTER.c.type.in_(("table", "view"))).order_by(_MASTER.c.name)
_TOLD: dict[tuple[tuple[str, str], ...], Columns] = {}
"""What SQLite said of the columns of tables that were made by these statements: it follows from them alone."""
MOST_TOLD = 8


def _columns_of_sqlite(connection: Connection) -> Columns:
    made = tuple(map(tuple, connection.execute(_MADE)))
    if made not in _TOLD:
        if len(_TOLD) >= MOST_TOLD:
            _TOLD.clear()
        info = func.pragma_table_info(_MASTER.c.name).table_valued("cid", "name")
        each = _MADE.with_only_columns(_MASTER.c.name, info.c.name).join(info, true()).order_by(info.c.cid)
        _TOLD[made] = _grouped(connection.execute(each))
    return _TOLD[made]


def _columns_of_postgresql(connection: Connection) -> Columns:
    names = ("table_schema", "table_name", "column_name", "ordinal_position")
    every = table("columns", *map(column, names), schema="information_schema")
    query = select(every.c.table_name, every.c.column_name).where(every.c.table_schema == func.current_schema())
    return _grouped(connection.execute(query.order_by(every.c.table_name, every.c.ordinal_position)))


def _grouped(rows: Iterable[Any]) -> Columns:
    """Columns by table, of rows of both."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, each in rows:
        found[name].append(each)
    return found


def _refuse_newer(connection: Connection, found: str | None) -> None:
    if found is not None and found not in known_revisions():
        raise SchemaTooNewError(
            f"{describe(connection.engine.url)} was written by a newer version of this program.",
            advice="Install the newer version here; nothing was changed.",
        )
