"""Knows the commands about records: sync, once or again and again, and rebuild."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import timedelta
from importlib import import_module

from sqlalchemy import Engine

from connector.commands.command import Command, Context
from connector.duration import parse_duration
from connector.errors import HealingError, SettingsError
from connector.kobo import KoboClient
from connector.log_lines import log_event
from connector.memory import keep_little
from connector.migration import migrate
from connector.run_log import logged_run
from connector.stopping import ended_like_ctrl_c
from connector.sync import sync
from connector.sync_state import count_problems, utc_now
from connector.sync_watch import EVERY, LONGEST, SHORTEST, Pace, watch
from connector.writer_lock import single_writer

LOADED_LATE = ("connector.derive", "connector.adopted_derive", "connector.renamed_following")
"""What a run loads only when a record comes, a form was adopted, or one was changed on the website."""


def _sync(context: Context) -> Iterable[str]:
    pace = _pace(context.arguments)
    keep_little()
    with ended_like_ctrl_c():
        engine, client = context.engine(), context.client()
        return sync_again_and_again(context, engine, client, pace) if pace else sync_once(context, engine, client)


def _pace(arguments: argparse.Namespace) -> Pace | None:
    """How a watch keeps time; None for one run. Raises SettingsError for flags that do not go together."""
    if not arguments.watch:
        if arguments.every is not None:
            raise SettingsError("--every says how often to sync.", advice="It goes with --watch.")
        return None
    if arguments.accept_deletions or arguments.sweep:
        advice = "Run `healing sync` with it once, beside the watch: what it settles stays settled."
        raise SettingsError("--accept-deletions and --sweep are for one run, not for every run.", advice=advice)
    every: timedelta = arguments.every or EVERY
    if not SHORTEST <= every <= LONGEST:
        raise SettingsError("--every is too short or too long.", advice="Choose from 1m to 1d; 15m is usual.")
    return Pace(every.total_seconds())


def sync_once(context: Context, engine: Engine, client: KoboClient) -> Sequence[str]:
    """Bring everything over once, the rosters too if asked, and return the lines to print. Raises as `sync` does."""
    arguments = context.arguments
    with logged_run(engine):
        result = sync(
            engine,
            client,
            accept_deletions=arguments.accept_deletions,
            sweep=arguments.sweep,
            on_progress=context.on_progress,
        )
    if arguments.rosters:
        from connector.rosters import publish_rosters

        changed = publish_rosters(engine, client, context.on_progress)
        context.say(f"new rosters: {', '.join(changed)}" if changed else "rosters unchanged")
    return [*result.notes, result.line]


def sync_again_and_again(context: Context, engine: Engine, client: KoboClient, pace: Pace) -> Sequence[str]:
    """Sync at every interval until somebody ends it; each line is told with its time. Raises as `watch` does.

    What a run loads late is loaded now: by then a newer version may have taken the place of this.
    """
    for each in LOADED_LATE:
        import_module(each)

    def run() -> None:
        for line in sync_once(context, engine, client):
            context.say(_now(line))

    def tell(error: HealingError) -> None:
        context.warn(_now(f"this run failed: {error}"))

    ended = watch(run, pace, tell, lambda seconds: log_event("waiting", seconds=seconds))
    return [f"watch stopped after {ended} {'run' if ended == 1 else 'runs'}"]


def _now(line: str) -> str:
    return f"{utc_now():%Y-%m-%d %H:%M} UTC {line}"


def duration(text: str) -> timedelta:
    """A length of time from the command line."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_sync(parser: argparse.ArgumentParser) -> None:
    text = "allow up to N deletions in each form, after a person has looked"
    parser.add_argument("--accept-deletions", type=int, default=0, metavar="N", help=text)
    text = "afterwards bring changed rosters to the phones (the token must be allowed to change the projects)"
    parser.add_argument("--rosters", action="store_true", help=text)
    text = "compare every record with the server, as it otherwise happens by itself now and then"
    parser.add_argument("--sweep", action="store_true", help=text)
    text = "go on until stopped: sync again at every interval; failures that pass are told and tried again"
    parser.add_argument("--watch", action="store_true", help=text)
    text = "the interval of --watch, give or take a fifth by chance: 90s, 15m, 6h (default: 15m)"
    parser.add_argument("--every", type=duration, metavar="TIME", help=text)


def _rebuild(context: Context) -> Iterable[str]:
    from connector.derive import rebuild

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
    (
        "healing sync",
        "healing sync --rosters",
        "healing sync --watch --every 15m",
        "healing sync --accept-deletions 40",
        "healing sync --sweep",
    ),
    _sync,
    _add_sync,
    """Ctrl-C and SIGTERM stop it at any moment without harm: what was done stays, and the next run goes on from there.
A watch that is stopped ends with 0. It ends by itself only where a person must act (token, permission, settings, a
database that is damaged, full or newer), with the exit code of that failure.""",
)
REBUILD = Command("rebuild", "derive all tables again from the raw records", ("healing rebuild",), _rebuild)
