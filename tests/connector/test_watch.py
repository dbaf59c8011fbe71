"""How the dashboard and the sandbox are started: for this machine alone, and without more than they need."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from connector.cli import main
from connector.commands.watch import (
    absolute_database_url,
    dashboard_command,
    dashboard_environment,
    show_dashboard,
    start_dashboard,
)
from connector.demo_folder import open_folder
from connector.sandbox.phone_device import KIGALI
from connector.settings import Settings
from tests.connector.sync_scenes import new_database

ROOT = Path(__file__).parents[2]
PREPARE = "connector.sandbox.server.prepare"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_dashboard_listens_on_this_machine_alone_and_reports_nothing() -> None:
    command = dashboard_command(8600)
    assert command[command.index("--server.address") + 1] == "127.0.0.1"
    assert command[command.index("--browser.gatherUsageStats") + 1] == "false"
    assert command[command.index("--server.headless") + 1] == "true"
    assert Path(command[4]).is_file()


def test_the_dashboard_never_gets_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOBO_TOKEN", "sentineltoken")
    environment = dashboard_environment(Settings(token="sentineltoken"), today="2026-11-20")
    assert "sentineltoken" not in repr(environment)
    assert environment["HEALING_TODAY"] == "2026-11-20"


def test_a_database_is_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute_database_url("sqlite:///healing.db") == f"sqlite:///{tmp_path}/healing.db"
    assert absolute_database_url(f"sqlite:///{tmp_path}/x.db") == f"sqlite:///{tmp_path}/x.db"
    address = "postgresql://user:password@host/healing"
    assert absolute_database_url(address) == address
    assert absolute_database_url("sqlite://") == "sqlite://"


@pytest.mark.parametrize(("command", "work"), [("demo", "connector.demo.played_demo"), ("sandbox", PREPARE)])
def test_the_story_of_a_demonstration_ends_on_yesterday_in_rwanda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, work: str
) -> None:
    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    after_midnight = dt.datetime(2026, 11, 27, 1, 27, tzinfo=KIGALI)
    monkeypatch.setattr("connector.sandbox.phone_device.wall_clock", lambda: after_midnight)
    monkeypatch.setattr(work, stop)
    main([command, "--folder", str(tmp_path / "demo")])
    found = open_folder(tmp_path / "demo", None, False, dt.date(2030, 1, 1))
    assert (found.as_of, found.today) == (dt.date(2026, 11, 26), dt.date(2026, 11, 27))


def test_the_dashboard_answers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/healing.db"
    new_database(url).dispose()
    port = free_port()
    process = start_dashboard(Settings(database_url=url), port)
    try:
        show_dashboard(process, port, has_browser=False)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=20) as answer:
            assert answer.status == 200
    finally:
        process.terminate()
        process.wait(20)


def test_a_port_in_use_is_told_with_advice(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "connector.cli", "sandbox", "--folder", str(tmp_path / "training")]
        command += ["--port", str(taken.getsockname()[1]), "--account", "cha001"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 2
    assert "cannot be used" in ended.stderr and "Choose another port" in ended.stderr
    assert (tmp_path / "training" / "accounts.csv").read_text().startswith("username,password\ncoordinator,")
    assert (tmp_path / "training" / "accounts.csv").stat().st_mode & 0o077 == 0
