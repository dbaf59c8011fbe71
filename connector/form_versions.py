"""Knows what the database keeps of each deployed version of a form, and how one is found again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from connector.deploy import DeployedForm
from connector.precious_schema import deployment, form_version
from forms.version import Definition, content_version, scoring_version


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent of a form: its definition, the SHA-256 of its workbook, what was accepted (JSON or None), when."""

    definition: Definition
    workbook_hash: str
    accepted_texts: str | None
    at: datetime


def remember(connection: Connection, server: str, form: DeployedForm, sent: Sent) -> None:
    """Keep that a form is deployed, and what the version of its project holds.

    A version that is known already keeps what is known of it; a choice to accept texts is added to it.
    """
    same = {"server": server, "form_id": form.form_id, "area": form.area}
    where = {"asset_uid": form.asset_uid, "version_uid": form.version_uid, "workbook_hash": sent.workbook_hash}
    when = {"deployed_at": sent.at, "accepted_texts": sent.accepted_texts}
    connection.execute(delete(deployment).where(*(deployment.c[name] == value for name, value in same.items())))
    connection.execute(insert(deployment).values(**same, **where, **when))
    _remember_version(connection, {**same, **where, **when, **_content(sent.definition)})


def _content(definition: Definition) -> dict[str, str]:
    return {
        "content_version": content_version(definition),
        "scoring_version": scoring_version(definition),
        "definition": json.dumps(definition),
    }


def _remember_version(connection: Connection, values: dict[str, Any]) -> None:
    is_same = form_version.c.version_uid == values["version_uid"]
    known = connection.execute(select(form_version).where(is_same)).first()
    if known is None:
        connection.execute(insert(form_version).values(values))
        return
    has_news = ("accepted_texts",) if values["accepted_texts"] else ()
    missing = [name for name, value in known._mapping.items() if value is None and values[name] is not None]
    if changed := {name: values[name] for name in (*missing, *has_news)}:
        connection.execute(update(form_version).where(is_same).values(changed))


def definitions_of(connection: Connection, form_id: str) -> list[Definition]:
    """Return what every deployed version of a form holds, each content once, the newest first."""
    query = (
        select(form_version.c.content_version, form_version.c.definition)
        .where(form_version.c.form_id == form_id, form_version.c.definition.is_not(None))
        .order_by(form_version.c.deployed_at.desc(), form_version.c.version_uid)
    )
    found: dict[str, str] = {}
    for row in connection.execute(query):
        found.setdefault(row.content_version, row.definition)
    return [json.loads(text) for text in found.values()]


def read_definition(row: Row[Any]) -> Definition:
    """Return the definition that a row of `form_version` keeps; it must have one."""
    definition: Definition = json.loads(row.definition)
    return definition


def find_version(connection: Connection, name: str) -> Row[Any] | None:
    """Return the newest row of `form_version` with this form version or asset version."""
    is_named = or_(form_version.c.content_version == name, form_version.c.version_uid == name)
    return connection.execute(select(form_version).where(is_named).order_by(form_version.c.deployed_at.desc())).first()


def find_deployed(connection: Connection, form_id: str, area: str | None = None) -> Row[Any] | None:
    """Return the row of `form_version` of what is deployed now; of several areas or servers the newest."""
    same = form_version.c.version_uid == deployment.c.version_uid
    query = select(form_version).join(deployment, same).where(deployment.c.form_id == form_id)
    if area is not None:
        query = query.where(deployment.c.area == area)
    return connection.execute(query.order_by(deployment.c.deployed_at.desc(), deployment.c.area)).first()


def all_versions(connection: Connection) -> list[Row[Any]]:
    """Return every version by form and area, the newest first: all columns but the definition, of which only
    `has_definition` is told, and `is_deployed`."""
    shown = [column for column in form_version.c if column.name != "definition"]
    current = select(deployment.c.version_uid)
    query = select(
        *shown,
        form_version.c.version_uid.in_(current).label("is_deployed"),
        form_version.c.definition.is_not(None).label("has_definition"),
    ).order_by(
        form_version.c.form_id, form_version.c.area, form_version.c.deployed_at.desc(), form_version.c.version_uid
    )
    return list(connection.execute(query))
