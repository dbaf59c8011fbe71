"""Knows how a record is read whose form somebody changed on the website: by the names and codes that were published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from connector.precious_schema import submission
from connector.records import RecordRows, StoredRecord, read_record
from connector.renamed_problems import unread_problems, unseen_problems
from connector.renamed_records import call_back
from connector.renamed_versions import Origins, kept_versions
from connector.version_scoring import VersionScoring
from forms.form import Form


def read_as_published(form: Form, stored: StoredRecord, versions: VersionScoring, origins: Origins) -> RecordRows:
    """Read a record by the scoring of its version, and one that was changed on the website by what was published.

    Never raises because of what the record holds; what cannot be read is a problem.
    """
    origin = origins.origin_of(stored.asset_uid, stored.form_version)
    own = versions.scoring_of(form, origin.published)
    if origin.changes is None:
        read = read_record(own.form, stored, own.as_sent)
        more = () if origin.is_known else unseen_problems(stored, read.problems)
        return read._replace(problems=(*read.problems, *more)) if more else read
    record, unread = call_back(origin.changes, stored.record)
    read = read_record(own.form, replace(stored, record=record), own.as_sent)
    return read._replace(problems=(*read.problems, *unread_problems(stored, origin.changes, unread)))


class Identities:
    """Looks up how the identifying answers of records were published: one short query a project, unless it changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._origins = Origins(connection)
        self._changed: dict[str, bool] = {}

    def as_published(self, asset_uid: str, root_uuid: str, identity: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the identifying answers of a record by the published keys and codes."""
        if asset_uid not in self._changed:
            self._changed[asset_uid] = not all(kept_versions(self._connection, asset_uid).values())
        return self._called_back(asset_uid, root_uuid, identity) if self._changed[asset_uid] else identity

    def _called_back(self, asset_uid: str, root_uuid: str, identity: Mapping[str, Any]) -> Mapping[str, Any]:
        same = (submission.c.asset_uid == asset_uid) & (submission.c.root_uuid == root_uuid)
        version_uid = self._connection.scalar(select(submission.c.form_version).where(same))
        changes = self._origins.origin_of(asset_uid, version_uid).changes
        return identity if changes is None else call_back(changes, identity)[0]
