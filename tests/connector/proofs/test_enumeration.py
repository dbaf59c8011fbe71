"""Every fault at every request, every change at every request, an end at every step: the promise holds in each case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from tests.connector.proofs.changes import CHANGES
from tests.connector.proofs.enumeration import change_cases, fault_cases, request_cases, run_all, step_cases
from tests.connector.proofs.faults import KINDS, TYPICAL, Kind
from tests.connector.proofs.killing import in_memory
from tests.connector.proofs.scenario import FEEDS, scenario, told
from tests.connector.proofs.state import prepared

FEWEST_CASES = 900


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[Engine]:
    """A database in a file: one in memory goes with the process that is ended."""
    with TemporaryDirectory(dir=in_memory(tmp_path)) as folder:
        engine = prepared(open_database(f"sqlite:///{folder}/healing.db"))
        yield engine
        engine.dispose()


MAIN_FEED, SECOND_FEED = "history", "markers"
IN_SOAK = pytest.mark.soak
feeds = pytest.mark.parametrize("feed", [MAIN_FEED, SECOND_FEED, pytest.param(FEEDS[2], marks=IN_SOAK)])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_fault_at_any_request_loses_and_invents_nothing(kind: Kind) -> None:
    run_all(fault_cases(scenario(MAIN_FEED), kind))


@pytest.mark.parametrize("feed", [SECOND_FEED, pytest.param(FEEDS[2], marks=IN_SOAK)])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in TYPICAL], ids=lambda kind: kind.name)
def test_a_fault_at_any_request_does_no_harm_without_a_history(feed: str, kind: Kind) -> None:
    run_all(fault_cases(scenario(feed), kind))


@pytest.mark.soak
@pytest.mark.parametrize("feed", FEEDS[1:])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name not in TYPICAL], ids=lambda kind: kind.name)
def test_a_rarer_fault_at_any_request_does_no_harm_without_a_history(feed: str, kind: Kind) -> None:
    run_all(fault_cases(scenario(feed), kind))


@feeds
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_before_any_request_is_here_after_the_next_run(feed: str, name: str) -> None:
    run_all(change_cases(scenario(feed), name))


@feeds
def test_a_run_ended_at_any_request_is_made_good(feed: str) -> None:
    run_all(request_cases(scenario(feed)))


@feeds
def test_a_run_ended_at_any_step_of_the_database_is_made_good(feed: str, file_engine: Engine) -> None:
    run_all(step_cases(told(feed, file_engine)))


def test_the_cases_are_as_many_as_promised() -> None:
    stories = [scenario(MAIN_FEED), scenario(SECOND_FEED)]
    faults = [case for kind in KINDS for case in fault_cases(scenario(MAIN_FEED), kind)]
    changes = [case for story in stories for name in CHANGES for case in change_cases(story, name)]
    ends = [case for story in stories for case in (*request_cases(story), *step_cases(story))]
    assert len(faults) + len(changes) + len(ends) >= FEWEST_CASES
