"""Knows every wrong answer that a server, or something on the way to it, may give to one request."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import requests
from urllib3 import HTTPResponse

Fault = Callable[[requests.PreparedRequest], requests.Response | None]
"""Answers a request in the server's place; None lets the server answer."""
Change = Callable[[dict[str, Any]], Any]
"""Makes something else of a page that the server would have given."""


class Killed(BaseException):
    """Stands for the end of the process: nothing may catch it as a failure."""


def answer_with(
    request: requests.PreparedRequest,
    status: int,
    body: Any,
    content_type: str = "application/json",
    **headers: str,
) -> requests.Response:
    """Build one whole answer; `body` is JSON, or bytes as they are. An underscore in a header's name is a hyphen."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = requests.Response()
    response.status_code, response.request, response.url = status, request, request.url or ""
    response.headers["Content-Type"] = content_type
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response.raw = HTTPResponse(io.BytesIO(content), status=status, preload_content=False)
    return response


def html(request: requests.PreparedRequest) -> requests.Response:
    """A sign-in page where JSON was expected."""
    return answer_with(request, 200, b"<!DOCTYPE html><html><body>Sign in</body></html>", "text/html")


def empty(request: requests.PreparedRequest) -> requests.Response | None:
    """A list of records that is empty by mistake; other requests are answered well."""
    return nothing(request) if is_for_records(request) else None


def nothing(request: requests.PreparedRequest) -> requests.Response:
    """An empty list, whatever was asked: what the list of projects says to somebody who is not signed in."""
    return answer_with(request, 200, {"count": 0, "next": None, "previous": None, "results": []})


def status(code: int, **headers: str) -> Fault:
    """A refusal with this status."""
    detail = "Invalid token." if code == 401 else "Not found."
    return lambda request: answer_with(request, code, {"detail": detail}, **headers)


def maintenance(request: requests.PreparedRequest) -> requests.Response:
    """The page of a server under maintenance."""
    return answer_with(request, 503, b"<html><body>We will be back soon</body></html>", "text/html")


def redirected(request: requests.PreparedRequest) -> requests.Response:
    """A redirect to a page of signing in, on another host."""
    return answer_with(request, 302, b"", "text/html", Location="https://elsewhere.invalid/accounts/login/")


def killed(request: requests.PreparedRequest) -> requests.Response:
    """The process ends while it waits for the answer."""
    raise Killed


def raising(error: Exception) -> Fault:
    """The network fails in this way."""

    def fail(request: requests.PreparedRequest) -> requests.Response:
        raise error

    return fail


def saying(body: bytes) -> Fault:
    """A good status with these bytes as its body."""
    return lambda request: answer_with(request, 200, body)


def is_for_records(request: requests.PreparedRequest) -> bool:
    """Whether the request asks for a page of records."""
    return "/data/" in str(request.url)
