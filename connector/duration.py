"""Knows how people write lengths of time: `90s`, `15m`, `26h`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Read `15m` and the like. Raises ValueError for anything else, and for nothing or more than ten years."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip().lower())
    found = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < found <= timedelta(days=3660):
        raise ValueError(f"{text!r} is no length of time; write 90s, 15m, 26h or 7d")
    return found


def duration_words(seconds: float) -> str:
    """Return a length of time in its largest unit that fits: `8 s`, `3 min`, `26 h`, `4 days`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{max(int(seconds), 0)} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
