"""Knows how a KoboToolbox server answers a sync, as cheaply as can be: its pages are slices of a file."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from tests.bench.corpus import corpus_of
from tests.bench.survey import OWNER, VERSION
from tests.bench.table import RecordTable

LARGEST_PAGE = 1000
Parts = Sequence[bytes | memoryview]


LONG_AGO = {
    "action": "add-submission",
    "date_created": "2025-01-02T00:00:00Z",
    "metadata": {"submission": {"root_uuid": "00000000-0000-4000-8000-000000000000", "submitted_by": "cha001"}},
}
"""The history of a project with records is never empty; one row stands for those of all that were sent."""


class BenchServer:
    """One project and its records. `has_history` false refuses the history, as to an account that may only read."""

    def __init__(self, table: RecordTable, has_history: bool) -> None:
        self.table, self.has_history = table, has_history
        table.body(table.rows({})[:1], ["_id"])  # what is made once is made before anybody waits for it
        self.requests: list[str] = []

    def answer(self, target: str) -> tuple[int, Parts]:
        """Status and body for the path and query of one request."""
        parts = urlsplit(target)
        params, path = dict(parse_qsl(parts.query)), parts.path.strip("/").split("/")
        if path[0] == "bench":
            return 200, [orjson.dumps(self._of_bench(path[1]))]
        self.requests.append(target)
        match path[3:] if path[0] == "api" else path:
            case ["me"]:
                now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
                return 200, [orjson.dumps({"username": OWNER, "is_superuser": False, "server_time": now})]
            case []:
                return 200, [orjson.dumps(_envelope([self._asset()], parts.path, params))]
            case [_]:
                return 200, [orjson.dumps(self._asset() | {"content": self.table.corpus.kind.content()})]
            case [_, "data"]:
                return 200, self._records(parts.path, params)
            case [_, "history"] if self.has_history:
                return 200, [orjson.dumps(_envelope(self._events(params.get("q", "")), parts.path, params))]
            case [_, "history"]:
                return 403, [b'{"detail":"You do not have permission to perform this action."}']
            case [_, "versions", *wanted]:
                return 200, [orjson.dumps(self._versions(parts.path, params, wanted))]
        return 404, [b'{"detail":"Not found."}']

    def _of_bench(self, what: str) -> Any:
        """What only the benchmark asks for: to change records, or which requests there were since it last asked."""
        if what == "change":
            return self.table.change(datetime.now(UTC))
        seen, self.requests = self.requests, []
        return seen

    def _asset(self) -> dict[str, Any]:
        kind, live = self.table.corpus.kind, int(self.table.is_live.sum())
        return {
            "uid": kind.uid,
            "name": kind.title,
            "asset_type": "survey",
            "owner__username": OWNER,
            "version_id": VERSION,
            "deployed_version_id": VERSION,
            "has_deployment": True,
            "deployment__active": True,
            "deployment__submission_count": live,
            "deployment__last_submission_time": "2025-02-01T00:00:00Z",
            "date_modified": "2025-01-01T00:00:00Z",
            "settings": {"description": ""},
            "permissions": [],
        }

    def _versions(self, path: str, params: dict[str, str], wanted: list[str]) -> dict[str, Any]:
        row = {"uid": VERSION, "content_hash": "1", "date_deployed": "2025-01-01T00:00:00Z"}
        row["date_modified"] = row["date_deployed"]
        return row | {"content": self.table.corpus.kind.content()} if wanted else _envelope([row], path, params)

    def _events(self, query: str) -> list[dict[str, Any]]:
        _, _, since = query.partition('date_created__gte:"')
        since = since.partition('"')[0]
        return [
            each
            for each in (*self.table.history, LONG_AGO)
            if each["date_created"] >= since and each["action"] in query
        ]

    def _records(self, path: str, params: dict[str, str]) -> Parts:
        query, sort, fields = (json.loads(params.get(name) or "null") for name in ("query", "sort", "fields"))
        rows = self.table.rows(query or {}, descending=(sort or {}).get("_id") == -1)
        start, limit = int(params.get("start", 0)), min(int(params.get("limit", 100)), LARGEST_PAGE)
        head = orjson.dumps({"count": len(rows), "next": _next(path, params, len(rows)), "previous": None})
        body = self.table.body(rows[start : start + limit], fields)
        return [head[:-1], b',"results":[', *body, b"]}"]


def _next(path: str, params: dict[str, str], count: int) -> str | None:
    limit, start = min(int(params.get("limit", 100)), LARGEST_PAGE), int(params.get("start", 0))
    following = params | {"limit": str(limit), "start": str(start + limit)}
    return f"http://127.0.0.1{path}?{urlencode(following)}" if start + limit < count else None


def _envelope(rows: list[dict[str, Any]], path: str, params: dict[str, str]) -> dict[str, Any]:
    limit, start = min(int(params.get("limit", 100)), LARGEST_PAGE), int(params.get("start", 0))
    shown = rows[start : start + limit]
    return {"count": len(rows), "next": _next(path, params, len(rows)), "previous": None, "results": shown}


class _Connection(asyncio.Protocol):
    """Requests without bodies, one after the other on a connection that stays open."""

    def __init__(self, server: BenchServer, delay: float) -> None:
        self.server, self.delay, self.waiting = server, delay, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            asyncio.get_running_loop().call_later(self.delay, self._reply, target)

    def _reply(self, target: str) -> None:
        try:
            status, parts = self.server.answer(target)
        except (KeyError, ValueError) as error:
            status, parts = 400, [orjson.dumps({"detail": f"not spoken here: {error!r}"})]
        size = sum(map(len, parts))
        head = f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
        self.transport.writelines([head.encode(), *parts])


async def _serve(server: BenchServer, delay: float) -> None:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: _Connection(server, delay), "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


def main() -> None:
    """Serve until it is ended; the first line printed is the port."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("size", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--no-history", action="store_true")
    asked = parser.parse_args()
    table = RecordTable(corpus_of(asked.kind, asked.size, asked.folder))
    asyncio.run(_serve(BenchServer(table, not asked.no_history), asked.delay))


if __name__ == "__main__":
    main()
