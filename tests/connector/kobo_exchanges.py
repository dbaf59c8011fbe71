"""Knows the exchanges recorded with a real KoboToolbox server, and plays them back in place of the network."""

import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import requests
import urllib3
from requests.adapters import BaseAdapter

from connector.kobo import KoboClient, Limits
from connector.kobo_answer import Answer

FOLDER = Path(__file__).parents[1] / "fixtures" / "kobo"
SERVER = "http://kobo.test"
TOKEN = "0123456789012345678901234567890123456789"
ASSET = "aDRZDvgptE3UTyTDDFaNq6"
QUICK = Limits(tries=3)

Reply = tuple[int, Mapping[str, str], bytes] | Exception


class Recorded(NamedTuple):
    """One recorded exchange: its place (file and name), the request's method and path, the answer, and its use here."""

    file: str
    name: str
    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: Any
    use: str

    @property
    def bytes(self) -> bytes:
        """The body as it travelled: JSON unless it was text."""
        if self.body is None:
            return b""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()

    @property
    def reply(self) -> Reply:
        """What the adapter plays back."""
        return self.status, self.headers, self.bytes

    @property
    def answer(self) -> Answer:
        """The same as the client sees it."""
        return Answer(f"{self.method} {self.path} on {SERVER}", self.status, self.headers, self.bytes)


FILES = {
    "account": "01_token_me_environment",
    "projects": "02_imports_assets_deployment",
    "files": "03_files_media",
    "permissions": "04_permissions",
    "openrosa": "06_openrosa",
    "records": "07_data",
    "refusals": "10_errors_limits",
    "history": "11_history",
}
"""The recordings by what they are about; a few more are of calls that the product seldom or never makes."""


@cache
def contents(stem: str) -> tuple[dict[str, Any], ...]:
    """Every exchange of one recording in its order: what it is used for or why not, and the answer if it is used."""
    return tuple(json.loads((FOLDER / f"{stem}.json").read_text(encoding="utf-8")))


def recordings() -> list[str]:
    """The names of all recordings."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def exchanges(file: str) -> tuple[Recorded, ...]:
    """The exchanges of one recording that are used; pages of records and projects are shortened."""
    stem = FILES.get(file, file)
    return tuple(
        Recorded(
            file, item["name"], item["method"], item["path"], item["status"], item["headers"], item["body"], item["use"]
        )
        for item in contents(stem)
        if "body" in item
    )


def recorded(file: str, name: str) -> Recorded:
    """The one exchange of this name."""
    (found,) = [item for item in exchanges(file) if item.name == name]
    return found


def every_exchange() -> list[Recorded]:
    """Every used exchange of every recording."""
    return [item for stem in recordings() for item in exchanges(stem)]


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """A made-up JSON answer, for what could not be recorded."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(value).encode()


class Playback(BaseAdapter):
    """A network that gives the prepared replies in order and keeps the requests it saw."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__()
        self.replies = list(replies)
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.requests.append(request)
        assert self.replies, f"one request too many: {request.method} {request.path_url}"
        answer = self.replies.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return response_to(request, answer)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def calls(self) -> list[str]:
        """The requests as "METHOD /path" without query."""
        return [f"{request.method} {request.path_url.split('?')[0]}" for request in self.requests]

    def sent_json(self, index: int) -> Any:
        """The JSON body of one request."""
        return json.loads(self.sent(index) or b"null")

    def sent(self, index: int) -> bytes:
        """The body of one request."""
        body = self.requests[index].body or b""
        assert isinstance(body, bytes)
        return body


def response_to(request: requests.PreparedRequest, answer: tuple[int, Mapping[str, str], bytes]) -> requests.Response:
    """The answer as an adapter hands it to a session, its body still to be read."""
    status, headers, body = answer
    raw = urllib3.HTTPResponse(io.BytesIO(body), headers, status, preload_content=False, decode_content=False)
    response = requests.Response()
    response.status_code, response.raw, response.request = status, raw, request
    response.headers.update(headers)
    response.url = request.url or ""
    return response


def client_of(*replies: Reply | Recorded, limits: Limits = QUICK) -> tuple[KoboClient, Playback, list[float]]:
    """A client on prepared replies; the replies' player; and the pauses that the client made."""
    network = Playback(*(item.reply if isinstance(item, Recorded) else item for item in replies))
    pauses: list[float] = []
    client = KoboClient(SERVER, TOKEN, adapter=network, sleep=pauses.append, jitter=lambda: 1.0, limits=limits)
    return client, network, pauses
