"""Knows the command `deploy`: the programme's forms and rosters to the server, with what a person must know first."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterable, Sequence

from connector.areas import forms_of_plan, name_of_area, plan_of_programme, without_area
from connector.commands.command import Command, Context
from connector.deploy import DeployedForm, project_key
from connector.deployment import deploy_programme
from connector.errors import SettingsError
from connector.sync_state import DeployedProject, deployed_projects
from forms.help_line import help_line_warnings
from forms.programme import PROGRAMME


def _deploy(context: Context) -> Iterable[str]:
    arguments, plan = context.arguments, plan_of_programme()
    keys = [project_key(form.form_id, area) for area, form in forms_of_plan(plan)]
    assets = dict(_asset(text, keys) for text in arguments.asset or ())
    for warning in help_line_warnings(PROGRAMME, dt.date.today()):
        context.say(f"warning: {warning}")
    engine, client = context.engine(), context.client()
    deployed = deploy_programme(
        engine,
        client,
        plan=plan,
        assets=assets,
        also=arguments.submitter or (),
        accept_texts=arguments.accept_texts,
        on_progress=context.on_progress,
    )
    with engine.connect() as connection:
        outside, projects = without_area(connection, plan), deployed_projects(connection, client.server)
    told = [f"in no sector of the programme, so no form on the phone: {', '.join(outside)}"] if outside else []
    old = [each for each in projects if project_key(each.form_id, each.area) not in keys]
    return [*map(_line, deployed), *map(_line_of_old, old), *told, *_unknown_lines(deployed)]


def _line(form: DeployedForm) -> str:
    area = f" ({name_of_area(form.area)})" if form.area else ""
    done = "deployed" if form.redeployed else "unchanged"
    return f"{project_key(form.form_id, form.area)}{area}: project {form.asset_uid}, {done}"


def _line_of_old(project: DeployedProject) -> str:
    """A project from before the programme was split otherwise: phones may still hold records of it."""
    return (
        f"{project_key(project.form_id, project.area)}: project {project.asset_uid} is no longer in the programme "
        "file; its records are still read; archive it on the website when every phone has sent what it holds"
    )


def _unknown_lines(deployed: Sequence[DeployedForm]) -> list[str]:
    unknown = sorted({name for form in deployed for name in form.unknown_submitters})
    changed = sum(form.redeployed for form in deployed)
    last = f"{len(deployed)} forms deployed, {changed} changed, {len(unknown)} unknown accounts"
    told = f"no account on the server, so no right to submit: {', '.join(unknown)}"
    return [told, last] if unknown else [last]


def _asset(text: str, keys: Sequence[str]) -> tuple[str, str]:
    key, _, uid = text.partition("=")
    if key not in keys or not uid:
        raise SettingsError(f"--asset {text}: not FORM=UID.", advice=f"The forms are {', '.join(keys)}.")
    return key, uid


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    text = "use this project on the server for a form (FORM is intake, or intake/2801 in a sector); may be repeated"
    parser.add_argument("--asset", action="append", metavar="FORM=UID", help=text)
    text = "let this account submit too (a supervisor, an evaluator); CHAs may anyway; may be repeated"
    parser.add_argument("--submitter", action="append", metavar="USERNAME", help=text)
    text = "deploy instruments whose text is missing or a draft in a spoken language all the same; the reason is kept"
    parser.add_argument("--accept-texts", default="", metavar="REASON", help=text)


DEPLOY = Command(
    "deploy",
    "bring the forms and rosters to the server and to the phones of all CHAs; what is done is skipped",
    ("healing deploy --server https://kf.kobotoolbox.org", "healing deploy --asset intake=aBcDeF123"),
    _deploy,
    _add_arguments,
    "A name that would be used again with other codes is refused, and so, except on the sandbox, are instruments\n"
    "whose text is not ready in a spoken language. Nothing is sent then.",
)
