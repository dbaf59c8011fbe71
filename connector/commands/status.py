"""Knows the commands that look and change nothing: status, and the records that wait unread."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable

from sqlalchemy import select

from connector.commands.command import Command, Context
from connector.commands.records import duration
from connector.errors import AttentionError
from connector.precious_schema import quarantine
from connector.status import Status, read_status
from connector.status_report import MAX_AGE, concerns, status_json, status_lines
from connector.sync_state import utc_now


def _status(context: Context) -> Iterable[str]:
    now, max_age = utc_now(), context.arguments.max_age
    with context.reader().connect() as connection:
        status = read_status(connection, context.settings.server)
    if context.arguments.json:
        context.say(json.dumps(status_json(status, now, max_age)))
    else:
        for line in status_lines(status, now, max_age):
            context.say(line)
    if found := concerns(status, now, max_age):
        words = "1 thing needs a look" if len(found) == 1 else f"{len(found)} things need a look"
        raise AttentionError(f"{words}.")
    return []


def _quarantine(context: Context) -> Iterable[str]:
    with context.reader().connect() as connection:
        names = _project_names(read_status(connection, context.settings.server))
        waits = quarantine.c.resolved_at.is_(None)
        rows = connection.execute(select(quarantine).where(waits).order_by(quarantine.c.quarantine_id)).all()
    for row in rows:
        number = f"_id {row.server_id}" if row.server_id is not None else "_id unknown"
        seen = f"first seen {row.first_seen_at:%Y-%m-%d %H:%M} UTC, last {row.last_seen_at:%Y-%m-%d %H:%M} UTC"
        where = names.get(row.asset_uid, row.asset_uid)
        yield f"{row.quarantine_id}: {where}, {number}: {row.reason}; {seen}, tried {row.tries} times"
    yield "1 record waits unread" if len(rows) == 1 else f"{len(rows)} records wait unread"


def _project_names(status: Status) -> dict[str, str]:
    return {each.asset_uid: each.name for each in status.projects}


def _add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object: counts, times and codes only")
    text = "how long ago completeness may have been proved, such as 26h (the default) or 2d"
    parser.add_argument("--max-age", type=duration, default=MAX_AGE, metavar="TIME", help=text)


STATUS = Command(
    "status",
    "say what is in the database, how complete it is, and what waits",
    ("healing status", "healing status --json --max-age 2d"),
    _status,
    _add_status,
    """For monitoring: it ends with 0 when every project was proved complete in the last 26 hours (--max-age), the last
sync did not fail and no record waits unread; with 9 when one of these is not so, and says which. Problems of single
records, which are for coordinators, change nothing in that.""",
)
QUARANTINE = Command(
    "quarantine",
    "list the records that cannot be read: where each is and why, never what it says",
    ("healing quarantine",),
    _quarantine,
    details="Each is kept as it came and tried again at every sync. Look it up in KoboToolbox by its number and "
    "correct or delete it there.",
)
