"""Knows how raw records are parted anew when a person changes what is kept apart: an old choice must not go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from connector.bulk import KEYS_A_STATEMENT
from connector.identity import join_texts
from connector.precious_schema import (
    submission,
    submission_identity,
    submission_version,
    submission_version_identity,
)
from connector.project import Project
from connector.submission import read_submission, to_text

Key = tuple[str, ...]
_KEPT = (
    (submission, submission_identity, ("root_uuid",)),
    (submission_version, submission_version_identity, ("root_uuid", "body_hash")),
)


def part_again(connection: Connection, project: Project) -> int:
    """Part all raw records of a project, earlier versions too, as it says now; return how many that changed.

    What is kept of each record stays the same as a whole. Raises StorageError.
    """
    return sum(_part(connection, project, *tables) for tables in _KEPT)


def _part(connection: Connection, project: Project, bodies: Table, identities: Table, key: Key) -> int:
    changed = 0
    for roots in _batches_of_roots(connection, bodies, project.asset_uid):
        found = list(_changes(connection, project, bodies, identities, key, roots))
        changed += len(found)
        _write(connection, bodies, identities, project.asset_uid, key, found)
    return changed


def _batches_of_roots(connection: Connection, bodies: Table, asset_uid: str) -> Iterator[list[str]]:
    """The identities of all records of a project, some at a time: all at once are a quarter of a gigabyte a million."""
    root = bodies.c.root_uuid
    query = select(root).where(bodies.c.asset_uid == asset_uid).distinct().order_by(root).limit(KEYS_A_STATEMENT)
    last = ""
    while roots := list(connection.scalars(query.where(root > last))):
        yield roots
        last = roots[-1]


def _changes(
    connection: Connection, project: Project, bodies: Table, identities: Table, key: Key, roots: list[str]
) -> Iterator[tuple[dict[str, Any], str, str | None]]:
    """Yield (key, body, identity or None) of every record that is parted otherwise now."""
    same = and_(*(bodies.c[name] == identities.c[name] for name in ("asset_uid", *key)))
    query = select(bodies, identities.c.body.label("identity")).outerjoin(identities, same)
    theirs = and_(bodies.c.asset_uid == project.asset_uid, bodies.c.root_uuid.in_(roots))
    rows = connection.execute(query.where(theirs)).all()
    for row in rows:
        record = join_texts(row.body, row.identity)
        body, identity, _ = project.part(record, read_submission(record))
        texts = to_text(body), to_text(identity) if identity else None
        if texts != (row.body, row.identity):
            yield {name: getattr(row, name) for name in key}, *texts


def _write(
    connection: Connection,
    bodies: Table,
    identities: Table,
    asset_uid: str,
    key: Key,
    changes: list[tuple[dict[str, Any], str, str | None]],
) -> None:
    if not changes:
        return
    parameters = [{f"key_{name}": value for name, value in keys.items()} for keys, _, _ in changes]
    texts = [{**each, "new_body": body} for each, (_, body, _) in zip(parameters, changes, strict=True)]
    for table, statement, rows in (
        (bodies, update(bodies).values(body=bindparam("new_body")), texts),
        (identities, delete(identities), parameters),
    ):
        of_key = (table.c[name] == bindparam(f"key_{name}") for name in key)
        connection.execute(statement.where(table.c.asset_uid == asset_uid, *of_key), rows)
    kept = [{"asset_uid": asset_uid, **keys, "body": identity} for keys, _, identity in changes if identity]
    if kept:
        connection.execute(insert(identities), kept)
