"""Knows how lists are cut into pages, and how the links to the next and previous page read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from connector.sandbox.server.answer import Refusal
from connector.sandbox.server.call import Call

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page begins and how many rows it may hold."""

    start: int
    limit: int


def read_page(call: Call) -> Page:
    """Return the page that the caller asks for, silently capped at 1000 rows; what cannot be read is the default."""
    return Page(_number(call, "start", 0, 0), min(_number(call, "limit", DEFAULT_LIMIT, 1), MAX_LIMIT))


def read_strict_page(call: Call) -> Page:
    """Return the page that the caller asks for. Raises Refusal(400) for a `limit` or `start` that is no number."""
    if not _is_number(call.query.get("limit", "1"), 1):
        raise Refusal(400, {"limit": "A positive integer is required"})
    if not _is_number(call.query.get("start", "0"), 0):
        raise Refusal(400, {"start": "A positive integer is required."})
    return read_page(call)


def envelope(call: Call, count: int, results: Sequence[Any], page: Page) -> dict[str, Any]:
    """Return `{count, next, previous, results}`."""
    return {"count": count, **page_links(call, count, page), "results": list(results)}


def page_links(call: Call, count: int, page: Page) -> dict[str, str | None]:
    """Return `next` and `previous`.

    As on the real server, `offset`, `page` and `page_size` move these links although they do not move the data.
    """
    limit = min(_number(call, "limit", _number(call, "page_size", page.limit, 1), 1), MAX_LIMIT)
    by_page = (_number(call, "page", 1, 1) - 1) * limit
    start = _number(call, "start", _number(call, "offset", by_page, 0), 0)
    following = _link(call, limit, start + limit) if start + limit < count else None
    return {"next": following, "previous": _link(call, limit, start - limit) if start > 0 else None}


def _link(call: Call, limit: int, start: int) -> str:
    parameters = {**call.query, "limit": str(limit), "start": str(start)}
    if start <= 0:
        del parameters["start"]
    return f"{call.url(call.path)}?{urlencode(sorted(parameters.items()))}"


def _number(call: Call, name: str, default: int, least: int) -> int:
    text = call.query.get(name, "")
    return int(text) if _is_number(text, least) else default


def _is_number(text: str, least: int) -> bool:
    return text.isdecimal() and int(text) >= least
