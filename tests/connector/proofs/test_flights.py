"""With several pages in flight at once the promise holds too: every fault, change and end at each request of a load."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from connector.kobo import KoboClient
from connector.kobo_answer import Answer
from connector.kobo_wire import Call
from connector.sync_form import FormSync
from tests.connector.fake_kobo import SERVER, FakeKobo
from tests.connector.proofs.changes import CHANGES
from tests.connector.proofs.enumeration import change_cases, fault_cases, request_cases, run_all
from tests.connector.proofs.fast_client import FastWire
from tests.connector.proofs.faults import KINDS, TYPICAL, Kind
from tests.connector.proofs.light_project import LightProject, light_record
from tests.connector.proofs.scenario import Scenario
from tests.connector.proofs.state import empty_light_database
from tests.connector.proofs.world import A, World
from tests.connector.sync_scenes import snapshot

RECORDS, A_PAGE = 24, 3


class Flying(FormSync):
    """A form on a line that always counts as slow."""

    def __post_init__(self) -> None:
        self.slow_page_seconds = -1
        super().__post_init__()

    def expects_many(self) -> bool:
        """So much that the highest number is asked for beside the first page."""
        return True


class OneByOne(FastWire):
    """The fake server answers one request at a time, though several are asked at once."""

    answering = threading.Lock()

    def exchange(self, call: Call) -> Answer:
        """One request and its answer."""
        with self.answering:
            return super().exchange(call)


class SmallPages(KoboClient):
    """Pages of three, as if that were the most a server gives."""

    def sized_answer(self, uid: str, query: Any, fields: Any, size: int) -> tuple[Answer, int]:
        """One page, and its size."""
        answer, _ = super().sized_answer(uid, query, fields, A_PAGE)
        return answer, A_PAGE


def small_client(kobo: FakeKobo) -> KoboClient:
    """A client for the next run, when what the last one left in the air has ended."""
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.current_thread():
            thread.join(10)
    return SmallPages(SERVER, "sentineltoken", wire=OneByOne(kobo))


@pytest.fixture(scope="module")
def first_load() -> Scenario:
    """A project with records, of which nothing is here yet; the run that is disturbed is the first."""
    kobo, engine = FakeKobo(), empty_light_database()
    for number in range(RECORDS):
        kobo.add(A, light_record(number), f"root-{number}")
    world = World(kobo, engine, small_client, [LightProject(A, "light_first")], Flying)
    story = Scenario(world, world.save(), snapshot(engine))
    world.run_clean()
    story.requests = len(kobo.requests)
    assert sum("$lte" in params.get("query", "") for _, params in kobo.queries) >= RECORDS // A_PAGE - 1
    return story


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in TYPICAL], ids=lambda kind: kind.name)
def test_a_fault_during_a_flight_loses_and_invents_nothing(first_load: Scenario, kind: Kind) -> None:
    run_all(fault_cases(first_load, kind))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_during_a_flight_is_here_after_the_next_run(first_load: Scenario, name: str) -> None:
    run_all(change_cases(first_load, name))


def test_a_flight_that_is_ended_at_any_request_is_made_good(first_load: Scenario) -> None:
    run_all(request_cases(first_load))
