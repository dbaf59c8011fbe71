"""The files of one export agree with each other, whatever is written meanwhile, and keep nobody from writing."""

import contextlib
import csv
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, event, func, select

from connector.cli import main
from connector.database import open_database
from connector.errors import StorageError
from connector.export_plan import exported_readings
from connector.fact_schema import client, session
from connector.precious_schema import submission
from connector.schema import derived
from connector.snapshot import Reading, snapshot
from connector.store import store_page
from forms.client_code import with_check
from tests.connector.adopted_scenes import NOW
from tests.connector.light_project import light_answers, light_project
from tests.connector.made_records import intake, keep, register
from tests.connector.sync_scenes import new_database
from tests.connector.test_adopted_store import record

ROOT = Path(__file__).parents[2]
CODES = [with_check(f"34679{first}{second}") for first, second in itertools.product("ABCDEFHJ", repeat=2)]
INTAKE = derived.tables["intake"]


class Sync:
    """Somebody else's program that commits a record of each kind at a time."""

    def __init__(self, url: str) -> None:
        self.engine = new_database(url)
        self.kept = 0
        with self.engine.begin() as connection:
            register(connection)
            self.light = light_project(connection)
        self.commit()

    def commit(self) -> None:
        self.kept += 1
        with self.engine.begin() as connection:
            keep(connection, intake(self.kept, CODES[self.kept], short_name="Sentinel", care_offer="accepted"))
            store_page(connection, self.light, [record(self.kept, **light_answers(self.kept))], NOW)

    @property
    def reader(self) -> Engine:
        return open_database(self.engine.url.render_as_string(hide_password=False), read_only=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def sync(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sync]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/a folder.db" if is_sqlite else request.getfixturevalue("current_postgres_url")
    made = Sync(url)
    yield made
    made.engine.dispose()


@pytest.fixture
def file_sync(tmp_path: Path) -> Sync:
    return Sync(f"sqlite:///{tmp_path}/healing.db")


@contextlib.contextmanager
def commits_between_files(sync: Sync, folder: Path) -> Iterator[None]:
    """Somebody else commits whenever two more files are there."""
    seen = 0

    def commit(*_: Any) -> None:
        nonlocal seen
        there = len(list(folder.rglob("*.csv")))
        if there >= seen + 2:
            seen = there
            sync.commit()

    event.listen(Engine, "before_cursor_execute", commit)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", commit)


def count(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def test_counts_of_files_agree_though_somebody_commits_again_and_again(sync: Sync, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    url = sync.engine.url.render_as_string(hide_password=False)
    with commits_between_files(sync, folder):
        assert main(["export", "--folder", str(folder), "--with-identity", "--database-url", url]) == 0
    assert sync.kept > 12
    names = ["client", "client_identity", "intake", "membership", "adopted/light"]
    assert {name: count(folder / f"{name}.csv") for name in names} == dict.fromkeys(names, 1)


def read(tables: list[Table]) -> Any:
    return lambda connection: [(table, tuple(table.columns)) for table in tables]


def test_what_was_chosen_stays_as_it_was(sync: Sync) -> None:
    with snapshot(sync.reader, read([client, INTAKE])) as connection:
        sync.commit()
        assert [len(connection.execute(select(table)).all()) for table in (client, INTAKE)] == [1, 1]
    with snapshot(sync.reader, read([client])) as connection:
        assert len(connection.execute(select(client)).all()) == 2


def test_every_exported_row_is_the_same_in_a_snapshot(sync: Sync) -> None:
    for _ in range(3):
        sync.commit()
    with sync.reader.connect() as connection:
        readings = exported_readings(connection, with_identity=True)
        before = {table.name: sorted(map(tuple, connection.execute(select(*of))), key=repr) for table, of in readings}
    with snapshot(sync.reader, lambda connection: exported_readings(connection, with_identity=True)) as connection:
        found = {table.name: sorted(map(tuple, connection.execute(select(*of))), key=repr) for table, of in readings}
    assert found == before
    assert {name for name, rows in found.items() if rows} >= {"client", "assessment", "item_answer", "light_child"}


@pytest.mark.parametrize("sync", ["postgresql"], indirect=True)
def test_a_table_is_not_dropped_and_made_anew_under_a_reader_who_would_find_it_empty(sync: Sync) -> None:
    impatient = open_database(sync.engine.url.render_as_string(hide_password=False))

    @event.listens_for(impatient, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.execute("SET lock_timeout = 100")

    with snapshot(sync.reader, read([client, session])) as connection:
        with pytest.raises(StorageError), impatient.begin() as other:
            session.drop(other)
            session.create(other)
        assert connection.scalar(select(func.count()).select_from(session)) == 32
    impatient.dispose()


def test_a_copy_holds_what_is_read_and_nothing_else(file_sync: Sync) -> None:
    with snapshot(file_sync.reader, lambda connection: exported_readings(connection)) as connection:
        for table in (submission, derived.tables["client_identity"]):
            with pytest.raises(StorageError):
                connection.execute(select(func.count()).select_from(table))
        driver: Any = connection.connection.driver_connection
        assert not [line for line in driver.iterdump() if "Sentinel" in line or "care_offer" in line]


KILLED = """
import os, signal, sys
from connector.database import open_database
from connector.export_plan import exported_readings
from connector.snapshot import snapshot
with snapshot(open_database(sys.argv[1], read_only=True), lambda c: exported_readings(c, with_identity=True)) as c:
    c.connection.driver_connection.execute("CREATE TABLE big AS SELECT zeroblob(20000000) AS bytes")
    print(*[os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if fd.isdigit() and
            os.path.lexists(f"/proc/self/fd/{fd}")], sep="\\n", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_export_leaves_no_copy_behind(file_sync: Sync, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    url = file_sync.engine.url.render_as_string()
    environment = {**os.environ, "SQLITE_TMPDIR": str(place), "TMPDIR": str(place)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, url], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    [copy] = [line for line in done.stdout.splitlines() if line.startswith(str(place))]
    assert copy.endswith("(deleted)")
    assert list(place.iterdir()) == []


def test_a_reading_says_which_columns_are_read(file_sync: Sync) -> None:
    with file_sync.reader.connect() as connection:
        readings: list[Reading] = exported_readings(connection)
    [columns] = [columns for table, columns in readings if table is INTAKE]
    assert "care_offer" not in [column.name for column in columns]
