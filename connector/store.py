"""Knows how records come to rest: raw and whole, with every earlier version, their facts derived in the same breath."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, bindparam, delete, exists, insert, literal, select
from sqlalchemy import update as update_rows

from connector.precious_schema import (
    submission,
    submission_identity,
    submission_version,
    submission_version_identity,
)
from connector.project import Project
from connector.records import RecordKey, StoredRecord
from connector.submission import Json, Submission, read_submission, to_text

KEYS_A_STATEMENT = 500
"""Databases limit how many values one statement may carry."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What storing some records changed. `revalidated` are those of which only the validation status is another."""

    new: int = 0
    edited: int = 0
    revalidated: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.new + other.new,
            self.edited + other.edited,
            self.revalidated + other.revalidated,
            self.unchanged + other.unchanged,
        )


def store_page(connection: Connection, project: Project, records: Iterable[Json], now: datetime) -> Counts:
    """Store records as served and derive their facts, in the caller's transaction; storing twice changes nothing.

    `now` is UTC without zone. A record that was deleted and sent again comes back to life under its new server row.
    Of two rows with one identity, the later one counts. Any record is stored, also one that cannot be read.
    Raises StorageError.
    """
    incoming = _latest(read_submission(record) for record in records)
    known = _known(connection, project.asset_uid, incoming)
    kinds = {root: _kind_of_change(known.get(root), item) for root, item in incoming.items()}
    changed = [item for root, item in incoming.items() if kinds[root] != "unchanged"]
    if changed:
        _write(connection, project, changed, known, now)
        project.derive(connection, [_stored(project, item) for item in changed], [])
    return Counts(**{kind: list(kinds.values()).count(kind) for kind in ("new", "edited", "revalidated", "unchanged")})


def mark_deleted(connection: Connection, project: Project, root_uuids: Iterable[str], now: datetime) -> int:
    """Mark records as gone from the server and remove their facts; the raw records stay. Returns how many.

    Records already marked or unknown are left alone. Runs in the caller's transaction. Raises StorageError.
    """
    asset_uid = project.asset_uid
    live = live_roots(connection, asset_uid)
    gone = [root for root in dict.fromkeys(root_uuids) if root in live]
    for chunk in chunks(gone):
        connection.execute(update_rows(submission).where(_these(submission, asset_uid, chunk)).values(deleted_at=now))
    if gone:
        project.derive(connection, [], [RecordKey(asset_uid, root) for root in gone])
    return len(gone)


def live_roots(connection: Connection, asset_uid: str) -> set[str]:
    """Return the identities of all records of a project that are not marked as deleted."""
    is_live = and_(submission.c.asset_uid == asset_uid, submission.c.deleted_at.is_(None))
    return set(connection.scalars(select(submission.c.root_uuid).where(is_live)))


def known_rows(connection: Connection, asset_uid: str, root_uuids: Sequence[str]) -> dict[str, Row[Any]]:
    """Return the stored rows of these records by identity, deleted ones too; absent ones are left out."""
    return {
        row.root_uuid: row
        for chunk in chunks(root_uuids)
        for row in connection.execute(select(submission).where(_these(submission, asset_uid, chunk)))
    }


