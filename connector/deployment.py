"""Knows how all forms of the programme are deployed with their rosters, and what is remembered of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, exists, insert, select

from connector.deploy import DeployedForm, deploy_form
from connector.errors import FormInvalidError
from connector.kobo import KoboClient
from connector.migration import migrate
from connector.precious_schema import cha, deployment, form_version
from connector.progress import OnProgress, no_progress
from connector.rosters import media_of, write_rosters
from connector.sync_state import deployed_forms, utc_now
from connector.writer_lock import single_writer
from forms.form import Form
from forms.library import FORMS
from forms.lint import lint
from forms.xlsform import build_form


def deploy_programme(
    engine: Engine,
    client: KoboClient,
    *,
    assets: Mapping[str, str] | None = None,
    also: Sequence[str] = (),
    on_progress: OnProgress = no_progress,
) -> tuple[DeployedForm, ...]:
    """Build and deploy every form with its rosters, and let every active CHA submit; what is done already is skipped.

    `assets` names, by form id, the project on the server to use instead of the one used before; `also` are usernames
    of others who may submit, such as supervisors.
    Raises FormInvalidError before anything is sent, BusyError, and the errors of deploying and of the database.
    """
    for form in FORMS.values():
        check_form(form)
    with single_writer(engine):
        migrate(engine)
        return tuple(_deploy(engine, client, form, assets or {}, also, on_progress) for form in FORMS.values())


def check_form(form: Form) -> None:
    """Raises FormInvalidError with every fault that the checks of definitions find."""
    if found := lint(form):
        faults = "\n".join(f"  {finding}" for finding in found)
        raise FormInvalidError(f"{form.form_id}: {len(found)} faults.\n{faults}", advice="Nothing was sent.")


def submitters(connection: Connection) -> list[str]:
    """Return the usernames of all active CHAs, in order."""
    return list(connection.scalars(select(cha.c.username).where(cha.c.is_active).order_by(cha.c.username)))


def _deploy(
    engine: Engine,
    client: KoboClient,
    form: Form,
    assets: Mapping[str, str],
    also: Sequence[str],
    on_progress: OnProgress,
) -> DeployedForm:
    with engine.connect() as connection:
        known = dict(deployed_forms(connection, client.server))
        media, usernames = media_of(form.form_id, write_rosters(connection)), submitters(connection)
    workbook = build_form(form)
    deployed = deploy_form(
        client,
        form_id=form.form_id,
        title=form.title,
        workbook=workbook,
        media=media,
        asset_uid=assets.get(form.form_id, known.get(form.form_id)),
        submitters=[*usernames, *also],
        on_step=lambda text: on_progress(text, 0, None),
    )
    with engine.begin() as connection:
        _remember(connection, client.server, deployed, hashlib.sha256(workbook).hexdigest(), utc_now())
    return deployed


def _remember(connection: Connection, server: str, form: DeployedForm, workbook_hash: str, now: datetime) -> None:
    version = {"version_uid": form.version_uid, "workbook_hash": workbook_hash, "deployed_at": now}
    key = {"server": server, "form_id": form.form_id, "asset_uid": form.asset_uid}
    is_same = (deployment.c.server == server, deployment.c.form_id == form.form_id)
    connection.execute(delete(deployment).where(*is_same))
    connection.execute(insert(deployment).values(**key, **version))
    if not connection.scalar(select(exists().where(form_version.c.version_uid == form.version_uid))):
        connection.execute(insert(form_version).values(form_id=form.form_id, **version))
