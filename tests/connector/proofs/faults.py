"""Knows every kind of fault between a sync and a server, what must come of it, and how it is put in place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_faults import (
    Fault,
    answer_with,
    html,
    is_for_records,
    maintenance,
    nothing,
    raising,
    redirected,
    saying,
    status,
)

Tamper = Callable[[requests.PreparedRequest, Any], Any]
FOREVER = 400
"""Requests after which a lasting fault ends: more than any run makes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: it answers in the server's place, or changes what the server says.

    `codes` are the exit codes that a run may end with because of it. A run may also end well: after another try, by
    another way, or because what was changed was not needed. `is_lie` is a fault that nothing in the answer betrays:
    what it kept back may be missing until all records are compared; nothing may be called deleted or complete by it.
    """

    name: str
    codes: frozenset[int]
    fault: Fault | None = None
    tamper: Tamper | None = None
    is_lie: bool = False

    def put(self, kobo: FakeKobo, first: int, is_lasting: bool) -> None:
        """Let it happen to the request `first` (from 1), and if it lasts to all that follow."""
        numbers = range(first, FOREVER if is_lasting else first + 1)
        if self.fault is not None:
            kobo.faults |= dict.fromkeys(numbers, self.fault)
        if self.tamper is not None:
            kobo.tamper |= dict.fromkeys(numbers, self.tamper)


def _network(name: str, error: Exception) -> Kind:
    return Kind(name, frozenset({5}), fault=raising(error))


def _refusal(name: str, code: int, fault: Fault) -> Kind:
    return Kind(name, frozenset({code}), fault=fault)


def _page(name: str, change: Callable[[dict[str, Any]], Any], is_lie: bool = False) -> Kind:
    """A list that is not what it should be; what is no list stays as it is."""

    def tamper(request: requests.PreparedRequest, body: Any) -> Any:
        return change(body) if isinstance(body, dict) and "results" in body else body

    return Kind(name, frozenset({5}), tamper=tamper, is_lie=is_lie)


def _text(name: str, change: Callable[[bytes], bytes]) -> Kind:
    """A body whose text is damaged."""
    return Kind(name, frozenset({5}), tamper=lambda request, body: change(json.dumps(body).encode()))


def _short(page: dict[str, Any]) -> dict[str, Any]:
    return {**page, "results": page["results"][:-1]}


def _without_last(page: dict[str, Any]) -> dict[str, Any]:
    rows = page["results"][:-1]
    return {**page, "results": rows, "count": page["count"] - len(page["results"]) + len(rows)}


def _doubled(page: dict[str, Any]) -> dict[str, Any]:
    return {**page, "results": page["results"] + page["results"][-1:]}


def _capped(size: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda page: {**page, "results": page["results"][:size]}


def _with_count(by: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda page: {**page, "count": max(0, page["count"] + by)}


def _looping(request: requests.PreparedRequest, body: Any) -> Any:
    return {**body, "next": request.url} if isinstance(body, dict) and "next" in body else body


def _of_another_form(request: requests.PreparedRequest, body: Any) -> Any:
    """A record of another project in the place of the first; nothing but its form's name betrays it."""
    if "/data/" not in str(request.url) or not isinstance(body, dict) or not body.get("results"):
        return body
    first = {
        **body["results"][0],
        "_xform_id_string": "aThird2222222222222222",
        "meta/rootUuid": "uuid:foreign",
        "_uuid": "foreign",
    }
    return {**body, "results": [first, *body["results"][1:]]}


def _half_packed(request: requests.PreparedRequest) -> requests.Response | None:
    """A packed list of records that can be read to its last bracket and lacks what tells that this was all."""
    if not is_for_records(request):
        return None
    body = gzip.compress(LIST % (b"0", b"[]") + b" " * 100)[:-8]
    return answer_with(request, 200, body, Content_Encoding="gzip")


LIST = b'{"count": %s, "next": null, "previous": null, "results": %s}'

KINDS: tuple[Kind, ...] = (
    _network("reset", requests.ConnectionError()),
    _network("no answer in time", requests.ReadTimeout()),
    _network("no connection in time", requests.ConnectTimeout()),
    _network("cut", requests.exceptions.ChunkedEncodingError()),
    _refusal("401", 3, status(401)),
    _refusal("403", 3, status(403)),
    _refusal("404", 3, status(404)),
    _refusal("429", 5, status(429)),
    _refusal("429, wait 0", 5, status(429, Retry_After="0")),
    _refusal("429, wait 2", 5, status(429, Retry_After="2")),
    _refusal("429, wait for ever", 5, status(429, Retry_After="1000000000")),
    _refusal("429, wait until", 5, status(429, Retry_After="Thu, 26 Nov 2099 08:00:00 GMT")),
    _refusal("429, wait for rubbish", 5, status(429, Retry_After="soon")),
    _refusal("500", 5, status(500)),
    _refusal("502", 5, status(502)),
    _refusal("503", 5, maintenance),
    _refusal("504", 5, status(504)),
    _refusal("web page", 5, html),
    _refusal("redirect", 5, redirected),
    Kind("empty list", frozenset({3, 5}), fault=nothing, is_lie=True),
    _refusal("JSON error", 5, saying(b'{"detail": "A server error occurred."}')),
    _refusal("JSON list", 5, saying(b'["A server error occurred."]')),
    _refusal("null", 5, saying(b"null")),
    _refusal("nothing at all", 5, saying(b"")),
    _refusal("count as text", 5, saying(LIST % (b'"0"', b"[]"))),
    _refusal("results as object", 5, saying(LIST % (b"0", b"{}"))),
    _refusal("results of numbers", 5, saying(LIST % (b"2", b"[1, 2]"))),
    _refusal("negative count", 5, saying(LIST % (b"-1", b"[]"))),
    Kind("gzip without its end", frozenset({5}), fault=_half_packed),
    _text("half of it", lambda body: body[: len(body) // 2]),
    _text("all but the end", lambda body: body[:-1]),
    _text("byte order mark", lambda body: b"\xef\xbb\xbf" + body),
    _text("more behind it", lambda body: body + b"<!-- served by -->"),
    _text("a key twice", lambda body: body.replace(b'{"', b'{"count": 0, "count": 1, "', 1)),
    _text("NaN", lambda body: body.replace(b": ", b': NaN, "x": ', 1)),
    _text("not UTF-8", lambda body: body.replace(b"a", b"\xff", 1)),
    _page("short page", _short, is_lie=True),
    _page("one row less", _without_last, is_lie=True),
    _page("row twice", _doubled, is_lie=True),
    _page("rows turned round", lambda page: {**page, "results": page["results"][::-1]}, is_lie=True),
    _page("next to elsewhere", lambda page: {**page, "next": "https://elsewhere.invalid/api/v2/assets/"}, is_lie=True),
    Kind("next to itself", frozenset({5}), tamper=_looping),
    _page("count too high", _with_count(+1), is_lie=True),
    _page("count too low", _with_count(-1), is_lie=True),
    _page("page of 1", _capped(1), is_lie=True),
    _page("page of 2", _capped(2), is_lie=True),
    Kind("record of another form", frozenset({5, 6}), tamper=_of_another_form, is_lie=True),
)
TYPICAL = (
    "reset",
    "401",
    "404",
    "503",
    "web page",
    "empty list",
    "half of it",
    "short page",
    "row twice",
    "count too high",
    "count too low",
    "page of 1",
)
"""One of each family."""
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
