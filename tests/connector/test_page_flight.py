"""Pages in flight bring the same records in the same order, few at a time, and stop where one fails."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import MissingAssetError, ServerFailedError
from connector.kobo import KoboClient
from connector.page_flight import FEWEST_RECORDS, IN_FLIGHT, PageReader, cut
from connector.sync_here import Span
from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_faults import status
from tests.connector.proofs.fast_client import fast_client

UID = "aLight"


def server(numbers: list[int]) -> FakeKobo:
    """A server with records of these numbers and pages of ten."""
    kobo = FakeKobo()
    kobo.page_cap = 10
    kobo.project(UID)
    for number in numbers:
        kobo.add(UID, {}, f"root-{number}", number=number)
    return kobo


def ids(reading: PageReader, after: int = 0) -> list[int]:
    return [record["_id"] for each in reading.read(after) for record in each.page.records]


@given(
    numbers=st.sets(st.integers(1, 400), max_size=120),
    dense=st.integers(0, 60),
    after=st.integers(0, 300),
    is_slow=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_whatever_the_numbers_every_record_comes_once_and_in_order(
    numbers: set[int], dense: int, after: int, is_slow: bool
) -> None:
    everything = sorted(numbers | set(range(1000, 1000 + dense)))
    kobo = server(everything)
    assert ids(small_pages(kobo, is_slow), after) == [number for number in everything if number > after]


def small_pages(kobo: FakeKobo, is_slow: bool = False) -> PageReader:
    """A reader that asks for pages of ten, as if that were the most a server gives."""

    class Small(KoboClient):
        def sized_answer(self, uid: str, query: Any, fields: Any, size: int) -> Any:
            answer, _ = super().sized_answer(uid, query, fields, 10)
            return answer, 10

    client = Small("https://kobo.invalid", "t", wire=fast_client(kobo)._wire)
    return PageReader(client, UID, slow_seconds=-1, is_slow=is_slow)


def test_on_a_line_known_to_be_slow_pages_are_on_their_way_before_the_first_is_handed_over() -> None:
    kobo = server(list(range(1, 200)))
    reading = small_pages(kobo, is_slow=True).read(0)
    assert [record["_id"] for record in next(reading).page.records] == list(range(1, 11))
    assert sum("sort" in params and '"_id":-1' in params["sort"] for _, params in kobo.queries) == 1
    assert len(kobo.queries) > 2 or threading.active_count() > 1
    assert len([record for each in reading for record in each.page.records]) == 189


def test_four_pages_are_on_their_way_at_once_and_no_more_wait_than_that() -> None:
    kobo, flying, meeting = server(list(range(1, 400))), Counter[str](), threading.Barrier(IN_FLIGHT)

    class Counting(KoboClient):
        def sized_answer(self, uid: str, query: Any, fields: Any, size: int) -> Any:
            answer, _ = super().sized_answer(uid, query, fields, 10)
            flying["asked"] += 1
            flying["most"] = max(flying["most"], flying["asked"] - flying["handed over"])
            if "$lte" in query["_id"] and flying["met"] < IN_FLIGHT:
                flying["met"] += 1
                meeting.wait(timeout=30)
            return answer, 10

    client = Counting("https://kobo.invalid", "t", wire=fast_client(kobo)._wire)
    seen = []
    for reading in PageReader(client, UID, slow_seconds=-1).read(0):
        flying["handed over"] += 1
        seen += [record["_id"] for record in reading.page.records]
    assert seen == list(range(1, 400))
    assert flying["most"] <= IN_FLIGHT + 1


@pytest.mark.parametrize("times", [1, 3, 1000])
def test_a_stretch_that_seems_empty_is_not_passed_over(times: int) -> None:
    """The pages behind it are there already: handed over, they would let whoever stores them go on behind them."""
    kobo, told = server(list(range(1, 300))), Counter[str]()
    reader = small_pages(kobo, is_slow=True)

    class Forgetful(type(reader.client)):  # type: ignore[misc]
        def sized_answer(self, uid: str, query: Any, fields: Any, size: int) -> Any:
            answer, size = super().sized_answer(uid, query, fields, size)
            if "$lte" in query["_id"] and query["_id"]["$gt"] >= 50 and told["empty"] < times:
                told["empty"] += 1
                answer = replace(answer, body=b'{"count":0,"next":null,"previous":null,"results":[]}')
            return answer, size

    client = Forgetful("https://kobo.invalid", "t", wire=fast_client(kobo)._wire)
    assert ids(replace(reader, client=client)) == list(range(1, 300))
    assert told["empty"]


def test_a_quick_line_has_one_page_at_a_time() -> None:
    kobo = server(list(range(1, 100)))
    client = small_pages(kobo).client
    assert ids(PageReader(client, UID, slow_seconds=60)) == list(range(1, 100))
    assert all("$lte" not in params["query"] for _, params in kobo.queries)


@pytest.mark.parametrize(("fault", "error"), [(status(404), MissingAssetError), (status(503), ServerFailedError)])
def test_a_page_that_fails_ends_the_reading_after_the_pages_before_it(fault: Any, error: type[Exception]) -> None:
    kobo = server(list(range(1, 200)))
    kobo.faults = dict.fromkeys(range(9, 100), fault)
    seen: list[int] = []
    with pytest.raises(error):
        for reading in small_pages(kobo).read(0):
            seen += [record["_id"] for record in reading.page.records]
    assert seen == list(range(1, len(seen) + 1))
    assert 10 <= len(seen) <= 80


def test_a_server_that_does_not_tell_its_last_number_is_read_page_by_page() -> None:
    kobo = server(list(range(1, 100)))
    kobo.faults = dict.fromkeys(range(2, 7), status(503))
    assert ids(small_pages(kobo)) == list(range(1, 100))
    assert all("$lte" not in params["query"] for _, params in kobo.queries if "query" in params)


def test_records_that_are_sent_meanwhile_are_read_after_the_flight() -> None:
    kobo = server(list(range(1, 100)))
    kobo.before = {5: lambda: kobo.project(UID).add(150, {}, "late")}
    assert ids(small_pages(kobo)) == [*range(1, 100), 150]


@given(after=st.integers(0, 50), width=st.integers(0, 500), records=st.integers(1, 5000), size=st.integers(1, 1000))
def test_a_span_is_cut_without_gap_and_without_overlap(after: int, width: int, records: int, size: int) -> None:
    spans = cut(Span(after, after + width), records, size)
    assert [number for span in spans for number in range(span.after + 1, (span.up_to or 0) + 1)] == list(
        range(after + 1, after + width + 1)
    )


def test_nothing_is_asked_for_once_more_after_a_flight() -> None:
    kobo = server(list(range(1, 100)))
    assert ids(small_pages(kobo)) == list(range(1, 100))
    asked = [params["query"] for _, params in kobo.queries if "query" in params]
    beyond = [query for query in asked if "$lte" not in query]
    assert [len(beyond), beyond[1:]] == [2, ['{"_id":{"$gt":99}}']]


def test_records_beyond_the_flight_are_read_to_the_last() -> None:
    kobo = server(list(range(1, 100)))
    late = range(150, 190)

    def come() -> None:
        for number in late:
            kobo.project(UID).add(number, {}, f"late-{number}")

    kobo.before = {5: come}
    assert ids(small_pages(kobo)) == [*range(1, 100), *late]


def test_the_highest_number_is_asked_for_while_the_first_page_is_stored() -> None:
    kobo = server(list(range(1, 100)))
    readings = small_pages(kobo).read(0)
    next(readings)
    for _ in range(3000):
        if any(params.get("sort") == '{"_id":-1}' for _, params in kobo.queries):
            break
        threading.Event().wait(0.01)
    assert any(params.get("sort") == '{"_id":-1}' for _, params in kobo.queries)


def test_large_records_are_asked_for_few_at_a_time() -> None:
    kobo = FakeKobo()
    kobo.project(UID)
    for number in range(1, 41):
        kobo.add(UID, {"story": "x" * 500_000}, f"root-{number}", number=number)
    kobo.page_cap = 20
    client = KoboClient("https://kobo.invalid", "t", wire=fast_client(kobo)._wire)
    assert ids(PageReader(client, UID, slow_seconds=60)) == list(range(1, 41))
    assert [params["limit"] for _, params in kobo.queries] == ["1000", str(FEWEST_RECORDS)]
