"""Knows how the text of an answer to any form becomes a value that both databases take, and which are none."""

from __future__ import annotations

import datetime as dt
import math
import re
from calendar import monthrange
from collections.abc import Callable, Mapping

from connector.plain_answer import Remembered

Stored = str | int | float | None
Point = tuple[float | None, float | None, float | None, float | None]

NO_POINT: Point = (None, None, None, None)
_BIGGEST = 2**63 - 1
MINUTES = frozenset(f":{minute:02d}:{second:02d}" for minute in range(60) for second in range(60))
THOUSANDTHS = frozenset(f".{number:03d}" for number in range(1000))
_WHOLE = re.compile(r"[+-]?\d{1,19}(\.0*)?", re.ASCII)
_MONTH = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])-", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T00:00(:00(\.0+)?)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def read_integer(text: str) -> int:
    """Return a whole number of up to 63 bits. Raises ValueError."""
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError("not a whole number")
    number = int(text.strip().partition(".")[0])
    if abs(number) > _BIGGEST:
        raise ValueError("a number too large to store")
    return number


def read_decimal(text: str) -> float:
    """Return a finite number. Raises ValueError."""
    try:
        number = float(text)
    except ValueError:
        raise ValueError("not a number") from None
    if number - number != 0 or not _is_plain_number(text):
        raise ValueError("not a number")
    return number


def _is_plain_number(text: str) -> bool:
    """Whether a text that Python reads as numbers has nothing in it that only Python would: `1_0`, digits of others."""
    return text.isascii() and "_" not in text and text.isprintable()


def read_date(text: str) -> str:
    """Return a day as YYYY-MM-DD; midnight and an offset behind it say nothing more. Raises ValueError."""
    try:
        if len(text) == 10 and text[4] == text[7] == "-":
            return dt.date.fromisoformat(text).isoformat()
        found = _DAY.fullmatch(text.strip())
        return dt.date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise ValueError("not a date") from None


def read_time(text: str) -> str:
    """Return the time on the wall as hh:mm:ss.ffffff, its offset dropped. Raises ValueError."""
    try:
        return dt.time.fromisoformat(text.strip()).replace(tzinfo=None).isoformat("microseconds")
    except ValueError:
        raise ValueError("not a time") from None


def read_datetime(text: str) -> str:
    """Return a moment in UTC as YYYY-MM-DD hh:mm:ss.ffffff; without an offset it is taken as UTC. Raises ValueError."""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
        if "T" not in text:
            raise ValueError
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError("not a moment in time") from None
    return moment.isoformat(" ", "microseconds")


def read_moment(text: str) -> str:
    """Return what read_datetime does, quickly where a phone wrote it: `2026-11-22T09:00:00.000+03:00`.

    Hours are looked up, the rest stays. Raises ValueError.
    """
    if text[13:19] in MINUTES and text[19:23] in THOUSANDTHS and (hour := _HOURS[text[:13] + text[23:]]):
        return f"{hour}{text[13:23]}000"
    return read_datetime(text)


def _hour(text: str) -> str:
    """The hour in UTC, as read_datetime begins, of `2026-11-22T09+03:00`; nothing if half an hour is in it.

    Nor of hour 24, which newer Pythons take for midnight, but only on the stroke.
    """
    if len(text) == 19 and text.endswith(":00") and text[11:13] != "24":
        return read_datetime(f"{text[:13]}:00:00.000{text[13:]}")[:13]
    return ""


_HOURS = Remembered(_hour)


def days_of(month: str) -> frozenset[str]:
    """Return the days, each of two digits, of a month `2026-11-`; none of what is no month."""
    if not _MONTH.fullmatch(month):
        return frozenset()
    days = monthrange(int(month[:4]), int(month[5:7]))[1]
    return frozenset(f"{day:02d}" for day in range(1, days + 1))


def read_point(text: str) -> Point:
    """Return latitude, longitude, altitude and accuracy of `lat lon alt acc`, of which the last two may lack.

    Raises ValueError.
    """
    parts = text.split()
    if not 2 <= len(parts) <= 4 or not _is_plain_number(text):
        raise ValueError("not a place on earth")
    latitude, longitude, *height = map(float, parts)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and all(map(math.isfinite, height))):
        raise ValueError("not a place on earth")
    altitude, accuracy = (*height, None, None)[:2]
    return latitude, longitude, altitude, accuracy


READERS: Mapping[str, Callable[[str], Stored]] = {
    "integer": read_integer,
    "decimal": read_decimal,
    "date": read_date,
    "time": read_time,
    "datetime": read_datetime,
}
"""By storage; whatever is not here is stored as it was sent."""


def storable(text: str) -> str:
    """Return a text that both databases take: NUL and half characters are replaced by U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def is_storable(text: str) -> bool:
    """Whether both databases take a text as it is."""
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
