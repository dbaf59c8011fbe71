"""Knows how the marks of sessions are read in tests: by name of column."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector import facts_attendance
from connector.fact_schema import attendance_mark
from connector.facts import Membership
from connector.facts_sessions import Session
from connector.problem import Problem


def build_marks(
    sessions: Sequence[Session], memberships: Iterable[Membership], joined: Mapping[str, str] = facts_attendance.NOBODY
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """As `facts_attendance.build_marks`, the rows by name of column."""
    rows, problems = facts_attendance.build_marks(sessions, memberships, joined)
    return [dict(zip(attendance_mark.columns.keys(), row, strict=True)) for row in rows], problems
