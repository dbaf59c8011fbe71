"""A run that is ended at any moment, and run again, gives the same database as one clean run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from connector.errors import HealingError
from tests.connector.fake_kobo import FakeKobo, Fault, Killed, killed, status
from tests.connector.sync_scenes import (
    ATTENDANCE,
    INTAKE,
    KillSwitch,
    differences,
    dump,
    empty_database,
    fill,
    intake,
    new_database,
    restore,
    run,
    snapshot,
)

HISTORIES = pytest.mark.parametrize("history", [200, 403], ids=["history", "no history"])


def server(history: int) -> FakeKobo:
    """A server with small pages, so that a run takes many steps."""
    kobo = FakeKobo()
    kobo.history_status, kobo.page_cap = history, 3
    fill(kobo, people=6, sessions=1)
    return kobo


def change_everything(kobo: FakeKobo) -> None:
    """New, edited, cleared, re-validated, deleted, sent again: one of each."""
    numbers = {record["meta/rootUuid"][5:]: number for number, record in kobo.projects[INTAKE].records.items()}
    kobo.add(INTAKE, intake(20), "root-20")
    kobo.add(ATTENDANCE, {"session/week": "17"}, "session-20")
    kobo.edit(INTAKE, numbers["root-1"], "v2", **{"about/birth_year": "1971", "person/short_name": "Other"})
    kobo.edit(INTAKE, numbers["root-2"], "v3", **{"about/birth_year": None})
    kobo.validate(INTAKE, numbers["root-3"], "validation_status_on_hold")
    kobo.delete(INTAKE, numbers["root-4"])
    kobo.resend(INTAKE, kobo.delete(INTAKE, numbers["root-5"]))


@pytest.fixture
def engine() -> Engine:
    return empty_database()


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[Engine]:
    """A database in a file: a driver whose process ends drops one in memory."""
    engine = open_database(f"sqlite:///{tmp_path}/healing.db")
    yield engine
    engine.dispose()


@pytest.fixture
def empty_content() -> bytes:
    return snapshot(empty_database())


@pytest.fixture
def half_content(engine: Engine, history: int) -> bytes:
    """A database after one run."""
    run(engine, server(history))
    return snapshot(engine)


def clean_run(engine: Engine, content: bytes, kobo: FakeKobo) -> tuple[dict[str, Any], list[int]]:
    """What one undisturbed run leads to, and at which of its steps it is worth ending another one."""
    restore(engine, content)
    counter = KillSwitch(engine, at=10**9)
    run(engine, kobo)
    counter.remove()
    return dump(engine), counter.moments()


def check_every_step(engine: Engine, content: bytes, kobo: FakeKobo) -> None:
    """End a run at many of its steps in turn, run again, and compare."""
    expected, steps = clean_run(engine, content, kobo)
    assert len(steps) > 12
    for step in steps:
        restore(engine, content)
        switch = KillSwitch(engine, at=step)
        with pytest.raises(Killed):
            run(engine, kobo)
        switch.remove()
        run(engine, kobo)
        assert dump(engine) == expected, f"ended at step {step}"


def test_a_first_run_ended_at_any_step_of_the_database_is_made_good(file_engine: Engine, empty_content: bytes) -> None:
    check_every_step(file_engine, empty_content, server(200))


@HISTORIES
def test_a_later_run_ended_at_any_step_of_the_database_is_made_good(
    file_engine: Engine, history: int, half_content: bytes
) -> None:
    kobo = server(history)
    change_everything(kobo)
    check_every_step(file_engine, half_content, kobo)


@HISTORIES
@pytest.mark.parametrize("fault", [killed, status(503)], ids=["killed", "503"])
def test_a_run_ended_at_any_request_is_made_good(
    engine: Engine, history: int, fault: Fault, half_content: bytes
) -> None:
    kobo = server(history)
    change_everything(kobo)
    expected, _ = clean_run(engine, half_content, kobo)
    for at in range(1, len(kobo.requests) + 1):
        restore(engine, half_content)
        kobo.requests.clear()
        kobo.faults = dict.fromkeys(range(at, 10_000), fault)
        with pytest.raises((Killed, HealingError)):
            run(engine, kobo)
        kobo.faults = {}
        run(engine, kobo)
        assert dump(engine) == expected, f"ended at request {at}"


@HISTORIES
@pytest.mark.parametrize("kind", ["new", "edit", "delete", "resend"])
def test_a_change_on_the_server_during_the_run_is_there_after_the_next(
    engine: Engine, history: int, half_content: bytes, kind: str
) -> None:
    quiet = server(history)
    change_everything(quiet)
    clean_run(engine, half_content, quiet)
    requests = len(quiet.requests)
    disturb(quiet, kind)
    run(engine, quiet)
    expected = live_contents(engine)
    for at in range(1 + history % 3, requests + 1, 3):
        kobo = server(history)
        change_everything(kobo)
        restore(engine, half_content)
        kobo.before = {at: partial(disturb, kobo, kind)}
        run(engine, kobo)
        run(engine, kobo)
        assert live_contents(engine) == expected, f"at request {at}"


def disturb(kobo: FakeKobo, kind: str) -> None:
    """Something happens while sync reads: a new record, an edit, a deletion, a deletion and re-sending."""
    number = sorted(kobo.projects[INTAKE].records)[0]
    match kind:
        case "new":
            kobo.add(INTAKE, intake(30), "root-30")
        case "edit":
            kobo.edit(INTAKE, number, "v9", **{"about/birth_year": "1955"})
        case "delete":
            kobo.delete(INTAKE, number)
        case "resend":
            kobo.resend(INTAKE, kobo.delete(INTAKE, number))


def live_contents(engine: Engine) -> dict[str, object]:
    """What a database holds now, leaving out earlier versions (they tell what was seen on the way)."""
    return {
        name: rows
        for name, rows in dump(engine).items()
        if not name.startswith("submission_version") and name not in ("sync_cursor", "submission_identity")
    }


SYNC_IN_A_PROCESS = """
import sys
from connector.database import open_database
from tests.connector.sync_scenes import run
from tests.connector.test_sync_killed import server, change_everything
kobo = server(200)
change_everything(kobo)
print("started", flush=True)
run(open_database(sys.argv[1]), kobo)
"""


def test_a_killed_process_leaves_a_whole_database(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    kobo = server(200)
    change_everything(kobo)
    clean = empty_database()
    run(clean, kobo)
    for attempt in range(3):
        url = f"sqlite:///{tmp_path}/{attempt}.db"
        engine = new_database(url)
        command = [sys.executable, "-c", SYNC_IN_A_PROCESS, url]
        process = subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
        )
        assert process.stdout is not None and process.stdout.readline() == b"started\n"
        time.sleep(0.04 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        run(engine, kobo)
        assert differences(engine, clean) == {}, f"killed after {0.04 * attempt} s"
        engine.dispose()
