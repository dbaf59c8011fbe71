"""Knows what becomes of a submission: a new record, an edit, a late attachment, a duplicate, or a refusal."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from connector.sandbox.server.answer import OpenRosaRefusal, not_found, unauthenticated
from connector.sandbox.server.assets import Asset
from connector.sandbox.server.call import Call, Upload
from connector.sandbox.server.history import remember_submission
from connector.sandbox.server.permissions import held
from connector.sandbox.server.records import Record
from connector.sandbox.server.submission_xml import Submission, find_question, flatten, read_geolocation
from connector.sandbox.server.tables import asset, attachment, earlier_instance, record
from connector.sandbox.server.times import bare_seconds, now, precise, read_moment
from connector.sandbox.server.uid import new_uid

Files = Mapping[str, Upload]

_EXISTS = "Submission with this instance ID already exists"

_DEPLOYED = select(asset).where(~asset.c.is_trashed, asset.c.form_number.is_not(None))
_FORM_BY_UUID = _DEPLOYED.where(asset.c.form_uuid == bindparam("wanted"))
_FORM_BY_ID = _DEPLOYED.where(asset.c.uid == bindparam("wanted"))
_RECORD_BY_UUID = select(record).where(record.c.asset_uid == bindparam("asset"), record.c.uuid == bindparam("wanted"))
_EARLIER = select(earlier_instance.c.record_id).where(
    earlier_instance.c.asset_uid == bindparam("asset"), earlier_instance.c.uuid == bindparam("wanted")
)
_ADD_RECORD = insert(record)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a submission became; `is_duplicate` when nothing changed."""

    found: Asset
    record_id: int
    submitted_at: str
    is_duplicate: bool = False


def accept(call: Call, submission: Submission, files: Files, owner: str | None = None) -> Accepted:
    """Store a submission in the form it belongs to (of `owner`, when the address names one).

    Raises Refusal(404) when there is no such form, OpenRosaRefusal for everything else that is refused.
    """
    found = _find_form(call, submission, owner)
    permissions = _check_submitter(call, found)
    if not found["is_active"]:
        raise OpenRosaRefusal(405, "Form is not active")
    known = _find_record(call, found, submission.instance_uuid)
    if known is not None:
        return _repeat(call, found, known, submission, files)
    if submission.deprecated_uuid is not None:
        return _edit(call, found, submission, files, permissions)
    if _is_earlier(call, found, submission.instance_uuid):
        raise OpenRosaRefusal(409, _EXISTS)
    return store_new(call, found, submission, files)


def store_edit(call: Call, found: Asset, old: Record, submission: Submission, files: Files) -> Accepted:
    """Put a new version of a record in force: `_id`, submitter and submission time stay."""
    answers = flatten(submission.root, found["repeat_paths"] or ())
    values = _version_values(found, submission, answers)
    call.db.execute(update(record).where(record.c.id == old["id"]).values(values))
    call.db.execute(insert(earlier_instance).values(asset_uid=found["uid"], uuid=old["uuid"], record_id=old["id"]))
    _replace_attachments(call, old["id"], answers, files)
    remember_submission(call, found, "modify-submission", old["root_uuid"], old["submitted_by"])
    return Accepted(found, old["id"], old["submitted_at"])


def store_new(call: Call, found: Asset, submission: Submission, files: Files) -> Accepted:
    """Store a record under a new `_id`."""
    answers = flatten(submission.root, found["repeat_paths"] or ())
    moment = read_moment(submission.submitted_at) if submission.submitted_at else now()
    submitted_at = precise(moment)
    row = {
        **_version_values(found, submission, answers),
        "asset_uid": found["uid"],
        "root_uuid": submission.instance_uuid,
        "submitted_by": call.username,
        "submitted_at": submitted_at,
        "submission_time": bare_seconds(moment),
        "validation_status": {},
    }
    record_id = int(call.db.execute(_ADD_RECORD, row).lastrowid)
    _add_attachments(call, record_id, answers, files)
    remember_submission(call, found, "add-submission", submission.instance_uuid, call.username)
    return Accepted(found, record_id, submitted_at)


def remove_records(call: Call, found: Asset, ids: list[int]) -> None:
    """Delete records without leaving a trace, except in the history."""
    for row in call.db.execute(select(record).where(record.c.id.in_(ids))).mappings().all():
        remember_submission(call, found, "delete-submission", row["root_uuid"], row["submitted_by"])
    call.db.execute(delete(attachment).where(attachment.c.record_id.in_(ids)))
    call.db.execute(delete(earlier_instance).where(earlier_instance.c.record_id.in_(ids)))
    call.db.execute(delete(record).where(record.c.id.in_(ids)))


