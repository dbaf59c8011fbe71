"""Knows how tests get a database with all tables and nothing in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

from connector.database import open_database
from connector.precious_schema import precious
from connector.schema import derived
from forms.client_code import NEWCOMER_PREFIX, with_check
from tests.connector.sync_scenes import restore, snapshot

CODES = tuple(with_check(f"34679A{letter}") for letter in "ABCDEFHJ")
"""Some valid client codes."""
ANA, BEA, CLEA, DEA = CODES[:4]


def newcomer_code(random_part: str) -> str:
    """A valid temporary code of a newcomer from seven characters of the codes' alphabet."""
    return NEWCOMER_PREFIX + with_check(random_part)


CARDS = tuple(newcomer_code(f"4AC7HK{letter}") for letter in "ABCDE")
"""The temporary codes of some newcomers."""

IN_MEMORY = "sqlite://"
STATEMENTS: LRUCache[Any, Any] = LRUCache(4_000)
"""Compiled statements: compiling them for each test's database anew costs more than running them."""
_DIALECTS: dict[str, Dialect] = {}


def with_known_statements(engine: Engine) -> Engine:
    """Let a new engine that may write use what others have compiled; SQLAlchemy looks for it by the dialect object."""
    engine.dialect = _DIALECTS.setdefault(engine.dialect.name, engine.dialect)
    engine.update_execution_options(compiled_cache=STATEMENTS)
    return engine


@contextmanager
def empty_database(url: str = IN_MEMORY) -> Iterator[Connection]:
    """A transaction in a database with all tables and no rows, as one at `url` is; nothing of it stays."""
    engine = with_known_statements(open_database(url))
    try:
        if url == IN_MEMORY:
            restore(engine, _with_all_tables())
        event.listen(engine, "commit", _refuse)
        with engine.connect() as connection:
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def _refuse(_connection: Connection) -> None:
    """Others are to find the database empty."""
    raise AssertionError("a test committed to a database that others use")


@cache
def _with_all_tables() -> bytes:
    """A database in memory to be copied, which is ten times as fast as making the tables anew."""
    engine = open_database(IN_MEMORY)
    with engine.begin() as connection:
        precious.create_all(connection)
        derived.create_all(connection)
    return snapshot(engine)
