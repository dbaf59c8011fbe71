"""Knows how everything derived follows from the raw records and the registry: by a change at a time, or all anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, MetaData, Table, inspect, select

from connector.adopted_derive import rebuild_adopted
from connector.bulk import chunks, insert_tuples
from connector.derived_view import drop_stored
from connector.fact_schema import assessment, told_code
from connector.facts_named import Named, named_before, safety_codes_in
from connector.facts_rows import batches, tuples_with
from connector.facts_writing import delete_problems, delete_rows, insert_problems
from connector.instrument_rows import ASSESSMENT_COLUMNS
from connector.many_records import RecordReader
from connector.person_alias import Aliases, read_aliases, with_kept_codes
from connector.precious_schema import asset_version, form_version, precious, submission, submission_identity
from connector.problem import RECORD, Problem, problem
from connector.records import RecordKey, RecordRows, StoredRecord, Values
from connector.refresh import refresh_all, refresh_facts
from connector.renamed_problems import refresh_project_problems
from connector.schema import FORM_TABLES, derived
from connector.stored_record import read_stored
from forms.library import FORMS

RECORDS_A_BATCH = 1000


def apply_changes(
    connection: Connection,
    changed: Sequence[StoredRecord],
    removed: Sequence[RecordKey],
    clients: Collection[str] = (),
) -> None:
    """Replace everything derived from these records, in the caller's transaction.

    `changed` are new, edited and re-validated records; they and their deletion marks must already be in the tables
    `submission` and `submission_identity`. Refreshes the facts of the clients and healing groups that the records
    name, before and after, and of `clients`: the cost follows what changed, not the whole. Applying twice changes
    nothing. Raises StorageError; never because of what a record holds.
    """
    at_hand = {each.key: each for each in changed}
    gone = {each.root_uuid for each in removed}
    roots = gone | {each.root_uuid for each in changed}
    new = {each.root_uuid for each in changed if each.replaces is None} - gone
    live = _live(connection, roots)
    named = _forget(connection, roots - {root for root in new if not live.is_double(root)})
    aliases = read_aliases(connection)
    _derive(connection, live, at_hand, named, aliases)
    refresh_facts(connection, named, aliases, clients)


def reread(connection: Connection, roots: Iterable[str], clients: Collection[str] = ()) -> None:
    """Derive these records anew from the store, in the caller's transaction: after merges of people have changed.

    `clients` are those whom a change reaches though no record may name them. Raises StorageError.
    """
    apply_changes(connection, [], [RecordKey("", root) for root in roots], clients)


def rebuild(connection: Connection) -> None:
    """Drop, make and fill every derived table from the raw records and the registry, in the caller's transaction.

    The result is, row by row, what `apply_changes` keeps up to date. Tables that no form has any more go.
    Raises StorageError.
    """
    _drop_all(connection)
    derived.create_all(connection)
    is_live = submission.c.deleted_at.is_(None), ~_is_adopted()
    roots = sorted(connection.scalars(select(submission.c.root_uuid).where(*is_live).distinct()))
    aliases = read_aliases(connection)
    for batch in chunks(roots, RECORDS_A_BATCH):
        _derive(connection, _live(connection, batch), {}, Named(), aliases)
    refresh_all(connection)
    refresh_project_problems(connection)
    rebuild_adopted(connection)


def refresh_all_facts(connection: Connection) -> None:
    """Make all facts anew from the typed tables: after the registry has changed. Raises StorageError."""
    refresh_all(connection)


def _drop_all(connection: Connection) -> None:
    """Drop every derived table, also those of a multiple choice or a repeat that no form has any more."""
    drop_stored(connection, derived)
    derived.drop_all(connection)
    found = inspect(connection)
    for name in found.get_table_names():
        columns = [column["name"] for column in found.get_columns(name)]
        is_child = columns in (_CHOICES, _CHOICES_IN_REPEAT) or columns[:2] == _CHOICES_IN_REPEAT[:2]
        if name not in precious.tables and is_child and any(name.startswith(f"{form_id}_") for form_id in FORMS):
            Table(name, MetaData()).drop(connection)


_CHOICES, _CHOICES_IN_REPEAT = ["root_uuid", "choice"], ["root_uuid", "position", "choice"]


def _forget(connection: Connection, roots: Collection[str]) -> Named:
    """Delete everything derived from these records, and return what they named."""
    named = named_before(connection, roots)
    tables = [table for tables in FORM_TABLES.values() for table in tables.all()]
    for batch in batches(roots):
        for table in (*tables, assessment, told_code):
            delete_rows(connection, table, "root_uuid", batch)
        delete_problems(connection, RECORD, "root_uuid", batch)
    return named


@dataclass(frozen=True, slots=True)
class _Live:
    """The live copies of some records by root UUID: (number on the server, project), the one that counts last."""

    copies: Mapping[str, Sequence[tuple[int, str]]]

    def is_double(self, root: str) -> bool:
        """Whether a record is in two projects; then the last to arrive counts."""
        return len(self.copies.get(root, ())) > 1

    def keys(self) -> Iterator[RecordKey]:
        """The keys of the copies that count, sorted by root UUID: so a database writes their rows quickest."""
        return (RecordKey(self.copies[root][-1][1], root) for root in sorted(self.copies))


def _live(connection: Connection, roots: Collection[str]) -> _Live:
    copies: dict[str, list[tuple[int, str]]] = defaultdict(list)
    columns = (submission.c.root_uuid, submission.c.server_id, submission.c.asset_uid)
    query = select(*columns).where(submission.c.deleted_at.is_(None), ~_is_adopted())
    for root, server_id, asset_uid in tuples_with(connection, query, submission.c.root_uuid, roots):
        copies[root].append((server_id, asset_uid))
    return _Live({root: sorted(found) for root, found in copies.items()})


def _is_adopted() -> ColumnElement[bool]:
    """Whether a record is of a form that is or was adopted, whose tables are made elsewhere."""
    own = select(form_version.c.asset_uid).where(form_version.c.asset_uid.is_not(None))
    return submission.c.asset_uid.in_(select(asset_version.c.asset_uid)) & submission.c.asset_uid.not_in(own)


def _load(connection: Connection, keys: Iterable[RecordKey]) -> dict[RecordKey, StoredRecord]:
    """Return live records from the store by key, made whole with their identifying answers."""
    same = (submission.c.asset_uid == submission_identity.c.asset_uid) & (
        submission.c.root_uuid == submission_identity.c.root_uuid
    )
    query = select(submission, submission_identity.c.body.label("identity")).outerjoin(submission_identity, same)
    query = query.where(submission.c.deleted_at.is_(None))
    rows = tuples_with(connection, query, submission.c.root_uuid, {key.root_uuid for key in keys})
    return {each.key: each for each in map(read_stored, rows)}


def _derive(
    connection: Connection, live: _Live, at_hand: Mapping[RecordKey, StoredRecord], named: Named, aliases: Aliases
) -> None:
    """Write what follows from each record alone, and note in `named` what they name."""
    reader = RecordReader(connection, len(live.copies))
    for batch in chunks(list(live.keys()), RECORDS_A_BATCH):
        known = {**at_hand, **_load(connection, [key for key in batch if key not in at_hand])}
        rows, problems = defaultdict[str, list[Values]](list), list[Problem]()
        for key in batch:
            stored = known[key]
            read = reader.read(stored)
            for name, found in (_with_kept_codes(stored, read, aliases) if aliases else read.rows).items():
                rows[name] += found
            problems += read.problems
            if live.is_double(key.root_uuid):
                problems.append(_double(stored))
        insert_problems(connection, problems)
        for name, found in rows.items():
            insert_tuples(connection, derived.tables[name], found)
        codes = safety_codes_in((row[0], row[_ANSWERS]) for row in rows.get(assessment.name, ()))
        for form_id in FORMS:
            named.add_rows(form_id, rows.get(form_id, ()), codes)


_ANSWERS = ASSESSMENT_COLUMNS.index("answers")


def _with_kept_codes(stored: StoredRecord, read: RecordRows, aliases: Aliases) -> dict[str, list[Values]]:
    """The rows of a record in which people are called by the codes that were kept when people were merged."""
    if stored.form_id not in read.rows:
        return dict(read.rows)
    kept = with_kept_codes(stored.form_id, read.tables, aliases)
    columns = {name: derived.tables[name].columns.keys() for name in kept}
    return {name: [tuple(row[column] for column in columns[name]) for row in rows] for name, rows in kept.items()}


def _double(stored: StoredRecord) -> Problem:
    return problem("two_projects", stored.form_id, root_uuid=stored.root_uuid, server_id=stored.server_id)
