"""Knows which records mean that somebody must react, how soon, and to whom the alert belongs."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.answer import LATEST_YEAR
from connector.facts import Registry, Report
from connector.facts_clients import district_of
from forms.expression_value import evaluate, text
from forms.programme import PROGRAMME
from forms.safety import LEVELS, level

SAFETY, DISTRESS, FOLLOW_UP = "safety", "distress", "follow_up"
LEVEL_OF_DISTRESS = "moderate"
LEVEL_WITHOUT_TRIAGE = "moderate"
LONGEST_ID = 64
NO_TIME = dt.datetime(1970, 1, 1)
"""For a record without any time: its alert is overdue at once, and is not lost."""


@dataclass(frozen=True, slots=True)
class Interview:
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


def safety_level(triage: Mapping[str, str | None]) -> str | None:
    """Return the level of an interview: the more serious of the phone's and the one computed here, or None.

    Item 9 of the PHQ-9 answered with 1 or more but without a finished triage counts as moderate (proposal, to be
    confirmed by the psychologist): a lost answer must not lose an alert.
    """
    found = {triage.get("safety_level"), text(evaluate(level(), triage))}
    known = [code for code in LEVELS if code in found]  # from the least to the most serious
    if known:
        return known[-1]
    return LEVEL_WITHOUT_TRIAGE if (triage.get("phq9_9") or "0") in ("1", "2", "3") else None


def interview_alert(interview: Interview, registry: Registry) -> dict[str, Any] | None:
    """Return the row of the table `alert` for one interview, or None when nobody has to react."""
    found = safety_level(interview.triage)
    if found is None:
        return None
    place = _place(interview.healing_group, interview.sector, interview.username, registry)
    return {
        **_row(SAFETY, found, interview.form_id, interview.root_uuid, interview.client_code, interview.ended_at),
        **place,
        "actions": interview.actions,
    }


def report_alerts(reports: Iterable[Report], registry: Registry) -> list[dict[str, Any]]:
    """Return the alerts of attendance records: one for each client named in distress or in need of follow-up.

    Every report counts, also one that a later report of the same session replaced: an alert is never taken back by a
    second report. A client named in several reports of one session has one alert, from the record that arrived first.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for report in sorted(reports, key=lambda each: each.order):
        place = _place(report.healing_group, None, None, registry)
        named = [(DISTRESS, LEVEL_OF_DISTRESS, code) for code in report.in_distress]
        named += [(FOLLOW_UP, FOLLOW_UP, code) for code in report.to_follow_up]
        is_session = report.healing_group is not None and report.week is not None
        session = (report.healing_group, report.week) if is_session else report.root_uuid
        for kind, found_level, code in named:
            row = _row(kind, found_level, "attendance", report.root_uuid, code, report.ended_at)
            found.setdefault((session, kind, code), {**row, **place, "actions": None})
    return list(found.values())


def _row(
    kind: str, found_level: str, form_id: str, root_uuid: str, client_code: str | None, ended_at: dt.datetime | None
) -> dict[str, Any]:
    opened_at = ended_at if ended_at and ended_at.year <= LATEST_YEAR else NO_TIME
    return {
        "alert_id": alert_id(kind, root_uuid, client_code if kind != SAFETY else None),
        "kind": kind,
        "level": found_level,
        "client_code": client_code,
        "form_id": form_id,
        "root_uuid": root_uuid,
        "opened_at": opened_at,
        "due_at": opened_at + dt.timedelta(hours=PROGRAMME.alert_hours[found_level]),
    }


def alert_id(kind: str, root_uuid: str, client_code: str | None) -> str:
    """Return the id of an alert: the same after every edit of its record and every rebuild."""
    readable = ":".join(part for part in (kind, root_uuid, client_code) if part)
    return readable if len(readable) <= LONGEST_ID else hashlib.sha256(readable.encode()).hexdigest()


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
