"""Knows how records come to rest: raw and whole, with every earlier version, their facts derived in the same breath."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, insert, literal, select
from sqlalchemy import update as update_rows

from connector.bulk import Values, chunks, delete_keys, insert_tuples
from connector.identity import join_record
from connector.live_rows import files_hash, rows_of
from connector.precious_schema import (
    submission,
    submission_identity,
    submission_version,
    submission_version_identity,
)
from connector.project import Project
from connector.stored_record import RecordKey, StoredRecord
from connector.submission import Json, Submission, fingerprint, missing_files, read_submission, root_uuid_of, to_text


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
    Two records may have one number on the server: an old server without `meta/rootUuid`, once upgraded, gives the
    record another identity, and the first is found to be gone. Raises StorageError.
    """
    kinds = Counter[str]()
    for batch in chunks(_latest(records), project.at_once):
        kinds.update(_store(connection, project, [read_submission(record) for record in batch], now))
    return Counts(**kinds)


def _store(connection: Connection, project: Project, items: Sequence[Submission], now: datetime) -> list[str]:
    """Store some records of a page, and say of each what kind of change it is."""
    known = _known(connection, project.asset_uid, [item.root_uuid for item in items])
    same = _same_contents(connection, project.asset_uid, items, known) if known else set()
    kinds = [_kind_of_change(known.get(item.root_uuid), item, item.root_uuid in same) for item in items]
    changed = [item for item, kind in zip(items, kinds, strict=True) if kind != "unchanged"]
    if changed:
        _write(connection, project, changed, known, same, now)
        project.derive(connection, [_stored(project, item, known.get(item.root_uuid)) for item in changed], [])
    return kinds


def mark_deleted(connection: Connection, project: Project, root_uuids: Iterable[str], now: datetime) -> int:
    """Mark records as gone from the server and remove their facts; the raw records stay. Returns how many.

    Records already marked or unknown are left alone. Runs in the caller's transaction. Raises StorageError.
    """
    asset_uid = project.asset_uid
    gone = list(rows_of(connection, asset_uid, list(dict.fromkeys(root_uuids))))
    for chunk in chunks(gone):
        connection.execute(update_rows(submission).where(_these(submission, asset_uid, chunk)).values(deleted_at=now))
    if gone:
        project.derive(connection, [], [RecordKey(asset_uid, root) for root in gone])
    return len(gone)


def _latest(records: Iterable[Json]) -> list[Json]:
    """The records by their numbers on the server, of two with one identity only the later."""
    by_number = sorted(records, key=itemgetter("_id"))
    return list({root_uuid_of(record): record for record in by_number}.values())


_KNOWN = tuple(column for column in submission.c if column.name != "body")


def _known(connection: Connection, asset_uid: str, roots: Sequence[str]) -> dict[str, Row[Any]]:
    is_here = and_(submission.c.asset_uid == asset_uid, submission.c.root_uuid.in_(roots))
    return {row.root_uuid: row for row in connection.execute(select(*_KNOWN).where(is_here))}


def _same_contents(
    connection: Connection, asset_uid: str, items: Iterable[Submission], known: Mapping[str, Row[Any]]
) -> set[str]:
    """Whose contents are those that are here, by root UUID, whatever the order of their keys.

    Earlier versions of this program wrote the fingerprint into `body_hash`: then the contents need not be read.
    """
    found = {item.root_uuid: fingerprint(item.record) for item in items if item.root_uuid in known}
    same = {root for root, each in found.items() if known[root].body_hash == each}
    for chunk in chunks(sorted(found.keys() - same)):
        stored = _contents(connection, asset_uid, chunk)
        same |= {root for root, record in stored if fingerprint(record) == found[root]}
    return same


def _contents(connection: Connection, asset_uid: str, roots: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Yield (root UUID, record as it was served) of stored records."""
    has_same_key = and_(*(submission.c[name] == submission_identity.c[name] for name in ("asset_uid", "root_uuid")))
    query = select(submission.c.root_uuid, submission.c.body, submission_identity.c.body.label("identity"))
    query = query.outerjoin_from(submission, submission_identity, has_same_key)
    for row in connection.execute(query.where(_these(submission, asset_uid, roots))):
        yield row.root_uuid, join_record(json.loads(row.body), json.loads(row.identity or "{}"))


def _kind_of_change(row: Row[Any] | None, item: Submission, is_same: bool) -> str:
    """new, edited, revalidated or unchanged. A record that comes back after its deletion is new."""
    if row is None or row.deleted_at is not None:
        return "new"
    if is_same:
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
    known: Mapping[str, Row[Any]],
    same: Collection[str],
    now: datetime,
) -> None:
    """Replace the rows of records that are here, having kept their contents, and add those of the others."""
    if replaced := [item.root_uuid for item in items if item.root_uuid in known]:
        _keep_versions(connection, project.asset_uid, [root for root in replaced if root not in same], now)
        for table in (submission, submission_identity):
            delete_keys(connection, table, "root_uuid", replaced, table.c.asset_uid == project.asset_uid)
    bodies, identities = _rows(project, items, known, now)
    insert_tuples(connection, submission, bodies)
    insert_tuples(connection, submission_identity, identities)


def _rows(
    project: Project, items: Sequence[Submission], known: Mapping[str, Row[Any]], now: datetime
) -> tuple[list[Values], list[Values]]:
    """The rows of some records, and of the identifying answers of those that have any, in the order of the columns.

    Both are in the order in which a database writes them quickest.
    """
    media_keys, parted = project.media_keys, project.split_all([item.record for item in items])
    bodies, identities = list[Values](), list[Values]()
    for item, (body, identity) in sorted(zip(items, parted, strict=True), key=lambda pair: pair[0].root_uuid):
        before = known.get(item.root_uuid)
        texts = to_text(body), to_text(identity) if identity else ""
        awaits_files = missing_files(item.record, media_keys)
        bodies.append(_row(project, item, before.first_seen_at if before else now, awaits_files, texts))
        if identity:
            identities.append((project.asset_uid, item.root_uuid, texts[1]))
    return bodies, identities


def _row(
    project: Project, item: Submission, first_seen_at: datetime, awaits_files: int, texts: tuple[str, str]
) -> Values:
    return (
        project.asset_uid,
        item.root_uuid,
        project.form_id,
        item.server_id,
        item.version_uuid,
        item.form_version,
        item.submitted_at,
        item.submitted_by,
        item.validation_status,
        item.validation_at,
        hashlib.sha256("\n".join(texts).encode()).hexdigest(),
        first_seen_at,
        None,
        awaits_files,
        files_hash(item.record),
        texts[0],
    )


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


def _stored(project: Project, item: Submission, before: Row[Any] | None) -> StoredRecord:
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
        replaces=before.server_id if before else None,
    )
