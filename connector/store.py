"""Knows how records come to rest: raw and whole, with every earlier version, their facts derived in the same breath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row

from connector.bulk import Values, chunks, insert_tuples, moment_writer
from connector.live_rows import rows_of
from connector.precious_schema import (
    submission,
    submission_identity,
)
from connector.prepared import Prepared, prepare
from connector.project import Project
from connector.raw_rows import contents_of, drop_rows, keep_versions, known_rows, mark_rows
from connector.stored_record import RecordKey, StoredRecord
from connector.submission import Json, Submission, fingerprint

_BODY = frozenset({"body"})
RECORDS_AT_ONCE = 1000
"""As many as a page holds are written by one statement a table."""


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
    return store_prepared(connection, project, [prepare(project, record) for record in records], now)


def store_prepared(connection: Connection, project: Project, found: Iterable[Prepared], now: datetime) -> Counts:
    """Store, as `store_page` does, records that are prepared."""
    kinds = Counter[str]()
    for batch in chunks(_latest(found), RECORDS_AT_ONCE):
        kinds.update(_store(connection, project, batch, now))
    return Counts(**kinds)


def _store(connection: Connection, project: Project, found: Sequence[Prepared], now: datetime) -> list[str]:
    """Store some records, and say of each what kind of change it is."""
    items = [each.item for each in found]
    known = known_rows(connection, project.asset_uid, [item.root_uuid for item in items])
    same = _same_contents(connection, project.asset_uid, found, known) if known else set()
    kinds = [_kind_of_change(known.get(item.root_uuid), item, item.root_uuid in same) for item in items]
    changed = [each for each, kind in zip(found, kinds, strict=True) if kind != "unchanged"]
    if changed:
        _write(connection, project, changed, known, same, now)
        project.derive(connection, [_stored(project, each, known.get(each.item.root_uuid)) for each in changed], [])
    return kinds


def mark_deleted(connection: Connection, project: Project, root_uuids: Iterable[str], now: datetime) -> int:
    """Mark records as gone from the server and remove their facts; the raw records stay. Returns how many.

    Records already marked or unknown are left alone. Runs in the caller's transaction. Raises StorageError.
    """
    asset_uid = project.asset_uid
    gone = list(rows_of(connection, asset_uid, list(dict.fromkeys(root_uuids))))
    mark_rows(connection, asset_uid, gone, now)
    if gone:
        project.derive(connection, [], [RecordKey(asset_uid, root) for root in gone])
    return len(gone)


def _latest(found: Iterable[Prepared]) -> list[Prepared]:
    """The records by their numbers on the server; of two with one identity only the later."""
    by_number = sorted(found, key=attrgetter("item.server_id"))
    return list({each.item.root_uuid: each for each in by_number}.values())


def _same_contents(
    connection: Connection, asset_uid: str, prepared: Iterable[Prepared], known: Mapping[str, Row[Any]]
) -> set[str]:
    """Whose contents are those that are here, by root UUID, whatever the order of their keys.

    Earlier versions of this program wrote the fingerprint into `body_hash`: then the contents need not be read.
    """
    items = (each for each in prepared if each.item.root_uuid in known)
    found = {each.item.root_uuid: fingerprint(each.served()) for each in items}
    same = {root for root, each in found.items() if known[root].body_hash == each}
    for chunk in chunks(sorted(found.keys() - same)):
        stored = contents_of(connection, asset_uid, chunk)
        same |= {root for root, record in stored if fingerprint(record) == found[root]}
    return same


def _kind_of_change(row: Row[Any] | None, item: Submission, is_same: bool) -> str:
    """new, edited, revalidated or unchanged. A record that comes back after its deletion is new."""
    if row is None or row.deleted_at is not None:
        return "new"
    if is_same:
        return "unchanged"
    same_version = row.version_uuid == item.version_uuid and row.server_id == item.server_id
    same_status = (row.validation_status, row.validation_at) == (item.validation_status, item.validation_at)
    return "revalidated" if same_version and not same_status else "edited"


def _write(
    connection: Connection,
    project: Project,
    found: Sequence[Prepared],
    known: Mapping[str, Row[Any]],
    same: Collection[str],
    now: datetime,
) -> None:
    """Replace the rows of records that are here, having kept their contents, and add those of the others.

    Rows are written in the order of their keys, which is quickest.
    """
    uid = project.asset_uid
    if replaced := [each.item.root_uuid for each in found if each.item.root_uuid in known]:
        keep_versions(connection, uid, [root for root in replaced if root not in same], now)
        drop_rows(connection, uid, replaced)
    by_root = sorted(found, key=attrgetter("item.root_uuid"))
    moment = moment_writer(connection)
    first_seen = moment(now)
    rows = [_row(project, each, known.get(each.item.root_uuid), first_seen, moment) for each in by_root]
    insert_tuples(connection, submission, rows, _BODY)
    apart = [(uid, each.item.root_uuid, each.identity) for each in by_root if each.identity]
    insert_tuples(connection, submission_identity, apart, _BODY)


def _row(
    project: Project, found: Prepared, before: Row[Any] | None, first_seen: Any, moment: Callable[[Any], Any]
) -> Values:
    """The row of a record; `first_seen` is for one that was not here before."""
    item = found.item
    return (
        project.asset_uid,
        item.root_uuid,
        project.form_id,
        item.server_id,
        item.version_uuid,
        item.form_version,
        moment(item.submitted_at),
        item.submitted_by,
        item.validation_status,
        item.validation_at,
        found.body_hash,
        moment(before.first_seen_at) if before else first_seen,
        None,
        found.awaits_files,
        item.files_hash,
        found.body,
    )


def _stored(project: Project, found: Prepared, before: Row[Any] | None) -> StoredRecord:
    item = found.item
    return StoredRecord(
        project.asset_uid,
        item.root_uuid,
        project.form_id,
        item.server_id,
        found.record or {},
        item.submitted_at,
        item.submitted_by,
        item.form_version,
        item.validation_status,
        before.server_id if before else None,
        found.rows,
    )
