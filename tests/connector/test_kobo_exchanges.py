"""Every exchange recorded with a real server is read as our client would read it, or is listed with why it never is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connector.errors import (
    AccessError,
    BadAnswerError,
    FormRefusedError,
    HealingError,
    InvalidTokenError,
    MissingAssetError,
    NotKoboError,
    RequestRefusedError,
    ServerFailedError,
)
from connector.kobo import KoboClient, Limits, fetch_token
from connector.kobo_answer import error_of
from tests.connector.kobo_exchanges import (
    ASSET,
    SERVER,
    TOKEN,
    Playback,
    Recorded,
    contents,
    every_exchange,
    recorded,
    recordings,
    reply,
    response_to,
)

NOT_USED = "not used: "
RECORDED = 517
"""How many exchanges were recorded; what is used of them is in tests/fixtures/kobo, beside what is not, and why."""
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
REPEATED: dict[str, Any] = {"count": 0, "next": None, "previous": None, "results": []}


def kind(url: str) -> str:
    """The path of an address with every identifier as a star."""
    path = url.removeprefix(SERVER).split("?")[0]
    return re.sub(r"/(?:[A-Za-z]+[0-9A-Za-z]{19,24}|\d+)(?=/|$)", "/*", path)


class Around(Playback):
    """A server that gives one recorded answer to the request that it belongs to, and plain answers around it."""

    def __init__(self, item: Recorded) -> None:
        super().__init__()
        self.item = item
        self.was_given = False

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.requests.append(request)
        is_it = request.method == self.item.method and kind(request.url or "") == kind(self.item.path)
        if is_it and (not self.was_given or self.item.status >= 300 or request.method != "GET"):
            self.was_given = True
            return response_to(request, self.item.reply)  # type: ignore[arg-type]
        return response_to(request, self.plain(request).reply if not is_it else self.nothing_more())  # type: ignore[arg-type]

    def nothing_more(self) -> Any:
        """The rest of a list of which the recorded answer was a page."""
        rows = self.item.body.get("results", []) if isinstance(self.item.body, dict) else []
        return reply({**REPEATED, "count": len(rows)})

    def plain(self, request: requests.PreparedRequest) -> Recorded:
        """A recorded answer to another request, as it goes when nothing is special."""
        asset = "asset GET (before deploy)" if self.item.use == "deploy_first" else "asset GET after deploy"
        return {
            "/api/v2/assets/*/": recorded("projects", asset),
            "/api/v2/imports/": recorded("projects", "import create (multipart file, library=false)"),
            "/api/v2/imports/*/": recorded("projects", "import create poll"),
            "/api/v2/assets/*/files/": recorded("files", "files list"),
            "/formList": recorded("openrosa", "formList: ?formID="),
            "/xformsManifest/*": recorded("openrosa", "manifest"),
        }[kind(request.url or "")]


def client(network: Around) -> KoboClient:
    """A client of that server."""
    return KoboClient(SERVER, TOKEN, adapter=network, sleep=lambda _: None, limits=Limits(tries=2))


CALLS: dict[str, Callable[[KoboClient], Any]] = {
    "me": lambda kobo: kobo.me(),
    "list_assets": lambda kobo: kobo.list_assets(),
    "asset": lambda kobo: kobo.asset(ASSET),
    "describe": lambda kobo: kobo.describe(ASSET, "words"),
    "import_form": lambda kobo: kobo.import_form(b"workbook", "Household"),
    "poll_import": lambda kobo: kobo.import_form(b"workbook", "Household"),
    "deploy_first": lambda kobo: kobo.deploy(ASSET),
    "deploy_again": lambda kobo: kobo.deploy(ASSET),
    "files": lambda kobo: kobo.files(ASSET),
    "upload_file": lambda kobo: kobo.upload_file(ASSET, "new.csv", b"name,label\n"),
    "delete_file": lambda kobo: kobo.delete_file(ASSET, "afn7ZzCrcPRLjAvEfKHMbQ"),
    "assignments": lambda kobo: kobo.assignments(ASSET),
    "grant": lambda kobo: kobo.grant(ASSET, "cha1"),
    "versions": lambda kobo: kobo.versions(ASSET),
    "version_content": lambda kobo: kobo.version_content(ASSET, "vhts7f8SF4ag7oP4roXs5U"),
    "phone_form": lambda kobo: kobo.phone_form(ASSET),
    "manifest": lambda kobo: kobo.phone_form(ASSET),
    "data_page": lambda kobo: kobo.data_page(ASSET),
    "history": lambda kobo: kobo.history(ASSET, SINCE),
    "attachment": lambda kobo: kobo.attachment(ASSET, 1, "att9rrL9DxiUx2YZMn7dEbXZ", "image/png"),
}
"""What the client does, by the use of an exchange."""
BY_STATUS = {401: InvalidTokenError, 403: AccessError, 404: MissingAssetError, 429: ServerFailedError}
SPECIAL: dict[str, type[HealingError]] = {
    "paging: start=100000": BadAnswerError,  # offsets, which we never use, give a page that contradicts its count
    "Accept: text/html on data": NotKoboError,  # we ask for JSON; this is the page that a browser gets
}


def expected_error(item: Recorded) -> type[HealingError] | None:
    """The error that an exchange is for the call that it belongs to; None for none."""
    if item.name in SPECIAL:
        return SPECIAL[item.name]
    if item.use == "poll_import" and item.status == 200 and item.body["status"] == "error":
        is_access = item.body["messages"]["error_type"] in ("PermissionDenied", "Resolver404")
        return AccessError if is_access else FormRefusedError
    if item.status < 300 or (item.use == "history" and item.status == 403):
        return None
    if item.use in ("deploy_first", "deploy_again") and item.status == 400:
        return FormRefusedError
    if item.use in ("phone_form", "manifest") and item.status == 404:
        return NotKoboError
    if 300 <= item.status < 400 or item.status == 414:
        return NotKoboError
    return BY_STATUS.get(item.status, ServerFailedError if item.status >= 500 else RequestRefusedError)


def results(item: Recorded) -> list[Any]:
    """The rows of a recorded list."""
    return list(item.body["results"])


SEEN: dict[str, Callable[[Recorded, Any], bool]] = {
    "me": lambda item, found: found.username == item.body["username"],
    "list_assets": lambda item, found: [each.uid for each in found] == [row["uid"] for row in results(item)],
    "asset": lambda item, found: (found.uid, found.version_id) == (item.body["uid"], item.body["version_id"]),
    "describe": lambda item, found: found.uid == item.body["uid"],
    "import_form": lambda item, found: found == ASSET,
    "poll_import": lambda item, found: found in str(item.body["messages"]),
    "deploy_first": lambda item, found: found.version_id == item.body["version_id"],
    "deploy_again": lambda item, found: found.is_active == item.body["active"],
    "files": lambda item, found: [each.uid for each in found] == [row["uid"] for row in results(item)],
    "upload_file": lambda item, found: found.filename == item.body["metadata"]["filename"],
    "delete_file": lambda item, found: found is None,
    "assignments": lambda item, found: len(found) == len(item.body),
    "grant": lambda item, found: found is None,
    "versions": lambda item, found: {each.uid for each in found} <= {row["uid"] for row in results(item)},
    "version_content": lambda item, found: found["survey"] == item.body["content"]["survey"],
    "phone_form": lambda item, found: (found is not None) == (f"<formID>{ASSET}<" in item.body),
    "manifest": lambda item, found: len(found.media) == item.body.count("<mediaFile>"),
    "data_page": lambda item, found: (found.count, list(found.records)) == (item.body["count"], results(item)),
    "history": lambda item, found: (item.status == 403 and found is None) or len(found or ()) <= len(results(item)),
    "attachment": lambda item, found: found == item.bytes,
}
"""Whether a call gave what its exchange says."""
used = [item for item in every_exchange() if item.use in CALLS]
tokens = [item for item in every_exchange() if item.use == "fetch_token"]
refusals = [item for item in every_exchange() if item.use == "refusal"]


def named(item: Recorded) -> str:
    """How a test names an exchange."""
    return f"{item.file[:2]} {item.use} {item.status} {item.name}"[:80]


@pytest.mark.parametrize("item", used, ids=named)
def test_every_recorded_answer_is_read_as_what_it_is(item: Recorded) -> None:
    network, error = Around(item), expected_error(item)
    if error is None:
        assert SEEN[item.use](item, CALLS[item.use](client(network)))
    else:
        with pytest.raises(error) as caught:
            CALLS[item.use](client(network))
        assert type(caught.value) is error and caught.value.message
    assert network.was_given


@pytest.mark.parametrize("item", tokens, ids=named)
def test_every_recorded_answer_about_a_token_is_read_as_what_it_is(item: Recorded) -> None:
    network = Around(item)
    if item.status == 200:
        assert fetch_token(SERVER, "coordinator", "secret", adapter=network) == item.body["token"]
    else:
        with pytest.raises(InvalidTokenError):
            fetch_token(SERVER, "coordinator", "secret", adapter=network)


@pytest.mark.parametrize("item", refusals, ids=named)
def test_every_other_recorded_refusal_is_the_right_error_too(item: Recorded) -> None:
    assert type(error_of(item.answer)) is expected_error(item)


@pytest.mark.parametrize("stem", recordings())
def test_every_recorded_exchange_is_used_or_says_why_not(stem: str) -> None:
    for number, item in enumerate(contents(stem)):
        known = item["use"] in (*CALLS, "fetch_token", "refusal") and "body" in item
        assert known or len(item["use"]) > len(NOT_USED) + 10, f"{stem}[{number}] {item['name']}"
        assert known or item["use"].startswith(NOT_USED)


def test_no_recorded_exchange_is_left_out() -> None:
    assert sum(len(contents(stem)) for stem in recordings()) == RECORDED


def test_every_call_of_the_client_has_a_recorded_answer_and_almost_every_one_a_refusal() -> None:
    answered = Counter(item.use for item in used if item.status < 300)
    refused = Counter(item.use for item in used if item.status >= 300)
    assert set(answered) == set(CALLS)
    assert set(CALLS) - set(refused) == {"delete_file", "files", "versions", "version_content"}
