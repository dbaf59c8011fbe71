"""Knows how each member stood to each planned session: present, absent, not held, not reported, not a member then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from connector.facts import Day, Membership, Report
from connector.facts_sessions import HELD, NO_REPORT, Session, problem_of
from connector.problem import Problem

Values = tuple[Any, ...]
PRESENT, ABSENT, NOT_MEMBER = "present", "absent", "not_member"
NOBODY: Mapping[str, str] = MappingProxyType({})


def build_marks(
    sessions: Sequence[Session], memberships: Iterable[Membership], joined: Mapping[str, str] = NOBODY
) -> tuple[list[Values], list[Problem]]:
    """Return one row of `attendance_mark` for every client who was ever a member × every planned session.

    The values of a row stand in the order of the table's columns.

    `memberships` are all intervals in the healing group. A client outside them on the session's day is `not_member`.
    At a session that was held, a member is `absent` when ticked, `present` when on the phone's list and not ticked,
    or when known to be one of the session's newcomers (`joined`: temporary code -> client code), and `no_report` when
    neither: nobody knows then, and that is a problem, once a session. Of two sessions done in one meeting both have
    the same marks: the members have had both.
    """
    intervals = defaultdict(list)
    for membership in sorted(memberships, key=lambda each: each.client_code):
        intervals[membership.client_code].append(membership)
    rows: list[Values] = []
    problems: list[Problem] = []
    for session in sessions:
        came = frozenset(joined[code] for code in session.newcomers if code in joined)
        marks = states_at(session, intervals, came)
        due_on = session.group.due_on(session.week)
        rows.extend(_row(session, code, state, due_on) for code, state in marks.items())
        problems.extend(_missing_from_roster(session, marks))
    return rows, problems


def states_at(
    session: Session, intervals: Mapping[str, Sequence[Membership]], newcomers: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return the state of each client at one session, by client code.

    `intervals` are the memberships by client code; `newcomers` are the client codes of the session's newcomers.
    """
    day, status = session.day, session.status
    report = session.report if status == HELD else None
    return {
        code: NOT_MEMBER
        if not any(interval.includes(day) for interval in theirs)
        else (_state_in(report, code, newcomers) if report else status)
        for code, theirs in intervals.items()
    }


def _state_in(report: Report, client_code: str, newcomers: frozenset[str]) -> str:
    if client_code in report.absent:
        return ABSENT
    return PRESENT if client_code in report.roster or client_code in newcomers else NO_REPORT


def _row(session: Session, client_code: str, state: str, due_on: Day) -> Values:
    report = session.report
    reason = report.absent[client_code] if report and state == ABSENT else None
    return session.group.code, session.week, client_code, state, reason, due_on


def _missing_from_roster(session: Session, marks: dict[str, str]) -> list[Problem]:
    count = list(marks.values()).count(NO_REPORT)
    if session.meeting is None or count == 0:
        return []
    return [problem_of(session.meeting, "not_on_phone_roster", "roster_codes", week=session.week, count=count)]
