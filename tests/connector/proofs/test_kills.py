"""A process killed with -9 at any instant leaves a whole database, and the next run makes good what it left undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from connector.kobo import KoboClient
from tests.connector.proofs.fake_server import served_from
from tests.connector.proofs.killing import check_integrity, in_memory, kill_after, put_back, seconds_of
from tests.connector.proofs.programme_story import change_programme, contents, programme_server
from tests.connector.proofs.scenario import TWO_PROJECTS, Scenario, told
from tests.connector.proofs.state import prepared, state_of
from tests.connector.sync_scenes import empty_database, new_database, run, snapshot

KILLS, KILLS_OVER_HTTP, KILLS_WITH_FORMS = 80, 15, 10
FIRST_SEED = 1

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=in_memory(tmp_path)) as name:
        yield Path(name)


@pytest.fixture
def file_engine(folder: Path) -> Iterator[Engine]:
    """A database in a file."""
    engine = prepared(open_database(f"sqlite:///{folder}/healing.db"))
    yield engine
    engine.dispose()


def kill_often(kills: int, work: Callable[[], object], begin: Callable[[], None], check: Callable[[], None]) -> None:
    """Kill a process at instants that chance chooses, until so many were still at work, and check after each."""
    begin()
    lasts, chance, done = seconds_of(work), Random(FIRST_SEED), 0
    for attempt in range(4 * kills):
        begin()
        if kill_after(chance.random() * lasts, work):
            done += 1
            try:
                check()
            except BaseException as error:
                error.add_note(f"after the kill of attempt {attempt}")
                raise
        if done == kills:
            return
    raise AssertionError(f"only {done} processes were still at work when they were to be killed")


def check_light(story: Scenario) -> Callable[[], None]:
    """What must hold of a light story after a kill."""
    story.begin()
    before = state_of(story.world.engine)

    def check() -> None:
        world = story.world
        check_integrity(world.engine)
        world.note()
        world.check_safety(before, state_of(world.engine))
        world.run_clean()

    return check


def begin_light(story: Scenario) -> None:
    """The database and the server just before the second run, with no connection that a copy could share."""
    put_back(story.world.engine, story.database)
    story.world.load(story.start)


@pytest.mark.parametrize("feed", [TWO_PROJECTS, "markers"])
def test_a_killed_run_is_made_good(feed: str, file_engine: Engine) -> None:
    story = told(feed, file_engine)
    check = check_light(story)
    kill_often(KILLS // 2, story.world.run, lambda: begin_light(story), check)


def test_a_run_killed_while_it_speaks_with_a_server_is_made_good(file_engine: Engine) -> None:
    story = told("history", file_engine)
    check, world = check_light(story), story.world
    with served_from(world.kobo) as url:

        def work() -> None:
            world.client = lambda kobo: KoboClient(url, "sentineltoken")
            world.run()

        kill_often(KILLS_OVER_HTTP, work, lambda: begin_light(story), check)


def test_a_killed_run_of_the_programme_is_made_good(folder: Path) -> None:
    kobo, clean = programme_server(), empty_database()
    engine = new_database(f"sqlite:///{folder}/healing.db")
    run(engine, kobo)
    content = snapshot(engine)
    run(clean, kobo)
    change_programme(kobo)
    run(clean, kobo)

    def check() -> None:
        check_integrity(engine)
        run(engine, kobo)
        assert contents(engine) == contents(clean)

    kill_often(KILLS_WITH_FORMS, lambda: run(engine, kobo), lambda: put_back(engine, content), check)
    engine.dispose()
