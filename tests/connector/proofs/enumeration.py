"""Knows every case of the enumeration: a fault, a change or an end, at each place of the second run of the story."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest

from connector.errors import HealingError
from connector.sync import SyncResult
from tests.connector.fake_kobo_faults import Killed, killed
from tests.connector.proofs.faults import Kind
from tests.connector.proofs.scenario import Scenario, happening
from tests.connector.proofs.state import state_of
from tests.connector.proofs.world import World
from tests.connector.sync_scenes import KillSwitch

LONG_AFTER = timedelta(days=8)
"""By then all records have been compared one by one."""
Case = tuple[str, Callable[[], None]]


def fault_cases(story: Scenario, kind: Kind, first: int = 1) -> Iterator[Case]:
    """A fault at each request of the second run, from the one numbered `first`, once and from then on."""
    for at in range(first, story.requests + 1):
        for is_lasting in (False, True):
            name = f"{kind.name} at request {at}, {'from then on' if is_lasting else 'once'}"
            yield name, partial(check_fault, story, kind, at, is_lasting)


def change_cases(story: Scenario, name: str) -> Iterator[Case]:
    """A change on the server just before each request of the second run."""
    for at in range(1, story.requests + 1):
        yield f"{name} before request {at}", partial(check_change, story, name, at)


def request_cases(story: Scenario) -> Iterator[Case]:
    """An end at each request of the second run."""
    for at in range(1, story.requests + 1):
        yield f"ended at request {at}", partial(check_end_at_request, story, at)


def step_cases(story: Scenario) -> Iterator[Case]:
    """An end at each statement and each commit of the second run."""
    counter = KillSwitch(story.begin().engine, at=10**9)
    story.world.run()
    counter.remove()
    for step in range(1, counter.done + 1):
        yield f"ended at step {step} of the database", partial(check_end_at_step, story, step)


def check_fault(story: Scenario, kind: Kind, at: int, is_lasting: bool) -> None:
    """A run with a fault is safe and tells of it; one without makes it good."""
    world = story.begin()
    kind.put(world.kobo, at, is_lasting)
    ending = world.run_checked()
    if isinstance(ending, HealingError):
        assert ending.exit_code in kind.codes, f"exit code {ending.exit_code}: {ending}"
    elif not kind.is_lie:
        world.check_whole()
    make_good(story, may_need_comparison=kind.is_lie)


def check_change(story: Scenario, name: str, at: int) -> None:
    """A change in the middle of a run does no harm, and is here after the next."""
    world = story.begin()
    world.kobo.before[at] = happening(world, name, seed=at)
    world.run_checked()
    make_good(story)


def check_end_at_request(story: Scenario, at: int) -> None:
    """The process ends while it waits for an answer."""
    world = story.begin()
    world.kobo.faults[at] = killed
    assert isinstance(world.run_checked(), Killed)
    make_good(story)


def check_end_at_step(story: Scenario, step: int) -> None:
    """The process ends at some step of the database."""
    world = story.begin()
    before, switch = state_of(world.engine), KillSwitch(world.engine, at=step)
    with pytest.raises(Killed):
        world.run()
    switch.remove()
    world.check_safety(before, state_of(world.engine))
    make_good(story)


def make_good(story: Scenario, may_need_comparison: bool = False) -> None:
    """A clean run brings all; what a lie kept back may take until all records are compared. Then a run writes nothing.

    Many cases lead to one state of the database, for the same server: what comes after it is looked at once.
    """
    world = story.world
    world.kobo.forget()
    state = state_of(world.engine)
    if not world.is_changed and state in story.known:
        return
    if may_need_comparison and not is_made_good(world):
        world.now += LONG_AFTER
    world.run_clean()
    ended = state_of(world.engine)
    if world.is_changed or ended not in story.idle:
        world.check_idle()
    if not world.is_changed:
        story.known.append(state)
        story.idle.append(ended)


def is_made_good(world: World) -> bool:
    """Whether the next run makes it good, as it does after most lies."""
    return isinstance(world.run_checked(), SyncResult) and world.is_whole()


@contextmanager
def named(name: str) -> Iterator[None]:
    """Whatever fails tells in which case."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"in the case: {name}")
        raise


def run_all(cases: Iterable[Case]) -> None:
    """Run cases one by one."""
    for name, check in cases:
        with named(name):
            check()
