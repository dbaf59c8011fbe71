"""Knows how long to wait: between tries, while polling, and for one answer at most."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

Result = TypeVar("Result")


class Overdue(Exception):
    """The time for one answer is over."""


def waits(total: float) -> Iterator[float]:
    """Pauses for polling, in seconds: 0.2 growing to 3, together no more than `total`."""
    pause = 0.2
    while total > 0:
        yield min(pause, total)
        total -= pause
        pause = min(pause * 1.5, 3.0)


def back_off(attempt: int, longest: float, jitter: float) -> float:
    """Seconds before the next try: 1, 2, 4, 8 … up to `longest`, less a random half (`jitter` is 0 to 1).

    The random part keeps many clients from coming back at the same moment.
    """
    return min(2.0 ** (attempt - 1), longest) * (0.5 + jitter / 2)


def retry_after(text: str, now: datetime | None = None) -> float:
    """The header Retry-After as seconds from `now`: a number or an HTTP date; 0 if it is neither or past."""
    try:
        seconds = float(text)
    except ValueError:
        at = moment_of(text)
        seconds = (at - (now or datetime.now(UTC))).total_seconds() if at else 0
    return seconds if 0 < seconds < float("inf") else 0


def moment_of(text: str) -> datetime | None:
    """An HTTP date as an aware datetime; None if it is none."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """The result of `work`, or its exception; Overdue if neither is there after `seconds`.

    The work runs in a thread that is then left to end by itself: a socket cannot be interrupted from outside.
    """
    results: list[Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise Overdue
    return results[0]
