"""How a person, cron or systemd runs sync: once, again and again, and stopped at any moment."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.cli import main
from connector.commands.command import Context
from connector.commands.records import sync_again_and_again, sync_once
from connector.database import open_database
from connector.errors import InvalidTokenError
from connector.log_lines import start_log, stop_log
from connector.precious_schema import sync_run
from connector.progress import no_progress
from connector.settings import Settings
from connector.sync_watch import Pace
from tests.connector.fake_kobo import FakeKobo, client_of
from tests.connector.fake_kobo_faults import status
from tests.connector.sync_scenes import ATTENDANCE, INTAKE, empty_database, fill, intake, new_database

ROOT = Path(__file__).parents[2]


class Person:
    """What a person sees of a command, on both streams."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def context(self, **arguments: Any) -> Context:
        flags = {"accept_deletions": 0, "sweep": False, "rosters": False} | arguments
        return Context(Settings(), argparse.Namespace(**flags), no_progress, self.said.append, self.warned.append)


def paced(*between: Callable[[], object]) -> Pace:
    """Waiting is doing these things, one after the other, and then Ctrl-C."""
    left = list(between)

    def sleep(seconds: float) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return Pace(60, lambda: 0.0, sleep, lambda: 0.5)


def nothing() -> None:
    """Nothing happens meanwhile."""


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines for machines that were written so far."""
    start_log(str(tmp_path / "log"))
    yield lambda: [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    stop_log()


def endings(engine: Engine) -> list[tuple[str, int | None]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(sync_run.c.status, sync_run.c.exit_code))]


def test_a_watch_brings_over_what_came_meanwhile() -> None:
    engine, kobo, person = empty_database(), FakeKobo(), Person()
    fill(kobo, people=2)
    pace = paced(lambda: kobo.add(INTAKE, intake(9), "root-9"), nothing)
    assert sync_again_and_again(person.context(), engine, client_of(kobo), pace) == ["watch stopped after 3 runs"]
    results = [line.partition("UTC ")[2].partition(",")[0] for line in person.said]
    assert results == ["4 new", "1 new", "0 new"] and person.warned == []


def test_a_watch_tells_a_failure_and_goes_on() -> None:
    engine, kobo, person = empty_database(), FakeKobo(), Person()
    fill(kobo, people=2)
    kobo.status = 503
    pace = paced(lambda: setattr(kobo, "status", 200))
    assert sync_again_and_again(person.context(), engine, client_of(kobo), pace) == ["watch stopped after 2 runs"]
    assert len(person.warned) == 1 and "this run failed: " in person.warned[0] and "status 503" in person.warned[0]
    assert endings(engine) == [("failed", 5), ("ok", 0)]


def test_a_watch_keeps_bringing_the_other_forms_while_a_mass_deletion_waits_for_a_person() -> None:
    engine, kobo, person = empty_database(), FakeKobo(), Person()
    fill(kobo, people=40)

    def delete_most() -> None:
        for number in sorted(kobo.projects[INTAKE].records)[:30]:
            kobo.delete(INTAKE, number)
        kobo.add(ATTENDANCE, {"session/healing_group": "g1", "session/week": "9"}, "session-9")

    sync_again_and_again(person.context(), engine, client_of(kobo), paced(delete_most, nothing))
    assert endings(engine) == [("ok", 0), ("failed", 6), ("failed", 6)]
    assert len(person.warned) == 2 and all("--accept-deletions" in line for line in person.warned)
    with engine.connect() as connection:
        assert connection.scalars(select(sync_run.c.new)).all() == [42, 1, 0]


def test_a_watch_ends_when_the_token_is_refused() -> None:
    engine, kobo, person = empty_database(), FakeKobo(), Person()
    fill(kobo, people=2)
    kobo.faults = dict.fromkeys(range(1, 100), status(401))
    with pytest.raises(InvalidTokenError):
        sync_again_and_again(person.context(), engine, client_of(kobo), paced(nothing))
    assert endings(engine) == [("failed", 3)]


def test_a_run_is_logged_with_its_counts_and_its_projects(logged: Callable[[], list[dict[str, Any]]]) -> None:
    engine, kobo, person = empty_database(), FakeKobo(), Person()
    fill(kobo, people=2)
    sync_once(person.context(), engine, client_of(kobo))
    started, ended, *projects = logged()
    assert started["event"] == "run_started" and ended["event"] == "run_ended"
    assert (ended["status"], ended["exit_code"], ended["new"], ended["level"]) == ("ok", 0, 4, "info")
    assert {line["asset_uid"] for line in projects} == {INTAKE, ATTENDANCE}
    assert all(line["complete_as_of"].endswith("Z") and line["run_id"] == ended["run_id"] for line in projects)


def test_a_run_that_fails_is_logged_with_the_kind_of_failure(logged: Callable[[], list[dict[str, Any]]]) -> None:
    engine, kobo, person = empty_database(), FakeKobo(), Person()
    fill(kobo, people=2)
    kobo.status = 503
    sync_again_and_again(person.context(), engine, client_of(kobo), paced())
    ended = next(line for line in logged() if line["event"] == "run_ended")
    assert (ended["level"], ended["error"], ended["exit_code"]) == ("error", "ServerFailedError", 5)
    assert logged()[-1]["event"] == "waiting"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--every", "15m"], "It goes with --watch"),
        (["--watch", "--every", "10s"], "Choose from 1m to 1d"),
        (["--watch", "--every", "2d"], "Choose from 1m to 1d"),
        (["--watch", "--sweep"], "are for one run"),
        (["--watch", "--accept-deletions", "9"], "are for one run"),
    ],
)
def test_flags_that_do_not_go_together_end_with_2(
    flags: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sync", *flags]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# As a process of its own.


@contextlib.contextmanager
def started(folder: Path, *flags: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, against a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "connector.cli", "sync", *flags, "--server", url, "--token", "abc"]
        command += ["--database-url", f"sqlite:///{folder}/healing.db"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            silent.accept()[0].recv(65536)  # the first request is there: the run has begun
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    ("number", "flags", "code", "told"),
    [
        (signal.SIGTERM, (), 130, "healing sync: stopped."),
        (signal.SIGINT, ("--watch",), 0, "watch stopped after 0 runs"),
    ],
)
def test_stopped_in_the_midst_of_a_request_it_ends_at_once_and_says_how(
    number: signal.Signals, flags: tuple[str, ...], code: int, told: str, tmp_path: Path
) -> None:
    new_database(f"sqlite:///{tmp_path}/healing.db").dispose()
    with started(tmp_path, *flags) as process:
        asked = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - asked < 10
    assert process.returncode == code
    assert told in out + err and "Traceback" not in err
    assert endings(open_database(f"sqlite:///{tmp_path}/healing.db")) == [("stopped", 130)]
