"""Knows the records that cannot be read: kept as served, counted, and settled when they can be read or are gone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, insert, select, update

from connector.bulk import chunks
from connector.kobo_values import Refused
from connector.precious_schema import quarantine

# Statements are made once: making one, and finding it among those that were made before, takes longer than running it.
_ROW = quarantine.c
_IS_OF = _ROW.asset_uid == bindparam("uid")
_IS_UNSETTLED = _ROW.resolved_at.is_(None)
_IS_NAMELESS = (_ROW.root_uuid.is_(None), _ROW.server_id.is_(None))
_HAS_DIGEST = _ROW.body_hash.in_(bindparam("digests", expanding=True))
_HAS_ROOT = _ROW.root_uuid.in_(bindparam("roots", expanding=True))
_HAS_NUMBER = _ROW.server_id.in_(bindparam("numbers", expanding=True))
_KNOWN = select(_ROW.body_hash, _ROW.resolved_at).where(_IS_OF, _HAS_DIGEST)
_SEE_AGAIN = (
    update(quarantine)
    .where(_IS_OF, _HAS_DIGEST)
    .values(last_seen_at=bindparam("now"), tries=_ROW.tries + 1, resolved_at=None)
)
_WAITING = (
    select(*(column for column in _ROW if column.name != "body"))
    .where(_IS_OF, _IS_UNSETTLED)
    .order_by(_ROW.quarantine_id)
)
_SETTLE = update(quarantine).where(_IS_OF, _IS_UNSETTLED).values(resolved_at=bindparam("now"))
_SETTLE_ROOTS, _SETTLE_NUMBERS, _SETTLE_NAMELESS, _SETTLE_EARLIER, _SETTLE_UNSEEN = (
    _SETTLE.where(_HAS_ROOT),
    _SETTLE.where(_HAS_NUMBER),
    _SETTLE.where(*_IS_NAMELESS),
    _SETTLE.where(_HAS_ROOT, _ROW.body_hash.not_in(bindparam("digests", expanding=True))),
    _SETTLE.where(_ROW.last_seen_at < bindparam("since")),
)


def _count_where(*condition: ColumnElement[bool]) -> Select[Any]:
    """Count the records among the rows of a condition; contents of unknown identity are records of their own."""
    named = select(_ROW.asset_uid, _ROW.root_uuid).where(*condition, _ROW.root_uuid.is_not(None)).distinct().subquery()
    nameless = select(func.count()).select_from(quarantine).where(*condition, _ROW.root_uuid.is_(None))
    return select(select(func.count()).select_from(named).scalar_subquery() + nameless.scalar_subquery())


_COUNT_OF, _COUNT_ALL = _count_where(_IS_OF, _IS_UNSETTLED), _count_where(_IS_UNSETTLED)


def keep_refused(connection: Connection, asset_uid: str, refused: Iterable[Refused], now: datetime) -> int:
    """Keep records that cannot be read, in the caller's transaction; return how many were not waiting before.

    The same content is one row, however often it is served: seen again, it counts one more try, and waits again if it
    was settled. Other contents of the same record were edited away, and are settled. `now` is UTC without zone.
    Raises StorageError.
    """
    found = {_digest(item.text): item for item in refused}
    _settle_earlier_contents(connection, asset_uid, found, now)
    known = _known(connection, asset_uid, list(found))
    for chunk in chunks(list(known)):
        connection.execute(_SEE_AGAIN, {"uid": asset_uid, "digests": chunk, "now": now})
    fresh = [_row(asset_uid, digest, item, now) for digest, item in found.items() if digest not in known]
    if fresh:
        connection.execute(insert(quarantine), fresh)
    return len(fresh) + sum(row.resolved_at is not None for row in known.values())


def waiting(connection: Connection, asset_uid: str) -> Sequence[Row[Any]]:
    """Return the rows that wait unread, without their text, in the order in which they came. Raises StorageError."""
    return connection.execute(_WAITING, {"uid": asset_uid}).all()


def count_waiting(connection: Connection, asset_uid: str | None = None) -> int:
    """Return how many records wait unread, in one project or in all. Raises StorageError."""
    counted = _COUNT_ALL if asset_uid is None else _COUNT_OF
    return connection.scalar(counted, {} if asset_uid is None else {"uid": asset_uid}) or 0


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
    values = {"uid": asset_uid, "now": now}
    settled = connection.execute(_SETTLE_NAMELESS, values).rowcount if without_id else 0
    for chunk in chunks(sorted(roots)):
        settled += connection.execute(_SETTLE_ROOTS, {**values, "roots": chunk}).rowcount
    for numbers in chunks(sorted(server_ids)):
        settled += connection.execute(_SETTLE_NUMBERS, {**values, "numbers": numbers}).rowcount
    return settled


def resolve_unseen(connection: Connection, asset_uid: str, since: datetime, now: datetime) -> int:
    """Settle what was not served since `since`; only a run that read every record may conclude that it is gone.

    Returns how many rows were settled. Raises StorageError.
    """
    return connection.execute(_SETTLE_UNSEEN, {"uid": asset_uid, "now": now, "since": since}).rowcount


def _settle_earlier_contents(
    connection: Connection, asset_uid: str, found: Mapping[str, Refused], now: datetime
) -> None:
    roots = sorted({item.root_uuid for item in found.values() if item.root_uuid is not None})
    for chunk in chunks(roots):
        connection.execute(_SETTLE_EARLIER, {"uid": asset_uid, "now": now, "roots": chunk, "digests": list(found)})


def _known(connection: Connection, asset_uid: str, digests: Sequence[str]) -> dict[str, Any]:
    asked = ({"uid": asset_uid, "digests": chunk} for chunk in chunks(digests))
    return {found.body_hash: found for values in asked for found in connection.execute(_KNOWN, values)}


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
