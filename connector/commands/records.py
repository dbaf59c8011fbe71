"""Knows the commands about records: sync, status, rebuild, export, and the import of the registry."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from connector.commands.command import Command, Context
from connector.derive import rebuild
from connector.migration import migrate
from connector.rosters import publish_rosters
from connector.status import status_lines
from connector.sync import sync
from connector.sync_state import count_problems, utc_now
from connector.writer_lock import single_writer


def _sync(context: Context) -> Iterable[str]:
    engine, client = context.engine(), context.client()
    accepted = context.arguments.accept_deletions
    result = sync(engine, client, accept_deletions=accepted, on_progress=context.on_progress)
    if context.arguments.rosters:
        changed = publish_rosters(engine, client, context.on_progress)
        context.say(f"new rosters: {', '.join(changed)}" if changed else "rosters unchanged")
    return [*result.notes, result.line]


def _add_sync(parser: argparse.ArgumentParser) -> None:
    text = "allow up to N deletions in each form, after a person has looked"
    parser.add_argument("--accept-deletions", type=int, default=0, metavar="N", help=text)
    text = "afterwards bring changed rosters to the phones (the token must be allowed to change the projects)"
    parser.add_argument("--rosters", action="store_true", help=text)


def _status(context: Context) -> Iterable[str]:
    with context.reader().connect() as connection:
        return status_lines(connection, utc_now())


def _rebuild(context: Context) -> Iterable[str]:
    engine = context.engine()
    with single_writer(engine):
        context.on_progress("deriving everything again from the raw records", 0, None)
        if not migrate(engine):
            with engine.begin() as connection:
                rebuild(connection)
        with engine.connect() as connection:
            return [f"everything derived again, {count_problems(connection)} problems"]


SYNC = Command(
    "sync",
    "bring new, edited, re-validated and deleted records into the database",
    ("healing sync", "healing sync --rosters", "healing sync --accept-deletions 40"),
    _sync,
    _add_sync,
)
STATUS = Command(
    "status", "say what is in the database, how complete it is, and what waits", ("healing status",), _status
)
REBUILD = Command("rebuild", "derive all tables again from the raw records", ("healing rebuild",), _rebuild)
