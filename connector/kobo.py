"""Knows how to talk with a KoboToolbox server: the one client that the rest of the connector uses."""

import time
from collections.abc import Callable

from requests.adapters import BaseAdapter
from requests.auth import HTTPBasicAuth

from connector.errors import InvalidTokenError
from connector.kobo_answer import read_object
from connector.kobo_data import DataCalls
from connector.kobo_files import FileCalls
from connector.kobo_openrosa import PhoneCalls
from connector.kobo_projects import ProjectCalls, md5
from connector.kobo_values import (
    Account,
    Asset,
    AssetVersion,
    Assignment,
    Deployment,
    HistoryEvent,
    MediaFile,
    Page,
    PhoneForm,
    bare_uuid,
)
from connector.kobo_wire import Call, Limits, Wire

__all__ = [
    "Account",
    "Asset",
    "AssetVersion",
    "Assignment",
    "Deployment",
    "HistoryEvent",
    "KoboClient",
    "Limits",
    "MediaFile",
    "Page",
    "PhoneForm",
    "bare_uuid",
    "fetch_token",
    "md5",
]


class KoboClient(ProjectCalls, DataCalls, FileCalls, PhoneCalls):
    """A KoboToolbox server, as one account sees it: projects, records, and what phones are offered.

    Made as `KoboClient(server, token)`; see `Caller` for what tests replace. Several threads may read at once.
    """


def fetch_token(
    server: str,
    username: str,
    password: str,
    *,
    adapter: BaseAdapter | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """The API token of an account; the server makes one if there is none. It does not expire.

    Raises InvalidTokenError if username or password are refused, or if the account has two-factor sign-in,
    which the server answers in the same way.
    """
    auth = HTTPBasicAuth(username.encode(), password.encode())
    wire = Wire(auth, adapter=adapter, sleep=sleep)
    try:
        return str(read_object(wire.send(Call("GET", server.rstrip("/"), "/token/")), "token")["token"])
    except InvalidTokenError as error:
        advice = "Check username and password. With two-factor sign-in, copy the API key from the website instead."
        raise InvalidTokenError(error.message, advice=advice) from None
