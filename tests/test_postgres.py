"""Knows that the PostgreSQL of the tests is a real, private and short-lived server."""

import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, insert, inspect, select

from tests.postgres import PostgresServer, copy_programs, find_programs, running_postgres

METADATA = MetaData()
WORD = Table("word", METADATA, Column("word_id", Integer, primary_key=True))


def test_rows_written_to_the_session_database_come_back(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(WORD).values(word_id=7))
        assert connection.scalars(select(WORD.c.word_id)).all() == [7]
    METADATA.drop_all(engine)
    engine.dispose()


def test_it_is_a_postgres_that_programmes_run(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        version = int(str(connection.scalar(select(func.current_setting("server_version_num")))))
    engine.dispose()
    assert version >= 14_00_00


@pytest.mark.parametrize("round_number", [1, 2])
def test_each_test_starts_with_an_empty_database(empty_postgres_url: str, round_number: int) -> None:
    engine = create_engine(empty_postgres_url)
    assert inspect(engine).get_table_names() == []
    METADATA.create_all(engine)
    assert inspect(engine).get_table_names() == ["word"]
    engine.dispose()


def test_it_listens_on_no_network_address(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.current_setting("listen_addresses"))) == ""
    engine.dispose()


def test_nothing_is_left_when_the_block_ends(postgres_server: PostgresServer) -> None:
    programs = find_programs()
    assert programs is not None
    with running_postgres(programs) as server:
        process_id = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    assert not server.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


def test_programs_out_of_reach_work_from_a_copy(postgres_server: PostgresServer, tmp_path: Path) -> None:
    programs = find_programs()
    assert programs is not None
    copied = copy_programs(programs, tmp_path)
    assert tmp_path in copied.parents
    answer = subprocess.run([copied / "initdb", "--version"], check=False, capture_output=True, text=True)
    assert answer.stdout.startswith("initdb (PostgreSQL)"), answer.stderr
