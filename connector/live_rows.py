"""Knows what is stored of a project's records without reading an answer: which are live, of which version, how many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from connector.bulk import chunks
from connector.precious_schema import submission
from connector.submission import Json, attachments_of


@dataclass(frozen=True, slots=True)
class LiveRow:
    """A stored record that is not marked as deleted: what tells whether the server has another version of it."""

    root_uuid: str
    server_id: int
    version_uuid: str
    validation_status: str | None
    validation_at: int | None
    files_hash: str | None
    awaits_files: int


def count_live(connection: Connection, asset_uid: str, after_id: int | None = None, upto_id: int | None = None) -> int:
    """How many records of a project are live, those with `after_id` < server_id <= `upto_id` where these are given."""
    query = select(func.count()).select_from(submission).where(_is_between(asset_uid, after_id, upto_id))
    return connection.scalar(query) or 0


def rows_between(
    connection: Connection, asset_uid: str, after_id: int | None = None, upto_id: int | None = None
) -> list[LiveRow]:
    """Return the live records with `after_id` < server_id <= `upto_id`, ascending by server_id."""
    return list(_rows(connection, _is_between(asset_uid, after_id, upto_id)))


def count_validated(
    connection: Connection, asset_uid: str, after_id: int | None = None, upto_id: int | None = None
) -> int:
    """How many of the records that `count_live` counts have a validation status."""
    is_wanted = _is_between(asset_uid, after_id, upto_id), submission.c.validation_status.is_not(None)
    return connection.scalar(select(func.count()).select_from(submission).where(*is_wanted)) or 0


def number_at(
    connection: Connection, asset_uid: str, place: int, after_id: int | None = None, upto_id: int | None = None
) -> int | None:
    """The server_id at a place (from 0) among the live records that `rows_between` returns; None if they are fewer."""
    query = select(submission.c.server_id).where(_is_between(asset_uid, after_id, upto_id))
    return connection.scalar(query.order_by(submission.c.server_id).offset(place).limit(1))


def highest_number(connection: Connection, asset_uid: str) -> int | None:
    """The highest server_id of a live record; None if there is none."""
    return connection.scalar(select(func.max(submission.c.server_id)).where(_is_live(asset_uid)))


def rows_of(connection: Connection, asset_uid: str, root_uuids: Sequence[str]) -> dict[str, LiveRow]:
    """Return the live ones of these records by identity."""
    found = (_rows(connection, _is_live(asset_uid), submission.c.root_uuid.in_(each)) for each in chunks(root_uuids))
    return {row.root_uuid: row for rows in found for row in rows}


def rows_numbered(connection: Connection, asset_uid: str, server_ids: Sequence[int]) -> list[LiveRow]:
    """Return the live records with these numbers on the server; two may have one number (see `store_page`)."""
    found = (_rows(connection, _is_live(asset_uid), submission.c.server_id.in_(each)) for each in chunks(server_ids))
    return [row for rows in found for row in rows]


def awaiting_files(connection: Connection, asset_uid: str, since: datetime) -> list[LiveRow]:
    """Return the live records first seen at `since` (UTC without zone) or later that name files which are not there."""
    is_waiting = and_(submission.c.awaits_files > 0, submission.c.first_seen_at >= since)
    return list(_rows(connection, _is_live(asset_uid), is_waiting))


def files_hash(record: Json) -> str | None:
    """A digest of which files came with a record and which were deleted since; None when it has none."""
    files = attachments_of(record)
    return (
        hashlib.blake2b(repr(files).encode("ascii", "backslashreplace"), digest_size=16).hexdigest() if files else None
    )


_COLUMNS = tuple(submission.c[name] for name in LiveRow.__slots__)


def _rows(connection: Connection, *where: ColumnElement[bool]) -> Iterator[LiveRow]:
    query = select(*_COLUMNS).where(*where).order_by(submission.c.server_id)
    return (LiveRow(*row) for row in connection.execute(query))


def _is_live(asset_uid: str) -> ColumnElement[bool]:
    return and_(submission.c.asset_uid == asset_uid, submission.c.deleted_at.is_(None))


def _is_between(asset_uid: str, after_id: int | None, upto_id: int | None) -> ColumnElement[bool]:
    bounds = [] if after_id is None else [submission.c.server_id > after_id]
    bounds += [] if upto_id is None else [submission.c.server_id <= upto_id]
    return and_(_is_live(asset_uid), *bounds)
