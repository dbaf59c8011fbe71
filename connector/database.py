"""Knows how a database is opened safely: a private file, whole transactions, errors without answers or passwords."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from connector.errors import DatabaseLockedError, DatabaseUnreachableError, StorageError

LOCK_WAIT = 10.0
"""Seconds that a statement waits for another program before DatabaseLockedError."""
CONNECT_WAIT = 10
MEMORY = (None, "", ":memory:")
PRAGMAS = ("foreign_keys=ON", "secure_delete=ON", "journal_mode=DELETE", "synchronous=FULL")
"""A rollback journal, because SQLite before 3.51.3 can damage a write-ahead log that two programs share; deleted
values are overwritten, because a deleted name must not be found in the file."""


def open_database(url: str, read_only: bool = False) -> Engine:
    """Return an engine for a SQLite file or a PostgreSQL database; nothing is read or written yet.

    A new SQLite file is made for its owner alone (mode 0600). `read_only` refuses writes in the database itself.
    Every error of the engine is a StorageError whose text holds no statement, value or password.
    Raises DatabaseUnreachableError when the address is not one, or the file cannot be made or found.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, read_only)
    return _open_postgresql(parsed, read_only)


def sqlite_file(engine: Engine) -> Path | None:
    """Return the file behind an engine, or None when it has none (PostgreSQL, or a database in memory)."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or database in MEMORY:
        return None
    return Path(str(database).removeprefix("file:")).absolute()


def describe(url: URL) -> str:
    """Name a database without its user and password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database or 'in memory'}"
    return f"the database {url.database or ''} on {url.host or 'this machine'}"


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUnreachableError("The database address cannot be read.", advice=_EXAMPLES) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseUnreachableError(f"{parsed.get_backend_name()} is not a database we use.", advice=_EXAMPLES)
    return parsed


_EXAMPLES = "Write sqlite:///healing.db, or postgresql://user:password@host/database."


def _open_sqlite(url: URL, read_only: bool) -> Engine:
    if url.database not in MEMORY:
        path = Path(str(url.database)).absolute()
        _require_file(path, url) if read_only else _make_private_file(path, url)
        if read_only:
            url = url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": LOCK_WAIT})
    event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
    event.listen(engine, "begin", _begin_reading if read_only else _begin_writing)
    event.listen(engine, "handle_error", _translate, retval=True)
    return engine


def _require_file(path: Path, url: URL) -> None:
    if not path.is_file():
        raise DatabaseUnreachableError(f"There is no {describe(url).removeprefix('the ')}.", advice=_NO_FILE)


_NO_FILE = "Check DATABASE_URL (--database-url), or run `healing sync` first: it makes the database."


