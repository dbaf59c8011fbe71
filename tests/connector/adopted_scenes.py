"""Knows how tests get an adopted form into a database, without a server."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from connector.adopted import AdoptedProject
from connector.adopted_derive import ensure_tables, read_project
from connector.database import open_database
from connector.precious_schema import adopted_asset, asset_version
from tests.connector.derived_database import with_known_statements
from tests.connector.sync_scenes import new_database, restore, snapshot

NOW = datetime(2026, 11, 26, 8, 0)
SERVER = "http://kobo.test"


@cache
def _empty() -> bytes:
    return snapshot(new_database("sqlite:///:memory:"))


def fresh_database() -> Engine:
    """A migrated database in memory. Its engine is its own: tables of one test are none of the next."""
    return restore(with_known_statements(open_database("sqlite://")), _empty())


def adopted(
    connection: Connection,
    contents: Mapping[str, Any] | Sequence[tuple[str, Mapping[str, Any]]],
    asset_uid: str = "aAdoptedForm0000000001",
    name: str = "visit",
    settings: Mapping[str, Any] | None = None,
) -> AdoptedProject:
    """Adopt a form in a migrated database: one content, or pairs of version uid and content, the oldest first."""
    pairs = contents if isinstance(contents, Sequence) else [("v1", contents)]
    row = {"asset_uid": asset_uid, "server": SERVER, "table_name": name, "title": name, "adopted_at": NOW}
    connection.execute(insert(adopted_asset), [{**row, "settings": json.dumps(settings or {})}])
    for number, (uid, content) in enumerate(pairs, start=1):
        version = {"asset_uid": asset_uid, "version_uid": uid, "number": number, "content": json.dumps(content)}
        connection.execute(insert(asset_version), [{**version, "fetched_at": NOW}])
    asset = connection.execute(select(adopted_asset).where(adopted_asset.c.asset_uid == asset_uid)).one()
    project = read_project(connection, asset)
    ensure_tables(connection, project)
    return project
