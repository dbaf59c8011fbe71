"""Knows how all forms of the programme are deployed with their rosters, and what is remembered of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from connector.areas import Plan, forms_of_plan, plan_of_programme, submitters
from connector.deploy import DeployedForm, deploy_form, project_key
from connector.deploy_gate import accepted_texts, check_form, refuse_reused_names
from connector.form_versions import Sent, remember
from connector.kobo import KoboClient
from connector.migration import migrate
from connector.progress import OnProgress, no_progress
from connector.rosters import rosters_of
from connector.sync_state import deployed_projects, utc_now
from connector.writer_lock import single_writer
from forms.form import Form
from forms.programme import PROGRAMME
from forms.version import Definition, describe
from forms.xlsform import form_sheets, media_files, write_workbook


def deploy_programme(
    engine: Engine,
    client: KoboClient,
    *,
    plan: Plan | None = None,
    assets: Mapping[str, str] | None = None,
    also: Sequence[str] = (),
    spoken: Sequence[str] = PROGRAMME.spoken,
    accept_texts: str = "",
    on_progress: OnProgress = no_progress,
) -> tuple[DeployedForm, ...]:
    """Build and deploy every form with its rosters, and let the active CHAs submit; what is done already is skipped.

    `plan` says which forms in which areas, else the programme file does. In a sector, its own CHAs may submit, and the
    rosters hold its own healing groups. `assets` names, by `intake` or `intake/2801`, the project on the server to use
    instead of the one used before; `also` are usernames of others who may submit everywhere, such as supervisors.
    `accept_texts` is the reason to deploy instruments whose text is not ready in a language of `spoken`.
    Raises FormInvalidError and NeedsPersonError before anything is sent, BusyError, and the errors of deploying and of
    the database.
    """
    projects = plan_of_programme() if plan is None else plan
    for _, form in forms_of_plan(projects):
        check_form(form)
    accepted = accepted_texts(client.server, projects, spoken, accept_texts)
    built = [_build(area, form) for area, form in forms_of_plan(projects)]
    with single_writer(engine):
        migrate(engine)
        with engine.connect() as connection:
            refuse_reused_names(connection, [(each.form.form_id, each.definition) for each in built])
        run = _Run(engine, client, assets or {}, also, accepted, on_progress)
        return tuple(run.deploy(each) for each in built)


@dataclass(frozen=True, slots=True)
class _Built:
    """A form that is ready to be sent."""

    area: str
    form: Form
    definition: Definition
    workbook: bytes


def _build(area: str, form: Form) -> _Built:
    sheets = form_sheets(form)
    return _Built(area, form, describe(form, sheets), write_workbook(sheets))


@dataclass(frozen=True, slots=True)
class _Run:
    """What is the same for all forms of one deployment."""

    engine: Engine
    client: KoboClient
    assets: Mapping[str, str]
    also: Sequence[str]
    accepted: Mapping[str, str]
    on_progress: OnProgress

    def deploy(self, built: _Built) -> DeployedForm:
        """Bring one form to the phones of its area and keep what was done."""
        area, form, server = built.area, built.form, self.client.server
        with self.engine.connect() as connection:
            known = {(each.form_id, each.area): each.asset_uid for each in deployed_projects(connection, server)}
            rosters, usernames = rosters_of(connection, form.form_id, area), submitters(connection, area)
        deployed = deploy_form(
            self.client,
            form_id=form.form_id,
            title=form.title,
            workbook=built.workbook,
            media={**media_files(form), **rosters},
            asset_uid=self.assets.get(project_key(form.form_id, area), known.get((form.form_id, area))),
            submitters=[*usernames, *self.also],
            area=area,
            on_step=lambda text: self.on_progress(text, 0, None),
        )
        workbook_hash = hashlib.sha256(built.workbook).hexdigest()
        sent = Sent(built.definition, workbook_hash, self.accepted.get(form.form_id), utc_now())
        with self.engine.begin() as connection:
            remember(connection, server, deployed, sent)
        return deployed
