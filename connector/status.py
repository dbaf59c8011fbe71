"""Knows the state of a database: its projects, how complete each is, what waits, and how the last run ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Table, case, func, select

from connector.deploy import project_key
from connector.fact_schema import problem
from connector.precious_schema import (
    adopted_asset,
    attachment,
    cha,
    deployment,
    healing_group,
    quarantine,
    submission,
    sync_cursor,
    sync_run,
)
from connector.quarantine import count_waiting
from connector.sync_state import utc_now

Kind = Literal["programme", "adopted", "former"]


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """One project. `kind` "former": records are here, and it is neither deployed nor adopted any more.

    `records` are live, `quarantined` wait unread; `complete_as_of` and `swept_at` are UTC, None: never.
    """

    name: str
    asset_uid: str
    kind: Kind
    server: str = ""
    since: datetime | None = None
    records: int = 0
    deleted: int = 0
    quarantined: int = 0
    on_server: int | None = None
    complete_as_of: datetime | None = None
    swept_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The latest run; `counts` are what it changed and what waited when it ended."""

    run_id: int
    started_at: datetime
    finished_at: datetime | None
    status: str
    exit_code: int | None
    message: str | None
    counts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Status:
    """Counts, times and codes; no answer, name or token. `run` is None when no run has been.

    `closed_groups` are the healing groups whose last day is past.
    """

    healing_groups: int
    chas: int
    projects: tuple[ProjectStatus, ...]
    problems: Mapping[str, int]
    quarantine: Mapping[str, int]
    files: Mapping[str, int]
    run: RunStatus | None
    closed_groups: int = 0

    @property
    def read_projects(self) -> tuple[ProjectStatus, ...]:
        """The projects that a run reads."""
        return tuple(each for each in self.projects if each.kind != "former")

    @property
    def complete_as_of(self) -> datetime | None:
        """UTC: everything that the server had then is here, in every project; None when one was never complete."""
        moments = [each.complete_as_of for each in self.read_projects]
        return min((each for each in moments if each), default=None) if all(moments) else None


RUN_COUNTS = ("new", "edited", "revalidated", "deleted", "problems", "quarantined", "requests")


def read_status(connection: Connection, server: str | None = None, today: date | None = None) -> Status:
    """Read the state of a database on a day (else today in UTC); with `server`, projects elsewhere count as former."""
    is_closed = healing_group.c.ended_on < (today or utc_now().date())
    return Status(
        healing_groups=_count(connection, healing_group),
        chas=_count(connection, cha),
        projects=tuple(_projects(connection, server)),
        problems=_counts_by(connection, problem, problem.c.kind),
        quarantine=_counts_by(connection, quarantine, quarantine.c.reason, quarantine.c.resolved_at.is_(None)),
        files=_counts_by(connection, attachment, attachment.c.state),
        run=_last_run(connection),
        closed_groups=_count(connection, healing_group, is_closed),
    )


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _counts_by(
    connection: Connection, table: Table, key: ColumnElement[Any], *conditions: ColumnElement[bool]
) -> dict[str, int]:
    query = select(key, func.count()).select_from(table).where(*conditions).group_by(key).order_by(key)
    return {str(value): count for value, count in connection.execute(query)}


def _projects(connection: Connection, server: str | None) -> list[ProjectStatus]:
    """The projects that are read, by name, and then the former ones."""
    known = {each.asset_uid: each for each in (*_deployed(connection, server), *_adopted(connection, server))}
    found = []
    for uid, details in _details(connection).items():
        form_id = details.pop("form_id", uid)
        project = known.pop(uid, None) or ProjectStatus(form_id, uid, "former")
        found.append(replace(project, **details))
    return sorted((*found, *known.values()), key=lambda each: (each.kind == "former", each.name))


def _deployed(connection: Connection, server: str | None) -> Iterator[ProjectStatus]:
    for row in connection.execute(select(deployment).order_by(*deployment.primary_key)):
        if server in (None, row.server):
            name = project_key(row.form_id, row.area)
            yield ProjectStatus(name, row.asset_uid, "programme", row.server, row.deployed_at)


def _adopted(connection: Connection, server: str | None) -> Iterator[ProjectStatus]:
    for row in connection.execute(select(adopted_asset).order_by(adopted_asset.c.table_name)):
        if server in (None, row.server):
            yield ProjectStatus(row.table_name, row.asset_uid, "adopted", row.server, row.adopted_at)


def _details(connection: Connection) -> dict[str, dict[str, Any]]:
    """What is known of each project's records, by asset."""
    deleted = func.sum(case((submission.c.deleted_at.is_not(None), 1), else_=0))
    counted = select(submission.c.asset_uid, func.max(submission.c.form_id), func.count(), deleted)
    found: dict[str, dict[str, Any]] = {}
    for uid, form_id, count, gone in connection.execute(counted.group_by(submission.c.asset_uid)):
        found[uid] = {"form_id": form_id, "records": count - gone, "deleted": gone}
    for uid in _counts_by(connection, quarantine, quarantine.c.asset_uid, quarantine.c.resolved_at.is_(None)):
        found.setdefault(uid, {})["quarantined"] = count_waiting(connection, uid)
    for row in connection.execute(select(sync_cursor)):
        moments = {"complete_as_of": row.complete_as_of, "swept_at": row.swept_at, "on_server": row.server_count}
        found.setdefault(row.asset_uid, {"form_id": row.form_id}).update(moments)
    return found


def _last_run(connection: Connection) -> RunStatus | None:
    row = connection.execute(select(sync_run).order_by(sync_run.c.run_id.desc()).limit(1)).mappings().first()
    if row is None:
        return None
    own = ("run_id", "started_at", "finished_at", "status", "exit_code", "message")
    return RunStatus(**{name: row[name] for name in own}, counts={name: row[name] for name in RUN_COUNTS})
