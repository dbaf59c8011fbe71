"""Knows clients that are wrong, each in one way, to be put in the place of the right one."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import requests

from connector.errors import BadAnswerError, NotKoboError
from connector.kobo import HistoryEvent, KoboClient, Page
from connector.kobo_answer import Answer
from connector.kobo_wire import Call, Limits
from connector.submission import Json
from tests.connector.fake_kobo import SERVER, FakeKobo
from tests.connector.proofs.fast_client import FastWire

# Bugs in the client.


class ByOffset(KoboClient):
    """Pages are asked for by how many records were read, not by the last of them."""

    def sized_answer(self, uid: str, query: Json | None, fields: Sequence[str] | None, size: int) -> tuple[Answer, int]:
        query = dict(query or {})
        after = query["_id"].get("$gt", 0)
        known: dict[str, tuple[int, int, int]] = self.__dict__.setdefault("read_so_far", {})
        base, done, last = known.get(uid, (after, 0, after))
        if after != last:
            base, done = after, 0
        asked = {**query, "_id": {**query["_id"], "$gt": base}}
        params = {"sort": '{"_id":1}', "limit": size, "start": done, "query": json.dumps(asked)}
        params |= {"fields": json.dumps(list(fields))} if fields else {}
        answer = self._send("GET", f"/api/v2/assets/{uid}/data/", params=params)
        page = json.loads(answer.body)
        rows = page["results"]
        known[uid] = (base, done + len(rows), rows[-1]["_id"] if rows else after)
        return replace(answer, body=json.dumps({**page, "count": page["count"] - done}).encode()), size


class UncheckedPages(KoboClient):
    """Whatever is JSON is a page."""

    def sized_page(
        self, uid: str, query: Json | None, fields: Sequence[str] | None = None, size: int = 1000
    ) -> tuple[Page, int]:
        answer, size = self.sized_answer(uid, query, fields, size)
        return page_without_checks(answer), size


class SwallowsErrors(KoboClient):
    """An answer that cannot be read is an empty page."""

    def sized_page(
        self, uid: str, query: Json | None, fields: Sequence[str] | None = None, size: int = 1000
    ) -> tuple[Page, int]:
        try:
            return super().sized_page(uid, query, fields, size)
        except (BadAnswerError, NotKoboError):
            return Page(0, ()), size


class ByNumber(KoboClient):
    """A record is who its row on the server is."""

    def sized_page(
        self, uid: str, query: Json | None, fields: Sequence[str] | None = None, size: int = 1000
    ) -> tuple[Page, int]:
        page, size = super().sized_page(uid, query, fields, size)
        rows = tuple({**row, "meta/rootUuid": f"uuid:row-{row['_id']}"} for row in page.records)
        return replace(page, records=rows), size


class RefusalIsNothing(KoboClient):
    """A history that may not be read tells that nothing happened."""

    def history(self, uid: str, since: datetime) -> tuple[HistoryEvent, ...] | None:
        return super().history(uid, since) or ()


class WithoutOverlap(KoboClient):
    """The history is read from the second after the last run's."""

    def history(self, uid: str, since: datetime) -> tuple[HistoryEvent, ...] | None:
        events = super().history(uid, since)
        return events and tuple(event for event in events if event.at > since + timedelta(minutes=2))


def page_without_checks(answer: Answer) -> Page:
    """A page as it comes."""
    value = json.loads(answer.body)
    return Page(value.get("count", 0), tuple(value.get("results", ())))


# Bugs on the wire.


class Follows(FastWire):
    """A redirect is followed."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        place = answer.headers.get("Location", "")
        return super().exchange(replace(call, base=place, path="")) if place else answer


class TakesCutBodies(FastWire):
    """A packed body may end anywhere."""

    def unpack(self, call: Call, body: bytes, headers: Mapping[str, str]) -> bytes:
        return zlib.decompressobj(wbits=31).decompress(body) if headers.get("Content-Encoding") == "gzip" else body


class NeverGivesUp(FastWire):
    """Fifty tries, and then fifty more."""

    limits_of_all = Limits(tries=50, longest_asked=10**9)


class ReadsNetrc(FastWire):
    """The session that requests makes when it is not told otherwise."""

    def exchange(self, call: Call) -> Answer:
        session = requests.Session()
        session.mount("https://", self.kobo)
        headers = {"Authorization": "Token sentineltoken", "Accept": call.accept}
        response = session.request(call.method, call.base + call.path, params=call.params, headers=headers)
        return Answer(call.where, response.status_code, response.headers, response.content)


def speaking(
    client: type[KoboClient] = KoboClient, wire: type[FastWire] = FastWire
) -> Callable[[FakeKobo], KoboClient]:
    """How clients of this kind are made."""
    return lambda kobo: client(SERVER, "sentineltoken", wire=wire(kobo))
