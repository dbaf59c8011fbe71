"""Knows how to tell a good answer of a KoboToolbox server from a bad one, and which error a bad one is."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector.errors import (
    AccessError,
    BadAnswerError,
    HealingError,
    InvalidTokenError,
    MissingAssetError,
    NotKoboError,
    RequestRefusedError,
    ServerFailedError,
    TooLongAnswerError,
)
from connector.strict_json import parse

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST_QUOTE = 1200
"""Characters of the server's own words that a message repeats (an ODK Validate report is about 300)."""
HTML_STARTS = (b"<!doctype html", b"<html")
CLOSING_MARKS = {"application/json": (b"}", b"]"), "text/xml": (b">",)}
ABOUT_RECORDS = "/data/"
"""Part of the path of a request whose refusal is not repeated: it might hold an answer."""
NO_ROUTE = b"Resource not found (404)"
CHECK_ADDRESS = (
    "Check the server address (KOBO_SERVER), https:// included: it is the one where you sign in to KoboToolbox."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer. `where` names the request ("GET /api/v2/… on https://host") without its query."""

    where: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()

    @property
    def is_cut(self) -> bool:
        """Whether a good answer is empty or stops before its closing mark: a cut that nothing but its text betrays."""
        ends = CLOSING_MARKS.get(self.content_type, b"")
        return self.status == 200 and not (self.body and self.body.rstrip().endswith(ends))

    @property
    def is_html(self) -> bool:
        """Whether the body is a web page, whatever its header claims."""
        return self.content_type == "text/html" or self.body.lstrip()[:14].lower().startswith(HTML_STARTS)


def unpack_body(raw: bytes, encoding: str, max_bytes: int, where: str) -> bytes:
    """Undo gzip and insist on its end mark, which urllib3 does not; at most `max_bytes` come out.

    Raises BadAnswerError for a cut, damaged or too long body, or an encoding that was not asked for.
    """
    if encoding in ("", "identity"):
        return raw
    if encoding != "gzip":
        raise BadAnswerError(f"{where}: an answer packed in a way that was not asked for.", advice=CHECK_ADDRESS)
    pieces: list[bytes] = []
    room = max_bytes
    while raw or not pieces:
        piece, raw = _unpack_one(raw, room, where)
        room -= len(piece)
        if room < 0:
            raise too_long(where, max_bytes)
        pieces.append(piece)
    return b"".join(pieces) if len(pieces) > 1 else pieces[0]


def _unpack_one(raw: bytes, room: int, where: str) -> tuple[bytes, bytes]:
    """One gzip member, of which at most `room` bytes and one come out, and what follows after it."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        piece = unpacker.decompress(raw, room + 1)
    except zlib.error:
        raise BadAnswerError(f"{where}: the packed answer is damaged.", advice="Try again.") from None
    if len(piece) <= room and not unpacker.eof:
        raise cut_short(where)
    return piece, unpacker.unused_data


def cut_short(where: str) -> BadAnswerError:
    """The error for a body that ends before its end."""
    return BadAnswerError(f"{where}: the answer was cut short.", advice="Nothing was used of it. Try again.")


def too_long(where: str, max_bytes: int) -> TooLongAnswerError:
    """The error for a body over the limit."""
    megabytes = max_bytes // 2**20
    return TooLongAnswerError(f"{where}: the answer is over {megabytes} MiB.", advice="Ask for fewer records at once.")


def read_json(answer: Answer) -> Any:
    """The JSON value of a good answer; an empty one (204) is None.

    Raises what `require_good` raises, NotKoboError for a web page, and BadAnswerError for text that is not strict
    JSON: cut short, a key twice in one object, or NaN.
    """
    require_data(answer)
    if answer.status == 204:
        return None
    try:
        return parse(answer.body)
    except ValueError:
        raise BadAnswerError(
            f"{answer.where}: the answer is not JSON, or was cut short.", advice="Nothing was used of it. Try again."
        ) from None


def read_object(answer: Answer, *keys: str) -> dict[str, Any]:
    """The JSON object of a good answer; BadAnswerError if it is something else or lacks one of `keys`."""
    return require_object(read_json(answer), answer.where, *keys)


def require_object(value: Any, where: str, *keys: str) -> dict[str, Any]:
    """`value` itself, if it is a JSON object with all `keys`; else BadAnswerError."""
    if not isinstance(value, dict):
        raise BadAnswerError(f"{where}: expected a JSON object, got {type(value).__name__}.", advice=CHECK_ADDRESS)
    missing = [key for key in keys if key not in value]
    if missing:
        raise BadAnswerError(f"{where}: the answer lacks {', '.join(missing)}.", advice=CHECK_ADDRESS)
    return value


def read_xml(answer: Answer) -> Element:
    """The root of an OpenRosa answer; a document type (and so any entity) is refused before parsing.

    What reads XML is loaded here: a sync asks for none.
    """
    from xml.etree import ElementTree

    require_good(answer)
    if answer.is_html:
        raise not_kobo(answer, "a web page instead of OpenRosa XML")
    if b"<!DOCTYPE" in answer.body:
        raise BadAnswerError(f"{answer.where}: XML with a document type is refused.", advice=CHECK_ADDRESS)
    try:
        return ElementTree.fromstring(answer.body.decode("utf-8"))
    except (ElementTree.ParseError, UnicodeDecodeError):
        raise BadAnswerError(f"{answer.where}: the answer is not XML, or was cut short.", advice="Try again.") from None


def require_data(answer: Answer) -> None:
    """Return for a good answer that is no web page. Raises what `require_good` raises, or NotKoboError."""
    require_good(answer)
    if answer.is_html:
        raise not_kobo(answer, "a web page instead of data")


def require_good(answer: Answer) -> None:
    """Return for a 2xx answer; else raise the error that fits its status and body."""
    if not 200 <= answer.status < 300:
        raise error_of(answer)


def error_of(answer: Answer) -> HealingError:
    """Which error an answer of status 3xx, 4xx or 5xx is."""
    if 300 <= answer.status < 400:
        return not_kobo(answer, f"a redirect to {answer.headers.get('Location', 'nowhere').split('?')[0]}")
    if answer.status >= 500 or answer.status == 429:
        return _server_failed(answer)
    if answer.is_html and not _is_kobo_page(answer):
        return not_kobo(answer, f"a web page (status {answer.status})")
    return _refusal(answer)


def not_kobo(answer: Answer, what: str) -> NotKoboError:
    """The error for an answer that KoboToolbox would not give."""
    return NotKoboError(f"{answer.where}: {what}; this is not KoboToolbox.", advice=CHECK_ADDRESS)


def words_of(answer: Answer) -> str:
    """The server's own words for a refusal, in one string; empty if there are none."""
    try:
        value = parse(answer.body)
    except ValueError:
        return ""
    return "; ".join(_sentences(value))[:LONGEST_QUOTE]


def _is_kobo_page(answer: Answer) -> bool:
    """KoboToolbox gives 404 as a page of its own, or as one line of text that calls itself HTML."""
    return answer.body.strip() == NO_ROUTE or b"<title>KoboToolbox" in answer.body or "X-KoBoNaUt" in answer.headers


def _server_failed(answer: Answer) -> ServerFailedError:
    what = "asks us to slow down" if answer.status == 429 else "failed"
    advice = "The server may be under maintenance or overloaded. Wait some minutes and try again."
    return ServerFailedError(
        f"{answer.where}: the server {what} (status {answer.status}).", advice=advice, status=answer.status
    )


def _refusal(answer: Answer) -> HealingError:
    words = "" if ABOUT_RECORDS in answer.where else words_of(answer)
    said = f": {words}" if words else "."
    if answer.status == 401:
        advice = "Sign in to KoboToolbox, copy the API key from Account settings, Security, and set KOBO_TOKEN."
        return InvalidTokenError(f"{answer.where}: the server refuses our identity{said}", advice=advice)
    if answer.status == 403:
        advice = "Ask the project's owner to share it with this account, with permission to manage it."
        return AccessError(f"{answer.where}: this account may not do that{said}", advice=advice)
    if answer.status == 404:
        advice = "It was deleted, or is no longer shared with this account: the server does not say which."
        return MissingAssetError(f"{answer.where}: not found.", advice=advice)
    advice = "The server's words say what it did not accept."
    return RequestRefusedError(f"{answer.where}: refused (status {answer.status}){said}", advice=advice)


def _sentences(value: Any) -> Iterable[str]:
    """All texts inside a refusal: {"detail": …}, {"error": …}, {"field": ["…"]} or ["…"]."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _sentences(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            named = "" if key in ("detail", "error", "non_field_errors") else f"{key}: "
            yield from (named + sentence for sentence in _sentences(item))