def _make_private_file(path: Path, url: URL) -> None:
    """Make the file before SQLite does, so that no moment passes in which others may read it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUnreachableError(
            f"{describe(url)} cannot be opened: {error.strerror}.",
            advice="Check that the folder exists and that you may write in it.",
        ) from None


def _prepare_writer(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # this file says when a transaction begins, tables included
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin_writing(connection: Connection) -> None:
    _begin(connection, "BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    _begin(connection, "BEGIN")


def _begin(connection: Connection, statement: str) -> None:
    """Take the lock at once: a lock taken later, at the first write, can fail without waiting."""
    driver = connection.connection.driver_connection
    try:
        driver.execute(statement)  # type: ignore[union-attr]
    except connection.dialect.loaded_dbapi.Error as error:
        raise _sqlite_error(error, describe(connection.engine.url)) from None


def _open_postgresql(url: URL, read_only: bool) -> Engine:
    options = f"-c timezone=UTC -c lock_timeout={int(LOCK_WAIT * 1000)}"
    if read_only:
        options += " -c default_transaction_read_only=on"
    arguments = {"connect_timeout": CONNECT_WAIT, "application_name": "healing", "options": options}
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True, connect_args=arguments
        )
    except (ImportError, NoSuchModuleError):
        raise DatabaseUnreachableError(
            "PostgreSQL needs a driver that is not installed.", advice="Install it: pip install 'psycopg[binary]'."
        ) from None
    event.listen(engine, "handle_error", _translate, retval=True)
    return engine


def _translate(context: ExceptionContext) -> BaseException | None:
    """Turn every driver's error into ours; a driver's own text may quote the row that it refused."""
    dialect = context.dialect
    url = context.engine.url if context.engine else make_url(f"{dialect.name}://")
    error = context.original_exception
    if not isinstance(error, dialect.loaded_dbapi.Error):
        return None
    where = describe(url)
    return _sqlite_error(error, where) if dialect.name == "sqlite" else _postgresql_error(error, where)


_SQLITE = {
    "SQLITE_BUSY": (DatabaseLockedError, "is in use by another program", "Wait until it has finished, and try again."),
    "SQLITE_LOCKED": (DatabaseLockedError, "is in use by another program", "Wait until it has finished."),
    "SQLITE_CANTOPEN": (DatabaseUnreachableError, "cannot be opened", "Check its path and who may read it."),
    "SQLITE_NOTADB": (DatabaseUnreachableError, "is not a database file", "Check DATABASE_URL (--database-url)."),
    "SQLITE_CORRUPT": (StorageError, "is damaged", "Restore it from a backup, or sync into a new file."),
    "SQLITE_FULL": (StorageError, "has no space left on the disk", "Free some space and try again: nothing is lost."),
    "SQLITE_IOERR": (StorageError, "cannot be read or written by the disk", "Check the disk and try again."),
    "SQLITE_READONLY": (StorageError, "may not be written", "Check who may write the file and its folder."),
}


def _sqlite_error(error: BaseException, where: str) -> StorageError:
    name = str(getattr(error, "sqlite_errorname", type(error).__name__))
    for start, (kind, what, advice) in _SQLITE.items():
        if name.startswith(start):
            return kind(f"{where} {what}.", advice=advice)
    return _refused(where, name, error)


_POSTGRESQL = {
    "28": (DatabaseUnreachableError, "refuses the user or the password", "Check them in DATABASE_URL."),
    "3D": (DatabaseUnreachableError, "does not exist", "Create it, or check its name in DATABASE_URL."),
    "08": (DatabaseUnreachableError, "does not answer", "Check that the server runs; then try again."),
    "57": (DatabaseUnreachableError, "ended the connection", "Try again when the server is up: nothing is lost."),
    "55": (DatabaseLockedError, "is in use by another program", "Wait until it has finished, and try again."),
    "40": (DatabaseLockedError, "is in use by another program", "Try again: nothing is lost."),
    "53": (StorageError, "has no space or connections left", "Ask who runs the server; nothing is lost."),
    "25006": (StorageError, "may only be read", "Check that the address names the main server."),
    "42501": (StorageError, "does not allow this to the user", "Grant the user its tables, or use another user."),
}


def _postgresql_error(error: BaseException, where: str) -> StorageError:
    state = getattr(error, "sqlstate", None) or _state_of_refusal(error)
    for start, (kind, what, advice) in _POSTGRESQL.items():
        if state.startswith(start):
            return kind(f"{where} {what}.", advice=advice)
    return _refused(where, state, error)


def _state_of_refusal(error: BaseException) -> str:
    """The code of a connection that was not made: the driver then has only the server's words."""
    if type(error).__name__ != "OperationalError":
        return ""
    words = str(error)
    known = {"authentication failed": "28", "no password supplied": "28", "does not exist": "3D"}
    return next((code for part, code in known.items() if part in words), "08")


def _refused(where: str, code: str, error: BaseException) -> StorageError:
    advice = "This is a fault of the program, or tables of another version. Run `healing status` to compare versions."
    return StorageError(f"{where} refuses a statement ({type(error).__name__}, {code or 'no code'}).", advice=advice)
