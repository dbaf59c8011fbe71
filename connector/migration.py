"""Knows how a database gets the tables of this version: the precious ones migrated, the derived ones remade."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from connector.database import describe
from connector.derive import rebuild
from connector.errors import SchemaTooNewError
from connector.schema import derived

FOLDER = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> bool:
    """Bring a database to this version in one transaction; an empty one gets all tables.

    Derived tables that are missing or of another shape are rebuilt from the raw records; says whether they were.
    Raises SchemaTooNewError when a newer version of this program has written it, StorageError on other failures.
    """
    with engine.begin() as connection:
        _refuse_newer(connection)
        command.upgrade(_config(connection), "head")
        remake = not derived_is_current(connection)
        if remake:
            rebuild(connection)
    return remake


def schema_state(engine: Engine) -> str:
    """Return empty, current, older or newer: how the tables of a database compare with this version. Writes nothing."""
    with engine.connect() as connection:
        found = _revision(connection)
        if found is None:
            return "empty"
        if found not in known_revisions():
            return "newer"
        is_current = found == known_revisions()[0] and derived_is_current(connection)
        return "current" if is_current else "older"


def known_revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows, the newest first."""
    return tuple(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def derived_is_current(connection: Connection) -> bool:
    """Whether every derived table is there with exactly the columns that the forms ask for."""
    found = inspect(connection)
    names = set(found.get_table_names())
    return all(
        table.name in names and [column["name"] for column in found.get_columns(table.name)] == table.columns.keys()
        for table in derived.tables.values()
    )


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    found = _revision(connection)
    if found is not None and found not in known_revisions():
        raise SchemaTooNewError(
            f"{describe(connection.engine.url)} was written by a newer version of this program.",
            advice="Install the newer version here; nothing was changed.",
        )
