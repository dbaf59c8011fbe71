"""Knows which versions of a project were published here, and which one somebody changed on the website afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, select

from connector.layout import Level, layout_of
from connector.precious_schema import asset_version, form_version
from connector.renamed_content import VersionMap, compare
from connector.renamed_records import layout_in
from forms.form import Form


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record's questions come from.

    `published` is the version by which it is scored, `changes` what somebody changed in it on the website; `is_known`
    is false for a version that was not published here and is not kept.
    """

    published: str | None
    changes: VersionMap | None = None
    is_known: bool = True


class Origins:
    """Looks up the origins of records, each version once: one short query a version where all are published here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], Origin] = {}

    def origin_of(self, asset_uid: str, version_uid: str | None) -> Origin:
        """Return the origin of the records of a version."""
        key = asset_uid, version_uid or ""
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, asset_uid: str, version_uid: str) -> Origin:
        if self._is_any(form_version.c.version_uid == version_uid):
            return Origin(version_uid)
        published = published_before(self._connection, asset_uid, version_uid)
        if published is None:
            return Origin(version_uid, is_known=not self._is_any(form_version.c.asset_uid == asset_uid))
        return Origin(published, changes_between(self._connection, asset_uid, published, version_uid))

    def _is_any(self, condition: Any) -> bool:
        return bool(self._connection.scalar(select(exists().where(condition))))


def kept_versions(connection: Connection, asset_uid: str) -> dict[str, bool]:
    """Return the versions kept of a project in the order of deployment, and whether each was published here."""
    is_ours = exists().where(form_version.c.version_uid == asset_version.c.version_uid)
    query = select(asset_version.c.version_uid, is_ours).where(asset_version.c.asset_uid == asset_uid)
    return {uid: bool(ours) for uid, ours in connection.execute(query.order_by(asset_version.c.number))}


def published_before(connection: Connection, asset_uid: str, version_uid: str) -> str | None:
    """Return the version that another one was made from on the website; None when nobody can say.

    That is the last one of ours before it. Where this database is younger than the project, and knows only a later one
    as ours, it is the last one before that asks just what the later one asks, else the later one.
    """
    versions = kept_versions(connection, asset_uid)
    if version_uid not in versions:
        return None
    uids = list(versions)
    place = uids.index(version_uid)
    before, later = uids[:place][::-1], next((uid for uid in uids[place:] if versions[uid]), None)
    ours = next((uid for uid in before if versions[uid]), None)
    if ours is not None or later is None:
        return ours
    alike = (uid for uid in before if changes_between(connection, asset_uid, later, uid).is_untouched)
    return next(alike, later)


def changes_between(connection: Connection, asset_uid: str, published: str, changed: str) -> VersionMap:
    """Return what was changed between two kept versions of a project."""
    columns = asset_version.c.version_uid, asset_version.c.content
    these = asset_version.c.asset_uid == asset_uid, asset_version.c.version_uid.in_((published, changed))
    contents = {row.version_uid: row.content for row in connection.execute(select(*columns).where(*these))}
    return compare(contents[published], contents[changed])


def changed_layouts(connection: Connection, form: Form, asset_uid: str) -> dict[str, Level]:
    """Return the layout of a form's records in each version that was changed on the website, by its uid."""
    origins, versions = Origins(connection), kept_versions(connection, asset_uid)
    found = {uid: origins.origin_of(asset_uid, uid).changes for uid, is_ours in versions.items() if not is_ours}
    layout = layout_of(form)
    return {uid: layout_in(layout, each) for uid, each in found.items() if each is not None and not each.is_plain}
