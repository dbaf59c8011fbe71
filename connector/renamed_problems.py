"""Knows what is told about a form that was changed on the website, and about the answers that were lost by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, exists, select

from connector.facts_distress import NAMED
from connector.facts_reading import FOLLOW_UP
from connector.facts_triage import SAFETY_ITEMS, SAFETY_QUESTIONS
from connector.facts_writing import delete_problems, insert_problems
from connector.precious_schema import asset_version, form_version
from connector.problem import PROJECT, Problem, printable, problem
from connector.record_reading import Reading
from connector.renamed_content import VersionMap
from connector.renamed_records import Unread, name_in
from connector.renamed_versions import changes_between, kept_versions, published_before
from connector.stored_record import StoredRecord
from forms.distress import SLOTS
from forms.library import FORMS

_SAFETY = frozenset({*SAFETY_QUESTIONS, *SAFETY_ITEMS, NAMED, FOLLOW_UP, "anyone_in_distress"})
_OF_A_PERSON = tuple(f"{slot}_" for slot in SLOTS)


def is_about_safety(name: str) -> bool:
    """Whether an answer to a question can raise an alert, or says how serious it is."""
    return name in _SAFETY or name.startswith(_OF_A_PERSON)


def unread_problems(stored: StoredRecord, changes: VersionMap, unread: Iterable[Unread]) -> Iterator[Problem]:
    """The problems of a record whose version was changed on the website."""
    version = printable(stored.form_version or "none")
    if unrecognised := _unrecognised(stored, changes):
        yield Reading.problem_of(stored, "safety_answer_unread", unrecognised, version=version)
    for each in unread:
        kind = "changed_choice" if each.is_code else "changed_question"
        kind = "safety_answer_unread" if is_about_safety(each.name) else kind
        yield Reading.problem_of(stored, kind, each.path, version=version, name=each.name)


def _unrecognised(stored: StoredRecord, changes: VersionMap) -> str | None:
    """A safety question that the version does not ask, if the record has new questions, of which one may be it."""
    lost = (key for key in changes.absent if is_about_safety(name_in(key)))
    return next(lost, None) if any(key in stored.record for key in changes.added) else None


def unseen_problems(stored: StoredRecord, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems of a record whose version nobody here has seen, beside those found in its answers."""
    version = printable(stored.form_version or "none")
    yield Reading.problem_of(stored, "unknown_version", version=version)
    if any(map(_may_hide_safety, problems)):
        yield Reading.problem_of(stored, "safety_answer_unsure", version=version)


def _may_hide_safety(found: Problem) -> bool:
    is_of_safety = found.kind == "not_in_list" and is_about_safety(name_in(found.path or ""))
    return is_of_safety or found.kind == "unknown_question"


def refresh_project_problems(connection: Connection) -> None:
    """Find anew what is wrong with the forms that phones have, in the caller's transaction. Raises StorageError."""
    delete_problems(connection, PROJECT)
    insert_problems(connection, project_problems(connection))


def project_problems(connection: Connection) -> list[Problem]:
    """Return what is wrong with the forms that phones have now, where somebody changed them on the website."""
    is_kept = exists().where(asset_version.c.asset_uid == form_version.c.asset_uid)
    columns = form_version.c.form_id, form_version.c.asset_uid
    projects = connection.execute(select(*columns).where(is_kept).distinct().order_by(*columns)).all()
    return [found for form_id, uid in projects if form_id in FORMS for found in _problems(connection, form_id, uid)]


def _problems(connection: Connection, form_id: str, asset_uid: str) -> Iterator[Problem]:
    """The problems of one project. A version of ours that is not kept is newer than all that are."""
    versions = kept_versions(connection, asset_uid)
    is_ours = form_version.c.asset_uid == asset_uid
    ours = set(connection.scalars(select(form_version.c.version_uid).where(is_ours)))
    newest = next(reversed(versions))
    published = None if versions[newest] or ours - versions.keys() else published_before(connection, asset_uid, newest)
    if published is not None:
        yield from told_of(form_id, newest, changes_between(connection, asset_uid, published, newest))


def told_of(form_id: str, version: str, changes: VersionMap) -> Iterator[Problem]:
    """The problems of a project whose form, as phones have it, was changed on the website."""
    told = [("renamed_question", theirs, ours) for theirs, ours in changes.renamed.items()]
    told += [("reworded_question", theirs, theirs) for theirs in changes.reworded]
    told += [("recoded_choices", theirs, theirs) for theirs in changes.codes]
    told += [(_lost(ours), theirs, ours) for theirs, ours in changes.refused.items()]
    told += [(_lost(ours), ours, ours) for ours in changes.absent]
    for kind, path, name in told:
        yield problem(kind, form_id, path=printable(path), name=name_in(name), version=printable(version))


def _lost(key: str) -> str:
    return "safety_question_lost" if is_about_safety(name_in(key)) else "question_lost"
