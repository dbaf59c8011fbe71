"""Knows how the tables of adopted forms are kept as their definitions say, and made anew from the raw records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, MetaData, Row, Table, delete, insert, inspect, select

from connector.adopted import AdoptedProject
from connector.adopted_content import read_content
from connector.adopted_labels import asset_shape, catalogue, write_catalogue
from connector.adopted_resplit import part_again
from connector.adopted_tables import Choices, Level
from connector.fact_schema import problem
from connector.precious_schema import adopted_asset, asset_version, submission, submission_identity
from connector.stored_record import StoredRecord, read_stored

READING = 3
"""Counted up when this program makes other rows of the same records than before: the tables are then made anew."""
RECORDS_A_BATCH = 1000


def read_project(connection: Connection, asset: Row[Any]) -> AdoptedProject:
    """Return the project of a row of `adopted_asset`, by the versions that are kept of it."""
    columns = (asset_version.c.version_uid, asset_version.c.content)
    query = select(*columns).where(asset_version.c.asset_uid == asset.asset_uid).order_by(asset_version.c.number)
    versions = tuple((row.version_uid, read_content(json.loads(row.content))) for row in connection.execute(query))
    said = json.loads(asset.settings)
    choices = Choices(frozenset(said.get("answers", ())), frozenset(said.get("apart", ())))
    return AdoptedProject(asset.asset_uid, asset.table_name, versions, choices)


def ensure_tables(connection: Connection, project: AdoptedProject) -> bool:
    """Make the tables of a form and fill them from the raw records, unless they are as they should be already.

    The raw records are parted anew first: what is kept apart now may be among the answers of before. Says whether it
    had to. The catalogue is compared in any case: words may change where tables do not.
    """
    catalogue.create_all(connection)
    is_new = not is_current(connection, project)
    if is_new:
        part_again(connection, project)
        _remake(connection, project)
    write_catalogue(connection, project.asset_uid, project.level, project.versions)
    return is_new


def rebuild_adopted(connection: Connection) -> None:
    """Drop, make and fill the tables of every adopted form, in the caller's transaction. Raises StorageError.

    The result is, row by row, what `AdoptedProject.derive` keeps up to date.
    """
    assets = list(connection.execute(select(adopted_asset).order_by(adopted_asset.c.adopted_at)))
    if assets:
        catalogue.create_all(connection)
    for asset in assets:
        project = read_project(connection, asset)
        _remake(connection, project)
        write_catalogue(connection, project.asset_uid, project.level, project.versions)


def drop_tables(connection: Connection, asset_uid: str, form_id: str) -> tuple[str, ...]:
    """Remove the tables of a form, and what is told of its records in `problem`; return their names."""
    row = connection.execute(select(asset_shape).where(asset_shape.c.asset_uid == asset_uid)).first()
    names = tuple(json.loads(row.tables)) if row else ()
    for name in names:
        Table(name, MetaData()).drop(connection, checkfirst=True)
    connection.execute(delete(asset_shape).where(asset_shape.c.asset_uid == asset_uid))
    connection.execute(delete(problem).where(problem.c.form_id == form_id))
    return names


def _remake(connection: Connection, project: AdoptedProject) -> None:
    drop_tables(connection, project.asset_uid, project.form_id)
    tables = project.level.tables()
    for table in tables:
        table.create(connection)
    names = json.dumps([table.name for table in tables])
    shape = {"asset_uid": project.asset_uid, "fingerprint": fingerprint(project), "tables": names}
    connection.execute(insert(asset_shape), [shape])
    for batch in _batches(connection, project):
        project.write(connection, batch)


def is_current(connection: Connection, project: AdoptedProject) -> bool:
    """Whether the tables of a form are as its versions, and this program, say."""
    here = set(inspect(connection).get_table_names())
    if asset_shape.name not in here:
        return False
    row = connection.execute(select(asset_shape).where(asset_shape.c.asset_uid == project.asset_uid)).first()
    return row is not None and row.fingerprint == fingerprint(project) and set(json.loads(row.tables)) <= here


def fingerprint(project: AdoptedProject) -> str:
    """Return a digest of everything that decides which rows a record gives; words and labels do not."""
    moves = sorted({json.dumps(sorted(found.items())) for found in project.union.moves.values()})
    shape = [READING, project.form_id, moves, sorted(project.union.any_moves.items()), _shape(project.level)]
    return hashlib.sha256(json.dumps(shape).encode("ascii")).hexdigest()


def _shape(level: Level) -> list[Any]:
    parts = [
        (
            part.table.name,
            [(each.path, each.columns, each.storage, sorted(each.codes or ())) for each in part.variables],
        )
        for part in level.parts
    ]
    return [level.path, parts, [_shape(each) for each in level.repeats]]


def _batches(connection: Connection, project: AdoptedProject) -> Iterator[list[StoredRecord]]:
    """Yield the live records of a project in the order of the server's numbers; of one number, the last that came."""
    same = (submission.c.asset_uid == submission_identity.c.asset_uid) & (
        submission.c.root_uuid == submission_identity.c.root_uuid
    )
    is_here = (submission.c.asset_uid == project.asset_uid) & submission.c.deleted_at.is_(None)
    query = select(submission, submission_identity.c.body.label("identity")).outerjoin(submission_identity, same)
    query = query.where(is_here).order_by(submission.c.server_id).limit(RECORDS_A_BATCH)
    last = -1
    while rows := list(connection.execute(query.where(submission.c.server_id > last))):
        last = rows[-1].server_id
        if len(rows) == RECORDS_A_BATCH:
            rows = [row for row in rows if row.server_id < last] or rows
            last = rows[-1].server_id
        by_number = {row.server_id: row for row in sorted(rows, key=lambda row: (row.server_id, row.first_seen_at))}
        yield [read_stored(row) for row in by_number.values()]
