"""Every record is read once, whatever the server cuts, deletes or repeats in between."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from connector.errors import BadAnswerError, HealingError, InvalidTokenError, MissingAssetError, RequestRefusedError
from connector.kobo import HistoryEvent, KoboClient
from connector.kobo_wire import Limits
from tests.connector.kobo_exchanges import (
    ASSET,
    QUICK,
    SERVER,
    TOKEN,
    Reply,
    client_of,
    recorded,
    reply,
    response_to,
)

SINCE = datetime(2026, 11, 23, 3, 32, tzinfo=UTC)


def asked(request: requests.PreparedRequest) -> dict[str, Any]:
    """The parameters of a request; those that are JSON, as values."""
    found = {name: values[0] for name, values in parse_qs(urlsplit(request.url or "").query).items()}
    return {
        name: json.loads(text) if name in ("query", "sort", "fields", "limit") else text for name, text in found.items()
    }


class Records(BaseAdapter):
    """A project's data list: knows ranges and lists of numbers and identities, and cuts pages in silence."""

    def __init__(self, ids: list[int], largest: int, after_page: Callable[["Records"], None] = lambda self: None):
        super().__init__()
        self.ids, self.largest, self.after_page = sorted(ids), largest, after_page
        self.asked: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        wish = asked(request)
        self.asked.append(wish)
        query = wish.get("query", {})
        either = query.get("$or", [{}])
        matching = [i for i in self.ids if _is_asked(i, query) and any(_is_asked(i, part) for part in either)]
        page = [{"_id": i, "meta/rootUuid": f"uuid:{i:036d}"} for i in matching[: min(wish["limit"], self.largest)]]
        answer = reply({"count": len(matching), "next": None, "previous": None, "results": page})
        assert isinstance(answer, tuple)
        self.after_page(self)
        return response_to(request, answer)

    def close(self) -> None:
        """Nothing is open."""

    def client(self) -> KoboClient:
        return KoboClient(SERVER, TOKEN, adapter=self, sleep=lambda _: None, limits=QUICK)


def _is_asked(number: int, query: dict[str, Any]) -> bool:
    wanted, bounds = query.get("meta/rootUuid", {}).get("$in"), query.get("_id", {})
    is_within = bounds.get("$gt", 0) < number <= bounds.get("$lte", number) and number in bounds.get("$in", [number])
    return is_within and (wanted is None or f"uuid:{number:036d}" in wanted)


def all_ids(client: KoboClient, **options: Any) -> list[int]:
    return [record["_id"] for page in client.record_pages(ASSET, **options) for record in page.records]


def test_a_page_holds_records_as_served_and_the_servers_count() -> None:
    item = recorded("records", "query: _id $gt")
    client, network, _ = client_of(item)
    page = client.data_page(ASSET, query={"_id": {"$gt": 4}})
    assert (page.count, page.records) == (27, tuple(item.body["results"]))
    assert asked(network.requests[0]) == {"query": {"_id": {"$gt": 4}}, "sort": {"_id": 1}, "limit": 1000}


def test_a_light_page_asks_for_some_fields_only() -> None:
    client, network, _ = client_of(recorded("records", "fields: only _id"))
    page = client.data_page(ASSET, fields=["_id"], limit=2)
    assert set(page.records[0]) == {"_id", "_uuid", "meta/rootUuid", "_validation_status"}
    assert asked(network.requests[0]) == {"sort": {"_id": 1}, "limit": 2, "fields": ["_id"]}


def test_another_order_can_be_asked_for() -> None:
    client, network, _ = client_of(recorded("records", "sort _id desc"))
    assert client.data_page(ASSET, sort={"_id": -1}, limit=3).records[0]["_id"] == 1318
    assert asked(network.requests[0])["sort"] == {"_id": -1}


def test_the_server_counts() -> None:
    client, network, _ = client_of(recorded("records", "fields"))
    assert client.count(ASSET) == 30
    assert asked(network.requests[0])["limit"] == 1


def test_no_record_is_an_empty_page() -> None:
    client, _, _ = client_of(recorded("records", "query: _id $gt as string"))
    assert client.data_page(ASSET).records == ()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("query: invalid JSON", RequestRefusedError),
        ("sort invalid", RequestRefusedError),
        ("fields: comma list (invalid)", RequestRefusedError),
        ("count param", RequestRefusedError),
        ("data list as outsider", MissingAssetError),
    ],
)
def test_a_list_that_is_refused_is_told(name: str, error: type[HealingError]) -> None:
    client, _, _ = client_of(recorded("records", name))
    with pytest.raises(error):
        client.data_page(ASSET)


