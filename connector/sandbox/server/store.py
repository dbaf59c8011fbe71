"""Knows how the sandbox's one SQLite file is opened and how a transaction begins and ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from connector.sandbox.server.tables import metadata


class Store:
    """The sandbox's data file, held open by one connection; one thread at a time may use it."""

    def __init__(self, data_file: Path) -> None:
        """Open `data_file`, creating it and its folder when they do not exist."""
        data_file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(
            f"sqlite:///{data_file}",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False, "timeout": 30},
            hide_parameters=True,
        )
        event.listen(self._engine, "connect", _set_pragmas)
        metadata.create_all(self._engine)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection; what was written is kept when the block ends, and undone when it raises."""
        with self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _set_pragmas(connection: Any, _: Any) -> None:
    """Prefer speed to surviving a power cut (a sandbox can be filled again), and keep everything in one file."""
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "foreign_keys=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
