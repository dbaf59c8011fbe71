"""Knows how a row of a form's table is read as a fact of the programme."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from connector.facts import HealingGroup, Report, Screening, Visit
from connector.facts_alerts import Interview
from connector.instrument_rows import day_of, fitting_code
from forms.attendance import ABSENCE_REASONS

Row = Mapping[Any, Any]
MOST_PEOPLE = 10_000
"""A count of people above this, or below none, is not believed."""

ABSENT = {f"absent_{code}": code for code in ABSENCE_REASONS.codes}
"""The questions in which absent members are ticked, with the reason each stands for."""
TICKS = (*ABSENT, "distress_members", "follow_up_members")
"""All questions of the attendance form that tick members."""
TRIAGE = ("phq9_9", "safety_thoughts_now", "safety_plan", "safety_means", "safety_past_year", "safety_level")


def healing_group_from(row: Row) -> HealingGroup:
    """Return the healing group of a row of the registry."""
    names = ("code", "district_code", "sector_code", "cha_code", "cohort", "started_on", "weeks")
    return HealingGroup(**{name: row[name] for name in names})


_TOLD = (
    "root_uuid", "asset_uid", "server_id", "client_code", "sex", "birth_year", "sector", "cell", "eligible",
    "ineligible_reason", "consent_service", "consent_research", "enrolled", "not_enrolled_reason", "healing_group",
    "joined_on",
)  # fmt: skip
_CONTACT = ("root_uuid", "server_id", "client_code", "wave", "contact_result")
_WHEN = ("today", "end", "submitted_at")
SCREENING_COLUMNS = (*_TOLD, "age", "username", "submitted_by", *_WHEN)
VISIT_COLUMNS = (*_CONTACT, *_WHEN)


def screening_from(row: Row) -> Screening:
    """Return what a row of `intake` says."""
    told = {name: row[name] for name in _TOLD}
    day, username = day_of(row, row["submitted_at"]), row["username"] or row["submitted_by"]
    return Screening(**told, age=_whole(row["age"]), screened_on=day, username=username)


def visit_from(row: Row) -> Visit:
    """Return what a row of `outcome` says about contact."""
    return Visit(**{name: row[name] for name in _CONTACT}, visited_on=day_of(row, row["submitted_at"]))


def report_from(row: Row) -> Report:
    """Return what a row of `attendance` says."""
    roster = frozenset((row["roster_codes"] or "").split())
    counted = _believable(_whole(row["roster_count"]))
    names = ("root_uuid", "server_id", "healing_group", "session_date", "was_held", "not_held_reason")
    return Report(
        **{name: row[name] for name in names},
        week=_whole(row["week"]),
        head_count=_believable(row["head_count"]),
        roster=roster,
        expected=len(roster) if counted is None else counted,
        absent={code: reason for name, reason in ABSENT.items() for code in _ticked(row[name])},
        minutes=minutes_between(row["start_time"], row["end_time"]),
        reported_at=row["submitted_at"],
        ended_at=ended_at(row),
        in_distress=_ticked(row["distress_members"]),
        to_follow_up=_ticked(row["follow_up_members"]),
    )


def interview_from(form_id: str, row: Row) -> Interview:
    """Return what a row of `intake` or `outcome` says about safety."""
    return Interview(
        form_id=form_id,
        root_uuid=row["root_uuid"],
        client_code=fitting_code(row["client_code"]),
        healing_group=row["healing_group"],
        sector=row["sector"],
        username=row["username"] or row["submitted_by"],
        ended_at=ended_at(row),
        triage={name: row[name] for name in TRIAGE},
        actions=row["safety_actions"],
    )


def ended_at(row: Row) -> dt.datetime | None:
    """Return when the form was finished, in UTC: its end, else the start of its day, else its arrival on the server."""
    if row["end"] is not None:
        return row["end"]
    day: dt.date | None = row["today"]
    return dt.datetime.combine(day, dt.time()) if day else row["submitted_at"]


def minutes_between(start: dt.time | None, end: dt.time | None) -> int | None:
    """Return the minutes from start to end of a session on one day; None when one is missing or they are reversed."""
    if start is None or end is None or end < start:
        return None
    return (end.hour - start.hour) * 60 + end.minute - start.minute


def _ticked(codes: str | None) -> tuple[str, ...]:
    """Client codes of a multiple choice, without what is too long to be one."""
    return tuple(sorted(code for code in (codes or "").split() if fitting_code(code)))


def _believable(people: int | None) -> int | None:
    return people if people is not None and 0 <= people <= MOST_PEOPLE else None


def _whole(text: str | None) -> int | None:
    """A calculated whole number, which a phone may write as 31 or 31.0; None for anything else."""
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return int(number) if number is not None and abs(number) < 2**31 else None