@pytest.mark.parametrize(
    "body",
    [
        {"count": 3, "results": []},
        {"count": 0, "results": [{"_id": 1}]},
        {"count": "1", "results": [{"_id": 1}]},
        {"count": 1, "results": {"_id": 1}},
        {"results": []},
        {"detail": "odd"},
    ],
)
def test_a_page_that_contradicts_itself_is_never_believed(body: Any) -> None:
    client, _, _ = client_of(reply(body))
    with pytest.raises(BadAnswerError):
        client.data_page(ASSET)


@pytest.mark.parametrize("record", [{"_id": "1"}, {"_id": 0}, {"_id": True}, {"_id": 2**63}, {}, 7, None])
def test_a_record_without_a_number_is_set_apart_and_its_answers_are_not_shown(record: Any) -> None:
    damaged = {**record, "phq9/phq9_9": "sentinel"} if isinstance(record, dict) else record
    client, _, _ = client_of(reply({"count": 2, "results": [damaged, {"_id": 5}]}))
    page = client.data_page(ASSET)
    assert [record["_id"] for record in page.records] == [5]
    assert (len(page.refused), page.size) == (1, 2)
    assert "sentinel" not in repr(page)


def test_records_that_cannot_be_read_do_not_keep_the_next_page_from_being_read() -> None:
    client, network, _ = client_of(
        reply({"count": 3, "results": [{"_id": 4}, {"_id": "?"}]}), reply({"count": 1, "results": [{"_id": 9}]})
    )
    assert all_ids(client) == [4, 9]
    assert asked(network.requests[1])["query"] == {"_id": {"$gt": 4}}


def test_a_page_from_which_no_other_can_be_reached_is_never_believed() -> None:
    client, _, _ = client_of(reply({"count": 3, "results": [{"_id": "?"}]}))
    with pytest.raises(BadAnswerError, match="only records without a number"):
        all_ids(client)


def test_a_page_does_not_show_its_records_in_its_text_form() -> None:
    client, _, _ = client_of(recorded("records", "query: _id $gt"))
    assert "HH004" not in repr(client.data_page(ASSET))


def test_an_empty_answer_does_not_pass_for_the_end_of_the_records() -> None:
    page = {"count": 3, "results": [{"_id": 1}, {"_id": 2}]}
    client, _, _ = client_of(reply(page), reply({"count": 1, "results": []}))
    with pytest.raises(BadAnswerError, match="0 records in a page of 1"):
        all_ids(client)


@pytest.mark.parametrize("ids", [[2, 1], [1, 1]])
def test_records_out_of_order_are_never_believed(ids: list[int]) -> None:
    client, _, _ = client_of(reply({"count": 9, "results": [{"_id": i} for i in ids]}))
    with pytest.raises(BadAnswerError, match="out of order"):
        all_ids(client)


def test_a_server_that_ignores_the_query_is_found_out() -> None:
    page = reply({"count": 4, "results": [{"_id": 1}, {"_id": 2}]})
    client, _, _ = client_of(page, page)
    with pytest.raises(BadAnswerError, match="out of order"):
        all_ids(client)


def test_pages_that_the_server_cuts_short_are_continued() -> None:
    server = Records(list(range(1, 26)), largest=10)
    assert all_ids(server.client(), page_size=5000) == list(range(1, 26))
    assert [wish["query"]["_id"]["$gt"] for wish in server.asked] == [0, 10, 20]


def test_reading_goes_on_after_the_last_record_known() -> None:
    server = Records([3, 5, 8, 9], largest=1000)
    assert all_ids(server.client(), after_id=5) == [8, 9]


def test_a_query_and_fields_go_with_every_page() -> None:
    server = Records([1, 2, 3], largest=2)
    all_ids(server.client(), query={"_submitted_by": "cha1"}, fields=["_id", "_uuid"])
    assert len(server.asked) == 2
    assert all(wish["query"]["_submitted_by"] == "cha1" for wish in server.asked)
    assert all(wish["fields"] == ["_id", "_uuid"] for wish in server.asked)


@given(
    ids=st.sets(st.integers(1, 60)),
    largest=st.integers(1, 7),
    vanishing=st.lists(st.integers(1, 60), max_size=20),
    arriving=st.lists(st.integers(61, 80), max_size=5, unique=True),
)
def test_no_deletion_in_between_hides_a_record_and_none_comes_twice(
    ids: set[int], largest: int, vanishing: list[int], arriving: list[int]
) -> None:
    leaving, coming = list(vanishing), list(arriving)

    def meanwhile(server: Records) -> None:
        if leaving and (gone := leaving.pop()) in server.ids:
            server.ids.remove(gone)
        if coming:
            server.ids = sorted([*server.ids, coming.pop()])

    seen = all_ids(Records(list(ids), largest, meanwhile).client())
    assert seen == sorted(set(seen))
    assert ids - set(vanishing) <= set(seen) <= ids | set(arriving)


