"""Knows the commands about forms: build the XLSForms, check the definitions, deploy to the server."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from connector.commands.command import Command, Context
from connector.deployment import check_form, deploy_programme
from connector.errors import FormInvalidError, SettingsError
from forms.form import Form
from forms.library import FORMS, INSTRUMENTS
from forms.lint import lint
from forms.translation import LANGUAGES, coverage, missing_wording
from forms.xlsform import build_all


def _build(context: Context) -> Iterable[str]:
    folder: Path = context.arguments.folder
    for form in FORMS.values():
        check_form(form)
    changed = [name for name, content in build_all().items() if write_if_changed(folder / name, content)]
    return [*(f"wrote {folder / name}" for name in changed), f"{len(FORMS)} forms built, {len(changed)} changed"]


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


def _check(context: Context) -> Iterable[str]:
    found = [finding for form in FORMS.values() for finding in lint(form)]
    if found:
        faults = "\n".join(f"  {finding}" for finding in found)
        raise FormInvalidError(f"{len(found)} faults in the forms.\n{faults}", advice="Correct the definitions.")
    lines = [line for form in FORMS.values() for line in coverage_lines(form)]
    return [*lines, *untranslated_lines(), f"{len(FORMS)} forms checked, 0 faults"]


def untranslated_lines() -> list[str]:
    """Return one line for each instrument whose wording is missing in a language, and where a version may be found."""
    return [
        f"{instrument.title}: {missing} texts have no {language.column} wording, phones show French and English; "
        f"{instrument.untranslated_source}"
        for instrument in INSTRUMENTS.values()
        for language in LANGUAGES
        if (missing := len(missing_wording(instrument.name, language)))
    ]


def coverage_lines(form: Form) -> list[str]:
    """Return one line a language: how many of a form's texts are validated, reviewed, draft, stale or missing."""
    return [
        f"{form.form_id} {language}: " + ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        for language, statuses in coverage(form).items()
    ]


def _deploy(context: Context) -> Iterable[str]:
    assets = dict(_asset(text) for text in context.arguments.asset or ())
    engine, client = context.engine(), context.client()
    deployed = deploy_programme(
        engine, client, assets=assets, also=context.arguments.submitter or (), on_progress=context.on_progress
    )
    unknown = sorted({name for form in deployed for name in form.unknown_submitters})
    lines = [
        f"{form.form_id}: project {form.asset_uid}, " + ("deployed" if form.redeployed else "unchanged")
        for form in deployed
    ]
    if unknown:
        lines.append(f"no account on the server, so no right to submit: {', '.join(unknown)}")
    changed = sum(form.redeployed for form in deployed)
    return [*lines, f"{len(deployed)} forms deployed, {changed} changed, {len(unknown)} unknown accounts"]


def _asset(text: str) -> tuple[str, str]:
    form_id, _, uid = text.partition("=")
    if form_id not in FORMS or not uid:
        known = ", ".join(FORMS)
        raise SettingsError(f"--asset {text}: not FORM=UID.", advice=f"The forms are {known}.")
    return form_id, uid


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path("xlsforms"), help="where to write (default: xlsforms)")


def _add_assets(parser: argparse.ArgumentParser) -> None:
    text = "use this project on the server for a form; may be repeated"
    parser.add_argument("--asset", action="append", metavar="FORM=UID", help=text)
    text = "let this account submit too (a supervisor, an evaluator); CHAs may anyway; may be repeated"
    parser.add_argument("--submitter", action="append", metavar="USERNAME", help=text)


BUILD = Command("build", "write the forms as XLSForm workbooks", ("healing build",), _build, _add_folder)
CHECK = Command("check", "check the definitions and list how far each translation is", ("healing check",), _check)
DEPLOY = Command(
    "deploy",
    "bring the forms and rosters to the server and to the phones of all CHAs; what is done is skipped",
    ("healing deploy --server https://kf.kobotoolbox.org", "healing deploy --asset intake=aBcDeF123"),
    _deploy,
    _add_assets,
)
