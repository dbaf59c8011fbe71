"""Knows how a row of a form's table is read as a fact of the programme."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from connector.facts import MADE_UP, MERGED, PLANNED, HealingGroup, Report, Screening, Visit
from connector.facts_alerts import Interview
from connector.facts_distress import people_in_distress
from connector.facts_triage import SAFETY_QUESTIONS, all_actions
from connector.instrument_rows import day_of, fitting_code
from forms.attendance import ABSENCE_REASONS, NEWCOMERS
from forms.safety import PREFIXES

Row = Mapping[Any, Any]
MOST_PEOPLE = 10_000
"""A count of people above this, or below none, is not believed."""

ABSENT = {f"absent_{code}": code for code in ABSENCE_REASONS.codes}
"""The questions in which absent members are ticked, with the reason each stands for."""
FOLLOW_UP = "follow_up_members"
TICKS = (*ABSENT, FOLLOW_UP)
"""The questions of the attendance form that tick several members."""
NEWCOMER_CODES = "newcomer_codes"
KINDS_HELD = (PLANNED, MERGED, MADE_UP)


def healing_group_from(row: Row) -> HealingGroup:
    """Return the healing group of a row of the registry."""
    return HealingGroup(**{name: row[name] for name in HealingGroup._fields})


_TOLD = (
    "root_uuid", "asset_uid", "server_id", "client_code", "sex", "birth_year", "sector", "cell", "eligible",
    "ineligible_reason", "consent_service", "consent_research", "enrolled", "not_enrolled_reason", "healing_group",
    "joined_on", "newcomer_code",
)  # fmt: skip
_CONTACT = ("root_uuid", "server_id", "client_code", "wave", "contact_result")
_WHEN = ("end", "today", "submitted_at")
SCREENING_COLUMNS = (*_TOLD, "age", "username", "submitted_by", *_WHEN)
VISIT_COLUMNS = (*_CONTACT, *_WHEN)


def screening_from(row: Row) -> Screening:
    """Return what a row of `intake` says."""
    told = {name: row[name] for name in _TOLD}
    day, username = day_of(row, row["submitted_at"]), row["username"] or row["submitted_by"]
    own_code = row.get("told_code")
    return Screening(**told, age=_whole(row["age"]), screened_on=day, username=username, told_code=own_code)


def visit_from(row: Row) -> Visit:
    """Return what a row of `outcome` says about contact."""
    return Visit(**{name: row[name] for name in _CONTACT}, visited_on=day_of(row, row["submitted_at"]))


def report_from(row: Row) -> Report:
    """Return what a row of `attendance` says."""
    listed = (row["roster_codes"] or "").split()
    roster = frozenset(listed)
    counted = _believable(_whole(row["roster_count"]))
    newcomers = _newcomers(row)
    names = ("root_uuid", "server_id", "healing_group", "session_date", "not_held_reason")
    return Report(
        **{name: row[name] for name in names},
        week=_whole(row["week"]),
        was_held=was_held(row["session_kind"], row["was_held"]),
        kind=row["session_kind"],
        merged_week=_whole(row["merged_week"]),
        head_count=_head_count(row),
        roster=roster,
        expected=len(roster) if counted is None else max(counted - len(listed) + len(roster), 0),
        absent={code: reason for name, reason in ABSENT.items() for code in _ticked(row[name])},
        newcomers=newcomers,
        newcomer_count=len(newcomers) if row["newcomer_count"] is None else _whole(row["newcomer_count"]) or 0,
        minutes=minutes_between(row["start_time"], row["end_time"]),
        reported_at=row["submitted_at"],
        ended_at=ended_at(row),
        in_distress=people_in_distress(row),
        to_follow_up=_ticked(row[FOLLOW_UP]),
    )


def was_held(kind: str | None, answer: str | None) -> str | None:
    """Return yes, no, or None: by the kind of session, else by the answer of the form that asked for it directly."""
    if kind is None:
        return answer
    return "yes" if kind in KINDS_HELD else "no"


def _newcomers(row: Row) -> tuple[str, ...]:
    """The codes of as many newcomers as came; all five are made on the phone, whoever comes."""
    counted = [row[name] for name in NEWCOMERS[: _whole(row["newcomer_count"]) or 0]]
    codes = (row[NEWCOMER_CODES] or "").split() or counted
    return tuple(dict.fromkeys(code for code in codes if fitting_code(code)))


def _head_count(row: Row) -> int | None:
    """The people counted; where two counts differ, the second, made after being asked to look again."""
    again = _believable(row["head_count_again"])
    return _believable(row["head_count"]) if again is None else again


ReadInterview = Callable[[Sequence[Any], Mapping[str, int] | None], Interview | None]


def interview_reader(form_id: str, columns: Sequence[str]) -> ReadInterview:
    """Return what says of a row of `intake` or `outcome`, in the order of `columns`, what it tells about safety.

    It is given the codes of the row's safety items too, and returns None where nothing can mean an alert: no question
    about safety has an answer, and no item a code above 0.
    """
    names = [name for name in SAFETY_QUESTIONS if name in columns]
    told_in, said_in = (itemgetter(*map(columns.index, each)) for each in (names, _SAID))
    nothing = (None,) * len(names)

    def read(row: Sequence[Any], items: Mapping[str, int] | None) -> Interview | None:
        told = told_in(row)
        if told == nothing and not (items and max(items.values()) >= 1):
            return None
        triage = {name: answer for name, answer in zip(names, told, strict=True) if answer is not None}
        root_uuid, client_code, healing_group, sector, username, submitted_by, *moments = said_in(row)
        return Interview(
            form_id=form_id,
            root_uuid=root_uuid,
            client_code=fitting_code(client_code),
            healing_group=healing_group,
            sector=sector,
            username=username or submitted_by,
            ended_at=_ended_at(*moments),
            actions=all_actions(triage.get(f"{prefix}_actions") for prefix in PREFIXES) if triage else None,
            triage=triage | {name: str(code) for name, code in (items or {}).items()},
        )

    return read


_SAID = ("root_uuid", "client_code", "healing_group", "sector", "username", "submitted_by", *_WHEN)


def ended_at(row: Row) -> dt.datetime | None:
    """Return when the form was finished, in UTC: its end, else the start of its day, else its arrival on the server.

    It is never later than the arrival: a web form sets the end anew at every edit, and a phone's clock may be ahead.
    """
    return _ended_at(*(row[name] for name in _WHEN))


def _ended_at(end: dt.datetime | None, day: dt.date | None, arrived_at: dt.datetime | None) -> dt.datetime | None:
    told = end or (dt.datetime.combine(day, dt.time()) if day else None)
    return min((moment for moment in (told, arrived_at) if moment), default=None)


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
