"""Knows the databases of both kinds that tests ask for: empty, with all tables, and one that many use in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, make_url

from connector.database import open_database
from connector.migration import migrate
from tests.connector.adopted_scenes import fresh_database
from tests.connector.derived_database import IN_MEMORY, empty_database
from tests.postgres import PostgresServer, new_database

BOTH = ("sqlite", "postgresql")


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A transaction in a migrated database in memory; tests of other databases have their own."""
    engine = fresh_database()
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="session")
def current_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, to be copied: making them costs eight times as much."""
    with new_database(postgres_server) as url:
        engine = open_database(url)
        migrate(engine)
        engine.dispose()
        yield str(make_url(url).database)


@pytest.fixture
def current_postgres_url(postgres_server: PostgresServer, current_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database for one test, with all tables and no rows."""
    with new_database(postgres_server, current_template) as url:
        yield url


@pytest.fixture(scope="session")
def lasting_postgres_url(postgres_server: PostgresServer, current_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database with all tables and no rows, in which nobody may commit anything."""
    with new_database(postgres_server, current_template) as url:
        yield url


@pytest.fixture(params=BOTH)
def any_empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without tables, of each kind in turn."""
    return IN_MEMORY if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture(params=BOTH)
def any_current(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A transaction in a database with all tables and no rows, of each kind in turn; nothing of it stays."""
    url = IN_MEMORY if request.param == "sqlite" else request.getfixturevalue("lasting_postgres_url")
    with empty_database(url) as connection:
        yield connection