def test_records_are_fetched_by_root_uuid_a_hundred_at_a_time() -> None:
    server = Records(list(range(1, 251)), largest=40)
    wanted = [f"{i:036d}" for i in range(1, 241)] + [f"uuid:{5:036d}", f"{999:036d}"]
    pages = server.client().pages_by_root_uuid(ASSET, wanted)
    found = [record["_id"] for page in pages for record in page.records]
    assert sorted(found) == list(range(1, 241))
    assert max(len(wish["query"]["meta/rootUuid"]["$in"]) for wish in server.asked) == 100


def test_a_record_that_is_not_found_by_its_root_uuid_is_fetched_by_its_number() -> None:
    server = Records(list(range(1, 251)), largest=40)
    wanted = [f"{5:036d}", "an identity that the server shows and does not know"]
    pages = server.client().pages_by_root_uuid(ASSET, wanted, {wanted[1]: 7, "not asked for": 9})
    assert [record["_id"] for page in pages for record in page.records] == [5, 7]


def test_records_are_fetched_by_number_three_hundred_at_a_time() -> None:
    server = Records(list(range(1, 651)), largest=200)
    pages = server.client().pages_by_id(ASSET, [*range(1, 641), 5, 999])
    assert [record["_id"] for page in pages for record in page.records] == list(range(1, 641))
    assert max(len(wish["query"]["_id"]["$in"]) for wish in server.asked) == 300


def test_records_of_a_range_are_read_and_counted() -> None:
    server = Records(list(range(1, 30)), largest=5)
    assert all_ids(server.client(), after_id=7, up_to=20) == list(range(8, 21))
    assert server.client().count(ASSET, after_id=7, up_to=20) == 13
    assert server.client().count(ASSET, {"_id": {"$in": [3, 8]}}, after_id=7) == 1


def test_a_page_over_which_the_server_fails_is_asked_for_smaller() -> None:
    failed: Reply = (503, {}, b"busy")
    page = reply({"count": 1, "results": [{"_id": 1}]})
    client, network, _ = client_of(*[failed] * 4, page)
    assert all_ids(client) == [1]
    assert [asked(request)["limit"] for request in network.requests] == [1000, 1000, 500, 500, 100]


def test_a_page_that_is_too_long_is_asked_for_smaller() -> None:
    long = reply({"count": 2, "results": [{"_id": 1, "story": "x" * 3000}, {"_id": 2}]})
    page = reply({"count": 1, "results": [{"_id": 1}]})
    client, network, _ = client_of(long, long, page, limits=Limits(max_bytes=2000))
    assert all_ids(client) == [1]
    assert [asked(request)["limit"] for request in network.requests] == [1000, 1000, 500]


def test_a_server_that_asks_for_patience_is_not_asked_for_smaller_pages() -> None:
    busy: Reply = (429, {"Retry-After": "1"}, b"slow down")
    page = reply({"count": 1, "results": [{"_id": 1}]})
    client, network, _ = client_of(*[busy] * 4, page)
    assert all_ids(client) == [1]
    assert {asked(request)["limit"] for request in network.requests} == {1000}


def test_a_request_for_three_hundred_numbers_fits_into_the_servers_request_line() -> None:
    client, network, _ = client_of(reply({"count": 0, "results": []}))
    list(client.pages_by_id(ASSET, range(10**10, 10**10 + 300)))
    assert len(network.requests[0].path_url) < 8000


def test_a_request_for_a_hundred_records_fits_into_the_servers_request_line() -> None:
    empty = reply({"count": 0, "results": []})
    client, network, _ = client_of(empty)
    numbers = {f"9d41b9b8-1e5b-4f7f-8d31-{i:012d}": 10**10 + i for i in range(100)}
    list(client.pages_by_root_uuid(ASSET, numbers, numbers))
    assert len(network.requests[0].path_url) < 8000


def test_nobody_wanted_means_no_request() -> None:
    client, network, _ = client_of()
    assert list(client.pages_by_root_uuid(ASSET, [])) == [] and network.calls == []


def rows(*moments: str, action: str = "modify-submission") -> list[dict[str, Any]]:
    """Rows of a history, each about another record."""
    return [
        {"action": action, "date_created": moment, "metadata": {"submission": {"root_uuid": f"root-{number}"}}}
        for number, moment in enumerate(moments)
    ]


