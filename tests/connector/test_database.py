"""What opening a database promises: a private file, whole transactions, one writer, and errors without secrets."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, func, insert, select

from connector import database
from connector.database import open_database, sqlite_file
from connector.errors import BusyError, DatabaseLockedError, DatabaseUnreachableError, StorageError
from connector.writer_lock import single_writer

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
