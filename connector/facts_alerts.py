"""Knows which records mean that somebody must react, how soon, and to whom the alert belongs."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from connector.answer import LATEST_YEAR
from connector.facts import InDistress, Registry, Report
from connector.facts_clients import district_of
from connector.facts_distress import is_person_with_code
from connector.facts_triage import all_actions, interview_level, most_serious
from forms.client_code import is_newcomer
from forms.distress import VISITOR
from forms.programme import PROGRAMME

SAFETY, DISTRESS, FOLLOW_UP = "safety", "distress", "follow_up"
CLIENT, NEWCOMER, UNKNOWN = "client", "newcomer", "unknown"
"""Who an alert is about, beside VISITOR: somebody with a client code, with a temporary code only, or not named."""
LONGEST_ID = 64
NO_TIME = dt.datetime(1970, 1, 1)
"""For a record without any time that can be: its alert is overdue at once, and is not lost."""

Joined = Mapping[str, str]
"""Code in a record -> client code: of newcomers whose intake carries their temporary code, and of merged clients."""


class Interview(NamedTuple):
    """What one intake or outcome record says about safety; `triage` holds its answers by question name."""

    form_id: str
    root_uuid: str
    client_code: str | None
    healing_group: str | None
    sector: str | None
    username: str | None
    ended_at: dt.datetime | None
    triage: Mapping[str, str | None]
    actions: str | None


def interview_alert(interview: Interview, registry: Registry) -> dict[str, Any] | None:
    """Return the row of the table `alert` for one interview, or None when nobody has to react."""
    found = interview_level(interview.triage)
    if found is None:
        return None
    return {
        "alert_id": alert_id(SAFETY, interview.root_uuid, None),
        **_row(SAFETY, found, interview.form_id, interview.root_uuid, interview.ended_at),
        **_person(interview.client_code, {}),
        **_place(interview.healing_group, interview.sector, interview.username, registry),
        "actions": interview.actions,
    }


def report_alerts(reports: Iterable[Report], registry: Registry, joined: Joined) -> list[dict[str, Any]]:
    """Return the alerts of attendance records: one for each person named in distress or in need of follow-up.

    Every report counts, also one that a later report of the same session replaced: an alert is never taken back by a
    second report. A person named in several reports of one session has one alert, with the id and the time of the
    record that arrived first, the most serious level and everything that was done. Visitors and people whom a record
    does not name cannot be told from each other, so that each mention of one is an alert of its own.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for report in sorted(reports, key=lambda each: each.order):
        for key, row in _alerts_of(report, joined):
            row |= _place(report.healing_group, None, None, registry)
            found[key] = row if key not in found else _together(found[key], row)
    return list(found.values())


def _alerts_of(report: Report, joined: Joined) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield (what tells the person and the session from others, row of the alert)."""
    is_session = report.healing_group is not None and report.week is not None
    session = (report.healing_group, report.week) if is_session else report.root_uuid
    named = [(FOLLOW_UP, code, InDistress(code, FOLLOW_UP)) for code in report.to_follow_up]
    for kind, name, person in (*_in_distress(report), *named):
        has_code = is_person_with_code(person.code)
        row = {
            "alert_id": alert_id(kind, report.root_uuid, name),
            **_row(kind, person.level, "attendance", report.root_uuid, report.ended_at),
            **_person(person.code, joined),
            "actions": person.actions,
        }
        yield (session if has_code else report.root_uuid, kind, name), row


def _in_distress(report: Report) -> Iterator[tuple[str, str, InDistress]]:
    """Yield (kind, a name for the person that no other in the record has, person): codes, and numbers for the rest."""
    seen: Counter[str] = Counter()
    for person in report.in_distress:
        name = person.code or UNKNOWN
        seen[name] += 1
        yield DISTRESS, name if seen[name] == 1 else f"{name}.{seen[name]}", person


def _together(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    level = most_serious((first["level"], second["level"])) or first["level"]
    actions = all_actions((first["actions"], second["actions"]))
    return {**first, "level": level, "due_at": _due_at(first["opened_at"], level), "actions": actions}


def _row(kind: str, level: str, form_id: str, root_uuid: str, ended_at: dt.datetime | None) -> dict[str, Any]:
    opened_at = ended_at if ended_at and NO_TIME.year <= ended_at.year <= LATEST_YEAR else NO_TIME
    due_at = _due_at(opened_at, level)
    told = {"kind": kind, "level": level, "form_id": form_id, "root_uuid": root_uuid}
    return {**told, "opened_at": opened_at, "due_at": due_at}


def _due_at(opened_at: dt.datetime, level: str) -> dt.datetime:
    return opened_at + dt.timedelta(hours=PROGRAMME.alert_hours[level])


def alert_id(kind: str, root_uuid: str, name: str | None) -> str:
    """Return the id of an alert: the same after every edit of its record and every rebuild.

    `name` is what the record calls the person: a newcomer's alert keeps its id when the person gets a client code.
    """
    readable = ":".join(filter(None, (kind, root_uuid, name)))
    return readable if len(readable) <= LONGEST_ID else hashlib.sha256(readable.encode()).hexdigest()


def _person(code: str | None, joined: Joined) -> dict[str, str | None]:
    """Who it is: a newcomer is called by the client code as soon as an intake record carries the temporary one."""
    if code is None or code == VISITOR:
        return {"person": code or UNKNOWN, "client_code": None}
    if code in joined:
        return {"person": CLIENT, "client_code": joined[code]}
    return {"person": NEWCOMER if is_newcomer(code) else CLIENT, "client_code": code}


def _place(
    healing_group: str | None, sector: str | None, username: str | None, registry: Registry
) -> dict[str, str | None]:
    """Where the alert belongs: to the healing group named in the record, else to the CHA who asked and the sector."""
    group = registry.groups.get(healing_group or "")
    asked_by = registry.chas.get(username or "")
    sector_code = group.sector_code if group else sector
    return {
        "healing_group": healing_group,
        "district_code": district_of(sector_code),
        "sector_code": sector_code,
        "cha_code": group.cha_code if group else asked_by.code if asked_by else None,
    }
