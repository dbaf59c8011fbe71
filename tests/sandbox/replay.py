"""Plays recorded exchanges against the sandbox server, and says where its answers differ from the real server's.

Identifiers that the server invents differ from run to run: they are learnt from the answers, put into later requests,
and compared by kind.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from connector.sandbox.server import SandboxUser
from tests.sandbox.household import picture, workbook

FIXTURES = Path(__file__).parent.parent / "fixtures" / "exchanges"
RECORDED_HOST = "http://kobo.test"
FILLER = "x" * 1000
USERS = {
    name: SandboxUser(name, f"password of {name}", f"{number:040x}", is_superuser=name == "super_admin")
    for number, name in enumerate(("coordinator", "cha1", "cha2", "outsider", "super_admin"), start=1)
}

PHONE = {"User-Agent": "org.koboc.collect.android/v2025.2.4 Dalvik/2.1.0 (Linux; U; Android 13)"}

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UID = r"(?<![0-9A-Za-z])(?:att|af|org|[aipuv])[2-9A-HJ-NP-Za-km-z]{21}(?![0-9A-Za-z])"
_HEX = r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{40})(?![0-9a-f])"
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?"
_TOKEN = re.compile(rf"(?P<uuid>{_UUID})|(?P<uid>{_UID})|(?P<hex>{_HEX})|(?P<time>{_TIME})|(?P<row>/data/\d+(?=/))")
_VOLATILE = {"token", "$kuid", "timestamp", "_id", "audit_logs", "content_hash"}
_CHANGING = {"next", "status"}  # whether a history has more rows, and whether its first is about a status
Json = Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request with its answer."""

    id: str
    name: str
    method: str
    path: str
    answer: Mapping[str, Any]
    caller: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


def load_exchanges(name: str) -> list[Exchange]:
    """The exchanges of one file, in the order in which they were recorded."""
    return [Exchange(**entry) for entry in json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))]


