"""Knows how records that are stored get the fingerprints of this version, a batch at a time, from what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from connector.identity import join_texts
from connector.submission import files_hash, fingerprint

RECORDS_A_BATCH = 500
KEY = ("root_uuid", "asset_uid")
VERSION_KEY = (*KEY, "body_hash")
Names = tuple[str, ...]


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))


SUBMISSION = _table("submission", *KEY, "body", "body_hash", "files_hash")
IDENTITY = _table("submission_identity", *KEY, "body")
VERSION = _table("submission_version", *VERSION_KEY, "body")
VERSION_IDENTITY = _table("submission_version_identity", *VERSION_KEY, "body")


def renew_fingerprints(connection: Connection) -> None:
    """Compute the fingerprint of every record and of every earlier version of one anew, in the caller's transaction."""
    for roots in _batches(connection, SUBMISSION):
        _renew_records(connection, _with_identity(connection, SUBMISSION, IDENTITY, KEY, roots))
    for roots in _batches(connection, VERSION):
        _renew_versions(connection, _with_identity(connection, VERSION, VERSION_IDENTITY, VERSION_KEY, roots))


def _batches(connection: Connection, table: sa.TableClause) -> Iterator[Sequence[str]]:
    """The identities of all records in a table, some at a time."""
    query = sa.select(table.c.root_uuid).distinct().order_by(table.c.root_uuid).limit(RECORDS_A_BATCH)
    roots = connection.scalars(query).all()
    while roots:
        yield roots
        roots = connection.scalars(query.where(table.c.root_uuid > roots[-1])).all()


def _with_identity(
    connection: Connection, table: sa.TableClause, identities: sa.TableClause, key: Names, roots: Sequence[str]
) -> Sequence[Any]:
    same = sa.and_(*(table.c[name] == identities.c[name] for name in key))
    columns = [table.c[name] for name in VERSION_KEY]
    query = sa.select(*columns, table.c.body, identities.c.body.label("identity"))
    query = query.select_from(table.outerjoin(identities, same)).where(table.c.root_uuid.in_(roots))
    return connection.execute(query.order_by(*columns)).all()


def _whole(row: Row[Any]) -> dict[str, Any]:
    return join_texts(row.body, row.identity)


def _renew_records(connection: Connection, rows: Sequence[Any]) -> None:
    records = map(_whole, rows)
    renewed = [
        {**_key(row, KEY), "new": fingerprint(record), "files": files_hash(record)}
        for row, record in zip(rows, records, strict=True)
    ]
    if renewed:
        change = SUBMISSION.update().values(body_hash=sa.bindparam("new"), files_hash=sa.bindparam("files"))
        connection.execute(change.where(*_is_key(SUBMISSION, KEY)), renewed)


def _renew_versions(connection: Connection, rows: Sequence[Any]) -> None:
    """Two versions that are one content by the new fingerprint are kept once."""
    found: set[tuple[str, str, str]] = set()
    doubles, renewed = list[dict[str, str]](), list[dict[str, str]]()
    for row in rows:
        new = fingerprint(_whole(row))
        is_double = (row.root_uuid, row.asset_uid, new) in found
        found.add((row.root_uuid, row.asset_uid, new))
        (doubles if is_double else renewed).append({**_key(row, VERSION_KEY), "new": new})
    for table in (VERSION, VERSION_IDENTITY):
        if doubles:
            connection.execute(table.delete().where(*_is_key(table, VERSION_KEY)), doubles)
        if renewed:
            change = table.update().values(body_hash=sa.bindparam("new"))
            connection.execute(change.where(*_is_key(table, VERSION_KEY)), renewed)


def _key(row: Row[Any], names: Names) -> dict[str, str]:
    return {f"key_{name}": getattr(row, name) for name in names}


def _is_key(table: sa.TableClause, names: Names) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(f"key_{name}") for name in names]
