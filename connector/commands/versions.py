"""Knows the commands about versions of forms: what was deployed when and where, and what changed between two."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from connector.areas import forms_of_plan, name_of_area, plan_of_programme
from connector.commands.command import Command, Context
from connector.deploy import project_key
from connector.deploy_gate import accepted_in_words
from connector.errors import FormInvalidError, SettingsError
from connector.form_versions import all_versions, find_deployed, find_version, read_definition
from forms.change import Change
from forms.version import Definition, describe
from forms.version_change import diff
from forms.xlsform import XlsFormError, form_sheets, read_workbook

CURRENT, DEPLOYED = "current:", "deployed:"


def _diff(context: Context) -> Iterable[str]:
    old, new = (read_version(context, name) for name in (context.arguments.old, context.arguments.new))
    changes = diff(old, new)
    lines = change_lines(changes)
    refused = sum(change.is_refused for change in changes)
    if not refused:
        return [*lines, _count(changes)]
    for line in lines:
        context.say(line)
    raise FormInvalidError(
        f"{_count(changes)}, {refused} refused.",
        advice="A name would be used again with another meaning: give the question a new name.",
    )


def _count(changes: Sequence[Change]) -> str:
    return f"{len(changes)} changes, {sum(change.changes_meaning for change in changes)} change meaning"


def change_lines(changes: Iterable[Change]) -> list[str]:
    """Return one line a change, those of meaning first; the same change of several questions is told once."""
    told: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        key = change.question if change.kind.startswith("question") else ""
        told.setdefault((change.kind, change.what, change.old, change.new, change.refusal, key), []).append(change)
    ordered = sorted(told.values(), key=lambda same: (not same[0].is_refused, not same[0].changes_meaning))
    return [_line(same[0], len(same) - 1) for same in ordered]


def _line(change: Change, others: int) -> str:
    also = f" (and {others} more questions)" if others else ""
    mark = "" if change.changes_meaning else "  "
    return f"{mark}{change}{also}"


def read_version(context: Context, name: str) -> Definition:
    """Return the definition that a person names: a workbook, the programme's form, what is deployed, or a version.

    Raises SettingsError saying how versions are named, StorageError, and FormInvalidError for a damaged workbook.
    """
    if name.endswith(".xlsx"):
        return _of_workbook(Path(name))
    if name.startswith(CURRENT):
        return _current(name.removeprefix(CURRENT))
    with context.reader().connect() as connection:
        if name.startswith(DEPLOYED):
            form_id, _, area = name.removeprefix(DEPLOYED).partition("/")
            found = find_deployed(connection, form_id, area or None)
        else:
            found = find_version(connection, name)
    return _kept(found, name)


def _of_workbook(path: Path) -> Definition:
    try:
        return describe(None, read_workbook(path.read_bytes()))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", advice="Check the name of the file.") from None
    except XlsFormError as error:
        raise FormInvalidError(f"{path}: {error}.", advice="Save it again as .xlsx.") from None


def _current(key: str) -> Definition:
    forms = {project_key(form.form_id, area): form for area, form in forms_of_plan(plan_of_programme())}
    if key not in forms:
        raise SettingsError(f"{CURRENT}{key}: no such form.", advice=f"The forms are {', '.join(forms)}.")
    return describe(forms[key], form_sheets(forms[key]))


def _kept(found: Row[Any] | None, name: str) -> Definition:
    if found is None:
        advice = f"Name a file .xlsx, {CURRENT}FORM, {DEPLOYED}FORM, or a version that `healing versions` lists."
        raise SettingsError(f"The database knows no version {name}.", advice=advice)
    if found.definition is None:
        advice = "Compare with the workbook it was deployed from."
        raise SettingsError(f"What version {name} asked was not kept when it was deployed.", advice=advice)
    return read_definition(found)


def _versions(context: Context) -> Iterable[str]:
    with context.reader().connect() as connection:
        rows = all_versions(connection)
    lines = []
    for (form_id, area), same in groupby(rows, key=lambda row: (row.form_id, row.area)):
        lines.append(f"{project_key(form_id, area)}, {name_of_area(area)}:")
        lines += [f"  {line}" for row in same for line in version_lines(row)]
    return [*lines, f"{len(rows)} versions" if len(rows) != 1 else "1 version"]


def version_lines(row: Row[Any]) -> list[str]:
    """Return what is known of a version: form and asset version, when, where, whether it is on, what was accepted."""
    where = f"project {row.asset_uid} on {row.server}" if row.server else "where is not known"
    on = ", deployed now" if row.is_deployed else ""
    form = row.content_version or "not kept"
    line = f"form version {form} = asset version {row.version_uid}, {row.deployed_at:%Y-%m-%d %H:%M} UTC, {where}{on}"
    accepted = accepted_in_words(row.accepted_texts)
    return [line, f"  {accepted}"] if accepted else [line]


def _add_versions(parser: argparse.ArgumentParser) -> None:
    text = f"a workbook (.xlsx), a version that `healing versions` lists, {CURRENT}FORM, or {DEPLOYED}FORM"
    parser.add_argument("old", metavar="OLD", help=text)
    parser.add_argument("new", metavar="NEW", help="the same")


DIFF = Command(
    "diff",
    "say what changed in meaning between two versions of a form",
    ("healing diff deployed:intake current:intake", "healing diff old.xlsx xlsforms/intake.xlsx"),
    _diff,
    _add_versions,
    "Wording, translations, codes, scoring, skips and constraints; what does not change meaning is indented. A name\n"
    "used again with other codes or another kind of answer is refused, as it would be at `healing deploy`.",
)
VERSIONS = Command(
    "versions",
    "list the versions of every form: form version, asset version, when and where, and texts accepted as drafts",
    ("healing versions",),
    _versions,
)
