"""Knows which sessions a healing group was to have, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.facts import Day, HealingGroup, Report
from connector.problem import Problem, problem

HELD, NOT_HELD, NO_REPORT = "held", "not_held", "no_report"


@dataclass(frozen=True, slots=True)
class Session:
    """One planned session with the report that counts, if there is one."""

    group: HealingGroup
    week: int
    report: Report | None = None

    @property
    def status(self) -> str:
        """held, not_held, or no_report when nobody said."""
        answer = self.report.was_held if self.report else None
        return {"yes": HELD, "no": NOT_HELD}.get(answer or "", NO_REPORT)

    @property
    def held_on(self) -> Day | None:
        """The day it was held; None when it was not."""
        return self.report.session_date if self.report and self.status == HELD else None

    @property
    def day(self) -> Day:
        """The day for which membership counts: when it was held, else when it was due."""
        return self.held_on or self.group.due_on(self.week)


def counting_reports(reports: Iterable[Report]) -> dict[tuple[str | None, int | None], Report]:
    """Return the report that counts for each (healing group, week): of several, the one that arrived last.

    Reports without group or week describe no session and are left out.
    """
    found: dict[tuple[str | None, int | None], Report] = {}
    for report in reports:
        key = (report.healing_group, report.week)
        if None not in key and (key not in found or found[key].order < report.order):
            found[key] = report
    return found


def build_sessions(group: HealingGroup, reports: Sequence[Report]) -> tuple[list[Session], list[Problem]]:
    """Return every planned session of a healing group, week 1 first, and the problems of its reports.

    `reports` are all attendance records that name the group. One outside weeks 1 … `weeks` makes no session.
    """
    counting = counting_reports(reports)
    sessions = [Session(group, week, counting.get((group.code, week))) for week in range(1, group.weeks + 1)]
    return sessions, [*_misplaced(group, reports), *_repeated(reports), *_miscounted(sessions)]


def reports_of_unknown_group(reports: Iterable[Report]) -> list[Problem]:
    """Return a problem for each report of a healing group that the registry does not know."""
    return [_about(report, "unknown_group", "healing_group") for report in reports]


def unknown_cha(group: HealingGroup, known: Collection[str]) -> list[Problem]:
    """Return a problem when the registry does not know the CHA of a healing group."""
    if group.cha_code in known:
        return []
    return [problem("unknown_cha", "attendance", path="cha_code", healing_group=group.code)]


def session_row(session: Session) -> dict[str, Any]:
    """Return the row of the table `session`."""
    group = session.group
    return {
        "healing_group": group.code,
        "week": session.week,
        "cohort": group.cohort,
        "district_code": group.district_code,
        "sector_code": group.sector_code,
        "cha_code": group.cha_code,
        "due_on": group.due_on(session.week),
        "status": session.status,
        "held_on": session.held_on,
        **_reported(session.report),
        **_counted(session.report if session.status == HELD else None),
    }


def _reported(report: Report | None) -> dict[str, Any]:
    return {
        "root_uuid": report and report.root_uuid,
        "not_held_reason": report and report.not_held_reason,
        "reported_at": report and report.reported_at,
    }


def _counted(report: Report | None) -> dict[str, Any]:
    """The figures of a session that was held; all NULL for another."""
    return {
        "expected": report and report.expected,
        "present": report and report.present,
        "absent": report and len(report.absent),
        "head_count": report and report.head_count,
        "head_count_difference": report and head_count_difference(report),
        "minutes": report and report.minutes,
        "people_in_distress": report and len(report.in_distress),
        "people_to_follow_up": report and len(report.to_follow_up),
    }


def head_count_difference(report: Report) -> int | None:
    """Return the people counted in the circle minus those that the list leads to expect; None without a count."""
    return None if report.head_count is None else report.head_count - report.present


def _misplaced(group: HealingGroup, reports: Iterable[Report]) -> list[Problem]:
    return [
        _about(report, "week_out_of_range", "week", week=report.week, weeks=group.weeks)
        for report in reports
        if report.week is not None and not 1 <= report.week <= group.weeks
    ]


def _repeated(reports: Iterable[Report]) -> list[Problem]:
    by_week: Mapping[int | None, list[Report]] = defaultdict(list)
    for report in reports:
        if report.week is not None:
            by_week[report.week].append(report)
    outvoted = (report for same in by_week.values() for report in sorted(same, key=lambda each: each.order)[:-1])
    return [_about(report, "session_reported_twice", "week", week=report.week) for report in outvoted]


def _miscounted(sessions: Iterable[Session]) -> list[Problem]:
    return [
        _about(session.report, "head_count_differs", "head_count", week=session.week, difference=difference)
        for session in sessions
        if session.report and session.status == HELD and (difference := head_count_difference(session.report))
    ]


def _about(report: Report, kind: str, path: str, **details: int | None) -> Problem:
    return problem(
        kind,
        "attendance",
        root_uuid=report.root_uuid,
        server_id=report.server_id,
        path=path,
        healing_group=report.healing_group,
        **details,
    )
