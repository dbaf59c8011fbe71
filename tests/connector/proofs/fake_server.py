"""Knows how the fake server is reached over a socket, from a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from tests.connector.fake_kobo import SERVER, FakeKobo


@contextmanager
def served_from(kobo: FakeKobo) -> Iterator[str]:
    """The address of a server that is a copy of `kobo` as it is now, while the block lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(kobo)) as server:
        child = os.fork()
        if not child:
            try:
                server.serve_forever()
            finally:
                os._exit(0)
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _handler(kobo: FakeKobo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer as the fake does; who was killed does not hear it."""
            response = kobo.send(requests.Request("GET", SERVER + self.path).prepare())
            body = response.raw.read()
            self.send_response(response.status_code)
            self.send_header("Content-Type", response.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    return Handler
