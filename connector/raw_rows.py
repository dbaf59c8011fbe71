"""Knows the statements that find raw records, keep what they were, and take them away; each is made only once.

Making a statement, and finding it among those that were made before, takes longer than running it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from connector.bulk import chunks
from connector.identity import join_texts
from connector.many_keys import is_one_named
from connector.precious_schema import (
    submission,
    submission_identity,
    submission_version,
    submission_version_identity,
)
from connector.submission import Json


def _these(table: Table) -> ColumnElement[bool]:
    """The rows of the records `roots` of the project `uid`."""
    is_wanted = table.c.root_uuid.in_(bindparam("roots", expanding=True))
    return and_(table.c.asset_uid == bindparam("uid"), is_wanted)


def _is_kept(table: Table) -> ColumnElement[bool]:
    """Whether the content of a record is among its earlier ones."""
    return exists().where(*(table.c[name] == submission.c[name] for name in ("asset_uid", "root_uuid", "body_hash")))


_HAS_SAME_KEY = and_(*(submission.c[name] == submission_identity.c[name] for name in ("asset_uid", "root_uuid")))
_CONTENTS = (
    select(submission.c.root_uuid, submission.c.body, submission_identity.c.body.label("identity"))
    .outerjoin_from(submission, submission_identity, _HAS_SAME_KEY)
    .where(_these(submission))
)
_KEPT_KEY = (submission.c.asset_uid, submission.c.root_uuid, submission.c.body_hash)
_KEEP_BODIES = insert(submission_version).from_select(
    [column.name for column in submission_version.c],
    select(
        *(*_KEPT_KEY, submission.c.version_uuid, submission.c.server_id, submission.c.body),
        bindparam("now", type_=DateTime),
    ).where(_these(submission), ~_is_kept(submission_version)),
)
_KEEP_IDENTITIES = insert(submission_version_identity).from_select(
    [column.name for column in submission_version_identity.c],
    select(*_KEPT_KEY, submission_identity.c.body)
    .join_from(submission, submission_identity, _HAS_SAME_KEY)
    .where(_these(submission), ~_is_kept(submission_version_identity)),
)
_DROP = tuple(delete(table).where(_these(table)) for table in (submission, submission_identity))
_MARK = update(submission).where(_these(submission)).values(deleted_at=bindparam("now"))


def known_rows(connection: Connection, asset_uid: str, roots: Sequence[str]) -> dict[str, Row[Any]]:
    """What is stored of some records, live or not, beside their contents, by root UUID."""
    statement = _known(connection.dialect.name)
    return {row.root_uuid: row for row in connection.execute(statement, {"uid": asset_uid, "roots": roots})}


@cache
def _known(dialect: str) -> Select[Any]:
    """Asked for each page, so all roots travel as one value."""
    is_wanted = is_one_named(dialect, submission.c.root_uuid, "roots")
    known = select(*(column for column in submission.c if column.name != "body"))
    return known.where(submission.c.asset_uid == bindparam("uid"), is_wanted)


def contents_of(connection: Connection, asset_uid: str, roots: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Yield (root UUID, record as it was served) of stored records."""
    for row in connection.execute(_CONTENTS, {"uid": asset_uid, "roots": roots}):
        yield row.root_uuid, join_texts(row.body, row.identity)


def keep_versions(connection: Connection, asset_uid: str, roots: Sequence[str], now: datetime) -> None:
    """Copy what is about to be replaced into the tables of earlier versions, unless that content is there already."""
    for chunk in chunks(roots):
        these = {"uid": asset_uid, "roots": chunk}
        connection.execute(_KEEP_BODIES, {**these, "now": now})
        connection.execute(_KEEP_IDENTITIES, these)


def drop_rows(connection: Connection, asset_uid: str, roots: Sequence[str]) -> None:
    """Take records away, so that they can be written anew."""
    for statement in _DROP:
        for chunk in chunks(roots):
            connection.execute(statement, {"uid": asset_uid, "roots": chunk})


def mark_rows(connection: Connection, asset_uid: str, roots: Sequence[str], now: datetime) -> None:
    """Mark records as deleted."""
    for chunk in chunks(roots):
        connection.execute(_MARK, {"uid": asset_uid, "roots": chunk, "now": now})