def _find_form(call: Call, submission: Submission, owner: str | None) -> Asset:
    """Return the form by its uuid, or else by its id. Raises Refusal(404)."""
    by_uuid, by_id = (_FORM_BY_UUID, submission.form_uuid), (_FORM_BY_ID, submission.form_id)
    for query, wanted in (by_uuid, by_id):
        found = call.db.execute(query, {"wanted": wanted}).mappings().first() if wanted else None
        if found is not None and owner in (None, found["owner"]):
            return found
    raise not_found()


def _check_submitter(call: Call, found: Asset) -> frozenset[str]:
    """Return what the caller may do. Raises OpenRosaRefusal(403); superusers are refused like everybody else."""
    is_superuser = call.account is not None and call.account.is_superuser
    permissions = frozenset() if is_superuser else held(call.db, found["uid"], call.account)
    if "add_submissions" not in permissions:
        if call.account is None:
            raise unauthenticated()
        raise OpenRosaRefusal(403, "Access denied")
    return permissions


def _repeat(call: Call, found: Asset, known: Record, submission: Submission, files: Files) -> Accepted:
    """The same instance ID again: late attachments are added, anything else that differs is refused (409)."""
    if known["xml_hash"] != _hash(submission.xml.encode()):
        raise OpenRosaRefusal(409, _EXISTS)
    present = _present_files(call, known["id"])
    if any(present.get(name, _hash(file.content)) != _hash(file.content) for name, file in files.items()):
        raise OpenRosaRefusal(409, "Attachment with same name already exists")
    late = {name: file for name, file in files.items() if name not in present}
    _add_attachments(call, known["id"], known["answers"], late)
    return Accepted(found, known["id"], known["submitted_at"], is_duplicate=not late)


def _edit(call: Call, found: Asset, submission: Submission, files: Files, permissions: frozenset[str]) -> Accepted:
    """Replace the version that `deprecatedID` names. Raises OpenRosaRefusal 403, 404, or 410 for an older version."""
    deprecated = str(submission.deprecated_uuid)
    old = _find_record(call, found, deprecated)
    if old is None:
        if _is_earlier(call, found, deprecated):
            raise OpenRosaRefusal(410, "Invalid submission - deprecatedID refers to an old version")
        raise OpenRosaRefusal(404, "Invalid submission - deprecatedID not found")
    if "change_submissions" not in permissions:
        raise OpenRosaRefusal(403, "Access denied")
    return store_edit(call, found, old, submission, files)


def _find_record(call: Call, found: Asset, uuid: str) -> Record | None:
    return call.db.execute(_RECORD_BY_UUID, {"asset": found["uid"], "wanted": uuid}).mappings().first()


def _is_earlier(call: Call, found: Asset, uuid: str) -> bool:
    """Tell whether a record once had this instance ID."""
    return call.db.execute(_EARLIER, {"asset": found["uid"], "wanted": uuid}).first() is not None


def _version_values(found: Asset, submission: Submission, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "uuid": submission.instance_uuid,
        "form_id": submission.form_id or found["uid"],
        "xml": submission.xml,
        "xml_hash": _hash(submission.xml.encode()),
        "answers": answers,
        "geolocation": read_geolocation(answers, found["geopoint_paths"] or ()),
    }


def _add_attachments(call: Call, record_id: int, answers: dict[str, Any], files: Files) -> None:
    if not files:
        return
    last = call.db.execute(select(func.max(attachment.c.sequence))).scalar() or 0
    for sequence, (name, file) in enumerate(files.items(), start=last + 1):
        call.db.execute(
            insert(attachment).values(
                uid=new_uid("att"),
                sequence=sequence,
                record_id=record_id,
                filename=name,
                mimetype=file.content_type,
                md5=_hash(file.content),
                question_xpath=find_question(answers, name) or "",
                content=file.content,
            )
        )


def _present_files(call: Call, record_id: int) -> dict[str, str]:
    """Return the md5 of each attachment, by file name."""
    query = select(attachment.c.filename, attachment.c.md5).where(attachment.c.record_id == record_id)
    return {row["filename"]: row["md5"] for row in call.db.execute(query).mappings()}


def _replace_attachments(call: Call, record_id: int, answers: dict[str, Any], files: Files) -> None:
    """With an edit, take in what is new or changed, and forget the attachments that no answer names any more."""
    present = _present_files(call, record_id)
    changed = {name: file for name, file in files.items() if present.get(name) != _hash(file.content)}
    same_name = (attachment.c.record_id == record_id) & attachment.c.filename.in_(list(changed))
    call.db.execute(delete(attachment).where(same_name))
    _add_attachments(call, record_id, answers, changed)
    kept = select(attachment.c.uid, attachment.c.filename).where(attachment.c.record_id == record_id)
    for row in call.db.execute(kept).mappings().all():
        path = find_question(answers, row["filename"])
        own = attachment.c.uid == row["uid"]
        if path is None:
            call.db.execute(delete(attachment).where(own))
        else:
            call.db.execute(update(attachment).where(own).values(question_xpath=path))


def _hash(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()
