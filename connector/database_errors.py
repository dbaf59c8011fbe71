"""Knows what a driver's error means to a person, and says it without a statement, a value or a password."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, ExceptionContext, make_url

from connector.errors import DatabaseLockedError, DatabaseUnreachableError, StorageError

UNFIT = (TypeError, ValueError, OverflowError)
"""What drivers raise for a value that they cannot send: a half character, a number of more than eight bytes."""


def describe(url: URL) -> str:
    """Name a database without its user and password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database or 'in memory'}"
    return f"the database {url.database or ''} on {url.host or 'this machine'}"


def translate(context: ExceptionContext) -> BaseException | None:
    """Turn every driver's error into ours; a driver's own text may quote the row that it refused."""
    dialect = context.dialect
    url = context.engine.url if context.engine else make_url(f"{dialect.name}://")
    return storage_error(context.original_exception, url, dialect.loaded_dbapi.Error)


def storage_error(error: BaseException, url: URL, kind: type[BaseException]) -> StorageError | None:
    """Our error for one of a driver, whose errors are of `kind`; None for what is neither that nor an unfit value."""
    where = describe(url)
    if isinstance(error, kind):
        return sqlite_error(error, where) if url.get_backend_name() == "sqlite" else _postgresql_error(error, where)
    return _refused(where, "", error) if isinstance(error, UNFIT) else None


@contextmanager
def errors_of_driver(connection: Connection) -> Iterator[Any]:
    """Give the driver's own connection; its errors are ours, and a connection that broke is not used again."""
    try:
        yield connection.connection.driver_connection
    except Exception as error:
        dialect, url = connection.dialect, connection.engine.url
        found = storage_error(error, url, dialect.loaded_dbapi.Error)
        if found is None:
            raise
        if dialect.is_disconnect(error, None, None):  # type: ignore[arg-type]
            connection.invalidate(error)
        raise found from None


HALF_WRITTEN = "SQLITE_READONLY_ROLLBACK"
"""SQLite's code where something is to be undone first, for a connection that may only read."""
Kinds = Mapping[str, tuple[type[StorageError], str, str]]
"""By the start of a driver's code: our error, what it says of the database, and what to do."""

_SQLITE: Kinds = {
    "SQLITE_BUSY": (DatabaseLockedError, "is in use by another program", "Wait until it has finished, and try again."),
    "SQLITE_LOCKED": (DatabaseLockedError, "is in use by another program", "Wait until it has finished."),
    "SQLITE_CANTOPEN": (DatabaseUnreachableError, "cannot be opened", "Check its path and who may read it."),
    "SQLITE_NOTADB": (DatabaseUnreachableError, "is not a database file", "Check DATABASE_URL (--database-url)."),
    "SQLITE_CORRUPT": (StorageError, "is damaged", "Restore it from a backup, or sync into a new file."),
    "SQLITE_FULL": (StorageError, "has no space left on the disk", "Free some space and try again: nothing is lost."),
    "SQLITE_IOERR": (StorageError, "cannot be read or written by the disk", "Check the disk and try again."),
    HALF_WRITTEN: (StorageError, "was left half written by a program that was ended", "Run `healing sync` to undo it."),
    "SQLITE_READONLY": (StorageError, "may not be written", "Check who may write the file and its folder."),
}


def sqlite_error(error: BaseException, where: str) -> StorageError:
    """Our error for one of SQLite's driver, in the database named by `where`."""
    name = str(getattr(error, "sqlite_errorname", type(error).__name__))
    return _known(_SQLITE, name, error, where)


_POSTGRESQL: Kinds = {
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
    return _known(_POSTGRESQL, state, error, where)


def _known(kinds: Kinds, code: str, error: BaseException, where: str) -> StorageError:
    """Our error for the code of a driver: by the first start in `kinds` that fits, else a refused statement."""
    for start, (kind, what, advice) in kinds.items():
        if code.startswith(start):
            return kind(f"{where} {what}.", advice=advice)
    return _refused(where, code, error)


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
