"""Knows how a KoboToolbox server answers the requests that sync makes, in this process, with faults at any request."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from connector.kobo import KoboClient

SERVER = "https://kobo.invalid"
MOMENT = "2026-11-23T08:00:00"
Record = dict[str, Any]
Fault = Callable[[requests.PreparedRequest], requests.Response | None]


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it as a failure."""


@dataclass
class Project:
    """One deployed form. `hidden` are records that the list does not show yet; `count` overrules the other counter."""

    records: dict[int, Record] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    count: int | None = None

    def listed(self) -> list[Record]:
        return [self.records[key] for key in sorted(self.records) if key not in self.hidden]

    def log(self, action: str, root: str) -> None:
        entry = {"action": action, "date_created": MOMENT + "Z", "metadata": {"submission": {"root_uuid": root}}}
        self.history.insert(0, entry)


class FakeKobo(BaseAdapter):
    """The server. `history_status` 403 or 404 refuses the history; `page_cap` cuts pages silently.

    `faults[n]` answers the n-th request (from 1) instead; `before[n]` changes the server just before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.projects: dict[str, Project] = {}
        self.next_id = 100
        self.history_status = 200
        self.page_cap = 1000
        self.status = 200
        self.faults: dict[int, Fault] = {}
        self.before: dict[int, Callable[[], None]] = {}
        self.requests: list[str] = []

    # What people do.

    def add(self, uid: str, answers: Record, root: str) -> int:
        """A phone sends a record; returns its number."""
        self.next_id += 3
        instance = f"uuid:{root}"
        record = {"_id": self.next_id, **answers, "meta/instanceID": instance, "meta/rootUuid": instance}
        record |= {"_uuid": root, "_submission_time": MOMENT, "_submitted_by": "cha001", "_status": "submitted_via_web"}
        record |= {"_validation_status": {}, "_attachments": [], "__version__": "v1"}
        self._project(uid).records[self.next_id] = record
        self._project(uid).log("add-submission", root)
        return self.next_id

    def edit(self, uid: str, number: int, version: str, **answers: Any) -> None:
        """Somebody edits a record; an answer given as None is cleared."""
        record = self._project(uid).records[number]
        for key, value in answers.items():
            record.pop(key, None)
            if value is not None:
                record[key] = value
        record |= {
            "_uuid": version,
            "meta/deprecatedID": record["meta/instanceID"],
            "meta/instanceID": f"uuid:{version}",
        }
        self._project(uid).log("modify-submission", self._root(record))

    def validate(self, uid: str, number: int, status: str, at: int = 1) -> None:
        """A supervisor sets a validation status."""
        record = self._project(uid).records[number]
        record["_validation_status"] = {"uid": status, "label": "x", "by_whom": "s", "timestamp": at}
        self._project(uid).log("modify-submission", self._root(record))

    def delete(self, uid: str, number: int) -> Record:
        """Somebody deletes a record; it just vanishes."""
        record = self._project(uid).records.pop(number)
        self._project(uid).log("delete-submission", self._root(record))
        return record

    def resend(self, uid: str, record: Record) -> int:
        """A phone sends a deleted record again: it gets a new number and keeps its identity."""
        self.next_id += 3
        self._project(uid).records[self.next_id] = {**record, "_id": self.next_id}
        self._project(uid).log("add-submission", self._root(record))
        return self.next_id

    def attach(self, uid: str, number: int, name: str) -> None:
        """A late file arrives: nothing else tells of it."""
        self._project(uid).records[number]["_attachments"].append({"uid": name, "filename": name})

    # What the network sees.

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        number = len(self.requests) + 1
        parts = urlsplit(request.url or "")
        self.requests.append(parts.path)
        if number in self.before:
            self.before[number]()
        if number in self.faults and (answer := self.faults[number](request)) is not None:
            return answer
        if self.status != 200:
            return answer_with(request, self.status, {"detail": "Not found."})
        return self._answer(request, parts.path, {key: value[0] for key, value in parse_qs(parts.query).items()})

    def close(self) -> None:
        """Nothing is held open."""

    def _answer(self, request: requests.PreparedRequest, path: str, params: dict[str, str]) -> requests.Response:
        if path == "/me/":
            account = {"username": "coordinator", "is_superuser": False, "server_time": MOMENT + "Z"}
            return answer_with(request, 200, account)
        uid, _, rest = path.removeprefix("/api/v2/assets/").partition("/")
        project = self.projects.get(uid)
        if project is None:
            return answer_with(request, 404, {"detail": "Not found."})
        if rest == "data/":
            return answer_with(request, 200, self._page(project, params))
        if rest == "history/":
            return self._history(request, project, params)
        return answer_with(request, 200, _asset(uid, project))

    def _history(
        self, request: requests.PreparedRequest, project: Project, params: dict[str, str]
    ) -> requests.Response:
        if self.history_status != 200:
            return answer_with(request, self.history_status, {"detail": "No."})
        action = params["q"].rpartition("action:")[2]
        rows = [row for row in project.history if row["action"] == action]
        return answer_with(request, 200, {"count": len(rows), "next": None, "previous": None, "results": rows})

    def _page(self, project: Project, params: dict[str, str]) -> dict[str, Any]:
        query = json.loads(params.get("query", "{}"))
        after = query.get("_id", {}).get("$gt", 0)
        wanted = query.get("meta/rootUuid", {}).get("$in")
        found = [
            record
            for record in project.listed()
            if record["_id"] > after and (wanted is None or record["meta/rootUuid"] in wanted)
        ]
        rows = found[: min(int(params["limit"]), self.page_cap)]
        if "fields" in params:
            fields = {*json.loads(params["fields"]), "_id", "_uuid", "meta/rootUuid", "_validation_status"}
            rows = [{key: value for key, value in row.items() if key in fields} for row in rows]
        return {"count": len(found), "next": None, "previous": None, "results": copy.deepcopy(rows)}

    def _project(self, uid: str) -> Project:
        return self.projects.setdefault(uid, Project())

    @staticmethod
    def _root(record: Record) -> str:
        return str(record["meta/rootUuid"]).removeprefix("uuid:")


def client_of(kobo: FakeKobo) -> KoboClient:
    """A client that speaks with this server and never waits."""
    return KoboClient(SERVER, "sentineltoken", adapter=kobo, sleep=lambda seconds: None)


def answer_with(
    request: requests.PreparedRequest, status: int, body: Any, content_type: str = "application/json"
) -> requests.Response:
    """Build one whole answer; `body` is JSON, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = requests.Response()
    response.status_code, response.request, response.url = status, request, request.url or ""
    response.headers["Content-Type"] = content_type
    response.raw = HTTPResponse(io.BytesIO(content), status=status, preload_content=False)
    return response


