"""Knows how a KoboToolbox server answers the requests that sync makes, in this process, with faults at any request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from requests.adapters import BaseAdapter

from connector.kobo import KoboClient
from tests.connector.fake_kobo_faults import Fault, answer_with
from tests.connector.fake_kobo_project import Clock, Project
from tests.connector.fake_kobo_query import Record, cut, history_matches, matches, ordered

SERVER = "https://kobo.invalid"
LONGEST_LINE = 8000
"""A request line that is longer is refused with 414."""
LARGEST_PAGE = 1000
MOST_READ = 1024
"""So many addresses are remembered as they were read."""
Params = dict[str, str]


class FakeKobo(BaseAdapter):
    """The server. `history_status` 403 or 404 refuses the history; `page_cap` and `history_cap` cut pages silently.

    `faults[n]` answers the n-th request (from 1) instead; `before[n]` changes the server just before it;
    `tamper[n]` says something else instead of what the server would, as (request, JSON) → JSON or bytes.
    `requests` are the paths asked for, `queries` the same with their parameters;
    `hosts` and `tokens` are those that requests were sent to and with. `status` refuses everything.
    """

    def __init__(self) -> None:
        super().__init__()
        self.projects: dict[str, Project] = {}
        self.clock = Clock()
        self.next_id = 100
        self.last_root = 0
        self.history_status = 200
        self.page_cap = LARGEST_PAGE
        self.history_cap = LARGEST_PAGE
        self.dates_modified = False
        self.status = 200
        self.faults: dict[int, Fault] = {}
        self.before: dict[int, Callable[[], object]] = {}
        self.tamper: dict[int, Callable[[requests.PreparedRequest, Any], Any]] = {}
        self.requests: list[str] = []
        self.queries: list[tuple[str, Params]] = []
        self.hosts: set[str] = set()
        self.tokens: set[str | None] = set()
        self._turn = Lock()

    # What people do.

    def serve_others(self, numbers: int, hours: float = 2) -> None:
        """Hours go by in which other projects of the server get so many numbers."""
        self.next_id += numbers
        self.clock.move(3600 * hours)

    def add(self, uid: str, answers: Record, root: str, *, number: int | None = None, **more: Any) -> int:
        """A phone sends a record; returns its number, the next one unless `number` says another (a late, lower one)."""
        number = number or self._next_number()
        self.project(uid).add(number, answers, root, **more)
        return number

    def edit(self, uid: str, number: int, version: str, **answers: Any) -> None:
        """Somebody edits a record; an answer given as None is cleared."""
        self.project(uid).edit(number, version, answers)

    def edit_many(self, uid: str, numbers: list[int], version: str, **answers: Any) -> None:
        """Somebody edits many records at once, all in the same second."""
        tick, self.clock.tick = self.clock.tick, 0
        for number in numbers:
            self.project(uid).edit(number, f"{version}-{number}", answers)
        self.clock.tick = tick

    def validate(self, uid: str, number: int, status: str | None, at: int | None = None) -> None:
        """A supervisor sets a validation status, or with None takes it away."""
        self.project(uid).validate(number, status, int(self.clock.now.timestamp()) + 1 if at is None else at)

    def delete(self, uid: str, number: int) -> Record:
        """Somebody deletes a record; it just vanishes."""
        return self.project(uid).delete(number)

    def resend(self, uid: str, record: Record) -> int:
        """A phone sends a deleted record again: it gets a new number and keeps its identity."""
        number = self._next_number()
        self.project(uid).resend(number, record)
        return number

    def attach(self, uid: str, number: int, name: str, question: str = "photo") -> None:
        """A late file arrives: nothing else tells of it."""
        self.project(uid).attach(number, name, question)

    def project(self, uid: str) -> Project:
        """A project, made when it is first named; all share the server's clock."""
        if uid not in self.projects:
            self.projects[uid] = Project(uid, clock=self.clock, dates_modified=self.dates_modified)
        return self.projects[uid]

    def forget(self) -> None:
        """Begin counting requests anew, without faults."""
        for each in (self.faults, self.before, self.tamper, self.requests, self.queries):
            each.clear()

    # What the network sees.

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        with self._turn:
            return self._send(request)

    def close(self) -> None:
        """Nothing is held open."""

    def _send(self, request: requests.PreparedRequest) -> requests.Response:
        host, path, pairs = _read_address(request.url or "")
        params = dict(pairs)
        self.requests.append(path)
        self.hosts.add(host)
        self.tokens.add(str(request.headers["Authorization"]) if "Authorization" in (request.headers or ()) else None)
        self.queries.append((path, params))
        number = len(self.requests)
        if number in self.before:
            self.before[number]()
        if number in self.faults and (answer := self.faults[number](request)) is not None:
            return answer
        if self.status != 200:
            return answer_with(request, self.status, {"detail": "Not found."})
        if len(request.url or "") - len(SERVER) > LONGEST_LINE:
            return answer_with(request, 414, b"<html><body>Request Line is too large</body></html>", "text/html")
        status, body = self._answer(path, params)
        if number in self.tamper:
            body = self.tamper[number](request, body)
        return answer_with(request, status, body)

    def _answer(self, path: str, params: Params) -> tuple[int, Any]:
        if path == "/me/":
            now = self.clock.moment() + "Z"
            return 200, {"username": "coordinator", "is_superuser": False, "server_time": now}
        uid, _, rest = path.removeprefix("/api/v2/assets/").partition("/")
        if not uid:
            return 200, self._assets(path, params)
        project = self.projects.get(uid)
        if project is None:
            return 404, {"detail": "Not found."}
        match rest.split("/")[0]:
            case "data":
                return self._records(project, path, params)
            case "history":
                return self._history(project, path, params)
            case "versions":
                return _versions(project, path, rest, params)
            case "":
                return 200, project.as_asset(uid) | {
                    "content": project.content,
                    "effective_permissions": project.permissions(),
                }
        return 404, {"detail": "Not found."}

    def _assets(self, path: str, params: Params) -> dict[str, Any]:
        named = re.findall(r'\buid(?:__in)?:"?(\w+)', params.get("q", ""))
        words = re.findall(r'name__icontains:"?([^"]+)', params.get("q", ""))
        found = [
            project.as_asset(uid)
            for uid, project in self.projects.items()
            if (not named or uid in named) and all(word.lower() in uid.lower() for word in words)
        ]
        return _envelope(found, path, params, LARGEST_PAGE)

    def _history(self, project: Project, path: str, params: Params) -> tuple[int, Any]:
        if self.history_status != 200:
            return self.history_status, {"detail": "No."}
        rows = [row for row in project.history if history_matches(row, params.get("q", ""))]
        return 200, _envelope(rows, path, params, self.history_cap)

    def _records(self, project: Project, path: str, params: Params) -> tuple[int, Any]:
        if wrong := next((name for name in ("limit", "start") if not _is_number(params, name)), None):
            return 400, {wrong: "A positive integer is required"}
        try:
            query, sort, fields = (_json(params, name) for name in ("query", "sort", "fields"))
        except _NotJsonError as error:
            return 400, {str(error): "Value must be valid JSON."}
        found = [record for record in project.listed() if matches(project.searched(record["_id"]), query or {})]
        page = _envelope(ordered(found, sort or {"_id": 1}), path, params, self.page_cap)
        project.log("view-data", None)
        page["results"] = [cut(row, fields) if fields else row for row in page["results"]]
        return 200, page

    def _next_number(self) -> int:
        self.next_id += 3
        return self.next_id


