"""What opening a database promises: a private file, whole transactions, one writer, and errors without secrets."""

import contextlib
import errno
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, event, func, insert, select

from connector import database
from connector.bulk import insert_tuples
from connector.database import open_database, sqlite_file
from connector.errors import BusyError, DatabaseLockedError, DatabaseUnreachableError, StorageError
from connector.writer_lock import single_writer
from tests.postgres import PostgresServer

NOTE = Table("note", MetaData(), Column("id", Integer, primary_key=True), Column("words", Text, nullable=False))
SENTINEL = "Uwase-sentinel"


@pytest.fixture
def file_engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/healing.db")
    with engine.begin() as connection:
        NOTE.metadata.create_all(connection)
    yield engine
    engine.dispose()


def test_a_new_file_may_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_database(f"sqlite:///{tmp_path}/healing.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "healing.db").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachableError, match="cannot be opened: No such file"):
        open_database(f"sqlite:///{tmp_path}/nowhere/healing.db")


def test_a_missing_database_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachableError, match="no database") as caught:
        open_database(f"sqlite:///{tmp_path}/healing.db", read_only=True)
    assert "healing sync" in caught.value.advice
    assert not (tmp_path / "healing.db").exists()


@pytest.mark.parametrize("url", ["", "healing.db", "mysql://host/database", "sqlite:/healing.db"])
def test_an_address_of_another_kind_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(DatabaseUnreachableError) as caught:
        open_database(url)
    assert "sqlite:///healing.db" in caught.value.advice


def test_a_reader_cannot_write(file_engine: Engine) -> None:
    reader = open_database(str(file_engine.url), read_only=True)
    with pytest.raises(StorageError, match="may not be written"), reader.begin() as connection:
        connection.execute(insert(NOTE).values(words="x"))


@pytest.mark.parametrize("read_only", [False, True])
def test_the_file_of_an_engine_is_found_whatever_its_name(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "a b%41é#.db"
    path.touch()
    engine = open_database(f"sqlite:///{tmp_path}/a b%2541é#.db", read_only)
    assert sqlite_file(engine) == path


def test_tables_made_in_a_failed_transaction_are_not_there(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/healing.db")
    with pytest.raises(RuntimeError), engine.begin() as connection:
        NOTE.metadata.create_all(connection)
        raise RuntimeError
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "note")


def test_a_deleted_word_is_not_left_in_the_file(file_engine: Engine) -> None:
    with file_engine.begin() as connection:
        connection.execute(insert(NOTE), [{"words": f"{SENTINEL}-{number}"} for number in range(500)])
    path = sqlite_file(file_engine)
    assert path is not None and SENTINEL.encode() in path.read_bytes()
    with file_engine.begin() as connection:
        connection.execute(NOTE.delete())
    assert SENTINEL.encode() not in path.read_bytes()
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_locked_file_is_reported_after_waiting(file_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT", 0.05)
    second = open_database(str(file_engine.url))
    with file_engine.begin(), pytest.raises(DatabaseLockedError, match="in use by another program"):
        second.connect().execute(select(NOTE))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "healing.db").write_text("not a database at all, but long enough to look like one" * 20)
    engine = open_database(f"sqlite:///{tmp_path}/healing.db")
    with pytest.raises(DatabaseUnreachableError, match="is not a database file"):
        engine.connect()


def test_a_refused_row_is_reported_without_its_words(file_engine: Engine) -> None:
    with file_engine.begin() as connection:
        connection.execute(insert(NOTE).values(id=1, words="first"))
    with pytest.raises(StorageError) as caught, file_engine.begin() as connection:
        connection.execute(insert(NOTE).values(id=1, words=SENTINEL))
    assert SENTINEL not in str(caught.value)
    assert "IntegrityError" in caught.value.message


def test_a_second_writer_is_told_since_when(file_engine: Engine) -> None:
    since = r"active since \d{4}-\d\d-\d\d \d\d:\d\d UTC"
    with single_writer(file_engine), pytest.raises(BusyError, match=since), single_writer(file_engine):
        pass


def test_the_lock_is_free_again_afterwards(file_engine: Engine) -> None:
    entered = 0
    for _ in range(2):
        with single_writer(file_engine):
            entered += 1
    assert entered == 2


def test_a_full_disk_does_not_keep_the_lock_from_being_held(
    file_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("connector.writer_lock.os.write", full)
    with single_writer(file_engine), pytest.raises(BusyError), single_writer(file_engine):
        pass


def test_a_killed_writer_leaves_no_lock_behind(file_engine: Engine) -> None:
    program = (
        "import os, sys\n"
        "from connector.database import open_database\n"
        "from connector.writer_lock import single_writer\n"
        "lock = single_writer(open_database(sys.argv[1]))\n"
        "lock.__enter__()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program, str(file_engine.url)], cwd=root, check=False)
    assert (sqlite_file(file_engine) or Path()).with_name("healing.db.lock").exists()
    with single_writer(file_engine):
        pass


def test_a_database_in_memory_needs_no_lock() -> None:
    engine = open_database("sqlite://")
    with single_writer(engine), single_writer(engine):
        assert sqlite_file(engine) is None


# The same promises on PostgreSQL.


@pytest.fixture
def postgres_engine(empty_postgres_url: str) -> Iterator[Engine]:
    engine = open_database(empty_postgres_url)
    with engine.begin() as connection:
        NOTE.metadata.create_all(connection)
    yield engine
    engine.dispose()


def test_a_reader_of_postgresql_cannot_write(postgres_engine: Engine) -> None:
    url = postgres_engine.url.render_as_string(hide_password=False)
    reader = open_database(url, read_only=True)
    with pytest.raises(StorageError, match="may only be read"), reader.begin() as connection:
        connection.execute(insert(NOTE).values(words="x"))
    reader.dispose()


def test_postgresql_quotes_no_refused_row(postgres_engine: Engine) -> None:
    with pytest.raises(StorageError) as caught, postgres_engine.begin() as connection:
        connection.execute(insert(NOTE), [{"id": 1, "words": SENTINEL}, {"id": 1, "words": SENTINEL}])
    assert SENTINEL not in str(caught.value)


def test_a_second_writer_of_postgresql_is_told_since_when(postgres_engine: Engine) -> None:
    since = r"active since \d{4}-\d\d-\d\d"
    with single_writer(postgres_engine), pytest.raises(BusyError, match=since), single_writer(postgres_engine):
        pass
    with single_writer(postgres_engine), postgres_engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(NOTE)) == 0


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"database": "nobody_made_this"}, "does not exist"),
        ({"query": {"host": "/nowhere"}}, "does not answer"),
        ({"host": "127.0.0.1", "port": 9, "query": {}, "password": SENTINEL, "username": "u"}, "does not answer"),
    ],
)
def test_an_unreachable_postgresql_is_named_without_its_password(
    postgres_engine: Engine, change: dict[str, object], what: str
) -> None:
    url = postgres_engine.url.set(**change)  # type: ignore[arg-type]
    with pytest.raises(DatabaseUnreachableError, match=what) as caught:
        open_database(url.render_as_string(hide_password=False)).connect()
    assert SENTINEL not in str(caught.value)


