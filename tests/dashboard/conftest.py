"""Knows how to make the databases that the dashboard's tests read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from streamlit.components.v2 import manifest_scanner

from connector.database import open_database
from connector.migration import migrate
from dashboard.source import forget
from tests.dashboard import known_programme
from tests.postgres import PostgresServer, new_database


@pytest.fixture(scope="session", autouse=True)
def packages_are_searched_once() -> Iterator[None]:
    """Streamlit looks through all installed packages for components whenever a page is opened, a third of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


def make_tables(url: str) -> None:
    """Make all tables of this version in an empty database."""
    engine = open_database(url)
    migrate(engine)
    engine.dispose()


def write_known(url: str) -> None:
    """Make all tables and fill them with the known programme."""
    make_tables(url)
    engine = open_database(url)
    known_programme.write(engine)
    engine.dispose()


@pytest.fixture
def fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages believe that it is the day of the known programme, and remember nothing of other tests."""
    monkeypatch.setenv("HEALING_TODAY", "2026-04-15")
    forget()


@pytest.fixture(scope="session")
def empty_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a database with all tables and no rows; nobody may write to it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('empty')}/healing.db"
    make_tables(url)
    return url


@pytest.fixture(scope="session")
def known_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a SQLite database that holds the known programme; nobody may write to it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('known')}/healing.db"
    write_known(url)
    return url


@pytest.fixture(scope="session")
def known_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Address of a PostgreSQL database that holds the known programme; nobody may write to it."""
    with new_database(postgres_server) as url:
        write_known(url)
        yield url


@pytest.fixture
def own_url(known_url: str, tmp_path: Path) -> str:
    """Address of a copy of the known programme that one test may change."""
    copy = tmp_path / "healing.db"
    copy.write_bytes(Path(known_url.removeprefix("sqlite:///")).read_bytes())
    return f"sqlite:///{copy}"


@pytest.fixture(scope="session")
def readers() -> Iterator[Callable[[str], Engine]]:
    """Gives the engine that reads at an address, one for all tests: each would compile their statements anew."""
    opened: dict[str, Engine] = {}

    def reader(url: str) -> Engine:
        if url not in opened:
            opened[url] = open_database(url, read_only=True)
        return opened[url]

    yield reader
    for engine in opened.values():
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def known(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection that reads the known programme, from each kind of database in turn."""
    name = "known_url" if request.param == "sqlite" else "known_postgres_url"
    url = request.getfixturevalue(name)
    with request.getfixturevalue("readers")(url).connect() as connection:
        yield connection


@pytest.fixture
def empty(empty_url: str, readers: Callable[[str], Engine]) -> Iterator[Connection]:
    """A connection that reads a database without rows."""
    with readers(empty_url).connect() as connection:
        yield connection
