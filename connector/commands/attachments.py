"""Knows the command `attachments`: photos and other files of records, for the projects that are named and no other."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from connector.adopted_content import read_content
from connector.answer import MEDIA_KINDS
from connector.attachment_folder import AttachmentFolder
from connector.attachments import FileCounts, FileRun
from connector.commands.command import Command, Context
from connector.errors import SettingsError
from connector.log_lines import log_event
from connector.migration import migrate, schema_state
from connector.precious_schema import asset_version
from connector.status import ProjectStatus, read_status
from connector.stopping import ended_like_ctrl_c
from connector.writer_lock import single_writer
from forms.library import FORMS


def _attachments(context: Context) -> Iterable[str]:
    with ended_like_ctrl_c():
        engine, client = context.engine(), context.client()
        if schema_state(engine) != "current":
            with single_writer(engine):
                migrate(engine)
        with engine.connect() as connection:
            chosen = list(_chosen(connection, context.arguments.of, client.server))
        lines = []
        for project, questions in chosen:
            run = FileRun(
                engine,
                client,
                AttachmentFolder(context.arguments.folder),
                project.asset_uid,
                questions,
                check=context.arguments.check,
                again=context.arguments.again,
                on_progress=context.on_progress,
            )
            counts = run.run()
            _log(project, counts)
            asks = "" if questions else " (its form asks for no files)"
            lines.append(f"{project.name}: {counts.line}{asks}")
        return lines


def _chosen(connection: Connection, names: Iterable[str], server: str) -> Iterator[tuple[ProjectStatus, set[str]]]:
    """The named projects with the questions that ask for files. Raises SettingsError for a name that is none."""
    known = read_status(connection, server).read_projects
    for name in names:
        found = [each for each in known if name in (each.asset_uid, each.name, each.name.partition("/")[0])]
        if not found:
            projects = ", ".join(each.name for each in known) or "none"
            raise SettingsError(f"--of {name} is no project of this database.", advice=f"There are: {projects}.")
        for project in found:
            yield project, questions_for_files(connection, project)


def questions_for_files(connection: Connection, project: ProjectStatus) -> set[str]:
    """Return the paths of the questions that ask for a photo, a recording or another file, in any version."""
    if project.kind == "programme":
        placed = FORMS[project.name.partition("/")[0]].placed()
        return {"/".join((*path, question.name)) for path, question in placed if question.kind in MEDIA_KINDS}
    query = select(asset_version.c.content).where(asset_version.c.asset_uid == project.asset_uid)
    contents = [read_content(json.loads(content)) for content in connection.scalars(query)]
    return {asked.path for content in contents for asked in content.questions if asked.kind in MEDIA_KINDS}


def _log(project: ProjectStatus, counts: FileCounts) -> None:
    numbers = {"files": counts.fetched, "gone": counts.removed, "waiting": counts.waiting, "failed": counts.failed}
    log_event("files_fetched", asset_uid=project.asset_uid, form_id=project.name, **numbers)


def _add_attachments(parser: argparse.ArgumentParser) -> None:
    text = "a project, by its form, table or uid; may be repeated"
    parser.add_argument("--of", action="append", required=True, metavar="PROJECT", help=text)
    text = "where the files go (default: attachments); photos show people: keep it as safe as the database"
    parser.add_argument("--folder", type=Path, default=Path("attachments"), help=text)
    parser.add_argument("--check", action="store_true", help="read every file again and compare it with its hash")
    parser.add_argument("--again", action="store_true", help="also try files that were given up")


ATTACHMENTS = Command(
    "attachments",
    "fetch photos and other files of records, where a form asks for them",
    ("healing attachments --of household_visits", "healing attachments --of intake --folder photos --check"),
    _attachments,
    _add_attachments,
    """Nothing is ever fetched without this command, and nothing that no question asks for (an audit trail is none). Run
it after `healing sync`, as often as you like: what is here is not fetched again, what failed is tried again in the next
five runs, and what was deleted on the server is removed here too, because a deletion there is meant.""",
)