# Settings, and what goes wrong: each with its own words, and nothing lost.

SETTINGS = {
    "foreign_keys": 1,
    "secure_delete": 1,
    "journal_mode": "delete",
    "synchronous": 2,
    "temp_store": 2,
    "cache_size": -8192,
    "busy_timeout": 1000 * database.LOCK_WAIT,
}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_file_is_opened_with_settings_that_lose_and_leak_nothing(file_engine: Engine, name: str) -> None:
    with file_engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == SETTINGS[name]


def test_the_lock_of_a_file_is_taken_when_a_transaction_begins(file_engine: Engine) -> None:
    with file_engine.begin(), contextlib.closing(sqlite3.connect(str(sqlite_file(file_engine)), timeout=0)) as other:
        other.execute("SELECT 1 FROM note")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO note (words) VALUES ('x')")


def end_a_writer_half_way(path: Path) -> None:
    """Leave a file as a program does that is killed, or whose machine loses its power, while it writes."""
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA cache_size=1")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE note SET words = words || 'half'")
    journal = path.with_name(f"{path.name}-journal")
    left = path.read_bytes(), journal.read_bytes()
    writer.execute("ROLLBACK")
    writer.close()
    path.write_bytes(left[0])
    journal.write_bytes(left[1])


@pytest.mark.parametrize("is_open_before", [False, True])
def test_what_a_killed_writer_left_half_written_is_undone_by_who_reads_next(
    file_engine: Engine, is_open_before: bool
) -> None:
    rows = [(number, "word" * 100) for number in range(1000)]
    with file_engine.begin() as connection:
        insert_tuples(connection, NOTE, rows)
    file_engine.dispose()
    reader = open_database(str(file_engine.url), read_only=True)
    if is_open_before:
        with reader.connect() as connection:
            connection.execute(select(NOTE)).all()
    path = sqlite_file(file_engine)
    assert path is not None
    end_a_writer_half_way(path)
    with reader.connect() as connection:
        assert list(map(tuple, connection.execute(select(NOTE)))) == rows
    reader.dispose()


