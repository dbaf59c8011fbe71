"""Knows which files of records are wanted, which are here, and what becomes of those whose record or file is gone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update

from connector.precious_schema import attachment, submission

RECORDS_AT_ONCE = 500
MOST_TRIES = 5
"""A file that could not be fetched in this many runs is left alone until somebody asks for it again."""
AUDIT_TRAIL = "audit.csv"


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file that came with a record, and the question (path without positions) that asked for it."""

    uid: str
    question: str | None
    mimetype: str


def wanted_files(record: Mapping[str, Any], questions: Collection[str]) -> dict[str, WantedFile]:
    """Return the files of a record that questions of these paths asked for and that are still there, by uid.

    Where a server does not tell the question, whatever is no audit trail counts as asked for, if anything is.
    """
    listed = record.get("_attachments")
    found = {}
    for item in listed if isinstance(listed, list) and questions else ():
        if isinstance(item, dict) and not item.get("is_deleted") and (file := _wanted(item, questions)):
            found[file.uid] = file
    return found


def _wanted(item: Mapping[str, Any], questions: Collection[str]) -> WantedFile | None:
    uid, path = item.get("uid") or item.get("id"), item.get("question_xpath")
    question = _without_positions(path) if isinstance(path, str) and path else None
    is_asked = question in questions if question else item.get("media_file_basename") != AUDIT_TRAIL
    if not is_asked or not isinstance(uid, str | int) or not 0 < len(str(uid)) <= 64 or not str(uid).isprintable():
        return None
    kind = item.get("mimetype")
    return WantedFile(str(uid), question, kind[:127] if isinstance(kind, str) and kind.isprintable() else "")


def _without_positions(path: str) -> str:
    """`children/child_photo` for `children[1]/child_photo`."""
    return "/".join(step.partition("[")[0] for step in path.split("/"))[:255]


def records_after(connection: Connection, asset_uid: str, root_uuid: str) -> Sequence[Row[Any]]:
    """Return the next records (root_uuid, deleted_at, body) of a project by their identity; "" is before the first."""
    s = submission.c
    columns = [s.root_uuid, s.deleted_at, s.body]
    query = select(*columns).where(s.asset_uid == asset_uid, s.root_uuid > root_uuid)
    return connection.execute(query.order_by(s.root_uuid).limit(RECORDS_AT_ONCE)).all()


def update_queue(
    connection: Connection, asset_uid: str, rows: Sequence[Row[Any]], questions: Collection[str], now: datetime
) -> list[Row[Any]]:
    """Queue the files of some records that are not known yet; return the known ones that are wanted no more.

    Those are left as they are: mark them with `mark_gone` once their files are removed. Twice changes nothing.
    """
    known = _known(connection, asset_uid, [row.root_uuid for row in rows])
    fresh, again = [], []
    for row in rows:
        wanted = {} if row.deleted_at else wanted_files(json.loads(row.body), questions)
        for uid, file in wanted.items():
            here = known.pop((row.root_uuid, uid), None)
            if here is None:
                fresh.append(_new_row(asset_uid, row.root_uuid, file, now))
            elif here.state == "gone":
                again.append(here)
    if fresh:
        connection.execute(insert(attachment), fresh)
    for each in again:
        change(connection, each, state="waiting", tries=0, reason=None, seen_at=now)
    return [each for each in known.values() if each.state != "gone"]


def _known(connection: Connection, asset_uid: str, roots: Sequence[str]) -> dict[tuple[str, str], Row[Any]]:
    c = attachment.c
    query = select(attachment).where(c.asset_uid == asset_uid, c.root_uuid.in_(roots))
    return {(row.root_uuid, row.attachment_uid): row for row in connection.execute(query)}


def _new_row(asset_uid: str, root_uuid: str, file: WantedFile, now: datetime) -> dict[str, Any]:
    key = {"asset_uid": asset_uid, "root_uuid": root_uuid, "attachment_uid": file.uid}
    return key | {"question": file.question, "mimetype": file.mimetype, "state": "waiting", "tries": 0, "seen_at": now}


def change(connection: Connection, row: Row[Any], **values: Any) -> None:
    """Change the row of one file."""
    c = attachment.c
    key = and_(c.asset_uid == row.asset_uid, c.root_uuid == row.root_uuid, c.attachment_uid == row.attachment_uid)
    connection.execute(update(attachment).where(key).values(values))


def mark_gone(connection: Connection, row: Row[Any]) -> None:
    """Remember that a file was here once, and nothing of what it was."""
    change(connection, row, state="gone", size=None, sha256=None, stored_as=None, kept_at=None, reason=None)


def try_failed_again(connection: Connection, asset_uid: str) -> None:
    """Put the files that were given up back into the queue."""
    failed = and_(attachment.c.asset_uid == asset_uid, attachment.c.state == "failed")
    connection.execute(update(attachment).where(failed).values(state="waiting", tries=0))


def files_in_state(connection: Connection, asset_uid: str, state: str) -> Sequence[Row[Any]]:
    """Return the rows of the files in a state, each with the `server_id` of its record."""
    c, s = attachment.c, submission.c
    same: ColumnElement[bool] = and_(c.asset_uid == s.asset_uid, c.root_uuid == s.root_uuid)
    query = select(attachment, s.server_id).join(submission, same).where(c.asset_uid == asset_uid, c.state == state)
    return connection.execute(query.order_by(c.root_uuid, c.attachment_uid)).all()
