"""Knows the command about translations: a spreadsheet for a translator goes out, and comes back into the catalogue."""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from connector.commands.command import Command, Context
from connector.commands.forms import write_if_changed
from connector.errors import FormInvalidError, SettingsError
from forms.library import FORMS
from forms.translation import DEFAULT_LANGUAGE, FRENCH, TRANSLATED, form_strings, language_of
from forms.translation_catalogue import PACKAGED, CatalogueError, Entry, read_catalogue_file, write_catalogue
from forms.translation_import import Change, Judgement, changed_catalogue, judge
from forms.translation_return import Sheet, SheetError, SheetRow, read_sheet
from forms.translation_sheet import COMMENT, translation_workbook
from forms.xlsform import XlsFormError

DETAILS = """export writes one spreadsheet with every text of the forms in a language, and what there is to know of it;
its second sheet says how to work. import takes it back: either every row is good and the catalogue is changed,
or all faults are listed with their rows and nothing is written."""


def _translations(context: Context) -> Iterable[str]:
    arguments = context.arguments
    return _export(arguments) if arguments.action == "export" else _import(arguments)


def _export(arguments: argparse.Namespace) -> list[str]:
    language = language_of(arguments.language)
    catalogue, french = (_catalogue(arguments.folder, code) for code in (language.code, FRENCH.code))
    out: Path = arguments.out or Path(f"translations-{language.code}.xlsx")
    content = translation_workbook(language, catalogue, french)
    if out.exists() and out.read_bytes() != content:
        advice = "A translator may have worked in it: name another file with --out, or move it away."
        raise SettingsError(f"{out} is there already.", advice=advice)
    write_if_changed(out, content)
    return [f"wrote {out}", "The sheet 'How to work' explains it to the translator."]


def _import(arguments: argparse.Namespace) -> list[str]:
    sheet = _sheet(arguments.file)
    code = sheet.language.code
    catalogue = _catalogue(arguments.folder, code)
    judgement = judge(sheet, catalogue, dt.date.today())
    if judgement.refusals:
        faults = "\n".join(f"  {refusal}" for refusal in judgement.refusals)
        message = f"{arguments.file}: {len(judgement.refusals)} faults.\n{faults}"
        raise FormInvalidError(message, advice="Nothing was written. Correct these rows and import the file again.")
    lines = [*change_lines(judgement), *_further_lines(judgement)]
    path = _path(arguments.folder, code)
    if not judgement.changes:
        return [*lines, "nothing has changed"]
    if arguments.dry_run:
        return [*lines, f"{len(judgement.changes)} texts would change; nothing was written"]
    content = write_catalogue(changed_catalogue(catalogue, judgement.changes))
    write_if_changed(path, content.encode())
    advice = "Next: healing build, and try the forms on a phone."
    return [*lines, f"wrote {path}", f"{len(judgement.changes)} texts changed. {advice}"]


def change_lines(judgement: Judgement) -> Iterator[str]:
    """Yield what a sheet changes: how many texts of each form, then each text with what it was and what it becomes."""
    keys = {form.form_id: {string.key for string in form_strings(form)} for form in FORMS.values()}
    elsewhere = {change.new.key for change in judgement.changes} - set().union(*keys.values())
    for form_id, inside in (*keys.items(), ("not asked at present", elsewhere)):
        counts = Counter(change.kind for change in judgement.changes if change.new.key in inside)
        if counts:
            yield f"{form_id}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
    yield from (_change_line(change) for change in judgement.changes)


def _change_line(change: Change) -> str:
    line = f"  {change.new.key}, {change.kind}"
    if change.kind == "status changed":
        return f"{line}: {_standing(change.old)} → {_standing(change.new)}"
    before = f"{_in_one_line(change.old.text)} → " if change.old and change.old.text else ""
    return f"{line}: {before}{_in_one_line(change.new.text) or 'nothing'} ({change.new.status})"


def _standing(entry: Entry | None) -> str:
    return f"{entry.status}, {entry.source}, {entry.date}" if entry else "missing"


def _in_one_line(text: str) -> str:
    return text.replace("\n", " ⏎ ")


def _further_lines(judgement: Judgement) -> Iterator[str]:
    yield from (
        f"comment in row {row.number}, {row['key']}: {_in_one_line(row[COMMENT])}" for row in judgement.comments
    )
    if judgement.outdated:
        rows = _row_numbers(judgement.outdated)
        yield f"rows without a change whose English is not of today: {rows}. Export the sheet anew for the next round."


def _row_numbers(rows: Iterable[SheetRow]) -> str:
    return ", ".join(str(row.number) for row in rows)


def _sheet(file: Path | None) -> Sheet:
    if file is None:
        raise SettingsError("No file to import.", advice="Say which: healing translations import FILE.xlsx")
    try:
        return read_sheet(file.read_bytes())
    except OSError as error:
        advice = "Check the path and who may read it."
        raise SettingsError(f"{file} cannot be read: {error.strerror}.", advice=advice) from None
    except (XlsFormError, SheetError) as error:
        advice = "Give the file that healing translations export wrote, saved as .xlsx."
        raise SettingsError(f"{file}: {error}.", advice=advice) from None


def _path(folder: Path, language: str) -> Path:
    return folder / f"{language}.csv"


def _catalogue(folder: Path, language: str) -> Mapping[str, Entry]:
    try:
        return read_catalogue_file(_path(folder, language))
    except CatalogueError as error:
        raise SettingsError(f"{error}.", advice="Correct the file, or name another folder with --folder.") from None


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["export", "import"], help="write the spreadsheet, or take it back")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the spreadsheet to import")
    codes = [language.code for language in TRANSLATED]
    text = f"the language to export (default: {DEFAULT_LANGUAGE.code})"
    parser.add_argument("--language", choices=codes, default=DEFAULT_LANGUAGE.code, help=text)
    text = "where to write the spreadsheet (default: translations-LANGUAGE.xlsx)"
    parser.add_argument("--out", type=Path, metavar="FILE", help=text)
    parser.add_argument("--folder", type=Path, default=PACKAGED, help="other catalogues than those of the forms")
    parser.add_argument("--dry-run", action="store_true", help="say what an import would change, and write nothing")


TRANSLATIONS = Command(
    "translations",
    "write a spreadsheet for a translator, or take it back into the catalogue",
    ("healing translations export --language rw", "healing translations import translations-rw.xlsx --dry-run"),
    _translations,
    _add_arguments,
    DETAILS,
)
