"""Knows what a person should be told about a database: which forms, how many records, how complete, what waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from connector.deploy import project_key
from connector.fact_schema import problem
from connector.precious_schema import cha, deployment, healing_group, submission, sync_cursor, sync_run


def status_lines(connection: Connection, now: datetime) -> list[str]:
    """Return the state of a database in plain lines, the last one saying whether something waits for a person.

    `now` is UTC without zone. Counts only; no answer, name or token.
    """
    groups, chas = _count(connection, healing_group), _count(connection, cha)
    waiting = _count(connection, problem)
    return [
        f"registry: {groups} healing groups, {chas} CHAs",
        *_deployments(connection),
        *_forms(connection, now),
        *_problems(connection),
        _last_run(connection, now),
        f"{waiting} problems wait" if waiting != 1 else "1 problem waits",
    ]


def _count(connection: Connection, table: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _deployments(connection: Connection) -> Iterator[str]:
    found = connection.execute(select(deployment).order_by(*deployment.primary_key)).all()
    if not found:
        yield "no form is deployed from this database: run `healing deploy`"
    for row in found:
        name = project_key(row.form_id, row.area)
        yield f"{name}: project {row.asset_uid} on {row.server}, deployed {row.deployed_at:%Y-%m-%d %H:%M} UTC"


def _forms(connection: Connection, now: datetime) -> Iterator[str]:
    deleted = func.sum(case((submission.c.deleted_at.is_not(None), 1), else_=0)).label("deleted")
    query = (
        select(submission.c.form_id, submission.c.asset_uid, func.count().label("all"), deleted)
        .group_by(submission.c.form_id, submission.c.asset_uid)
        .order_by(submission.c.form_id, submission.c.asset_uid)
    )
    complete = {row.asset_uid: row.complete_as_of for row in connection.execute(select(sync_cursor))}
    areas = {row.asset_uid: row.area for row in connection.execute(select(deployment))}
    for row in connection.execute(query):
        mapping = row._mapping
        live, gone = mapping["all"] - mapping["deleted"], mapping["deleted"]
        name = project_key(row.form_id, areas.get(row.asset_uid, ""))
        yield f"{name}: {live} records, {gone} deleted, {_complete(complete.get(row.asset_uid), now)}"


def _complete(at: datetime | None, now: datetime) -> str:
    return f"complete as of {_moment(at, now)}" if at else "completeness not yet proved"


def _problems(connection: Connection) -> Iterator[str]:
    query = select(problem.c.kind, func.count()).group_by(problem.c.kind).order_by(problem.c.kind)
    for kind, count in connection.execute(query):
        yield f"problem {kind}: {count}"


def _last_run(connection: Connection, now: datetime) -> str:
    row: Row[Any] | None = connection.execute(select(sync_run).order_by(sync_run.c.run_id.desc()).limit(1)).first()
    if row is None:
        return "never synced: run `healing sync`"
    ended = f", ended {_moment(row.finished_at, now)}" if row.finished_at else ""
    return f"last sync: {row.status}{ended}: {row.message or 'no message'}"


def _moment(at: datetime, now: datetime) -> str:
    """A time with its age, in the largest unit that fits."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 60:
        age = f"{max(minutes, 0)} min"
    elif minutes < 48 * 60:
        age = f"{minutes // 60} h"
    else:
        age = f"{minutes // 1440} days"
    return f"{at:%Y-%m-%d %H:%M} UTC ({age} ago)"
