"""Knows the three ways in which KoboToolbox writes a moment."""

import datetime as dt


def now() -> dt.datetime:
    """Return the present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def precise(moment: dt.datetime) -> str:
    """Return `2026-11-23T03:29:06.911196Z`, as assets and tasks are dated."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_seconds(moment: dt.datetime) -> str:
    """Return `2026-11-23T03:29:06Z`, as the project history is dated."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def bare_seconds(moment: dt.datetime) -> str:
    """Return `2026-11-23T03:29:06` (UTC, no zone), as records are dated."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def read_moment(text: str) -> dt.datetime:
    """Return an ISO 8601 moment in UTC; one without a zone is taken as UTC. Raises ValueError."""
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
