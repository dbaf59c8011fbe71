"""Knows how the state of a database is told: in lines for a person, as JSON for a machine, and what needs a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.duration import duration_words
from connector.problem import SERIOUS
from connector.status import ProjectStatus, RunStatus, Status

MAX_AGE = timedelta(hours=26)
"""A day, and two hours for a run that was late."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that whoever watches over the machine should look at: a code, where, and in words what it is."""

    code: str
    words: str
    project: str = ""


def concerns(status: Status, now: datetime, max_age: timedelta = MAX_AGE) -> tuple[Concern, ...]:
    """Return what needs a look: nothing to read, the last run failed, a project is old or not whole, records wait.

    `now` is UTC without zone. Problems of single records are for coordinators, and are no concern here, unless somebody
    may be at risk whom no alert tells of.
    """
    found = [] if status.read_projects else [Concern("no_project", "no project is read: run `healing deploy`")]
    if status.run is None:
        found.append(Concern("never_synced", "never synced: run `healing sync`"))
    elif status.run.status == "failed":
        code = "" if status.run.exit_code is None else f" with exit code {status.run.exit_code}"
        found.append(Concern("last_run_failed", f"the last sync failed{code}"))
    if serious := sum(status.problems.get(kind, 0) for kind in SERIOUS):
        found.append(Concern("safety", f"{_answers(serious)} about safety not understood: see the page Data today"))
    found += [Concern("stale", _stale(each, now), each.name) for each in _old(status, now, max_age)]
    for each in status.projects:
        if each.quarantined:
            words = f"{each.name}: {_records(each.quarantined)} cannot be read; see `healing quarantine`"
            found.append(Concern("quarantine", words, each.name))
    return tuple(found)


def _answers(count: int) -> str:
    return "1 question or answer" if count == 1 else f"{count} questions or answers"


def _old(status: Status, now: datetime, max_age: timedelta) -> Iterator[ProjectStatus]:
    for each in status.read_projects if status.run else ():
        if each.complete_as_of is None or now - each.complete_as_of > max_age:
            yield each


def _stale(project: ProjectStatus, now: datetime) -> str:
    if project.complete_as_of is None:
        return f"{project.name}: never proved complete"
    return f"{project.name}: last proved complete {_age(project.complete_as_of, now)} ago"


def status_lines(status: Status, now: datetime, max_age: timedelta = MAX_AGE) -> list[str]:
    """Return the state in plain lines, the last ones saying what needs a look and how many problems wait.

    `now` is UTC without zone. Counts only; no answer, name or token.
    """
    found = concerns(status, now, max_age)
    waiting = sum(status.problems.values())
    return [
        f"registry: {status.healing_groups} healing groups, {status.closed_groups} of them closed, {status.chas} CHAs",
        *(_project_line(each) for each in status.read_projects),
        *(_records_line(each, now) for each in status.projects),
        *(f"problem {kind}: {count}" for kind, count in status.problems.items()),
        *(f"quarantine {reason}: {count}" for reason, count in status.quarantine.items()),
        *_files_line(status),
        _run_line(status.run, now),
        *(f"needs a look: {concern.words}" for concern in found),
        f"{waiting} problems wait" if waiting != 1 else "1 problem waits",
    ]


def _project_line(each: ProjectStatus) -> str:
    how = "deployed" if each.kind == "programme" else "adopted"
    return f"{each.name}: project {each.asset_uid} on {each.server}, {how} {each.since:%Y-%m-%d %H:%M} UTC"


def _records_line(each: ProjectStatus, now: datetime) -> str:
    waiting = f"{each.quarantined} cannot be read, " if each.quarantined else ""
    former = " (read no more)" if each.kind == "former" else ""
    return f"{each.name}{former}: {_records(each.records)}, {each.deleted} deleted, {waiting}{_complete(each, now)}"


def _complete(each: ProjectStatus, now: datetime) -> str:
    return f"complete as of {_moment(each.complete_as_of, now)}" if each.complete_as_of else "never proved complete"


def _files_line(status: Status) -> Iterator[str]:
    if status.files:
        yield "attachments: " + ", ".join(f"{count} {state}" for state, count in status.files.items())


def _run_line(run: RunStatus | None, now: datetime) -> str:
    if run is None:
        return "never synced: run `healing sync`"
    ended = f", ended {_moment(run.finished_at, now)}" if run.finished_at else f", begun {_moment(run.started_at, now)}"
    return f"last sync: {run.status}{ended}: {run.message or 'no message'}"


def _moment(at: datetime, now: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC ({_age(at, now)} ago)"


def _age(at: datetime, now: datetime) -> str:
    seconds = max((now - at).total_seconds(), 0)
    return "0 min" if seconds < 60 else duration_words(seconds)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def status_json(status: Status, now: datetime, max_age: timedelta = MAX_AGE) -> dict[str, Any]:
    """Return the state for machines: counts, times (UTC, ISO) and codes, no text that anybody wrote."""
    found = concerns(status, now, max_age)
    return {
        "checked_at": _iso(now),
        "is_well": not found,
        "concerns": [{"code": each.code, "project": each.project} for each in found],
        "complete_as_of": _iso(status.complete_as_of),
        "age_seconds": _seconds_since(status.complete_as_of, now),
        "max_age_seconds": int(max_age.total_seconds()),
        "projects": [_project_json(each, now) for each in status.projects],
        "problems": dict(status.problems),
        "quarantine": dict(status.quarantine),
        "attachments": dict(status.files),
        "registry": {name: getattr(status, name) for name in ("healing_groups", "closed_groups", "chas")},
        "last_run": _run_json(status.run),
    }


def _project_json(each: ProjectStatus, now: datetime) -> dict[str, Any]:
    counts = {name: getattr(each, name) for name in ("records", "deleted", "quarantined", "on_server")}
    return {
        "project": each.name,
        "asset_uid": each.asset_uid,
        "kind": each.kind,
        **counts,
        "complete_as_of": _iso(each.complete_as_of),
        "age_seconds": _seconds_since(each.complete_as_of, now),
        "swept_at": _iso(each.swept_at),
    }


def _run_json(run: RunStatus | None) -> dict[str, Any] | None:
    if run is None:
        return None
    moments = {"started_at": _iso(run.started_at), "finished_at": _iso(run.finished_at)}
    return {"run_id": run.run_id, "status": run.status, "exit_code": run.exit_code, **moments, **run.counts}


def _iso(at: datetime | None) -> str | None:
    return f"{at.isoformat(timespec='seconds')}Z" if at else None


def _seconds_since(at: datetime | None, now: datetime) -> int | None:
    return int((now - at).total_seconds()) if at else None
