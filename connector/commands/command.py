"""Knows what every command gets to work with: settings, its own arguments, and a way to show progress."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Engine

from connector.database import open_database
from connector.errors import SchemaTooNewError, StorageError
from connector.kobo import KoboClient
from connector.migration import schema_state
from connector.progress import OnProgress
from connector.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the arguments of this command, and where progress goes.

    `say` prints a line at once; `warn` tells of a failure after which the command goes on.
    """

    settings: Settings
    arguments: argparse.Namespace
    on_progress: OnProgress
    say: Callable[[str], None]
    warn: Callable[[str], None]

    def engine(self) -> Engine:
        """Open the database for writing. Raises StorageError."""
        return open_database(self.settings.database_url)

    def reader(self) -> Engine:
        """Open a database of this version for reading alone. Raises StorageError saying what brings it up to date."""
        engine = open_database(self.settings.database_url, read_only=True)
        state = schema_state(engine)
        if state == "newer":
            raise SchemaTooNewError("The database was written by a newer version of this program.", advice="Update it.")
        if state != "current":
            advice = "Run `healing sync` or `healing rebuild`: both bring it up to date."
            raise StorageError(f"The tables of the database are {state}.", advice=advice)
        return engine

    def client(self) -> KoboClient:
        """Return a client for the server. Raises SettingsError when server or token are not set."""
        server, token = self.settings.connection()
        return KoboClient(server, token, kc_server=self.settings.kc_server)


Run = Callable[[Context], Iterable[str]]
"""Does the work and returns the lines to print; the last one says what happened."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: name, one line about it, examples, what it runs, its own arguments, and more for its help."""

    name: str
    summary: str
    examples: tuple[str, ...]
    run: Run
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    details: str = ""

    @property
    def description(self) -> str:
        """What its help begins with: the summary as a sentence, and the details."""
        sentence = f"{self.summary[0].upper()}{self.summary[1:]}."
        return f"{sentence}\n\n{self.details}" if self.details else sentence
