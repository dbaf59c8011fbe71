"""Knows small databases and records for the tests of store and sync, and how two databases are compared."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Engine, Table, event, insert, select

from connector.database import open_database, sqlite_file
from connector.migration import migrate
from connector.precious_schema import deployment, precious
from connector.schema import derived
from connector.sync import SyncResult, sync
from tests.connector.fake_kobo import SERVER, FakeKobo, client_of
from tests.connector.fake_kobo_faults import Killed

INTAKE, ATTENDANCE = "aIntake", "aAttendance"
NOW = datetime(2026, 11, 23, 9, 0)
TIMES = {
    *("first_seen_at", "last_seen_at", "resolved_at", "deleted_at", "replaced_at"),
    *("complete_as_of", "swept_at", "history_since", "validated_since", "modified_since", "feed"),
}
"""Columns that hold when and how something was done, not what: two right databases may differ in them."""
CODES = ("7K3M-9QXD", "C4TR-HW2P", "9DXK-M3F7")


@cache
def _empty() -> bytes:
    return snapshot(new_database("sqlite:///:memory:"))


def empty_database() -> Engine:
    """An empty database in memory, made at once. It is the same engine each time, which spares compiling statements."""
    return restore(_shared(), _empty())


@cache
def _shared() -> Engine:
    return open_database("sqlite://")


def migrated_database(url: str) -> Engine:
    """A database of this version without rows; of SQLite it is a copy, as making the tables takes ten times as long."""
    engine = open_database(url)
    if sqlite_file(engine) is not None:
        return restore(engine, _without_rows())
    migrate(engine)
    return engine


@cache
def _without_rows() -> bytes:
    return snapshot(migrated_database("sqlite://"))


def new_database(url: str) -> Engine:
    """An empty database of this version that knows of two deployed forms."""
    engine = migrated_database(url)
    with engine.begin() as connection:
        rows = [_deployed("intake", INTAKE), _deployed("attendance", ATTENDANCE)]
        connection.execute(insert(deployment), rows)
    return engine


def _deployed(form_id: str, uid: str) -> dict[str, Any]:
    version = {"workbook_hash": "0" * 64, "version_uid": "v1", "deployed_at": NOW}
    return {"server": SERVER, "form_id": form_id, "asset_uid": uid, **version}


def intake(number: int, **answers: Any) -> dict[str, Any]:
    """The answers of a person who was screened, not enrolled."""
    record = {
        "start": "2026-11-20T09:00:00.000+02:00",
        "end": "2026-11-20T09:30:00.000+02:00",
        "today": "2026-11-20",
        "about/sex": "female" if number % 2 else "male",
        "about/birth_year_known": "yes",
        "about/birth_year": str(1960 + number % 40),
        "client_code": f"TEST-{number:04d}",
        "person/short_name": f"Sentinel{number}",
        "person/phone": "0788000000",
    }
    return {**record, **answers}


def fill(kobo: FakeKobo, people: int = 6, sessions: int = 2) -> None:
    """A server with some records in both projects; only the last of each is among those that are read twice."""
    for number in range(people):
        if number == people - 1:
            kobo.serve_others(1000)
        kobo.add(INTAKE, intake(number), f"root-{number}")
    for number in range(sessions):
        if number == sessions - 1:
            kobo.serve_others(1000)
        answers = {"session/healing_group": "g1", "session/week": str(number + 1), "session/was_held": "yes"}
        kobo.add(ATTENDANCE, answers, f"session-{number}")


def run(engine: Engine, kobo: FakeKobo, now: datetime = NOW, accept_deletions: int = 0) -> SyncResult:
    """One run of sync at a fixed time."""
    return sync(engine, client_of(kobo), clock=lambda: now, accept_deletions=accept_deletions)


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a database holds, without the log of runs and without when things were done."""
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(*_contents(table)))), key=repr)
            for metadata in (precious, derived)
            for table in metadata.tables.values()
            if table.name != "sync_run"
        }


def differences(left: Engine, right: Engine) -> dict[str, Any]:
    """The tables in which two databases differ, with both contents."""
    first, second = dump(left), dump(right)
    return {name: (first[name], second[name]) for name in first if first[name] != second[name]}


def _contents(table: Table) -> list[Any]:
    is_deleted = [column.is_(None) for column in table.c if column.name == "deleted_at"]
    return [column for column in table.c if column.name not in TIMES] + is_deleted


class KillSwitch:
    """Ends the "process" at the n-th thing that an engine does (statements and commits); afterwards all is dead."""

    def __init__(self, engine: Engine, at: int) -> None:
        self.engine, self.at, self.done = engine, at, 0
        self.commits: list[int] = []
        event.listen(engine, "before_cursor_execute", self._count)
        event.listen(engine, "commit", self._count_commit)

    def _count(self, *_arguments: Any) -> None:
        self.done += 1
        if self.done >= self.at:
            raise Killed

    def _count_commit(self, *_arguments: Any) -> None:
        self.commits.append(self.done + 1)
        self._count()

    def moments(self) -> list[int]:
        """Just before and just after each commit, and every fortieth step between."""
        around = {step for commit in self.commits for step in (commit, commit + 1) if step <= self.done}
        return sorted(around | set(range(1, self.done + 1, 40)))

    def remove(self) -> None:
        """Let the engine live again, as in a new process."""
        event.remove(self.engine, "before_cursor_execute", self._count)
        event.remove(self.engine, "commit", self._count_commit)


def snapshot(engine: Engine) -> bytes:
    """A database in memory as bytes, from which `restored` makes copies in no time."""
    with engine.connect() as connection:
        return bytes(connection.connection.driver_connection.serialize())  # type: ignore[union-attr]


def restore(engine: Engine, content: bytes) -> Engine:
    """Give a database, in memory or in a file, the content of a snapshot.

    A connection is given it when it is new: in one that has used json_each(), SQLite 3.40 would crash afterwards.
    """
    engine.dispose()
    path = sqlite_file(engine)
    if path is not None:
        path.write_bytes(content)
        return engine
    with engine.connect() as connection:
        connection.connection.driver_connection.deserialize(content)  # type: ignore[union-attr]
    return engine
