"""Knows what a project's history is good for: whose records to read again, and whose deletion it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.kobo import HistoryEvent
from connector.sync_state import Cursor

OVERLAP = timedelta(minutes=2)
"""Rows are written after the fact."""
OLDEST = timedelta(days=25)
"""The log is kept for 31 days, on some accounts for less: what was missed for longer is not looked for in it."""
ADDED, DELETED = "add-submission", "delete-submission"


def since_of(cursor: Cursor, server_time: datetime) -> datetime | None:
    """From when on the log has to be read, by the server's clock; None if it cannot tell everything since."""
    if cursor.history_since is None or is_set_back(cursor, server_time):
        return None
    since = datetime.fromisoformat(cursor.history_since)
    return since - OVERLAP if server_time - since < OLDEST else None


def is_set_back(cursor: Cursor, server_time: datetime) -> bool:
    """Whether the server's clock was set back: then what happened since bears times from before the last run."""
    since = cursor.history_since
    return since is not None and server_time < datetime.fromisoformat(since) - OVERLAP


@dataclass(frozen=True, slots=True)
class Told:
    """What the log says: records to read again, and those of which it says that they were deleted.

    `names_all`: each of its rows names its record, so that no other was changed.
    """

    changed: frozenset[str]
    deleted: frozenset[str]
    names_all: bool


def read_events(events: Iterable[HistoryEvent], present: Callable[[Iterable[str]], set[str]]) -> Told:
    """Say what follows from events. `present` tells which of some records are here.

    What was added and is here was read a moment ago; what was changed and is not here is gone again, or new.
    """
    told = list(events)
    events = [event for event in told if event.root_uuid]
    here = present({event.root_uuid for event in events})
    added = {event.root_uuid for event in events if event.action == ADDED}
    others = {event.root_uuid for event in events if event.action != ADDED}
    deleted = {event.root_uuid for event in events if event.action == DELETED}
    return Told(frozenset((added - here) | (others & here)), frozenset(deleted), len(events) == len(told))
