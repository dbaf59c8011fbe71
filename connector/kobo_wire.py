"""Knows how to carry one request to a KoboToolbox server and bring back one whole answer, or a clear failure."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from connector.errors import BadAnswerError, HealingError, UnreachableServerError
from connector.kobo_answer import Answer, cut_short, error_of, too_long, unpack_body
from connector.kobo_patience import Overdue, back_off, retry_after, within

log = logging.getLogger(__name__)

CHUNK = 64 * 1024
BUSY_STATUSES = (502, 503, 504)
CHECK_CONNECTION = "Check the address (KOBO_SERVER) and the internet connection, then try again."


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much the client bears. Seconds, bytes, and tries of one request.

    `read_seconds` must outlast a deployment, which the server does in silence (its own limit is 120 s).
    `deadline_seconds` bounds one answer; once it has passed, no new try begins either.
    """

    connect_seconds: float = 10
    read_seconds: float = 130
    deadline_seconds: float = 180
    max_bytes: int = 64 * 2**20
    tries: int = 5
    longest_wait: float = 60


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `base` is scheme and host; `repeatable` says that sending it twice does no harm."""

    method: str
    base: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = field(default=None, repr=False)
    accept: str = "application/json"
    repeatable: bool = True

    @property
    def where(self) -> str:
        """The request as messages name it: no query, no body."""
        return f"{self.method} {self.path.split('?')[0]} on {self.base}"


class TokenFor(AuthBase):
    """The token, for our own hosts only: no redirect or link of an answer can carry it elsewhere."""

    def __init__(self, token: str, *bases: str) -> None:
        self._token = token
        self._origins = {_origin(base) for base in bases}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if _origin(request.url or "") in self._origins:
            request.headers["Authorization"] = f"Token {self._token}"
        return request


class Wire:
    """A session that sends calls, waits and tries again within `limits`, and returns answers of any status.

    `adapter` replaces the network in tests; `sleep` and `jitter` (0 to 1) replace waiting.
    """

    def __init__(
        self,
        auth: AuthBase | None,
        *,
        adapter: BaseAdapter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.sleep = sleep
        self._jitter = jitter
        self._session = _new_session(auth, adapter)

    def send(self, call: Call) -> Answer:
        """The answer to `call`, 4xx included; 429, 502–504, 500 to a GET and broken answers are tried again.

        What is not repeatable is tried again only if the server cannot have acted on it.
        Raises UnreachableServerError, BadAnswerError or ServerFailedError after the last try.
        """
        began = time.monotonic()
        for attempt in range(1, self.limits.tries + 1):
            failure, wait = self._try(call)
            if isinstance(failure, Answer):
                return failure
            is_late = time.monotonic() - began > self.limits.deadline_seconds
            if wait is None or is_late or attempt == self.limits.tries:
                raise failure
            self.sleep(wait if wait > 0 else self._back_off(attempt))
        raise AssertionError("unreachable: the last try returns or raises")

    def _try(self, call: Call) -> tuple[Answer | HealingError, float | None]:
        """An answer; or a failure with the seconds to wait (0: back off; None: do not try again)."""
        try:
            answer = self._exchange_in_time(call)
        except _NotSentError as error:
            return error.failure, 0
        except (UnreachableServerError, BadAnswerError) as error:
            return error, 0 if call.repeatable else None
        log.debug("%s: %d, %d bytes", call.where, answer.status, len(answer.body))
        if answer.status == 429:
            return error_of(answer), self._asked_wait(answer)
        if call.repeatable and (answer.status in BUSY_STATUSES or (answer.status == 500 and call.method == "GET")):
            return error_of(answer), self._asked_wait(answer)
        return answer, None

    def _exchange_in_time(self, call: Call) -> Answer:
        """A server that drips headers starts the socket's own time-out anew at each byte; this one ends it."""
        seconds = self.limits.deadline_seconds
        try:
            return within(seconds, lambda: self._exchange(call))
        except Overdue:
            raise _too_slow(call.where, seconds) from None

    def _exchange(self, call: Call) -> Answer:
        deadline = time.monotonic() + self.limits.deadline_seconds
        try:
            response = self._session.request(
                call.method,
                call.base + call.path,
                params=call.params,
                json=call.json,
                data=call.form,
                files=call.files,
                headers={"Accept": call.accept},
                timeout=(self.limits.connect_seconds, self.limits.read_seconds),
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _failure(call, error) from None
        with response:
            raw = self._read(call, response, deadline)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        body = unpack_body(raw, encoding, self.limits.max_bytes, call.where)
        answer = Answer(call.where, response.status_code, response.headers, body)
        if answer.is_cut:
            raise cut_short(call.where)
        return answer

    def _read(self, call: Call, response: requests.Response, deadline: float) -> bytes:
        """The body as sent, bounded in size and time."""
        raw = bytearray()
        try:
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                raw += chunk
                if len(raw) > self.limits.max_bytes:
                    raise too_long(call.where, self.limits.max_bytes)
                if time.monotonic() > deadline:
                    raise _too_slow(call.where, self.limits.deadline_seconds)
        except (urllib3.exceptions.ReadTimeoutError, TimeoutError):
            raise _too_slow(call.where, self.limits.read_seconds) from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise cut_short(call.where) from None
        return bytes(raw)

    def _asked_wait(self, answer: Answer) -> float:
        """Seconds from Retry-After, capped; 0 if there is none that can be read."""
        return min(retry_after(answer.headers.get("Retry-After", "")), self.limits.longest_wait)

    def _back_off(self, attempt: int) -> float:
        return back_off(attempt, self.limits.longest_wait, self._jitter())


class _NotSentError(Exception):
    """The server cannot have seen the request, so any request may be tried again."""

    def __init__(self, failure: UnreachableServerError) -> None:
        super().__init__()
        self.failure = failure


def _new_session(auth: AuthBase | None, adapter: BaseAdapter | None) -> requests.Session:
    """A session deaf to cookies and to proxies and .netrc of the environment: the token is all it shows."""
    session = requests.Session()
    session.trust_env = False
    session.auth = auth
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "healing-connector", "Accept-Encoding": "gzip"})
    if adapter is not None:
        session.mount("http://", adapter)
        session.mount("https://", adapter)
    return session


def _failure(call: Call, error: Exception) -> Exception:
    """Our error for one of requests'. Only its kind is told: its text may hold addresses with secrets."""
    if isinstance(error, requests.exceptions.SSLError):
        advice = "The server's certificate is not valid, or something stands in between. Do not go on; ask who runs it."
        return UnreachableServerError(f"{call.where}: no secure connection.", advice=advice)
    if isinstance(error, requests.ConnectTimeout) or _is_new_connection_error(error):
        failure = UnreachableServerError(f"{call.where}: the server cannot be reached.", advice=CHECK_CONNECTION)
        return _NotSentError(failure)
    if isinstance(error, requests.Timeout):
        return UnreachableServerError(f"{call.where}: no answer in time.", advice=CHECK_CONNECTION)
    return UnreachableServerError(f"{call.where}: the connection broke.", advice=CHECK_CONNECTION)


def _is_new_connection_error(error: Exception) -> bool:
    """Whether no connection came about at all (refused, unknown host), as against one that broke."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _too_slow(where: str, seconds: float) -> UnreachableServerError:
    return UnreachableServerError(f"{where}: no whole answer within {seconds:g} s.", advice=CHECK_CONNECTION)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default
