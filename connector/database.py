"""Knows how a database is opened safely: a private file, whole transactions, errors without answers or passwords."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from connector.database_errors import HALF_WRITTEN, describe, translate
from connector.errors import DatabaseUnreachableError

LOCK_WAIT = 10.0
"""Seconds that a statement waits for another program before DatabaseLockedError."""
CONNECT_WAIT = 10
MEMORY = (None, "", ":memory:")
PRAGMAS = (
    "page_size=8192",
    "foreign_keys=ON",
    "secure_delete=ON",
    "journal_mode=DELETE",
    "synchronous=FULL",
    "temp_store=MEMORY",
    "cache_size=-8192",
)
"""A rollback journal, because SQLite before 3.51.3 can damage a write-ahead log that two programs share; deleted
values are overwritten and nothing goes to temporary files, because a deleted name must not be found on the disk;
8 MB of pages, so that a page of records is not written to the disk before it is whole. Pages of 8 kB, which only a
new file takes: a record is 3 kB, and more of them fit whole on a page than on SQLite's own of 4 kB."""


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
    name = str(database)
    return Path(unquote(name.removeprefix("file:")) if name.startswith("file:") else name).absolute()


def read_only_uri(path: Path) -> str:
    """Return the address by which SQLite opens a file for reading alone."""
    return f"{_uri(path)}?mode=ro"


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}"


def open_private(engine: Engine) -> Engine:
    """Return an engine for an empty database of SQLite that nobody else can open; errors name the one of `engine`.

    It is one connection. What it holds beyond some pages goes to a file that SQLite makes for its owner alone and
    whose name it takes away at once: nothing of it is left when the connection, or the program, ends however it ends.
    """

    def connect() -> Any:
        return engine.dialect.loaded_dbapi.connect("", timeout=LOCK_WAIT, uri=True)

    options = {"hide_parameters": True, "poolclass": StaticPool, "begin": "BEGIN"}
    private = create_engine(engine.url.set(drivername=f"sqlite+{_SQLITE}"), creator=connect, **options)
    event.listen(private, "connect", _prepare_private)
    event.listen(private, "handle_error", translate, retval=True)
    return private


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
            url = url.set(database=_uri(path), query={"mode": "ro", "uri": "true"})
    url = url.set(drivername=f"sqlite+{_SQLITE}")
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    options = {"begin": begin, "looks_first": read_only}
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": LOCK_WAIT}, **options)
    event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
    event.listen(engine, "handle_error", translate, retval=True)
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


def _prepare_private(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("temp_store=MEMORY", "journal_mode=OFF"):  # no file but its own
        connection.execute(f"PRAGMA {pragma}")


class WholeTransactions(SQLiteDialect_pysqlite):
    """SQLite as SQLAlchemy speaks it, but that a transaction begins by our own statement, read from the start.

    `BEGIN IMMEDIATE` takes the lock at once: a lock taken later, at the first write, can fail without waiting.
    An event could begin it too, and would cost each connection a third more.
    `looks_first`: what a program that was killed left half written is undone before anything is read, which a
    connection for reading alone cannot do.
    """

    supports_statement_cache = True

    def __init__(self, begin: str, looks_first: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._statement, self._looks_first = begin, looks_first

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction."""
        dbapi_connection.execute(self._statement)
        if self._looks_first:
            try:
                dbapi_connection.execute(_LOOK)
            except self.loaded_dbapi.OperationalError as error:
                if error.sqlite_errorname != HALF_WRITTEN:
                    raise
                self._undo(dbapi_connection)
                dbapi_connection.execute(_LOOK)

    def _undo(self, dbapi_connection: Any) -> None:
        """SQLite does it for the first that may write. It leaves alone what another program is writing now."""
        (_, _, path), *_ = dbapi_connection.execute("PRAGMA database_list")
        with suppress(self.loaded_dbapi.OperationalError):  # who may not write sees why at the next look
            writer = self.loaded_dbapi.connect(f"{_uri(path)}?mode=rw", timeout=LOCK_WAIT, uri=True)
            with closing(writer):
                writer.execute(_LOOK)


_LOOK = "PRAGMA schema_version"
_SQLITE = "healing"
registry.register(f"sqlite.{_SQLITE}", __name__, WholeTransactions.__name__)


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
    event.listen(engine, "handle_error", translate, retval=True)
    return engine
