"""Knows how the programme's own projects follow the server: what somebody changed on the website is read at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from connector.adopted_sync import versions_if_told
from connector.fact_schema import problem
from connector.kobo import Asset, KoboClient
from connector.precious_schema import asset_version, form_version, submission
from connector.project import ProgrammeProject
from connector.sync_state import utc_now
from forms.library import FORMS

_TRIED_FOR = timedelta(days=30)
"""As long after a record of an unknown version came, the server is asked for that version."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of versions, as pairs of project and version: `kept` with their content, `ours` published here.

    `short` are the projects of which records came whose version is neither.
    """

    kept: frozenset[tuple[str, str]]
    ours: frozenset[tuple[str, str]]
    short: frozenset[str]

    @classmethod
    def read(cls, connection: Connection) -> _Known:
        """Read what is known of all projects that were published here."""
        ours = select(form_version.c.asset_uid, form_version.c.version_uid).where(form_version.c.asset_uid.is_not(None))
        kept = select(asset_version.c.asset_uid, asset_version.c.version_uid)
        is_recent = submission.c.first_seen_at > utc_now() - _TRIED_FOR
        came = problem.join(submission, submission.c.root_uuid == problem.c.root_uuid)
        short = select(submission.c.asset_uid).select_from(came).where(problem.c.kind == "unknown_version", is_recent)
        return cls(_pairs(connection, kept), _pairs(connection, ours), frozenset(connection.scalars(short.distinct())))

    def must_ask(self, asset_uid: str, deployed: str | None) -> bool:
        """Whether the server has to be asked. A project that was never published here has nothing to compare with."""
        is_known = not deployed or (asset_uid, deployed) in self.kept | self.ours
        return asset_uid in {uid for uid, _ in self.ours} and (asset_uid in self.short or not is_known)

    def kept_of(self, asset_uid: str) -> list[str]:
        """The versions of a project whose content is kept."""
        return [version for uid, version in self.kept if uid == asset_uid]


def _pairs(connection: Connection, query: Select[Any]) -> frozenset[tuple[str, str]]:
    return frozenset((uid, version) for uid, version in connection.execute(query))


def programme_projects(
    engine: Engine, client: KoboClient, deployed: Iterable[tuple[str, str]], listed: Iterable[Asset]
) -> list[ProgrammeProject]:
    """Return the projects of the programme's forms, from (form_id, asset_uid), with the layouts of all their versions.

    `listed` are the projects that the account sees: one whose deployed version is not known here was changed on the
    website, and is asked for its versions; all others cost no request. Where the server does not tell, the next run
    asks again. Never holds a transaction while it waits for the server.
    Raises the client's errors when the server as a whole fails, and StorageError.
    """
    on_server = {asset.uid: asset.deployed_version_id for asset in listed}
    projects = [ProgrammeProject(FORMS[form_id], uid) for form_id, uid in deployed if form_id in FORMS]
    with engine.connect() as connection:
        known = _Known.read(connection)
    asked = [each for each in projects if known.must_ask(each.asset_uid, on_server.get(each.asset_uid))]
    found = {uid: versions_if_told(client, uid, known.kept_of(uid)) for uid in (each.asset_uid for each in asked)}
    changed = {uid for uid, _ in known.kept} | {uid for uid, versions in found.items() if versions}
    if changed.isdisjoint(each.asset_uid for each in projects):
        return projects
    from connector.renamed_following import follow  # loads all that derives facts, which most runs do not need

    with engine.begin() as connection:
        return follow(connection, projects, found)
