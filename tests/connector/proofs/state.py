"""Knows how to read all that a database holds into one value, and to put a database back to an earlier moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

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


@dataclass(frozen=True, slots=True)
class State:
    """What a database holds: whole records as canonical JSON, live and marked as deleted, and what follows from them.

    `numbers` are the server's, of the live ones; `last_ids` and `complete` are the cursors', by project; `rest` is all
    else of cursors and quarantine that says how a run will go on, but for times of our own clock.
    """

    live: Mapping[Key, str]
    dead: Mapping[Key, str]
    versions: frozenset[tuple[Key, str]]
    numbers: tuple[tuple[str, int], ...]
    last_ids: Mapping[str, int]
    complete: Mapping[str, datetime | None]
    derived: frozenset[tuple[str, str, str, str]]
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
    """Read a whole database."""
    with engine.connect() as connection:
        rows = connection.execute(_SUBMISSIONS).all()
        versions = connection.execute(_VERSIONS).all()
        kept = _by_key(connection, submission_identity, 2)
        kept_versions = _by_key(connection, submission_version_identity, 3)
        cursors = connection.execute(_CURSORS).all()
        derived = frozenset((row[0], row[1], row[2], row[3]) for row in connection.execute(_DERIVED))
        rest = (connection.execute(_FEEDS).all(), connection.execute(_UNREAD).all())
    whole = {row[:2]: (row.deleted_at, _whole(row.body, kept.get(row[:2]))) for row in rows}
    return State(
        live={key: text for key, (deleted_at, text) in whole.items() if deleted_at is None},
        dead={key: text for key, (deleted_at, text) in whole.items() if deleted_at is not None},
        versions=frozenset((row[:2], _whole(row.body, kept_versions.get(row[:3]))) for row in versions),
        numbers=tuple((row.asset_uid, row.server_id) for row in rows if row.deleted_at is None),
        last_ids={row.asset_uid: row.last_id for row in cursors},
        complete={row.asset_uid: row.complete_as_of for row in cursors},
        derived=derived,
        rest=rest,
    )


def expected_rows(live: Mapping[Key, str]) -> frozenset[tuple[str, str, str, str]]:
    """The derived rows that follow from these records."""
    return frozenset((*key, *answer) for key, text in live.items() for answer in answers_of(json.loads(text)))


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


_SUBMISSIONS = select(
    submission.c.asset_uid, submission.c.root_uuid, submission.c.server_id, submission.c.deleted_at, submission.c.body
)
_VERSIONS = select(
    submission_version.c.asset_uid,
    submission_version.c.root_uuid,
    submission_version.c.body_hash,
    submission_version.c.body,
)
_CURSORS = select(sync_cursor.c.asset_uid, sync_cursor.c.last_id, sync_cursor.c.complete_as_of)
_FEEDS = select(
    sync_cursor.c.asset_uid,
    sync_cursor.c.feed,
    sync_cursor.c.history_since,
    sync_cursor.c.modified_since,
    sync_cursor.c.validated_since,
    sync_cursor.c.server_count,
).order_by(sync_cursor.c.asset_uid)
_UNREAD = select(quarantine.c.body_hash, quarantine.c.resolved_at).order_by(quarantine.c.body_hash)
_DERIVED = select(light_answer)


def _by_key(connection: Connection, table: Table, length: int) -> dict[tuple[str, ...], str]:
    names = ("asset_uid", "root_uuid", "body_hash")[:length]
    rows = connection.execute(select(*(table.c[name] for name in names), table.c.body))
    return {tuple(row[:length]): row.body for row in rows}


def _whole(body: str, identity: str | None) -> str:
    record = json.loads(body)
    return canonical(join_record(record, json.loads(identity)) if identity else record)
