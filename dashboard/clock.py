"""Knows what day it is in Rwanda, and how a moment or an age is written on a page."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

KIGALI = timedelta(hours=2)
"""Rwanda keeps Central Africa Time all year: UTC + 2 hours."""


def today(environ: Mapping[str, str] = os.environ) -> date:
    """Return the day in Rwanda, or the one that `HEALING_TODAY` (YYYY-MM-DD) fixes for demonstrations and tests.

    Raises ValueError when the variable holds no date.
    """
    fixed = environ.get("HEALING_TODAY", "").strip()
    if fixed:
        return date.fromisoformat(fixed)
    return (datetime.now(UTC) + KIGALI).date()


def now(environ: Mapping[str, str] = os.environ) -> datetime:
    """Return the present minute in UTC without zone, as the database keeps it; a fixed day counts as over."""
    if environ.get("HEALING_TODAY", "").strip():
        return datetime.combine(today(environ) + timedelta(days=1), time()) - KIGALI
    return datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None)


def moment(value: datetime | None) -> str:
    """Return a UTC moment as people in Rwanda read it: `13 Apr 2026, 08:30`."""
    return "never" if value is None else f"{value + KIGALI:%-d %b %Y, %H:%M}"


def day(value: date | None) -> str:
    """Return a date as `13 Apr 2026`, and a dash for none."""
    return "–" if value is None else f"{value:%-d %b %Y}"


def age(since: datetime, until: datetime) -> str:
    """Return the time between two moments in the largest whole unit: `3 d`, `5 h`, `12 min`."""
    minutes = max(int((until - since).total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"