def html(request: requests.PreparedRequest) -> requests.Response:
    """A sign-in page where JSON was expected."""
    return answer_with(request, 200, b"<!DOCTYPE html><html><body>Sign in</body></html>", "text/html")


def empty(request: requests.PreparedRequest) -> requests.Response | None:
    """A list that is empty by mistake; other requests are answered well."""
    if "/data/" not in str(request.url):
        return None
    return answer_with(request, 200, {"count": 0, "next": None, "previous": None, "results": []})


def status(code: int) -> Fault:
    """A refusal with this status."""
    return lambda request: answer_with(request, code, {"detail": "Invalid token." if code == 401 else "Not found."})


def killed(request: requests.PreparedRequest) -> requests.Response:
    """The process ends while it waits for the answer."""
    raise Killed


def all_listed(projects: Iterable[Project]) -> list[Record]:
    """Every record that the server shows."""
    return [record for project in projects for record in project.listed()]


def _asset(uid: str, project: Project) -> dict[str, Any]:
    count = len(project.records) if project.count is None else project.count
    return {
        "uid": uid,
        "name": uid,
        "asset_type": "survey",
        "version_id": "v1",
        "deployed_version_id": "v1",
        "has_deployment": True,
        "deployment__active": True,
        "deployment__submission_count": count,
        "settings": {},
    }
