"""Knows how one HTTP connection to a KoboToolbox server is held: what it shows of us, and how it is cut."""

from __future__ import annotations

import socket
from collections import deque
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class TokenFor(AuthBase):
    """The token, for our own hosts only: no redirect or link of an answer can carry it elsewhere."""

    def __init__(self, token: str, *bases: str) -> None:
        self._token = token
        self._origins = {_origin(base) for base in bases}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if _origin(request.url or "") in self._origins:
            request.headers["Authorization"] = f"Token {self._token}"
        return request


class Sessions:
    """As many sessions as requests are under way at once; a session serves one request at a time.

    That makes them safe for several threads without a lock: taking from and adding to a deque is one step.
    """

    def __init__(self, auth: AuthBase | None, adapter: BaseAdapter | None) -> None:
        self._auth = auth
        self._adapter = adapter
        self._idle: deque[requests.Session] = deque()

    def take(self) -> requests.Session:
        """A session that nobody else uses until it is given back."""
        try:
            return self._idle.pop()
        except IndexError:
            return _new_session(self._auth, self._adapter or CuttableAdapter())

    def give_back(self, session: requests.Session) -> None:
        """Keep a session, with its open connection, for the next request."""
        self._idle.append(session)


def cut(session: requests.Session) -> None:
    """End the connections of a session that will not be used again, also under a thread that waits for an answer."""
    for adapter in session.adapters.values():
        if isinstance(adapter, CuttableAdapter):
            adapter.cut()


class CuttableAdapter(HTTPAdapter):
    """The network of requests, which can be ended from another thread."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Let every connection tell of its socket."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._sockets)

    def cut(self) -> None:
        """Shut all sockets: whoever reads from one gets an end or an error at once."""
        for each in list(self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _pools(sockets: WeakSet[socket.socket]) -> dict[str, type[HTTPConnectionPool]]:
    class Connection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class SafeConnection(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SafePool(HTTPSConnectionPool):
        ConnectionCls = SafeConnection

    return {"http": Pool, "https": SafePool}


def _new_session(auth: AuthBase | None, adapter: BaseAdapter) -> requests.Session:
    """A session deaf to cookies and to proxies and .netrc of the environment: the token is all it shows."""
    session = requests.Session()
    session.trust_env = False
    session.auth = auth
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "healing-connector", "Accept-Encoding": "gzip"})
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default
