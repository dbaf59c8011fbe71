"""Knows how to carry one request to a KoboToolbox server and bring back one whole answer, or a clear failure."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from connector.errors import BadAnswerError, HealingError, UnreachableServerError
from connector.kobo_answer import Answer, cut_short, error_of, too_long, unpack_body
from connector.kobo_patience import Overdue, back_off, moment_of, retry_after, within
from connector.kobo_session import Sessions, TokenFor, cut

__all__ = ["Call", "Limits", "TokenFor", "Wire"]

log = logging.getLogger(__name__)

CHUNK = 2**20
CHECK_CONNECTION = "Check the address (KOBO_SERVER) and the internet connection, then try again."


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much the client bears. Seconds, bytes, and tries of one request.

    `read_seconds` must outlast a deployment, which the server does in silence (its own limit is 120 s).
    `deadline_seconds` bounds one answer; once it has passed, pauses not counted, no new try begins either.
    `longest_wait` bounds a pause of our own choice, `longest_asked` all the pauses that a server asks for one request.
    """

    connect_seconds: float = 10
    read_seconds: float = 130
    deadline_seconds: float = 180
    max_bytes: int = 64 * 2**20
    tries: int = 5
    longest_wait: float = 60
    longest_asked: float = 900


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `base` is scheme and host; `repeatable` says that sending it twice does no harm.

    `tries` is how often it may be sent at most, if that is less than the limits allow.
    """

    method: str
    base: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = field(default=None, repr=False)
    accept: str = "application/json"
    repeatable: bool = True
    tries: int | None = None

    @property
    def where(self) -> str:
        """The request as messages name it: no query, no body."""
        return f"{self.method} {self.path.split('?')[0]} on {self.base}"


class Wire:
    """What sends calls, waits and tries again within `limits`, and returns answers of any status; for any threads.

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
        self._sessions = Sessions(auth, adapter)
        self._sent = 0
        self._counting = threading.Lock()

    @property
    def sent(self) -> int:
        """How many requests were sent so far, every try counted."""
        return self._sent

    def send(self, call: Call) -> Answer:
        """The answer to `call`, 4xx included; 429, 5xx (500 only to a GET) and broken answers are tried again.

        What is not repeatable is tried again only if the server cannot have acted on it.
        Raises UnreachableServerError, BadAnswerError or ServerFailedError after the last try, or at once when the
        server asks for more patience than `limits` allow.
        """
        deadline, asked = time.monotonic() + self.limits.deadline_seconds, 0.0
        tries = min(call.tries or self.limits.tries, self.limits.tries)
        for attempt in range(1, tries + 1):
            failure, wait = self._try(call)
            if isinstance(failure, Answer):
                return failure
            now = time.monotonic()
            pause = wait or back_off(attempt, self.limits.longest_wait, self._jitter())
            asked += pause
            if wait is None or now > deadline or attempt == tries or asked > self.limits.longest_asked:
                raise failure
            self.sleep(pause)
            deadline += time.monotonic() - now
        raise AssertionError("unreachable: the last try returns or raises")

    def _try(self, call: Call) -> tuple[Answer | HealingError, float | None]:
        """An answer; or a failure with the seconds to wait (0: back off; None: do not try again)."""
        with self._counting:
            self._sent += 1
        try:
            answer = self.exchange(call)
        except _NotSentError as error:
            return error.failure, 0
        except (UnreachableServerError, BadAnswerError) as error:
            return error, 0 if call.repeatable else None
        log.debug("%s: %d, %d bytes", call.where, answer.status, len(answer.body))
        if answer.status == 429 or (call.repeatable and _may_pass(call, answer.status)):
            return error_of(answer), _asked_wait(answer)
        return answer, None

    def exchange(self, call: Call) -> Answer:
        """Send once and wait for the whole answer, no longer than the deadline.

        A server that drips starts the socket's own time-out anew at each byte; this one ends it, connection and all.
        Raises UnreachableServerError or BadAnswerError.
        """
        seconds = self.limits.deadline_seconds
        session = self._sessions.take()
        try:
            answer = within(seconds, lambda: self._exchange(session, call))
        except BaseException as error:
            cut(session)
            if isinstance(error, Overdue):
                raise _too_slow(call.where, seconds) from None
            raise
        self._sessions.give_back(session)
        return answer

    def _exchange(self, session: requests.Session, call: Call) -> Answer:
        try:
            response = session.request(
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
            raw = self._read(call, response)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        body = unpack_body(raw, encoding, self.limits.max_bytes, call.where)
        answer = Answer(call.where, response.status_code, response.headers, body)
        if answer.is_cut:
            raise cut_short(call.where)
        return answer

    def _read(self, call: Call, response: requests.Response) -> bytes:
        """The body as sent, bounded in size."""
        chunks: list[bytes] = []
        size, most = 0, self.limits.max_bytes
        if response.headers.get("Content-Length", "").isdigit() and int(response.headers["Content-Length"]) > most:
            raise too_long(call.where, most)
        try:
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                chunks.append(chunk)
                size += len(chunk)
                if size > most:
                    raise too_long(call.where, most)
        except (urllib3.exceptions.ReadTimeoutError, TimeoutError):
            raise _too_slow(call.where, self.limits.read_seconds) from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            raise cut_short(call.where) from None
        return b"".join(chunks)


def _may_pass(call: Call, status: int) -> bool:
    """Whether an answer tells of a trouble that may be over soon; to a change, 500 would only come again."""
    return status > 500 or (status == 500 and call.method == "GET")


def _asked_wait(answer: Answer) -> float:
    """Seconds from Retry-After; a date is read by the server's own clock. 0 if there is none that can be read."""
    return retry_after(answer.headers.get("Retry-After", ""), moment_of(answer.headers.get("Date", "")))


class _NotSentError(Exception):
    """The server cannot have seen the request, so any request may be tried again."""

    def __init__(self, failure: UnreachableServerError) -> None:
        super().__init__()
        self.failure = failure


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