@dataclass(slots=True)
class Replay:
    """A running sandbox and what has been learnt about its identifiers."""

    url: str
    known: dict[str, str] = field(default_factory=dict)
    record_ids: dict[int, int] = field(default_factory=dict)
    last_url: str = ""
    sessions: dict[str, requests.Session] = field(default_factory=dict)
    _digests: dict[str, HTTPDigestAuth] = field(default_factory=dict)

    def play(self, exchange: Exchange) -> list[str]:
        """Send the request; return how the answer differs from the recorded one (nothing when it does not)."""
        response = self.send(exchange)
        if exchange.path == "/api/v2/imports/" and response.status_code == 201:
            self.last_url = response.json()["url"].removeprefix(self.url)
        self.learn_from(exchange, response)
        return list(self._differences(exchange, response))

    def send(self, exchange: Exchange) -> requests.Response:
        """Send a recorded request with today's identifiers."""
        caller = exchange.caller or {}
        session = self.session(caller.get("user"))
        headers = {**PHONE, **exchange.headers} if "X-OpenRosa-Version" in exchange.headers else {**exchange.headers}
        if caller.get("scheme") == "raw":
            headers["Authorization"] = caller["value"]
        if "raw" in (exchange.body or {}):
            headers.setdefault("Content-Type", "application/json")
        return session.request(
            exchange.method,
            self.url + self.translate(exchange.path),
            headers=headers,
            auth=self._auth(caller),
            allow_redirects=False,
            timeout=120,
            **self._body(exchange),
        )

    def session(self, user: str | None) -> requests.Session:
        """The connection of one user, or of nobody."""
        return self.sessions.setdefault(str(user), requests.Session())

    def api(self, method: str, path: str, user: str = "coordinator", **more: Any) -> requests.Response:
        """Send a request of our own, which must succeed: it brings the server into a state."""
        headers = {"Authorization": f"Token {USERS[user].token}"}
        response = requests.request(method, self.url + self.translate(path), headers=headers, timeout=120, **more)
        assert response.status_code < 400, (method, path, response.status_code, response.text[:300])
        return response

    def translate(self, text: str) -> str:
        """Put today's identifiers in the place of the recorded ones; in what only makes a request large are none."""
        translated = FILLER.join(_TOKEN.sub(self._replace, part) for part in text.split(FILLER))
        return translated.replace(RECORDED_HOST, self.url)

    def learn(self, recorded: Json, live: Json) -> None:
        """Walk a recorded and a live answer side by side and note which identifier stands for which."""
        if isinstance(recorded, dict) and isinstance(live, dict):
            if isinstance(recorded.get("_id"), int):
                self.record_ids[recorded["_id"]] = live["_id"]
            for key in recorded.keys() & live.keys():
                self.learn(recorded[key], live[key])
        elif isinstance(recorded, list) and isinstance(live, list):
            for mine, theirs in zip(recorded, live, strict=False):
                self.learn(mine, theirs)
        elif isinstance(recorded, str) and isinstance(live, str):
            self._learn_text(recorded, live)

    def learn_from(self, exchange: Exchange, response: requests.Response) -> None:
        """Learn from an answer, whichever way it was recorded."""
        if "json" in exchange.answer and response.headers.get("Content-Type") == "application/json":
            self.learn(exchange.answer["json"], response.json())
        for path, identifier in exchange.answer.get("known", {}).items():
            live = response.json()
            for key in path.split("."):
                live = live.get(key) if isinstance(live, dict) else None
            self.learn(identifier, live)

    def _learn_text(self, recorded: str, live: str) -> None:
        mine, theirs = list(_TOKEN.finditer(recorded)), list(_TOKEN.finditer(live))
        if [match.lastgroup for match in mine] == [match.lastgroup for match in theirs]:
            pairs = zip(mine, theirs, strict=True)
            self.known |= {a[0]: b[0] for a, b in pairs if a.lastgroup in ("uid", "hex", "uuid")}

    def _replace(self, match: re.Match[str]) -> str:
        if match.lastgroup == "row":
            number = int(match[0].rpartition("/")[2])
            return f"/data/{self.record_ids.get(number, number)}"
        return self.known.get(match[0], match[0])

    def _auth(self, caller: Mapping[str, Any]) -> AuthBase | None:
        if not caller or caller["scheme"] == "raw":
            return None
        user = USERS[caller["user"]]
        password = "not the password" if caller.get("wrong") else user.password
        match caller["scheme"]:
            case "basic":
                return HTTPBasicAuth(user.username, password)
            case "digest":
                return self._digests.setdefault(password, HTTPDigestAuth(user.username, password))
        return _Token(user.token)

    def _body(self, exchange: Exchange) -> dict[str, Any]:
        body = exchange.body
        if body is None:
            return {}
        if "raw" in body:
            return {"data": body["raw"]}
        if "json" in body:
            given = self._edited(exchange, body["json"]) if _is_edit(body["json"]) else body["json"]
            return {"json": self._translate_json(given)}
        files = {
            part: (file["filename"], self._file_content(file["content"]), file["content_type"])
            for part, file in body.get("files", {}).items()
        }
        return {"data": self._form(body.get("form", {})), "files": files or None}

    def _edited(self, exchange: Exchange, given: Mapping[str, Any]) -> dict[str, Any]:
        """The asset's content with the change that was recorded."""
        content = self.api("GET", exchange.path).json()["content"]
        match given["content"]["edited"]:
            case "label":
                content["survey"][5]["label"][0] = "Household ID (edited)"
            case "unknown type":
                content["survey"].append({"type": "nonsense", "name": "odd", "label": ["Odd", "Odd"]})
            case "text":
                content["survey"] = [row for row in content["survey"] if row["type"] != "nonsense"]
                return {"content": json.dumps(content)}
        return {"content": content}

    def _translate_json(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {
                key: self._translate_ids(item) if key == "submission_ids" else self._translate_json(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._translate_json(item) for item in value]
        return self.translate(value) if isinstance(value, str) else value

    def _translate_ids(self, ids: list[int | str]) -> list[int | str]:
        """Keep the type: the recorded requests name records by number and by text."""
        return [type(number)(self.record_ids.get(int(number), int(number))) for number in ids]

    def _form(self, form: Mapping[str, Any]) -> dict[str, str]:
        return {
            name: self.translate(item) if isinstance(item, str) else _encoded(item["workbook"])
            for name, item in form.items()
        }

    def _file_content(self, content: Any) -> bytes:
        if isinstance(content, str):
            return self.translate(content).encode()
        return workbook(content["workbook"]) if "workbook" in content else picture(content["picture"])

    def _differences(self, exchange: Exchange, response: requests.Response) -> Iterator[str]:
        answer = exchange.answer
        if response.status_code != answer["status"]:
            yield f"status {response.status_code}, recorded {answer['status']}: {response.text[:200]}"
            return
        yield from self._header_differences(answer["headers"], response)
        if "json" in answer:
            yield from compare_values(answer["json"], response.json(), self.url)
        if "shape" in answer:
            yield from compare_shapes(answer["shape"], response.json())
        if "page" in answer:
            live = {key: response.json()[key] for key in answer["page"]}
            yield from compare_values(answer["page"], live, self.url)
        if "record_ids" in answer:
            yield from compare_values(answer["record_ids"], [row["_id"] for row in response.json()["results"]], "")
        if "text" in answer:
            yield from compare_values(answer["text"], response.text, self.url)
        for part in ("heading", "beginning"):
            if part in answer and answer[part] not in response.text:
                yield f"{part} {answer[part]!r} is not in {response.text[:100]!r}"

    def _header_differences(self, recorded: Mapping[str, str], response: requests.Response) -> Iterator[str]:
        for name, value in recorded.items():
            live = response.headers.get(name, "")
            mine, theirs = (
                _neutral(re.sub(r'(nonce|opaque)="[^"]*"', r"\1", text), self.url) for text in (value, live)
            )
            if mine != theirs:
                yield f"header {name}: {live!r}, recorded {value!r}"
        if "X-KoBoNaUt" in response.headers and "X-KoBoNaUt" not in recorded:
            yield "header X-KoBoNaUt, which was not recorded"


class _Token(AuthBase):
    """Signs a request, and so keeps netrc and the session's other habits away."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {self._token}"
        return request


def compare_values(recorded: Json, live: Json, url: str, where: str = "") -> Iterator[str]:
    """Say where two answers differ, beyond times and identifiers that the server invents."""
    if isinstance(recorded, dict) and isinstance(live, dict):
        if recorded.keys() != live.keys():
            yield f"{where}: keys {sorted(recorded.keys() ^ live.keys())}"
        for key in recorded.keys() & live.keys() - _VOLATILE:
            if key == "columns":
                recorded, live = {**recorded, key: sorted(recorded[key])}, {**live, key: sorted(live[key])}
            yield from compare_values(recorded[key], live[key], url, f"{where}/{key}")
    elif isinstance(recorded, list) and isinstance(live, list) and len(recorded) == len(live):
        for number, (mine, theirs) in enumerate(zip(recorded, live, strict=True)):
            yield from compare_values(mine, theirs, url, f"{where}[{number}]")
    elif isinstance(recorded, str) and isinstance(live, str):
        if _neutral(recorded, url) != _neutral(live, url):
            yield f"{where}: {live!r}, recorded {recorded!r}"
    elif recorded != live or type(recorded) is not type(live):
        yield f"{where}: {live!r:.200}, recorded {recorded!r:.200}"


def compare_shapes(recorded: Json, live: Json, where: str = "") -> Iterator[str]:
    """Say where two answers differ in their keys or in the types of their values."""
    if isinstance(recorded, dict) and isinstance(live, dict):
        if where.endswith(("specified", "kuid_names")):
            return
        odd = (recorded.keys() ^ live.keys()) - _CHANGING
        if odd:
            yield f"{where}: keys {sorted(odd)}"
        for key in recorded.keys() & live.keys() - _CHANGING:
            yield from compare_shapes(recorded[key], live[key], f"{where}/{key}")
    elif isinstance(recorded, list) and isinstance(live, list):
        if bool(recorded) != bool(live):
            yield f"{where}: a list of {len(live)}"
        elif recorded:
            yield from compare_shapes(recorded[0], live[0], f"{where}[0]")
    elif type(recorded) is not type(live):
        yield f"{where}: {live!r:.100}, recorded a {type(recorded).__name__}"


def _neutral(text: str, url: str) -> str:
    """Replace what a server invents by its kind; links lose `format=json`, which the real server repeats in them."""
    text = text.replace(url or RECORDED_HOST, RECORDED_HOST).replace("?format=json", "")
    text = re.sub(r"members_\w{7}\.csv", "members.csv", text)
    return _TOKEN.sub(lambda match: f"<{match.lastgroup}>", text)


def _is_edit(given: Json) -> bool:
    return isinstance(given, dict) and isinstance(given.get("content"), dict) and "edited" in given["content"]


def _encoded(filename: str) -> str:
    content = base64.b64encode(workbook(filename)).decode()
    return f"data:application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;base64,{content}"