def history(*found: dict[str, Any], count: int | None = None, following: str | None = None) -> Any:
    """One page of a history."""
    return reply({"count": len(found) if count is None else count, "next": following, "results": list(found)})


def test_history_tells_what_happened_to_which_record_in_one_request() -> None:
    item = recorded("history", "history q: submissions changes")
    client, network, _ = client_of(reply({**item.body, "next": None, "count": 3}))
    events = client.history(ASSET, SINCE)
    assert events is not None
    at = datetime(2026, 11, 23, 3, 38, 36, tzinfo=UTC)
    assert events[0] == HistoryEvent("add-submission", "2d36fba2-4fd9-4c41-97cd-c30826cc62f3", at)
    wish = asked(network.requests[0])
    assert wish["q"] == asked_in(item)["q"]
    assert wish["limit"] == 100


def asked_in(item: Any) -> dict[str, str]:
    """The parameters of a recorded request."""
    return {name: values[0] for name, values in parse_qs(urlsplit(item.path).query).items()}


def test_history_is_read_until_its_rows_are_older_and_each_row_is_told_once() -> None:
    first = rows(*["2026-11-23T03:40:00Z"] * 3)
    second = [*first[2:], *rows("2026-11-23T03:32:00Z", "2026-11-23T03:31:59Z", action="delete-submission")]
    client, network, _ = client_of(history(*first, count=99, following="x"), history(*second, count=99, following="x"))
    events = client.history(ASSET, SINCE)
    assert events is not None
    assert [event.action for event in events] == ["modify-submission"] * 3 + ["delete-submission"]
    assert asked(network.requests[1])["start"] == "3"
    assert asked(network.requests[1])["limit"] == 1000


def test_a_change_of_validation_status_is_told_in_history() -> None:
    changes = recorded("history", "history q: since + action")
    client, _, _ = client_of(reply({**changes.body, "next": None, "count": 3}))
    events = client.history(ASSET, SINCE)
    assert events is not None and events[0].status == "Approved"


def test_the_time_from_which_history_is_read_may_have_any_zone() -> None:
    kigali = timezone(timedelta(hours=2))
    client, _, _ = client_of(history(*rows("2026-11-23T03:32:00Z", "2026-11-23T03:31:59Z")))
    events = client.history(ASSET, SINCE.astimezone(kigali))
    assert events is not None and [event.root_uuid for event in events] == ["root-0"]


def test_a_row_that_names_no_record_is_told_without_a_name() -> None:
    row = {"action": "delete-submission", "metadata": {}, "date_created": "2026-11-23T03:36:09Z"}
    nobody = ({"submission": None}, {"submission": {"root_uuid": None}}, {"submission": {"root_uuid": ""}})
    client, _, _ = client_of(history(row, *({**row, "metadata": each} for each in nobody)))
    events = client.history(ASSET, SINCE)
    assert events == (HistoryEvent("delete-submission", "", datetime(2026, 11, 23, 3, 36, 9, tzinfo=UTC)),)


def test_an_empty_log_is_no_history() -> None:
    client, _, _ = client_of(history())
    assert client.history(ASSET, SINCE) is None


@pytest.mark.parametrize(
    "page", [history(*rows("2026-11-23T03:40:00Z"), count=2), history(count=2, following="x")], ids=["cut", "nothing"]
)
def test_a_history_that_ends_before_its_end_is_never_believed(page: Any) -> None:
    client, _, _ = client_of(page)
    with pytest.raises(BadAnswerError, match="a log of 2 rows"):
        client.history(ASSET, SINCE)


@pytest.mark.parametrize(
    "item",
    [
        recorded("history", "history as cha1 (no manage_asset)"),
        recorded("history", "history as outsider"),
        recorded("refusals", "404: unknown API route (Accept: application/json)"),
        recorded("refusals", "404: foreign asset (no 403!)"),
    ],
    ids=lambda item: item.name,
)
def test_without_permission_or_on_an_old_server_there_is_no_history(item: Any) -> None:
    client, _, _ = client_of(item)
    assert client.history(ASSET, SINCE) is None


def test_a_refused_token_is_not_taken_for_a_missing_history() -> None:
    client, _, _ = client_of(recorded("history", "history anonymous"))
    with pytest.raises(InvalidTokenError):
        client.history(ASSET, SINCE)


def test_a_time_that_cannot_be_read_is_a_bad_answer() -> None:
    row = {"action": "x", "metadata": {"submission": {"root_uuid": "u"}}, "date_created": "yesterday"}
    client, _, _ = client_of(reply({"next": None, "results": [row]}))
    with pytest.raises(BadAnswerError, match="a time"):
        client.history(ASSET, SINCE)
