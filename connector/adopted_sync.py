"""Knows how adopted forms follow the server: a version that phones got since the last run is read before any record."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, func, insert, select

from connector.errors import AccessError, BadAnswerError, InvalidTokenError, RequestRefusedError, ServerFailedError
from connector.kobo import Asset, KoboClient
from connector.precious_schema import adopted_asset, asset_version
from connector.submission import to_text
from connector.sync_state import utc_now

if TYPE_CHECKING:
    from connector.adopted import AdoptedProject

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version that phones may have filled in, and its content as JSON."""

    uid: str
    content: str


def adopted_projects(engine: Engine, client: KoboClient, listed: Iterable[Asset]) -> list[AdoptedProject]:
    """Return the adopted projects of the client's server, by name of table, with tables as their forms say now.

    `listed` are the projects that the account sees: one whose deployed version is not known here is asked for its
    versions, all others cost no request. Where the server does not tell, the versions that are here are gone by, and
    the next run asks again. Never holds a transaction while it waits for the server.
    Raises the client's errors when the server as a whole fails, and StorageError.
    """
    deployed = {asset.uid: asset.deployed_version_id for asset in listed}
    with engine.connect() as connection:
        is_here = adopted_asset.c.server == client.server
        assets = list(connection.execute(select(adopted_asset).where(is_here).order_by(adopted_asset.c.table_name)))
        known = {asset.asset_uid: _known(connection, asset.asset_uid) for asset in assets}
    return [_follow(engine, client, asset, known[asset.asset_uid], deployed.get(asset.asset_uid)) for asset in assets]


def _follow(
    engine: Engine, client: KoboClient, asset: Row[Any], known: Sequence[str], deployed: str | None
) -> AdoptedProject:
    """What reads adopted forms is loaded here: a programme that adopted none has no use for it."""
    from connector.adopted_derive import ensure_tables, read_project

    found: list[NewVersion] = []
    if deployed and deployed not in known:
        found = versions_if_told(client, asset.asset_uid, known)
    with engine.begin() as connection:
        keep_versions(connection, asset.asset_uid, found, utc_now())
        project = read_project(connection, asset)
        ensure_tables(connection, project)
    return project


def _known(connection: Connection, asset_uid: str) -> list[str]:
    query = select(asset_version.c.version_uid).where(asset_version.c.asset_uid == asset_uid)
    return list(connection.scalars(query))


def versions_if_told(client: KoboClient, asset_uid: str, known: Sequence[str]) -> list[NewVersion]:
    """Return what `new_versions` does; none where the server fails at this or refuses it, for other forms wait.

    Raises the client's errors when the server as a whole fails.
    """
    try:
        return new_versions(client, asset_uid, known)
    except InvalidTokenError:
        raise
    except (AccessError, BadAnswerError, RequestRefusedError, ServerFailedError) as error:
        _LOG.warning("versions of %s could not be read: %s", asset_uid, type(error).__name__)
        return []


def new_versions(client: KoboClient, asset_uid: str, known: Sequence[str] = ()) -> list[NewVersion]:
    """Return the deployed versions of a project that are not `known`, oldest first; equal contents are read once.

    Raises the client's errors.
    """
    contents: dict[str, str] = {}
    found = []
    for version in client.versions(asset_uid):
        if version.uid not in known:
            if version.content_hash not in contents:
                contents[version.content_hash] = to_text(client.version_content(asset_uid, version.uid))
            found.append(NewVersion(version.uid, contents[version.content_hash]))
    return found


def keep_versions(connection: Connection, asset_uid: str, versions: Sequence[NewVersion], now: datetime) -> None:
    """Keep versions behind those that are kept already. `now` is UTC without zone."""
    highest = select(func.max(asset_version.c.number)).where(asset_version.c.asset_uid == asset_uid)
    start = (connection.scalar(highest) or 0) + 1
    rows = [
        {"asset_uid": asset_uid, "version_uid": each.uid, "number": number, "content": each.content, "fetched_at": now}
        for number, each in enumerate(versions, start=start)
    ]
    if rows:
        connection.execute(insert(asset_version), rows)