@lru_cache(MOST_READ)
def _read_address(url: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Host, path and parameters; runs of sync ask for the same again and again."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path, tuple(parse_qsl(parts.query))


class _NotJsonError(Exception):
    """Its text is the name of the parameter."""


def _json(params: Params, name: str) -> Any:
    try:
        return json.loads(params.get(name, "null"))
    except ValueError:
        raise _NotJsonError(name) from None


def _is_number(params: Params, name: str) -> bool:
    return re.fullmatch("[1-9][0-9]*" if name == "limit" else "[0-9]+", params.get(name, "1")) is not None


def client_of(kobo: FakeKobo) -> KoboClient:
    """A client that speaks with this server and never waits."""
    return KoboClient(SERVER, "sentineltoken", adapter=kobo, sleep=lambda seconds: None)


def _envelope(rows: list[Any], path: str, params: Params, cap: int) -> dict[str, Any]:
    """One page of a list, with the link to the next."""
    limit, start = min(int(params.get("limit", 100)), cap), int(params.get("start", 0))
    shown = rows[start : start + limit]
    following = {**params, "limit": limit, "start": start + limit}
    link = f"{SERVER}{path}?{urlencode(following)}" if start + limit < len(rows) else None
    return {"count": len(rows), "next": link, "previous": None, "results": shown}


def _versions(project: Project, path: str, rest: str, params: Params) -> tuple[int, Any]:
    """The versions of a form, newest first, or one of them with its content."""
    contents = project.version_contents()
    wanted = rest.split("/")[1]
    rows = [
        {"uid": uid, "content_hash": uid, "date_deployed": "2026-11-20T08:00:00Z", "date_modified": "…", "number": at}
        for at, uid in enumerate(contents, start=1)
    ]
    if not wanted:
        return 200, _envelope(rows[::-1], path, params, LARGEST_PAGE)
    found = [{**row, "content": contents[wanted]} for row in rows if row["uid"] == wanted]
    return (200, found[0]) if found else (404, {"detail": "Not found."})
