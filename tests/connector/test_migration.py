"""What bringing a database to this version promises: all or nothing, and never over what a newer version wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, inspect, select, update

from connector.database import open_database
from connector.errors import SchemaTooNewError
from connector.migration import known_revisions, migrate, schema_state
from connector.precious_schema import precious, submission
from connector.schema import derived
from tests.connector.fake_kobo import FakeKobo, Killed
from tests.connector.sync_scenes import KillSwitch, dump, empty_database, fill, run

VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/healing.db")
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_an_empty_database_gets_every_table(engine: Engine) -> None:
    assert schema_state(engine) == "empty"
    assert migrate(engine) is True
    assert tables(engine) == {*precious.tables, *derived.tables, "alembic_version"}
    assert schema_state(engine) == "current"


def test_doing_it_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    assert migrate(engine) is False


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_steps_lead_to_the_tables_that_the_code_describes(kind: str, request: pytest.FixtureRequest) -> None:
    url = "sqlite://" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    engine = open_database(url)
    migrate(engine)
    with engine.connect() as connection:
        options = {"include_object": lambda thing, name, kind, *rest: kind != "table" or name in precious.tables}
        context = MigrationContext.configure(connection, opts={**options, "compare_type": True})
        assert compare_metadata(context, precious) == []
    engine.dispose()


def test_a_step_that_is_ended_leaves_nothing_behind(engine: Engine) -> None:
    switch = KillSwitch(engine, at=25)
    with pytest.raises(Killed):
        migrate(engine)
    switch.remove()
    assert tables(engine) == set()
    migrate(engine)
    assert schema_state(engine) == "current"


def test_what_a_newer_version_wrote_is_refused_and_left_alone(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(update(VERSION).values(version_num="9999"))
    with pytest.raises(SchemaTooNewError, match="newer version") as caught:
        migrate(engine)
    assert "Install the newer version" in caught.value.advice
    assert schema_state(engine) == "newer"


def test_derived_tables_of_another_shape_are_made_anew_with_the_same_content() -> None:
    engine, kobo = empty_database(), FakeKobo()
    fill(kobo)
    run(engine, kobo)
    before = dump(engine)
    old = Table("client", MetaData(), Column("client_code", Integer, primary_key=True))
    with engine.begin() as connection:
        derived.tables["client"].drop(connection)
        derived.tables["problem"].drop(connection)
        old.create(connection)
    assert schema_state(engine) == "older"
    assert migrate(engine) is True
    assert dump(engine) == before
    with engine.connect() as connection:
        assert len(connection.execute(select(submission)).all()) == 8


def test_revisions_are_a_single_line() -> None:
    assert known_revisions()[-1] == "0001"
    assert len(known_revisions()) == len(set(known_revisions()))
