"""With the programme's own forms and facts, too, a run ended at any moment and run again is as one clean run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from connector.errors import HealingError
from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_faults import Fault, Killed, killed, status
from tests.connector.proofs.killing import in_memory, put_back
from tests.connector.proofs.programme_story import change_programme, contents, programme_server
from tests.connector.sync_scenes import KillSwitch, empty_database, restore, run, snapshot

EVERY_OTHER_REQUEST = 3


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[Engine]:
    """A database in a file: a driver whose process ends drops one in memory."""
    with TemporaryDirectory(dir=in_memory(tmp_path)) as folder:
        engine = open_database(f"sqlite:///{folder}/healing.db")
        yield engine
        engine.dispose()


def check_around_every_commit(engine: Engine, content: bytes, kobo: FakeKobo) -> None:
    """End a run just before and just after each of its commits in turn, run again, and compare.

    A first run is not counted: what a process asks only once (of the tables' columns) would be missing in those after.
    """
    put_back(engine, content)
    run(engine, kobo)
    put_back(engine, content)
    counter = KillSwitch(engine, at=10**9)
    run(engine, kobo)
    counter.remove()
    expected = contents(engine)
    moments = {step for commit in counter.commits for step in (commit, commit + 1) if step <= counter.done}
    assert len(moments) > 12
    for step in sorted(moments):
        put_back(engine, content)
        switch = KillSwitch(engine, at=step)
        with pytest.raises(Killed):
            run(engine, kobo)
        switch.remove()
        run(engine, kobo)
        assert contents(engine) == expected, f"ended at step {step}"


def test_a_first_run_ended_around_any_commit_is_made_good(file_engine: Engine) -> None:
    check_around_every_commit(file_engine, snapshot(empty_database()), programme_server())


def test_a_later_run_ended_around_any_commit_is_made_good(file_engine: Engine) -> None:
    engine, kobo = empty_database(), programme_server()
    run(engine, kobo)
    content = snapshot(engine)
    change_programme(kobo)
    check_around_every_commit(file_engine, content, kobo)


@pytest.mark.parametrize(("history", "fault"), [(200, killed), (403, status(503))], ids=["killed", "503, no history"])
def test_a_run_ended_at_a_request_is_made_good(history: int, fault: Fault) -> None:
    engine, kobo = empty_database(), programme_server(history)
    run(engine, kobo)
    content = snapshot(engine)
    change_programme(kobo)
    kobo.forget()
    run(engine, kobo)
    expected, requests = contents(engine), len(kobo.requests)
    for at in range(1, requests + 1, EVERY_OTHER_REQUEST):
        restore(engine, content)
        kobo.forget()
        kobo.faults = dict.fromkeys(range(at, 10_000), fault)
        with pytest.raises((Killed, HealingError)):
            run(engine, kobo)
        kobo.forget()
        run(engine, kobo)
        assert contents(engine) == expected, f"ended at request {at}"
