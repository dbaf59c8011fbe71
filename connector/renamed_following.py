"""Knows what follows when versions that somebody changed on the website become known: records are read anew by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, exists, select

from connector.adopted_resplit import part_again
from connector.adopted_sync import NewVersion, keep_versions
from connector.derive import reread
from connector.precious_schema import form_version, submission
from connector.project import ProgrammeProject
from connector.renamed_problems import refresh_project_problems
from connector.renamed_versions import changed_layouts
from connector.sync_state import utc_now


def follow(
    connection: Connection, projects: Sequence[ProgrammeProject], found: Mapping[str, Sequence[NewVersion]]
) -> list[ProgrammeProject]:
    """Keep the versions found, by project, and return the projects as they are read with them.

    Records that came before their version was known are parted and read anew. Raises StorageError.
    """
    followed = [_follow(connection, each, found.get(each.asset_uid, ())) for each in projects]
    refresh_project_problems(connection)
    return followed


def _follow(connection: Connection, project: ProgrammeProject, found: Sequence[NewVersion]) -> ProgrammeProject:
    keep_versions(connection, project.asset_uid, found, utc_now())
    followed = replace(project, layouts=changed_layouts(connection, project.form, project.asset_uid))
    theirs = submission.c.form_version.in_([each.uid for each in found])
    is_ours = exists().where(form_version.c.version_uid == submission.c.form_version)
    came = select(submission.c.root_uuid).where(submission.c.asset_uid == project.asset_uid, theirs, ~is_ours)
    if roots := list(connection.scalars(came)) if found else []:
        part_again(connection, followed)
        reread(connection, roots)
    return followed
