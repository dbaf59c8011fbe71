"""Knows how pages are read on a slow line: several in flight at once, handed over in order, few in memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Generic, TypeVar

from connector.errors import ServerFailedError
from connector.kobo import KoboClient, Page
from connector.kobo_answer import Answer
from connector.kobo_data import LARGEST_PAGE, last_id, page_of
from connector.kobo_page import Keep
from connector.sync_here import Span

Result = TypeVar("Result")

IN_FLIGHT = 4
"""Pages asked for at once; they wait in memory as bytes, and only the one being stored as values."""
SLOW_SECONDS = 0.25
FILLED = 0.9
"""How full a page is meant to be when a span is cut: numbers are not spread evenly, and a fuller one takes two."""
BYTES_A_PAGE = 5 * 2**20
"""Where records are large, fewer are asked for at once, so that what is held in memory does not grow with them."""
FEWEST_RECORDS = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """A page, and how many records of this reading are not handed over yet, by what the server said last."""

    page: Page
    left: int


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads all records of a project with `_id` over a number, ascending.

    `keep` returns what is kept of each record, see `read_page`. `slow_seconds`: a page that is waited for longer is
    worth asking for several at once; `is_slow`: that is known, and that there are many. `clock` counts seconds.
    """

    client: KoboClient
    asset_uid: str
    keep: Keep | None = None
    slow_seconds: float = SLOW_SECONDS
    is_slow: bool = False
    clock: Callable[[], float] = time.monotonic

    def read(self, after_id: int) -> Iterator[Reading]:
        """Every page in order, until the server says that none remain.

        Whoever stores a page when it comes may take its last `_id` as read up to: nothing before it is still to
        come. Raises the client's errors, after the pages before the one that failed were handed over.
        """
        last, size, can_fly = after_id, LARGEST_PAGE, True
        highest = self._ask_highest(last) if self.is_slow else None
        while True:
            began = self.clock()
            answer, size = self.client.sized_answer(self.asset_uid, {"_id": {"$gt": last}}, None, size)
            is_slow = self.clock() - began > self.slow_seconds
            page = page_of(self.asset_uid, answer, self.keep)
            left, size = page.count - page.size, _fitting(size, page.size, len(answer.body))
            del answer
            last = last_id(page, last, self.asset_uid)
            readings, will_fly = [Reading(page, left)] if page.size else [], can_fly and is_slow
            del page  # else two pages would be in memory while the next one is read
            if will_fly and left > IN_FLIGHT * size:
                before, asked = last, highest or self._ask_highest(last)
                if not highest:  # it is on its way while a page is stored
                    yield from _handed_over(readings)
                last, left, is_whole = yield from self._fly(Span(last, max(last, asked.result())), left, size, readings)
                highest, can_fly = None, is_whole and last > before
            yield from _handed_over(readings)
            if left <= 0:
                return

    def _fly(
        self, span: Span, left: int, size: int, readings: list[Reading]
    ) -> Generator[Reading, None, tuple[int, int, bool]]:
        """Read a span, where `left` records are to be expected, and a page of what lies beyond.

        Returns the last number that was read, how many records the server says remain beyond, and whether the flight
        went to its end: a stretch without any record may be a mistake of the server's, and the pages behind it are
        not used before what follows `last` was asked for without an end. `readings` are handed over as soon as pages
        are on their way. The places of those that have come are filled again before a page is handed over, so that no
        request waits while one is stored; fewer are in flight while pages come faster than they are stored.
        """
        last, wanted, spans = span.after, IN_FLIGHT, cut(span, left, size)
        beyond = [Span(each.up_to or 0) for each in spans[-1:]]
        legs = deque(_Leg(each, size) for each in (*spans, *beyond))
        self._start(legs, wanted)
        yield from _handed_over(readings)
        while legs:
            leg = legs.popleft()
            if not leg.is_there:
                wanted = min(IN_FLIGHT, wanted + 1)
            elif legs and legs[0].is_there:
                wanted = max(2, wanted - 1)
            page = leg.result(self.asset_uid, self.keep)
            last, unread = last_id(page, last, self.asset_uid), page.count - page.size
            if leg.span.up_to is None:
                left = unread
            elif not page.size:
                return last, max(left, 1), False
            else:
                left = max(left - page.size, 0)
                more = cut(Span(last, leg.span.up_to), unread, size) if unread > 0 else []
                legs.extendleft(_Leg(each, size) for each in reversed(more))
            self._start(legs, wanted)
            if page.size:
                yield Reading(page, left)
            del page, leg
        return last, left, True

    def _start(self, legs: deque[_Leg], wanted: int) -> None:
        """Have the first leg on its way, and others while no more than `wanted` are; the first may be one more."""
        flying = sum(leg.is_started for leg in legs)
        for number, leg in enumerate(legs):
            if not leg.is_started and (number == 0 or flying < wanted):
                leg.start(self.client, self.asset_uid)
                flying += 1
            if flying >= wanted:
                return

    def _ask_highest(self, after: int) -> _Asked[int]:
        return _Asked(partial(self._highest, after))

    def _highest(self, after: int) -> int:
        """The highest `_id` there is; `after` if the server does not say."""
        try:
            found = self.client.data_page(self.asset_uid, sort={"_id": -1}, fields=("_id",), limit=1).records
        except ServerFailedError:
            return after
        return max(after, *(record["_id"] for record in found)) if found else after


