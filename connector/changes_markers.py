"""Knows what in the records themselves tells of a change, and how all of it is asked for in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.submission import Json
from connector.sync_state import Cursor

OVERLAP = timedelta(minutes=2)
"""Clocks of the server's machines differ by less."""
OVERLAP_OF_IDS = 1000
"""The server hands out `_id` before a record is visible, so a lower one may appear late; these are listed again."""
LATEST = timedelta(hours=1)
"""A record's date is that of the moment in which it began to arrive; it is visible when its files have arrived, too. On
a server that many share, more numbers than `OVERLAP_OF_IDS` are handed out meanwhile."""
EVERY = timedelta(days=1)
"""Faster ways to find changes may lose one; the markers themselves are read at least so often."""

EDITED: Json = {"meta/deprecatedID": {"$exists": True}}
"""Exactly the records that were ever edited have it; whether since, their `_uuid` tells."""
WITHOUT_A_FILE: Json = {"_attachments": {"$elemMatch": {"is_deleted": True}}}


@dataclass(frozen=True, slots=True)
class Markers:
    """Which marks one listing asks for.

    `has_statuses`: it shows every status set since all marks were last asked for, `has_edits`: every edited record.
    """

    clauses: tuple[Json, ...]
    has_statuses: bool
    has_edits: bool


def markers_of(cursor: Cursor, server_time: datetime, has_history: bool) -> Markers:
    """Choose the marks to ask for: all of them once a day, else those that no faster way makes needless."""
    is_due = cursor.validated_since is None or seconds(server_time) - cursor.validated_since >= EVERY.total_seconds()
    clauses: list[Json] = [WITHOUT_A_FILE]
    if cursor.history_since is not None:
        clauses.append({"_submission_time": {"$gte": _text(datetime.fromisoformat(cursor.history_since) - LATEST)}})
    if cursor.modified_since is not None:
        clauses.append({"_date_modified": {"$gte": cursor.modified_since}})
    has_edits = is_due or not (has_history or cursor.modified_since)
    if has_edits:
        clauses.append(EDITED)
    has_statuses = is_due or not has_history
    if has_statuses:
        since = (cursor.validated_since or 0) - int(OVERLAP.total_seconds())
        clauses.append({"_validation_status.timestamp": {"$gte": since}})
    return Markers(tuple(clauses), has_statuses, has_edits)


def tail_clauses(start: int, before: int, now: int) -> tuple[Json, ...]:
    """Ask for the tail of what was read: from `start` to `before`, where this run began, and beyond `now`."""
    if before == now:
        return ({"_id": {"$gt": start}},)
    return {"_id": {"$gt": start, "$lte": before}}, {"_id": {"$gt": now}}


def seconds(moment: datetime) -> int:
    """A time as validation statuses hold it: seconds since 1970."""
    return int(moment.timestamp())


def modified_text(moment: datetime) -> str:
    """A time, less the overlap, as text in UTC; whatever follows the seconds in a `_date_modified` sorts after it."""
    return _text(moment - OVERLAP)


def _text(moment: datetime) -> str:
    """A time in UTC as records hold it, without zone: one that names a zone excludes its own second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
