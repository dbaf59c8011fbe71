"""Lives that chance made up, on each database and on both: whatever happened, all is well after one clean run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete

from connector.database import open_database
from connector.precious_schema import precious
from tests.connector.proofs.light_project import light
from tests.connector.proofs.schedule import ALONE, check_schedule
from tests.connector.proofs.state import empty_light_database, prepared
from tests.postgres import PostgresServer, new_database

A_TEST = 100
"""Schedules in one test; a failing one tells its seed and how it is run alone."""
ON_SQLITE, ON_POSTGRESQL, ON_BOTH = range(2_000), range(100_000, 100_100), range(200_000, 200_050)
if ALONE in os.environ:
    ON_SQLITE = ON_POSTGRESQL = ON_BOTH = range(int(os.environ[ALONE]), int(os.environ[ALONE]) + 1)
SOAK_ON_SQLITE, SOAK_ON_POSTGRESQL, SOAK_ON_BOTH = (
    range(2_000, 20_000),
    range(100_100, 101_000),
    range(200_050, 200_500),
)


def parts(seeds: range) -> list[range]:
    """Seeds in portions for one test each."""
    return [seeds[start : start + A_TEST] for start in range(0, len(seeds), A_TEST)]


def portions(seeds: range) -> pytest.MarkDecorator:
    """One test for each portion."""
    return pytest.mark.parametrize("seeds", parts(seeds), ids=lambda part: f"from {part[0]}")


@pytest.fixture(scope="module")
def postgresql(postgres_server: PostgresServer) -> Iterator[Engine]:
    """A database that all schedules use in turn."""
    with new_database(postgres_server) as url:
        engine = prepared(open_database(url))
        yield engine
        engine.dispose()


def emptied(engine: Engine) -> Engine:
    """The database without a row."""
    with engine.begin() as connection:
        for metadata in (precious, light):
            for table in metadata.tables.values():
                connection.execute(delete(table))
    return engine


def check_on_sqlite(seeds: range) -> None:
    for seed in seeds:
        check_schedule(seed, empty_light_database())


def check_on_postgresql(seeds: range, engine: Engine) -> None:
    for seed in seeds:
        check_schedule(seed, emptied(engine))


def check_on_both(seeds: range, engine: Engine) -> None:
    for seed in seeds:
        assert check_schedule(seed, empty_light_database()) == check_schedule(seed, emptied(engine)), f"seed {seed}"


@portions(ON_SQLITE)
def test_a_schedule_ends_well_on_sqlite(seeds: range) -> None:
    check_on_sqlite(seeds)


@portions(ON_POSTGRESQL)
def test_a_schedule_ends_well_on_postgresql(seeds: range, postgresql: Engine) -> None:
    check_on_postgresql(seeds, postgresql)


@portions(ON_BOTH)
def test_a_schedule_ends_alike_on_both(seeds: range, postgresql: Engine) -> None:
    check_on_both(seeds, postgresql)


@pytest.mark.soak
@portions(SOAK_ON_SQLITE)
def test_many_more_schedules_end_well_on_sqlite(seeds: range) -> None:
    check_on_sqlite(seeds)


@pytest.mark.soak
@portions(SOAK_ON_POSTGRESQL)
def test_many_more_schedules_end_well_on_postgresql(seeds: range, postgresql: Engine) -> None:
    check_on_postgresql(seeds, postgresql)


@pytest.mark.soak
@portions(SOAK_ON_BOTH)
def test_many_more_schedules_end_alike_on_both(seeds: range, postgresql: Engine) -> None:
    check_on_both(seeds, postgresql)
