"""Knows how only one program at a time writes a database, and since when another one has."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, column, func, select, table

from connector.database import sqlite_file
from connector.database_errors import describe
from connector.errors import BusyError, DatabaseUnreachableError

LOCK_NUMBER = 0x4EA1
"""The advisory lock that every copy of this program asks PostgreSQL for."""
_LOCKS = table("pg_locks", column("locktype"), column("objid"), column("pid"), column("granted"), column("database"))
_PROGRAMS = table("pg_stat_activity", column("pid"), column("backend_start"), column("datname"))


@contextmanager
def single_writer(engine: Engine) -> Iterator[None]:
    """Hold the right to write this database; it is given back when the block, or the program, ends however it ends.

    Does not wait. Raises BusyError naming since when another run has been active. A database in memory needs no lock.
    """
    if engine.dialect.name == "postgresql":
        with _advisory_lock(engine):
            yield
    elif (path := sqlite_file(engine)) is not None:
        with _lock_file(path.with_name(path.name + ".lock"), describe(engine.url)):
            yield
    else:
        yield


@contextmanager
def _lock_file(path: Path, where: str) -> Iterator[None]:
    """The system frees the lock with the program, so a file left behind by a crash stops nobody."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        message = f"The lock file {path} cannot be made: {error.strerror}."
        raise DatabaseUnreachableError(message, advice="Check who may write in the folder of the database.") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _busy(where, os.read(handle, 64).decode(errors="replace").strip()) from None
        with suppress(OSError):  # on a full disk nobody is told since when; what is to be written says what is wrong
            os.ftruncate(handle, 0)
            os.write(handle, _now().encode())
        yield
    finally:
        os.close(handle)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


@contextmanager
def _advisory_lock(engine: Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(select(func.pg_try_advisory_lock(LOCK_NUMBER))):
            raise _busy(describe(engine.url), _held_since(connection))
        try:
            yield
        finally:
            connection.scalar(select(func.pg_advisory_unlock(LOCK_NUMBER)))


def _held_since(connection: Connection) -> str:
    since = connection.scalar(
        select(func.min(_PROGRAMS.c.backend_start))
        .select_from(_LOCKS.join(_PROGRAMS, _LOCKS.c.pid == _PROGRAMS.c.pid))
        .where(_LOCKS.c.locktype == "advisory", _LOCKS.c.objid == LOCK_NUMBER, _LOCKS.c.granted)
        .where(_PROGRAMS.c.datname == func.current_database())
    )
    return since.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if since else ""


def _busy(where: str, since: str) -> BusyError:
    begun = f" since {since}" if since else ""
    return BusyError(
        f"{where}: another run has been active{begun}.",
        advice="Wait until it has finished. Runs end by themselves; a run that was ended leaves no lock behind.",
    )
