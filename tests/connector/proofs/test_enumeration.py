"""Every fault at every request, every change at every request, an end at every step: the promise holds in each case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from tests.connector.proofs.changes import CHANGES
from tests.connector.proofs.enumeration import change_cases, fault_cases, request_cases, run_all, step_cases
from tests.connector.proofs.faults import BY_NAME, KINDS, TYPICAL, Kind
from tests.connector.proofs.killing import in_memory
from tests.connector.proofs.scenario import FEEDS, TWO_PROJECTS, scenario, told
from tests.connector.proofs.state import prepared

FEWEST_CASES = 900


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[Engine]:
    """A database in a file: one in memory goes with the process that is ended."""
    with TemporaryDirectory(dir=in_memory(tmp_path)) as folder:
        engine = prepared(open_database(f"sqlite:///{folder}/healing.db"))
        yield engine
        engine.dispose()


MAIN_FEED, SECOND_FEED, THIRD_FEED = FEEDS
"""All is tried of the main feed; of the second what it does otherwise, and all in soak, as with the third."""
IN_SOAK = pytest.mark.soak
FIRST_OF_A_PROJECT = 3
"""The two requests before it, who we are and which projects there are, are the same in every feed."""
IN_ONE_OF_TWO = ("reset", "401", "404", "empty list", "half of it", "short page")
"""One kind for each way in which a run, or the reading of one project, goes on or ends."""
WITHOUT_HISTORY = (
    *("edit", "bulk edit", "validation", "validation cleared", "deletion", "deletion and re-sending"),
    *("deletion and a new one", "deletion and a late one", "late file", "deleted files"),
)
"""Changes that a run finds in another way than by the history; new records come by their number in every feed."""


def some(of: Iterable[str], there: Iterable[str]) -> list[object]:
    """These names as parameters; those that are not among `there` are tried in soak."""
    return [each if each in there else pytest.param(each, marks=IN_SOAK) for each in of]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_fault_at_any_request_loses_and_invents_nothing(kind: Kind) -> None:
    run_all(fault_cases(scenario(MAIN_FEED), kind))


@pytest.mark.parametrize("name", some(BY_NAME, IN_ONE_OF_TWO))
def test_a_fault_in_one_of_two_projects_loses_and_invents_nothing(name: str) -> None:
    run_all(fault_cases(scenario(TWO_PROJECTS), BY_NAME[name]))


@pytest.mark.parametrize("name", some(BY_NAME, TYPICAL))
def test_a_fault_at_any_request_does_no_harm_without_a_history(name: str) -> None:
    run_all(fault_cases(scenario(SECOND_FEED), BY_NAME[name], FIRST_OF_A_PROJECT))


@IN_SOAK
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_fault_at_any_request_does_no_harm_with_dates(kind: Kind) -> None:
    run_all(fault_cases(scenario(THIRD_FEED), kind, FIRST_OF_A_PROJECT))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_before_any_request_is_here_after_the_next_run(name: str) -> None:
    run_all(change_cases(scenario(MAIN_FEED), name))


@pytest.mark.parametrize("name", some(CHANGES, WITHOUT_HISTORY))
def test_a_change_before_any_request_is_found_without_a_history(name: str) -> None:
    run_all(change_cases(scenario(SECOND_FEED), name))


@IN_SOAK
@pytest.mark.parametrize("feed", [TWO_PROJECTS, THIRD_FEED])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_before_any_request_is_found_in_every_feed(feed: str, name: str) -> None:
    run_all(change_cases(scenario(feed), name))


@pytest.mark.parametrize("feed", some((*FEEDS, TWO_PROJECTS), (MAIN_FEED, SECOND_FEED, TWO_PROJECTS)))
def test_a_run_ended_at_any_request_is_made_good(feed: str) -> None:
    run_all(request_cases(scenario(feed)))


@pytest.mark.parametrize("feed", some((*FEEDS, TWO_PROJECTS), (MAIN_FEED, SECOND_FEED)))
def test_a_run_ended_at_any_step_of_the_database_is_made_good(feed: str, file_engine: Engine) -> None:
    run_all(step_cases(told(feed, file_engine)))


def test_the_cases_are_as_many_as_promised() -> None:
    """Those of the main feed alone, which are all that there are."""
    story = scenario(MAIN_FEED)
    faults = [case for kind in KINDS for case in fault_cases(story, kind)]
    changes = [case for name in CHANGES for case in change_cases(story, name)]
    ends = [*request_cases(story), *step_cases(story)]
    assert len(faults) + len(changes) + len(ends) >= FEWEST_CASES
    assert {*IN_ONE_OF_TWO, *TYPICAL} <= set(BY_NAME) and {*WITHOUT_HISTORY} <= set(CHANGES)
