"""Knows what a handler may ask of the request before it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Connection

from connector.sandbox.server.accounts import Account
from connector.sandbox.server.answer import Fault, Refusal, unauthenticated


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart body."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: parsed JSON (None when there is none), or form fields and files."""

    json: Any = None
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    is_multipart: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """The body as one mapping, whichever way it was sent. Raises Refusal(400) for JSON that is no object."""
        if self.json is None:
            return dict(self.fields)
        if not isinstance(self.json, dict):
            raise Refusal(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
        return self.json


@dataclass(frozen=True, slots=True)
class Call:
    """One request, its caller and the transaction it runs in."""

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    base_url: str
    user_agent: str
    client_ip: str
    db: Connection
    account: Account | None

    @property
    def username(self) -> str | None:
        """The caller's name, or None."""
        return self.account.username if self.account else None

    def signed_in(self) -> Account:
        """Return the caller. Raises Refusal(401) when nobody has signed in."""
        if self.account is None:
            raise unauthenticated()
        return self.account

    def url(self, path: str) -> str:
        """Return the whole address of a path on this server."""
        return f"{self.base_url}{path}"

    def user_url(self, username: str) -> str:
        """Return the address of an account."""
        return self.url(f"/api/v2/users/{username}/")


def read_json(content: bytes) -> Any:
    """Return a JSON body. Raises Fault when it is malformed: the real server breaks on it too."""
    try:
        return json.loads(content)
    except ValueError:
        raise Fault from None


def path_of(address: str) -> str:
    """Return the path of a whole or relative address."""
    return urlsplit(address).path


def query_of(text: str) -> dict[str, str]:
    """Return a query string's parameters; of a repeated one, the last counts."""
    return dict(parse_qsl(text, keep_blank_values=True))
