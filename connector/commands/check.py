"""Knows the command `check`: the programme's own definitions, or any XLSForm workbooks and roster files."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from connector.commands.command import Command, Context
from connector.commands.forms import left_out_lines, untranslated_lines
from connector.deploy_gate import ROSTER_COLUMNS, faults_of_form
from connector.errors import FormInvalidError, SettingsError
from forms.finding import Finding
from forms.help_line import help_line_warnings
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.roster_lint import lint_roster, roster_header
from forms.translation_coverage import coverage_lines
from forms.workbook_lint import lint_workbook
from forms.xlsform import XlsFormError, convert_workbook, read_numbered_rows

_ENDINGS = (".xlsx", ".csv")


def _check(context: Context) -> Iterable[str]:
    paths: Sequence[Path] = context.arguments.files
    return _check_files(paths) if paths else _check_definitions()


def _check_definitions() -> list[str]:
    found = [finding for form in FORMS.values() for finding in faults_of_form(form)]
    if found:
        raise FormInvalidError(f"{_count(found)} in the forms.\n{_told(found)}", advice="Correct the definitions.")
    lines = [line for form in FORMS.values() for line in coverage_lines(form)]
    lines += [f"warning: {warning}" for warning in help_line_warnings(PROGRAMME, dt.date.today())]
    return [*lines, *untranslated_lines(), *left_out_lines(), f"{len(FORMS)} forms checked, 0 faults"]


def _check_files(paths: Sequence[Path]) -> list[str]:
    contents = {path: _read(path) for path in paths}
    headers = {path.stem: roster_header(content) for path, content in contents.items() if path.suffix == ".csv"}
    found = [finding for path, content in contents.items() for finding in faults_of_file(path, content, headers)]
    if found:
        raise FormInvalidError(f"{_count(found)} in {_files(paths)}.\n{_told(found)}", advice="Correct the files.")
    return [f"{_files(paths)} checked, 0 faults"]


def faults_of_file(path: Path, content: bytes, rosters: Mapping[str, Sequence[str]]) -> tuple[Finding, ...]:
    """Return the faults of a workbook or a roster file; `rosters` are the columns of the files checked with it.

    A workbook without a finding is converted by pyxform too, whose complaint becomes the finding.
    """
    if path.suffix == ".csv":
        return lint_roster(path.name, content, ROSTER_COLUMNS.get(path.stem))
    try:
        sheets = {title: _with_gaps(rows) for title, rows in read_numbered_rows(content).items()}
        beside = [file.name for file in path.parent.iterdir()]
        found = lint_workbook(sheets, path.name, rosters={**ROSTER_COLUMNS, **rosters}, media=_media(beside))
        if not found:
            convert_workbook(sheets)
        return found
    except XlsFormError as error:
        return (Finding(path.name, "workbook", str(error).rstrip("."), "Correct what pyxform names here."),)


def _media(beside: Sequence[str]) -> Sequence[str] | None:
    """The pictures beside a workbook; None when there are none at all: they are kept elsewhere, and not looked for."""
    return beside if any(name.endswith((".png", ".jpg", ".svg", ".mp3")) for name in beside) else None


def _with_gaps(rows: Mapping[int, Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The rows by position, with empty rows where the sheet has some, so that a row's number can be told."""
    return [rows.get(number, {}) for number in range(2, max(rows, default=1) + 1)]


def _read(path: Path) -> bytes:
    if path.suffix not in _ENDINGS:
        raise SettingsError(f"{path} is neither a workbook nor a roster.", advice="Name files that end .xlsx or .csv.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", advice="Check the name of the file.") from None


def _count(found: Sequence[Finding]) -> str:
    return "1 fault" if len(found) == 1 else f"{len(found)} faults"


def _told(found: Iterable[Finding]) -> str:
    return "\n".join(f"  {finding}" for finding in found)


def _files(paths: Sequence[Path]) -> str:
    return f"{len(paths)} files" if len(paths) != 1 else paths[0].name


def _add_files(parser: argparse.ArgumentParser) -> None:
    text = "a workbook (.xlsx) or roster (.csv) to check instead of the programme's own definitions"
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=text)


CHECK = Command(
    "check",
    "check the definitions and list how far each translation is, or check XLSForm workbooks and rosters",
    ("healing check", "healing check form.xlsx members.csv"),
    _check,
    _add_files,
)