@contextlib.contextmanager
def filled_disk(engine: Engine, more_pages: int) -> Iterator[None]:
    """As if the disk had room for that many pages more."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + more_pages}")

    event.listen(engine, "connect", limit)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", limit)
        engine.dispose()


@pytest.mark.parametrize("more_pages", range(0, 40, 4))
def test_a_full_disk_undoes_the_page_and_a_later_try_succeeds(file_engine: Engine, more_pages: int) -> None:
    rows = [(number, "word" * 100) for number in range(1000)]
    with file_engine.begin() as connection:
        insert_tuples(connection, NOTE, [(1000, "before")])
    with filled_disk(file_engine, more_pages):
        with pytest.raises(StorageError, match="no space left") as caught, file_engine.begin() as connection:
            insert_tuples(connection, NOTE, rows)
        assert caught.value.exit_code == 4 and "Free some space" in caught.value.advice
    with file_engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(NOTE)) == 1
        insert_tuples(connection, NOTE, rows)
        assert connection.scalar(select(func.count()).select_from(NOTE)) == 1001


def test_a_file_that_may_only_be_read_is_named(file_engine: Engine) -> None:
    """As the superuser may write any file, the file system is not asked: the connection itself may not write."""
    with file_engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(StorageError, match="may not be written") as caught:
            insert_tuples(connection, NOTE, [(1, "x")])
    assert "Check who may write" in caught.value.advice


@pytest.mark.parametrize("damage", [b"SQLite format 3\0" + b"\xff" * 84, b"\0" * 4096])
def test_a_damaged_beginning_is_never_taken_for_an_empty_database(file_engine: Engine, damage: bytes) -> None:
    path = sqlite_file(file_engine) or Path()
    file_engine.dispose()
    content = path.read_bytes()
    path.write_bytes(damage + content[len(damage) :])
    with pytest.raises(StorageError, match=r"is not a database file|is damaged"), file_engine.connect() as connection:
        connection.execute(select(NOTE))
    path.write_bytes(content)
    with file_engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(NOTE)) == 0


PIECES = [(1, "first"), (2, "second"), (3, "third")]


@pytest.mark.parametrize("step", range(len(PIECES) + 1))
def test_a_postgresql_that_ends_the_connection_keeps_all_or_nothing(
    postgres_engine: Engine, postgres_server: PostgresServer, step: int
) -> None:
    """The server ends our connection after each piece of a transaction in turn; the same work then succeeds."""

    def work(end_at: int | None) -> None:
        with postgres_engine.begin() as connection:
            for at, piece in enumerate([*PIECES, None]):
                if at == end_at:
                    pid = connection.scalar(select(func.pg_backend_pid()))
                    postgres_server.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
                if piece is not None:
                    insert_tuples(connection, NOTE, [piece])

    with pytest.raises(DatabaseUnreachableError, match=r"ended the connection|does not answer") as caught:
        work(step)
    assert caught.value.exit_code == 4
    with postgres_engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(NOTE)) == 0
    work(None)
    with postgres_engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(NOTE)) == len(PIECES)


@pytest.mark.parametrize("in_bulk", [True, False])
def test_a_locked_table_of_postgresql_is_reported_after_waiting(
    postgres_engine: Engine, monkeypatch: pytest.MonkeyPatch, in_bulk: bool
) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT", 0.05)
    second = open_database(postgres_engine.url.render_as_string(hide_password=False))
    with postgres_engine.begin() as holding:
        holding.exec_driver_sql("LOCK TABLE note")
        with pytest.raises(DatabaseLockedError, match="in use by another program"), second.begin() as connection:
            if in_bulk:
                insert_tuples(connection, NOTE, [(1, SENTINEL)])
            else:
                connection.execute(insert(NOTE).values(id=1, words=SENTINEL))
    second.dispose()


def test_a_postgresql_that_may_only_be_read_is_named(postgres_engine: Engine, postgres_server: PostgresServer) -> None:
    """As a standby is, or a server whose disk is nearly full."""
    postgres_server.execute(f"ALTER DATABASE {postgres_engine.url.database} SET default_transaction_read_only = on")
    postgres_engine.dispose()
    with pytest.raises(StorageError, match="may only be read") as caught, postgres_engine.begin() as connection:
        insert_tuples(connection, NOTE, [(1, SENTINEL)])
    assert "main server" in caught.value.advice and SENTINEL not in str(caught.value)


TAKE_THE_LOCK = """
import os, sys, time
from connector.database import open_database
from connector.errors import BusyError
from connector.writer_lock import single_writer

def take(let_go):
    engine = open_database(sys.argv[1])
    engine.connect().close()
    os.write(1, b"ready\\n")
    os.read(let_go, 1)
    began = time.monotonic()
    try:
        with single_writer(engine):
            time.sleep(3)
    except BusyError as error:
        os.write(1, f"{time.monotonic() - began:.3f}\\n".encode())
        return error.exit_code
    return 0

let_go, held = os.pipe()
children = []
for _ in range(8):
    children.append(os.fork())
    if not children[-1]:
        os.close(held)
        code = 1
        try:
            code = take(let_go)
        finally:
            os._exit(code)
sys.stdin.readline()
os.close(held)
print(*(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""
"""Eight processes, copies of one, as starting eight programs would take most of the time."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_eight_that_start_together_one_runs_and_the_others_say_so_at_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/b.db" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    command, root = [sys.executable, "-c", TAKE_THE_LOCK, url], Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert [started.stdout.readline() for _ in range(8)] == ["ready\n"] * 8
        *waited, codes = started.communicate("\n")[0].splitlines()
    assert sorted(map(int, codes.split())) == [0] + [7] * 7
    assert len(waited) == 7 and all(float(seconds) < 2 for seconds in waited)
