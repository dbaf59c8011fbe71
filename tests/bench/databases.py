"""Knows where a measured program may load: new databases, a SQLite file or one of a PostgreSQL server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from tests.postgres import HOW_TO_ENABLE, PostgresServer, find_programs, new_database, running_postgres


@dataclass(frozen=True, slots=True)
class Target:
    """One empty database: its address for this connector, and for a program that takes a path or libpq's address."""

    url: str
    plain: str


@dataclass(frozen=True, slots=True)
class Databases:
    """One kind of database; `server` is there for PostgreSQL only."""

    name: str
    server: PostgresServer | None = None

    @contextmanager
    def new(self) -> Iterator[Target]:
        """An empty database that goes when the block ends."""
        if self.server is None:
            with TemporaryDirectory(prefix="healing-bench-") as folder:
                path = Path(folder) / "bench.db"
                yield Target(f"sqlite:///{path}", str(path))
        else:
            with new_database(self.server) as url:
                yield Target(url, url.replace("postgresql+psycopg:", "postgresql:"))


@contextmanager
def databases() -> Iterator[tuple[Databases, Databases]]:
    """SQLite and PostgreSQL. Raises RuntimeError where there are no programs of PostgreSQL."""
    programs = find_programs()
    if programs is None:
        raise RuntimeError(HOW_TO_ENABLE)
    with running_postgres(programs) as server:
        yield Databases("SQLite"), Databases("PostgreSQL", server)


def parts_of(target: Target) -> dict[str, str]:
    """Host (folder of the socket), user and name of a PostgreSQL database."""
    url = make_url(target.url)
    return {"host": str(url.query["host"]), "username": url.username or "", "database": url.database or ""}
