"""Knows the commands about forms: build the XLSForms, check the definitions."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from connector.commands.command import Command, Context
from connector.deploy_gate import check_form
from connector.errors import SettingsError
from forms.instruments.catalogue import CATALOGUE
from forms.interview import left_out
from forms.library import FORMS, INSTRUMENTS
from forms.programme import PROGRAMME
from forms.translation import LANGUAGES, missing_wording
from forms.xlsform import build_all


def _build(context: Context) -> Iterable[str]:
    folder: Path = context.arguments.folder
    for form in FORMS.values():
        check_form(form)
    built = build_all()
    changed = [name for name, content in built.items() if write_if_changed(folder / name, content)]
    forms = sum(name.endswith(".xlsx") for name in built)
    counted = f"{forms} forms and {len(built) - forms} pictograms built, {len(changed)} files changed"
    return [*(f"wrote {folder / name}" for name in changed), *left_out_lines(), counted]


def left_out_lines() -> list[str]:
    """Return one line for each instrument that the programme asks and whose wording is not there."""
    titles = {name: each.title for name, each in CATALOGUE.items()}
    return [
        f"{titles[name]} is left out: its wording is not free to publish, and the private file (private_texts in the "
        "programme file) does not give it"
        for name in left_out(PROGRAMME)
    ]


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file unless it has this content already; return whether it was written. Raises SettingsError."""
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        advice = "Choose another folder with --folder, or check who may write in it."
        raise SettingsError(f"{path} cannot be written: {error.strerror}.", advice=advice) from None
    return True


def untranslated_lines() -> list[str]:
    """Return one line for each instrument whose wording is missing in a language, and where a version may be found."""
    return [
        f"{instrument.title}: {missing} texts have no {language.column} wording, phones show French and English; "
        f"{instrument.untranslated_source}"
        for instrument in INSTRUMENTS.values()
        for language in LANGUAGES
        if (missing := len(missing_wording(instrument.name, language)))
    ]


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path("xlsforms"), help="where to write (default: xlsforms)")


BUILD = Command("build", "write the forms as XLSForm workbooks", ("healing build",), _build, _add_folder)
