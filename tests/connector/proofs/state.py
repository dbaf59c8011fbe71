"""Knows how to read all that a database holds into one value, and to put a database back to an earlier moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Dialect, Engine, select

from connector.database import open_database
from connector.identity import join_record
from connector.migration import migrate
from connector.precious_schema import (
    quarantine,
    submission,
    submission_identity,
    submission_version,
    submission_version_identity,
    sync_cursor,
)
from tests.connector.proofs.light_project import answers_of, light, light_answer
from tests.connector.sync_scenes import restore, snapshot

Key = tuple[str, str]
"""Project and record."""
MOST_KEPT = 4096
"""So many texts of records are remembered with what follows from them."""


@dataclass(frozen=True, slots=True)
class State:
    """What a database holds: whole records as canonical JSON, live and marked as deleted, and what follows from them.

    `numbers` are the server's, of the live ones; `last_ids` and `complete` are the cursors', by project; `waiting` are
    kept as served, unread; `rest` is all else of cursors and quarantine that says how a run will go on, but for times
    of our own clock.
    """

    live: Mapping[Key, str]
    dead: Mapping[Key, str]
    versions: frozenset[tuple[Key, str]]
    numbers: tuple[tuple[str, int], ...]
    last_ids: Mapping[str, int]
    complete: Mapping[str, object]
    derived: frozenset[tuple[str, str, str, str]]
    waiting: frozenset[Key]
    rest: tuple[Any, ...]

    @property
    def bodies(self) -> dict[Key, str]:
        """Every record that is here, deleted ones too."""
        return {**self.live, **self.dead}

    @property
    def content(self) -> tuple[Any, ...]:
        """What must not change when nothing has changed on the server."""
        return (self.live, self.dead.keys(), self.versions, self.derived)


def state_of(engine: Engine) -> State:
    """Read a whole database, past SQLAlchemy, which would take most of the time; values are the driver's own."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        found = [driver.execute(text).fetchall() for text in _texts(engine.dialect)]
    records, kept, versions, kept_versions, cursors, derived, feeds, unread = found
    names, version_names = ({row[:-1]: row[-1] for row in rows} for rows in (kept, kept_versions))
    live, dead = (
        {row[:2]: _whole(row[4], names.get(row[:2])) for row in records if (row[3] is not None) == is_dead}
        for is_dead in (False, True)
    )
    return State(
        live=live,
        dead=dead,
        versions=frozenset((row[:2], _whole(row[3], version_names.get(row[:3]))) for row in versions),
        numbers=tuple((row[0], row[2]) for row in records if row[3] is None),
        last_ids={row[0]: row[1] for row in cursors},
        complete={row[0]: row[2] for row in cursors},
        derived=frozenset(derived),
        waiting=frozenset(row[:2] for row in unread if row[2] is None),
        rest=(feeds, unread),
    )


def expected_rows(live: Mapping[Key, str]) -> frozenset[tuple[str, str, str, str]]:
    """The derived rows that follow from these records."""
    return frozenset((*key, *answer) for key, text in live.items() for answer in _answers(text))


@lru_cache(MOST_KEPT)
def _answers(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(answers_of(json.loads(text)))


def canonical(record: Any) -> str:
    """A record as text, whatever the order of its keys."""
    return json.dumps(record, sort_keys=True)


@cache
def empty_content() -> bytes:
    """A database in memory of this version, before the first run."""
    return snapshot(prepared(open_database("sqlite:///:memory:")))


@cache
def memory_engine() -> Engine:
    """The one database in memory that all cases use in turn, which spares compiling statements."""
    return open_database("sqlite://")


def prepared(engine: Engine) -> Engine:
    """Give an empty database its tables, those of the light projects too."""
    migrate(engine)
    with engine.begin() as connection:
        light.create_all(connection)
    return engine


def empty_light_database() -> Engine:
    """An empty database in memory, made at once."""
    return restore(memory_engine(), empty_content())


_QUERIES = (
    select(
        submission.c.asset_uid,
        submission.c.root_uuid,
        submission.c.server_id,
        submission.c.deleted_at,
        submission.c.body,
    ),
    select(submission_identity.c.asset_uid, submission_identity.c.root_uuid, submission_identity.c.body),
    select(
        submission_version.c.asset_uid,
        submission_version.c.root_uuid,
        submission_version.c.body_hash,
        submission_version.c.body,
    ),
    select(
        submission_version_identity.c.asset_uid,
        submission_version_identity.c.root_uuid,
        submission_version_identity.c.body_hash,
        submission_version_identity.c.body,
    ),
    select(sync_cursor.c.asset_uid, sync_cursor.c.last_id, sync_cursor.c.complete_as_of),
    select(light_answer),
    select(
        sync_cursor.c.asset_uid,
        sync_cursor.c.feed,
        sync_cursor.c.history_since,
        sync_cursor.c.modified_since,
        sync_cursor.c.validated_since,
        sync_cursor.c.server_count,
    ).order_by(sync_cursor.c.asset_uid),
    select(quarantine.c.asset_uid, quarantine.c.root_uuid, quarantine.c.resolved_at, quarantine.c.body_hash).order_by(
        quarantine.c.body_hash
    ),
)


@cache
def _texts(dialect: Dialect) -> tuple[str, ...]:
    """The queries as this database takes them."""
    return tuple(str(query.compile(dialect=dialect)) for query in _QUERIES)


@lru_cache(MOST_KEPT)
def _whole(body: str, identity: str | None) -> str:
    record = json.loads(body)
    return canonical(join_record(record, json.loads(identity)) if identity else record)