def _handed_over(readings: list[Reading]) -> Iterator[Reading]:
    """Yield readings, keeping none."""
    while readings:
        yield readings.pop(0)


class _Asked(Generic[Result]):
    """What is asked for in a thread of its own, which is left to end by itself when nobody waits for it any more."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._endings: list[Result | BaseException] = []

        def run() -> None:
            try:
                self._endings.append(work())
            except BaseException as error:
                self._endings.append(error)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    @property
    def is_there(self) -> bool:
        """Whether nobody needs to wait for it."""
        return not self._thread.is_alive()

    def result(self) -> Result:
        """What came, once: it is not kept. Raises what the asking raised."""
        self._thread.join()
        ending = self._endings.pop()
        if isinstance(ending, BaseException):
            raise ending
        return ending


@dataclass(slots=True)
class _Leg:
    """One page of a flight; a span without an end is what lies beyond all others."""

    span: Span
    size: int
    _asked: _Asked[Answer] | None = None

    def start(self, client: KoboClient, asset_uid: str) -> None:
        """Ask for the page and come back at once."""
        bounds = {"$gt": self.span.after} | ({} if self.span.up_to is None else {"$lte": self.span.up_to})
        self._asked = _Asked(lambda: client.sized_answer(asset_uid, {"_id": bounds}, None, self.size)[0])

    @property
    def is_started(self) -> bool:
        """Whether it is on its way, or there."""
        return self._asked is not None

    @property
    def is_there(self) -> bool:
        """Whether nobody needs to wait for it."""
        return self._asked is not None and self._asked.is_there

    def result(self, asset_uid: str, keep: Keep | None) -> Page:
        """The page of a leg that was started, read only now. Raises what the request raised and what `page_of` does."""
        assert self._asked is not None
        return page_of(asset_uid, self._asked.result(), keep)


def _fitting(size: int, records: int, length: int) -> int:
    """How many records to ask for at once after a page of so many, and so many bytes, at this size."""
    if length <= BYTES_A_PAGE or not records:
        return size
    return min(size, max(FEWEST_RECORDS, records * BYTES_A_PAGE // length))


def cut(span: Span, records: int, size: int) -> list[Span]:
    """Parts of a span, equally wide, each for somewhat less than a page if `records` are spread evenly in it."""
    end = span.up_to if span.up_to is not None else span.after
    parts = max(1, min(round(records / (size * FILLED)), end - span.after))
    marks = [span.after + (end - span.after) * number // parts for number in range(parts + 1)]
    return [Span(first, last) for first, last in pairwise(marks) if last > first]
