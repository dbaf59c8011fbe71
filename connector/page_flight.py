"""Knows how pages are read on a slow line: several in flight at once, handed over in order, few in memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from connector.errors import ServerFailedError
from connector.kobo import KoboClient, Page
from connector.kobo_answer import Answer
from connector.kobo_data import LARGEST_PAGE, last_id, page_of
from connector.sync_here import Span

IN_FLIGHT = 4
"""Pages asked for at once; they wait in memory as bytes, and only the one being stored as values."""
SLOW_SECONDS = 0.25
FILLED = 0.8
"""How full a page is meant to be when a span is cut: numbers are not spread evenly, and a fuller one takes two."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A page, and how many records of this reading are not handed over yet, by what the server said last."""

    page: Page
    left: int


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads all records of a project with `_id` over a number, ascending.

    `slow_seconds`: a page that is waited for longer is worth asking for several at once. `clock` counts seconds.
    """

    client: KoboClient
    asset_uid: str
    slow_seconds: float = SLOW_SECONDS
    clock: Callable[[], float] = time.monotonic

    def read(self, after_id: int) -> Iterator[Reading]:
        """Every page in order, until the server says that none remain.

        Whoever stores a page when it comes may take its last `_id` as read up to: nothing before it is still to
        come. Raises the client's errors, after the pages before the one that failed were handed over.
        """
        last, size, can_fly = after_id, LARGEST_PAGE, True
        while True:
            began = self.clock()
            answer, size = self.client.sized_answer(self.asset_uid, {"_id": {"$gt": last}}, None, size)
            is_slow = self.clock() - began > self.slow_seconds
            page = page_of(self.asset_uid, answer)
            left = page.count - page.size
            if page.size:
                last = last_id(page, last, self.asset_uid)
                yield Reading(page, left)
            del page, answer  # else two pages would be in memory while the next one is read
            if left <= 0:
                return
            if can_fly and is_slow and left > IN_FLIGHT * size:
                before = last
                for reading in self._fly(last, left, size):
                    last = last_id(reading.page, last, self.asset_uid)
                    yield reading
                    del reading
                can_fly = last > before

    def _fly(self, after: int, left: int, size: int) -> Iterator[Reading]:
        """Read what lies between `after` and the highest `_id` there is now, where `left` records are to be expected.

        Fewer are in flight while pages come faster than they are stored. What is beyond is left to be read one page
        after the other: a lower number may still come there.
        """
        legs = deque(_Leg(span, size) for span in cut(Span(after, self._highest(after)), left, size))
        wanted = IN_FLIGHT
        while legs:
            self._start(legs, wanted)
            leg = legs.popleft()
            if not leg.is_there:
                wanted = min(IN_FLIGHT, wanted + 1)
            elif legs and legs[0].is_there:
                wanted = max(2, wanted - 1)
            page = leg.result()
            left -= page.size
            if page.count > page.size:
                rest = Span(last_id(page, leg.span.after, self.asset_uid), leg.span.up_to)
                more = cut(rest, page.count - page.size, size)
                legs.extendleft(_Leg(span, size) for span in reversed(more))
            if page.size:
                yield Reading(page, max(left, 0))
            del page, leg

    def _start(self, legs: deque[_Leg], wanted: int) -> None:
        """Have the first leg on its way, and others while no more than `wanted` are; the first may be one more."""
        flying = sum(leg.is_started for leg in legs)
        for number, leg in enumerate(legs):
            if not leg.is_started and (number == 0 or flying < wanted):
                leg.start(self.client, self.asset_uid)
                flying += 1
            if flying >= wanted:
                return

    def _highest(self, after: int) -> int:
        """The highest `_id` there is; `after` if the server does not say."""
        try:
            found = self.client.data_page(self.asset_uid, sort={"_id": -1}, fields=("_id",), limit=1).records
        except ServerFailedError:
            return after
        return max(after, *(record["_id"] for record in found)) if found else after


@dataclass(slots=True)
class _Leg:
    """One page in a thread of its own, which is left to end by itself when nobody waits for it any more."""

    span: Span
    size: int
    is_started: bool = False
    _asset_uid: str = field(init=False)
    _thread: threading.Thread = field(init=False, repr=False)
    _ending: Answer | BaseException = field(init=False, repr=False)

    def start(self, client: KoboClient, asset_uid: str) -> None:
        """Ask for the page and come back at once."""

        def fetch() -> None:
            try:
                query = {"_id": {"$gt": self.span.after, "$lte": self.span.up_to}}
                self._ending, _ = client.sized_answer(asset_uid, query, None, self.size)
            except BaseException as error:
                self._ending = error

        self.is_started, self._asset_uid = True, asset_uid
        self._thread = threading.Thread(target=fetch, daemon=True)
        self._thread.start()

    @property
    def is_there(self) -> bool:
        """Whether nobody needs to wait for it."""
        return self.is_started and not self._thread.is_alive()

    def result(self) -> Page:
        """The page when it is there, read only now. Raises what the request raised, and the errors of `page_of`."""
        self._thread.join()
        if isinstance(self._ending, BaseException):
            raise self._ending
        return page_of(self._asset_uid, self._ending)


def cut(span: Span, records: int, size: int) -> list[Span]:
    """Parts of a span, equally wide, each for somewhat less than a page if `records` are spread evenly in it."""
    end = span.up_to if span.up_to is not None else span.after
    parts = max(1, min(round(records / (size * FILLED)), end - span.after))
    marks = [span.after + (end - span.after) * number // parts for number in range(parts + 1)]
    return [Span(first, last) for first, last in pairwise(marks) if last > first]
