"""With several pages in flight at once the promise holds too: every fault, change and end at each request of a load."""

from __future__ import annotations

import threading
from collections.abc import Collection
from functools import partial
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

RECORDS, A_PAGE = 18, 3
"""One page more than are in the air at once, and the first, after which the others fly."""
OF_NUMBERS = ("new", "late", "back-dated", "edit", "bulk edit", "deletion", "deletion and re-sending")
"""Changes of what a list holds at which number, or of a record on a page: the others are edits to a first load."""


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


def small_client(others: Collection[threading.Thread], kobo: FakeKobo) -> KoboClient:
    """A client for the next run, when what the last one left in the air has ended; `others` were there before."""
    for thread in threading.enumerate():
        if thread not in others:
            thread.join(10)
            assert not thread.is_alive(), "something stays in the air"
    return SmallPages(SERVER, "sentineltoken", wire=OneByOne(kobo))


@pytest.fixture(scope="module")
def first_load() -> Scenario:
    """A project with records, of which nothing is here yet; the run that is disturbed is the first."""
    kobo, engine = FakeKobo(), empty_light_database()
    for number in range(RECORDS):
        kobo.add(A, light_record(number), f"root-{number}")
    client = partial(small_client, threading.enumerate())
    world = World(kobo, engine, client, [LightProject(A, "light_first")], Flying)
    story = Scenario(world, world.save(), snapshot(engine))
    world.run_clean()
    story.requests = len(kobo.requests)
    assert sum("$lte" in params.get("query", "") for _, params in kobo.queries) >= RECORDS // A_PAGE - 1
    return story


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in TYPICAL], ids=lambda kind: kind.name)
def test_a_fault_during_a_flight_loses_and_invents_nothing(first_load: Scenario, kind: Kind) -> None:
    run_all(fault_cases(first_load, kind))


@pytest.mark.parametrize(
    "name", [name if name in OF_NUMBERS else pytest.param(name, marks=pytest.mark.soak) for name in CHANGES]
)
def test_a_change_during_a_flight_is_here_after_the_next_run(first_load: Scenario, name: str) -> None:
    run_all(change_cases(first_load, name))


def test_a_flight_that_is_ended_at_any_request_is_made_good(first_load: Scenario) -> None:
    run_all(request_cases(first_load))
