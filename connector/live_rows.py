"""Knows what is stored of a project's records without reading an answer: which are live, of which version, how many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, exists, func, or_, select

from connector.bulk import chunks
from connector.precious_schema import IS_AWAITING, submission, submission_version


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


# Statements are made once: making one, and finding it among those that were made before, takes longer than running it.
_COLUMNS = tuple(submission.c[name] for name in LiveRow.__slots__)
_IS_LIVE = (submission.c.asset_uid == bindparam("uid"), submission.c.deleted_at.is_(None))
_COUNT = select(func.count()).select_from(submission).where(*_IS_LIVE)
_COUNT_VALIDATED = _COUNT.where(submission.c.validation_status.is_not(None))
_HIGHEST = select(func.max(submission.c.server_id)).where(*_IS_LIVE)
_NUMBER_AT = (
    select(submission.c.server_id)
    .where(*_IS_LIVE)
    .order_by(submission.c.server_id)
    .offset(bindparam("place", type_=Integer))
    .limit(1)
)
_LIVE = select(*_COLUMNS).where(*_IS_LIVE)
_ROWS = _LIVE.order_by(submission.c.server_id)
# In no order: by number, SQLite would walk through the numbers of all records to find these.
_ROWS_OF = _LIVE.where(submission.c.root_uuid.in_(bindparam("roots", expanding=True)))
_ROWS_NUMBERED = _ROWS.where(submission.c.server_id.in_(bindparam("numbers", expanding=True)))
_HAS_CHANGED = exists().where(
    *(submission_version.c[name] == submission.c[name] for name in ("asset_uid", "root_uuid")),
    submission_version.c.replaced_at >= bindparam("since"),
)
_AWAITING = _ROWS.where(IS_AWAITING, or_(submission.c.first_seen_at >= bindparam("since"), _HAS_CHANGED))


def count_live(connection: Connection, asset_uid: str, after_id: int | None = None, upto_id: int | None = None) -> int:
    """How many records of a project are live, those with `after_id` < server_id <= `upto_id` where these are given."""
    return connection.scalar(*_between(_COUNT, asset_uid, after_id, upto_id)) or 0


def rows_between(
    connection: Connection, asset_uid: str, after_id: int | None = None, upto_id: int | None = None
) -> list[LiveRow]:
    """Return the live records with `after_id` < server_id <= `upto_id`, ascending by server_id."""
    return list(_rows(connection.execute(*_between(_ROWS, asset_uid, after_id, upto_id))))


def count_validated(
    connection: Connection, asset_uid: str, after_id: int | None = None, upto_id: int | None = None
) -> int:
    """How many of the records that `count_live` counts have a validation status."""
    return connection.scalar(*_between(_COUNT_VALIDATED, asset_uid, after_id, upto_id)) or 0


def number_at(
    connection: Connection, asset_uid: str, place: int, after_id: int | None = None, upto_id: int | None = None
) -> int | None:
    """The server_id at a place (from 0) among the live records that `rows_between` returns; None if they are fewer."""
    query, values = _between(_NUMBER_AT, asset_uid, after_id, upto_id)
    return connection.scalar(query, {**values, "place": place})


def highest_number(connection: Connection, asset_uid: str) -> int | None:
    """The highest server_id of a live record; None if there is none."""
    return connection.scalar(_HIGHEST, {"uid": asset_uid})


def rows_of(connection: Connection, asset_uid: str, root_uuids: Sequence[str]) -> dict[str, LiveRow]:
    """Return the live ones of these records by identity."""
    asked = ({"uid": asset_uid, "roots": each} for each in chunks(root_uuids))
    return {row.root_uuid: row for values in asked for row in _rows(connection.execute(_ROWS_OF, values))}


def rows_numbered(connection: Connection, asset_uid: str, server_ids: Sequence[int]) -> list[LiveRow]:
    """Return the live records with these numbers on the server; two may have one number (see `store_page`)."""
    asked = ({"uid": asset_uid, "numbers": each} for each in chunks(server_ids))
    return [row for values in asked for row in _rows(connection.execute(_ROWS_NUMBERED, values))]


def awaiting_files(connection: Connection, asset_uid: str, since: datetime) -> list[LiveRow]:
    """Return the live records that name files which are not there, and came or changed at `since` or later.

    `since` is UTC without zone.
    """
    return list(_rows(connection.execute(_AWAITING, {"uid": asset_uid, "since": since})))


def _between(
    query: Select[Any], asset_uid: str, after_id: int | None, upto_id: int | None
) -> tuple[Select[Any], Mapping[str, Any]]:
    """A query with the bounds that are given, and its values."""
    values = {"uid": asset_uid, "after": after_id, "up_to": upto_id}
    given = {name: value for name, value in values.items() if value is not None}
    return _bounded(query, after_id is not None, upto_id is not None), given


@cache
def _bounded(query: Select[Any], is_after: bool, is_up_to: bool) -> Select[Any]:
    bounds = [submission.c.server_id > bindparam("after")] if is_after else []
    bounds += [submission.c.server_id <= bindparam("up_to")] if is_up_to else []
    return query.where(*bounds)


def _rows(found: Iterable[Any]) -> Iterator[LiveRow]:
    return (LiveRow(*row) for row in found)