def chunks(values: Sequence[str], size: int = KEYS_A_STATEMENT) -> Iterator[Sequence[str]]:
    """Cut values into pieces that a statement can carry."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _latest(items: Iterable[Submission]) -> dict[str, Submission]:
    found: dict[str, Submission] = {}
    for item in items:
        if item.root_uuid not in found or found[item.root_uuid].server_id <= item.server_id:
            found[item.root_uuid] = item
    return found


def _known(connection: Connection, asset_uid: str, incoming: Iterable[str]) -> dict[str, Row[Any]]:
    columns = [column for column in submission.c if column.name != "body"]
    return {
        row.root_uuid: row
        for chunk in chunks(list(incoming))
        for row in connection.execute(select(*columns).where(_these(submission, asset_uid, chunk)))
    }


def _kind_of_change(row: Row[Any] | None, item: Submission) -> str:
    """new, edited, revalidated or unchanged. A record that comes back after its deletion is new."""
    if row is None or row.deleted_at is not None:
        return "new"
    if row.body_hash == item.fingerprint:
        return "unchanged"
    same_version = row.version_uuid == item.version_uuid and row.server_id == item.server_id
    same_status = (row.validation_status, row.validation_at) == (item.validation_status, item.validation_at)
    return "revalidated" if same_version and not same_status else "edited"


def _these(table: Table, asset_uid: str, root_uuids: Sequence[str]) -> ColumnElement[bool]:
    return and_(table.c.asset_uid == asset_uid, table.c.root_uuid.in_(root_uuids))


def _write(
    connection: Connection,
    project: Project,
    items: Sequence[Submission],
    known: dict[str, Row[Any]],
    now: datetime,
) -> None:
    asset_uid = project.asset_uid
    earlier = {item.root_uuid: item.fingerprint for item in items if item.root_uuid in known}
    outdated = [root for root, fingerprint in earlier.items() if known[root].body_hash != fingerprint]
    _keep_versions(connection, asset_uid, outdated, now)
    rows = [_row(project, item) for item in items]
    bodies, identities = [row for row, _ in rows], [identity for _, identity in rows if identity]
    if fresh := [{**row, "first_seen_at": now} for row in bodies if row["root_uuid"] not in earlier]:
        connection.execute(insert(submission), fresh)
    if replaced := [row for row in bodies if row["root_uuid"] in earlier]:
        connection.execute(_REPLACE, [_as_parameters(row) for row in replaced])
    for chunk in chunks(list(earlier)):
        connection.execute(delete(submission_identity).where(_these(submission_identity, asset_uid, chunk)))
    if identities:
        connection.execute(insert(submission_identity), identities)


_REPLACED = [column.name for column in submission.c if column.name not in ("asset_uid", "root_uuid", "first_seen_at")]
_REPLACE = (
    update_rows(submission)
    .where(submission.c.asset_uid == bindparam("key_asset"), submission.c.root_uuid == bindparam("key_root"))
    .values({name: bindparam(f"new_{name}") for name in _REPLACED})
)


def _as_parameters(row: dict[str, Any]) -> dict[str, Any]:
    keys = {"key_asset": row["asset_uid"], "key_root": row["root_uuid"]}
    return keys | {f"new_{name}": row[name] for name in _REPLACED}


def _row(project: Project, item: Submission) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The row of a record and that of its identifying answers (None when it has none)."""
    body, identity = project.split(item.record)
    key = {"asset_uid": project.asset_uid, "root_uuid": item.root_uuid}
    row = key | {
        "form_id": project.form_id,
        "server_id": item.server_id,
        "version_uuid": item.version_uuid,
        "form_version": item.form_version,
        "submitted_at": item.submitted_at,
        "submitted_by": item.submitted_by,
        "validation_status": item.validation_status,
        "validation_at": item.validation_at,
        "body": to_text(body),
        "body_hash": item.fingerprint,
        "deleted_at": None,
        "awaits_files": 0,
    }
    return row, key | {"body": to_text(identity)} if identity else None


def _keep_versions(connection: Connection, asset_uid: str, roots: Sequence[str], now: datetime) -> None:
    """Copy what is about to be replaced into the tables of earlier versions, unless that content is there already."""
    shared = ("asset_uid", "root_uuid", "body_hash")
    for chunk in chunks(roots):
        columns = [submission.c[name] for name in (*shared, "version_uuid", "server_id", "body")]
        is_kept = exists().where(*(submission_version.c[name] == submission.c[name] for name in shared))
        source = select(*columns, literal(now)).where(_these(submission, asset_uid, chunk), ~is_kept)
        names = [*(column.name for column in columns), "replaced_at"]
        connection.execute(insert(submission_version).from_select(names, source))
        _keep_identities(connection, asset_uid, chunk)


def _keep_identities(connection: Connection, asset_uid: str, roots: Sequence[str]) -> None:
    kept = submission_version_identity
    has_same_key = and_(*(submission.c[name] == submission_identity.c[name] for name in ("asset_uid", "root_uuid")))
    is_kept = exists().where(*(kept.c[name] == submission.c[name] for name in ("asset_uid", "root_uuid", "body_hash")))
    source = (
        select(submission.c.asset_uid, submission.c.root_uuid, submission.c.body_hash, submission_identity.c.body)
        .join(submission_identity, has_same_key)
        .where(_these(submission, asset_uid, roots), ~is_kept)
    )
    connection.execute(insert(kept).from_select(["asset_uid", "root_uuid", "body_hash", "body"], source))


def _stored(project: Project, item: Submission) -> StoredRecord:
    return StoredRecord(
        asset_uid=project.asset_uid,
        root_uuid=item.root_uuid,
        form_id=project.form_id,
        server_id=item.server_id,
        record=item.record,
        submitted_at=item.submitted_at,
        submitted_by=item.submitted_by,
        form_version=item.form_version,
        validation_status=item.validation_status,
    )
