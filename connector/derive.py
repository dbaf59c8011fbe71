"""Knows how everything derived follows from the raw records and the registry: by a change at a time, or all anew."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from connector.fact_schema import assessment, item_answer
from connector.facts_source import batches, mentioned
from connector.facts_writing import delete_problems, delete_rows, insert_rows
from connector.identity import join_record
from connector.precious_schema import submission, submission_identity
from connector.problem import RECORD, problem
from connector.records import RecordKey, RecordRows, StoredRecord, read_record, unreadable
from connector.refresh import everything, refresh_facts
from connector.schema import FORM_TABLES, derived
from connector.version_scoring import VersionScoring
from forms.library import FORMS

RECORDS_A_BATCH = 500


def apply_changes(connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
    """Replace everything derived from these records, in the caller's transaction.

    `changed` are new, edited and re-validated records; they and their deletion marks must already be in the tables
    `submission` and `submission_identity`. Refreshes the facts of the clients and healing groups that the records
    name, before and after: the cost follows what changed, not the whole. Applying twice changes nothing.
    Raises StorageError; never because of what a record holds.
    """
    roots = {each.root_uuid for each in changed} | {each.root_uuid for each in removed}
    clients, groups = mentioned(connection, roots)
    _forget(connection, roots)
    at_hand, versions = {each.key: each for each in changed}, VersionScoring(connection)
    for batch in batches(roots, RECORDS_A_BATCH):
        _write_records(connection, _counting(connection, batch, at_hand), versions)
    clients_now, groups_now = mentioned(connection, roots)
    refresh_facts(connection, clients | clients_now, groups | groups_now, roots)


def rebuild(connection: Connection) -> None:
    """Drop, make and fill every derived table from the raw records and the registry, in the caller's transaction.

    The result is, row by row, what `apply_changes` keeps up to date. Raises StorageError.
    """
    derived.drop_all(connection)
    derived.create_all(connection)
    roots = set(connection.scalars(select(submission.c.root_uuid).where(submission.c.deleted_at.is_(None))))
    versions = VersionScoring(connection)
    for batch in batches(roots, RECORDS_A_BATCH):
        _write_records(connection, _counting(connection, batch, {}), versions)
    refresh_all_facts(connection)


def refresh_all_facts(connection: Connection) -> None:
    """Make all facts anew from the typed tables: after the registry has changed. Raises StorageError."""
    refresh_facts(connection, *everything(connection))


def _forget(connection: Connection, roots: Iterable[str]) -> None:
    tables = [table for tables in FORM_TABLES.values() for table in tables.all()]
    for batch in batches(roots, RECORDS_A_BATCH):
        for table in (*tables, assessment, item_answer):
            delete_rows(connection, table, "root_uuid", batch)
        delete_problems(connection, RECORD, "root_uuid", batch)


def _counting(
    connection: Connection, roots: Sequence[str], at_hand: Mapping[RecordKey, StoredRecord]
) -> Iterator[tuple[StoredRecord, bool]]:
    """Yield the live record of each root UUID, and whether it is in two projects (then the last to arrive counts)."""
    copies: dict[str, list[Any]] = defaultdict(list)
    columns = (submission.c.asset_uid, submission.c.root_uuid, submission.c.server_id)
    is_live = submission.c.deleted_at.is_(None)
    for row in connection.execute(select(*columns).where(submission.c.root_uuid.in_(roots), is_live)):
        copies[row.root_uuid].append((row.server_id, row.asset_uid))
    keys = {RecordKey(max(found)[1], root): len(found) > 1 for root, found in copies.items()}
    missing = [key.root_uuid for key in keys if key not in at_hand]
    loaded = {each.key: each for each in _load(connection, missing)}
    yield from ((at_hand.get(key) or loaded[key], is_double) for key, is_double in keys.items())


def _load(connection: Connection, roots: Sequence[str]) -> Iterator[StoredRecord]:
    """Yield live records from the store, made whole with their identifying answers."""
    if not roots:
        return
    same = (submission.c.asset_uid == submission_identity.c.asset_uid) & (
        submission.c.root_uuid == submission_identity.c.root_uuid
    )
    query = select(submission, submission_identity.c.body.label("identity")).outerjoin(submission_identity, same)
    for row in connection.execute(query.where(submission.c.root_uuid.in_(roots), submission.c.deleted_at.is_(None))):
        yield _stored(row)


def _stored(row: Row[Any]) -> StoredRecord:
    names = ("asset_uid", "root_uuid", "form_id", "server_id")
    more = ("submitted_at", "submitted_by", "form_version", "validation_status")
    record = join_record(json.loads(row.body), json.loads(row.identity or "{}"))
    return StoredRecord(record=record, **{name: getattr(row, name) for name in (*names, *more)})


def _write_records(
    connection: Connection, records: Iterable[tuple[StoredRecord, bool]], versions: VersionScoring
) -> None:
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for stored, is_double in records:
        for name, found in _read(stored, versions).with_problems().items():
            rows[name].extend(found)
        if is_double:
            rows["problem"].append(_double(stored))
    for name, found in rows.items():
        insert_rows(connection, derived.tables[name], found)


def _read(stored: StoredRecord, versions: VersionScoring) -> RecordRows:
    form = FORMS.get(stored.form_id)
    if form is None:
        return unreadable(stored, "the programme has no such form")
    try:
        own = versions.scoring_of(form, stored.form_version)
        return read_record(own.form, stored, own.as_sent)
    except Exception as error:  # whatever is in one record must not stop the others; a person sees it in `problem`
        return unreadable(stored, type(error).__name__)


def _double(stored: StoredRecord) -> dict[str, object]:
    found = problem("two_projects", stored.form_id, root_uuid=stored.root_uuid, server_id=stored.server_id)
    return found.row()
