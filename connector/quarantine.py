"""Knows the records that cannot be read: kept as served, counted, and settled when they can be read or are gone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from connector.bulk import chunks
from connector.kobo_values import Refused
from connector.precious_schema import quarantine


def keep_refused(connection: Connection, asset_uid: str, refused: Iterable[Refused], now: datetime) -> int:
    """Keep records that cannot be read, in the caller's transaction; return how many were not waiting before.

    The same content is one row, however often it is served: seen again, it counts one more try, and waits again if it
    was settled. Other contents of the same record were edited away, and are settled. `now` is UTC without zone.
    Raises StorageError.
    """
    found = {_digest(item.text): item for item in refused}
    _settle_earlier_contents(connection, asset_uid, found, now)
    known = _known(connection, asset_uid, list(found))
    again = {"last_seen_at": now, "tries": quarantine.c.tries + 1, "resolved_at": None}
    for chunk in chunks(list(known)):
        is_here = and_(quarantine.c.asset_uid == asset_uid, quarantine.c.body_hash.in_(chunk))
        connection.execute(update(quarantine).where(is_here).values(again))
    fresh = [_row(asset_uid, digest, item, now) for digest, item in found.items() if digest not in known]
    if fresh:
        connection.execute(insert(quarantine), fresh)
    return len(fresh) + sum(row.resolved_at is not None for row in known.values())


def waiting(connection: Connection, asset_uid: str) -> Sequence[Row[Any]]:
    """Return the rows that wait unread, without their text, in the order in which they came. Raises StorageError."""
    columns = [column for column in quarantine.c if column.name != "body"]
    query = select(*columns).where(_is_waiting(asset_uid)).order_by(quarantine.c.quarantine_id)
    return connection.execute(query).all()


def count_waiting(connection: Connection, asset_uid: str | None = None) -> int:
    """Return how many records wait unread, in one project or in all. Raises StorageError."""
    return _count(connection, _is_waiting(asset_uid))


def resolve(
    connection: Connection,
    asset_uid: str,
    now: datetime,
    *,
    roots: Collection[str] = (),
    server_ids: Collection[int] = (),
    without_id: bool = False,
) -> int:
    """Settle what waits under these identities or server rows: it was read, or is gone from the server.

    `without_id` settles also those of which neither can be told. Returns how many rows were settled; their text
    stays. Raises StorageError.
    """
    row = quarantine.c
    nameless = and_(_is_waiting(asset_uid), row.root_uuid.is_(None), row.server_id.is_(None))
    settled = (
        connection.execute(update(quarantine).where(nameless).values(resolved_at=now)).rowcount if without_id else 0
    )
    return settled + sum(
        connection.execute(
            update(quarantine).where(_is_waiting(asset_uid), column.in_(chunk)).values(resolved_at=now)
        ).rowcount
        for column, values in ((row.root_uuid, roots), (row.server_id, server_ids))
        for chunk in chunks(sorted(values))
    )


def resolve_unseen(connection: Connection, asset_uid: str, since: datetime, now: datetime) -> int:
    """Settle what was not served since `since`; only a run that read every record may conclude that it is gone.

    Returns how many rows were settled. Raises StorageError.
    """
    is_unseen = and_(_is_waiting(asset_uid), quarantine.c.last_seen_at < since)
    return _settle(connection, is_unseen, now)


def _settle(connection: Connection, condition: ColumnElement[bool], now: datetime) -> int:
    return connection.execute(update(quarantine).where(condition).values(resolved_at=now)).rowcount


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    """Records among the rows of a condition; contents of unknown identity are records of their own."""
    row = quarantine.c
    named = select(row.asset_uid, row.root_uuid).where(condition, row.root_uuid.is_not(None)).distinct().subquery()
    nameless = select(func.count()).select_from(quarantine).where(condition, row.root_uuid.is_(None))
    return sum(connection.scalar(query) or 0 for query in (select(func.count()).select_from(named), nameless))


def _settle_earlier_contents(
    connection: Connection, asset_uid: str, found: Mapping[str, Refused], now: datetime
) -> None:
    roots = sorted({item.root_uuid for item in found.values() if item.root_uuid is not None})
    for chunk in chunks(roots):
        row = quarantine.c
        is_earlier = and_(_is_waiting(asset_uid), row.root_uuid.in_(chunk), row.body_hash.not_in(list(found)))
        _settle(connection, is_earlier, now)


def _is_waiting(asset_uid: str | None) -> ColumnElement[bool]:
    is_unsettled = quarantine.c.resolved_at.is_(None)
    return is_unsettled if asset_uid is None else and_(quarantine.c.asset_uid == asset_uid, is_unsettled)


def _known(connection: Connection, asset_uid: str, digests: Sequence[str]) -> dict[str, Any]:
    row = quarantine.c
    columns = (row.body_hash, row.resolved_at)
    return {
        found.body_hash: found
        for chunk in chunks(digests)
        for found in connection.execute(select(*columns).where(row.asset_uid == asset_uid, row.body_hash.in_(chunk)))
    }


def _row(asset_uid: str, digest: str, item: Refused, now: datetime) -> dict[str, Any]:
    return {
        "asset_uid": asset_uid,
        "body_hash": digest,
        "server_id": item.server_id,
        "root_uuid": item.root_uuid,
        "reason": item.reason,
        "body": item.text,
        "first_seen_at": now,
        "last_seen_at": now,
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
