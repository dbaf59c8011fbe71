"""Knows how calls to one KoboToolbox server are addressed and how lists of the API are read to their end."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter

from connector.errors import BadAnswerError
from connector.kobo_answer import Answer, read_json, read_object
from connector.kobo_wire import Call, Limits, TokenFor, Wire

Params = Mapping[str, str | int]


class Caller:
    """One account on one server.

    `server` is where people sign in, `kc_server` where phones fetch forms if that is another host (else None).
    `adapter` replaces the network in tests; `sleep` and `jitter` replace waiting and chance; `limits` bounds both.
    A ready `wire` replaces all of these.
    """

    def __init__(
        self,
        server: str,
        token: str,
        *,
        kc_server: str | None = None,
        adapter: BaseAdapter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        limits: Limits | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.server = server.rstrip("/")
        self.kc_server = (kc_server or server).rstrip("/")
        auth = TokenFor(token, self.server, self.kc_server)
        self._wire = wire or Wire(auth, adapter=adapter, sleep=sleep, jitter=jitter, limits=limits)

    @property
    def sent(self) -> int:
        """How many requests were sent so far, every try counted."""
        return self._wire.sent

    def _send(self, method: str, path: str, *, repeatable: bool = True, **parts: Any) -> Answer:
        """The answer to one call, whatever its status; `parts` are those of `Call`."""
        return self._wire.send(Call(method, self.server, path, repeatable=repeatable, **parts))

    def _get(self, path: str, params: Params | None = None) -> Any:
        return read_json(self._send("GET", path, params=params or {}))

    def _list(self, path: str, params: Params | None = None) -> Iterator[dict[str, Any]]:
        """Every item of a paged list, by its `next` links, of which only path and query are used."""
        seen: set[str] = set()
        answer = self._send("GET", path, params=params or {})
        while True:
            page = read_object(answer, "results", "next")
            yield from objects(page["results"], answer.where)
            if page["next"] is None:
                return
            following = path_of(page["next"])
            if following in seen:
                raise BadAnswerError(f"{answer.where}: the list leads back to itself.")
            seen.add(following)
            answer = self._send("GET", following)


def path_of(url: str) -> str:
    """Path and query of a link in an answer: the host is ours, whatever the link says."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def objects(value: Any, where: str) -> list[dict[str, Any]]:
    """The items of a list in an answer. Raises BadAnswerError if it is none, or if they are no objects."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadAnswerError(f"{where}: a list of results was expected.")
    return value
