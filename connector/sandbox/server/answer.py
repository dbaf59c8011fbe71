"""Knows how KoboToolbox says yes and no: JSON bodies, OpenRosa XML and HTML pages."""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response

Json = dict[str, Any] | list[Any]

XML_TYPE = "text/xml; charset=utf-8"
OPENROSA_HEADERS = {"X-OpenRosa-Version": "1.0", "X-OpenRosa-Accept-Content-Length": "10000000"}
V1_REMOVED = "The V1 API has been removed. Please read the migration article at https://support.kobotoolbox.org/migrating_api.html"

_HTML_TYPE = "text/html; charset=utf-8"
_PAGE = """
<!doctype html>
<html>
  <head><meta charset="utf-8"><title>KoboToolbox </title></head>
  <body><form class='registration registration--login'><h1>{heading}</h1>{text}</form></body>
</html>
"""


class Refusal(Exception):
    """A request that is answered with an error the caller can read; `body` becomes JSON, or XML on OpenRosa paths."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class OpenRosaRefusal(Exception):
    """A submission that is answered with an OpenRosa message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status)
        self.status = status
        self.message = message


class PageNotFound(Exception):
    """A request for something that the server answers with its "page not found" page, not with JSON."""


class Fault(Exception):
    """A request on which the real server breaks (500)."""


def not_found(detail: str = "Not found.") -> Refusal:
    """Return the refusal for what does not exist or may not be seen: the server does not say which."""
    return Refusal(404, {"detail": detail})


def forbidden() -> Refusal:
    """Return the refusal for what may be seen but not done."""
    return Refusal(403, {"detail": "You do not have permission to perform this action."})


def unauthenticated(detail: str = "Authentication credentials were not provided.") -> Refusal:
    """Return the refusal for a caller who has not signed in, or not correctly."""
    return Refusal(401, {"detail": detail})


def json_answer(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `body` as JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status, headers, "application/json")


def no_content() -> Response:
    """Return an empty 204."""
    return Response(status_code=204)


def openrosa_xml(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return OpenRosa XML with the headers of the protocol."""
    return _typed(text.encode(), status, XML_TYPE, {**OPENROSA_HEADERS, **(headers or {})})


def openrosa_message(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the message about a submission that is not stored."""
    text = (
        "<?xml version='1.0' encoding='UTF-8' ?>\n"
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">\n'
        f'        <message nature="">{escape(message)}</message>\n'
        "</OpenRosaResponse>"
    )
    return openrosa_xml(text, status, headers)


def detail_xml(status: int, body: Json, open_tag: str) -> Response:
    """Return a refusal as XML inside `open_tag` (`root`, or `xforms xmlns="…"`)."""
    items = body.items() if isinstance(body, dict) else []
    inner = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in items)
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<{open_tag}>{inner}</{open_tag.split()[0]}>'
    return _typed(text.encode(), status, XML_TYPE)


def raw_xml(text: str, status: int = 200) -> Response:
    """Return XML of the data API."""
    return _typed(text.encode(), status, "application/xml; charset=utf-8")


def file_answer(content: bytes, content_type: str, disposition: str) -> Response:
    """Return a file's bytes."""
    return _typed(content, 200, content_type, {"Content-Disposition": disposition})


def page_not_found(wants_json: bool) -> Response:
    """Return the answer to an unknown address: a page, or one line of text for those who accept JSON."""
    if wants_json:
        return _typed(b"Resource not found (404)", 404, _HTML_TYPE)
    text = "This page does not exist on the server. Please check the URL or link that sent you here."
    return _typed(_PAGE.format(heading="Page not found (404)", text=text).encode(), 404, _HTML_TYPE)


def server_error(wants_json: bool) -> Response:
    """Return the answer to a request on which the server breaks."""
    if wants_json:
        return json_answer({"error": "Server Error (500)"}, 500)
    text = "Something went wrong when trying to process your request."
    return _typed(_PAGE.format(heading="Server error (500)", text=text).encode(), 500, _HTML_TYPE)


def v1_removed(wants_json: bool) -> Response:
    """Return the answer of every path of the first API."""
    if wants_json:
        return json_answer({"detail": V1_REMOVED}, 410)
    return _typed(_PAGE.format(heading="KoboToolbox API", text=V1_REMOVED).encode(), 410, _HTML_TYPE)


def uri_too_long(length: int) -> Response:
    """Return what the web server in front answers to a request line of more than 8190 bytes."""
    text = (
        "<html>\n  <head>\n    <title>URI Too Long</title>\n  </head>\n  <body>\n"
        "    <h1><p>URI Too Long</p></h1>\n"
        f"    Request Line is too large ({length} &gt; 8190)\n  </body>\n</html>\n"
    )
    return _typed(text.encode(), 414, "text/html")


def moved(location: str) -> Response:
    """Return the redirect to the same path with its trailing slash."""
    return _typed(b"", 301, _HTML_TYPE, {"Location": location})


def _typed(content: bytes, status: int, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(content, status, {"Content-Type": content_type, **(headers or {})})
