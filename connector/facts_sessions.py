"""Knows which sessions a healing group was to have, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.facts import MADE_UP, MERGED, Day, HealingGroup, Report
from connector.problem import Problem, problem

HELD, NOT_HELD, NO_REPORT = "held", "not_held", "no_report"


@dataclass(frozen=True, slots=True)
class Session:
    """One planned session with the report that counts, if there is one.

    `merged_into` is the week with which this one was done in one meeting, when that week's session stands for the
    meeting: what is counted of a meeting (heads, minutes, people in distress) is then said there, once. `newcomers`
    are the temporary codes in all reports of the session: each card that was handed out shows that its holder came.
    """

    group: HealingGroup
    week: int
    report: Report | None = None
    merged_into: int | None = None
    newcomers: frozenset[str] = frozenset()

    @property
    def status(self) -> str:
        """held, not_held, or no_report when nobody said."""
        answer = self.report.was_held if self.report else None
        return {"yes": HELD, "no": NOT_HELD}.get(answer or "", NO_REPORT)

    @property
    def kind(self) -> str | None:
        """planned, merged, made_up or not_held; None without a report, and where the form did not ask it."""
        if self.status == HELD:
            return self.report.kind if self.report else None
        return NOT_HELD if self.status == NOT_HELD else None

    @property
    def held_on(self) -> Day | None:
        """The day it was held; None when it was not."""
        return self.report.session_date if self.report and self.status == HELD else None

    @property
    def meeting(self) -> Report | None:
        """The report of the meeting that this session stands for; None without one, or where another week's does."""
        return self.report if self.status == HELD and self.merged_into is None else None

    @property
    def day(self) -> Day:
        """The day for which membership counts: when it was held, else when it was due."""
        return self.held_on or self.group.due_on(self.week)


def counting_reports(reports: Iterable[Report]) -> dict[tuple[str, int], Report]:
    """Return the report that counts for each (healing group, week): of several at odds, the one that arrived last.

    A report of two weeks done in one session speaks for both. Reports without group or week describe no session and
    are left out.
    """
    found = {key: _at_odds(claims) for key, claims in _claims(reports).items()}
    return {key: max(rivals, key=lambda each: each.order) for key, rivals in found.items()}


def _claims(reports: Iterable[Report]) -> dict[tuple[str, int], list[Report]]:
    """(healing group, week) -> all reports that speak for it."""
    claims: dict[tuple[str, int], list[Report]] = defaultdict(list)
    for report in reports:
        for week in report.weeks if report.healing_group is not None else ():
            claims[report.healing_group or "", week].append(report)
    return claims


def _at_odds(claims: Sequence[Report]) -> list[Report]:
    """The reports of which only one can be right.

    That a session was not held does not contradict that it was made up for, or done together with another one, on that
    day or later: such a first report is left out.
    """
    made_up = [report for report in claims if report.is_held and report.kind in (MADE_UP, MERGED)]
    return [report for report in claims if not any(_comes_before(report, other) for other in made_up)]


def _comes_before(report: Report, other: Report) -> bool:
    days = (report.session_date, other.session_date)
    return report.was_held == "no" and (None in days or days[0] <= days[1])  # type: ignore[operator]


def build_sessions(group: HealingGroup, reports: Sequence[Report]) -> tuple[list[Session], list[Problem]]:
    """Return every planned session of a healing group, week 1 first, and the problems of its reports.

    `reports` are all attendance records that name the group. One outside weeks 1 … `weeks` makes no session. Of a
    healing group that was closed, sessions due after its last day are left out, unless they were held.
    """
    counting, claims = counting_reports(reports), _claims(reports)
    found = {week: counting.get((group.code, week)) for week in range(1, group.weeks + 1)}
    sessions = [
        Session(group, week, report, _merged_into(week, report, found), _newcomers(claims.get((group.code, week), [])))
        for week, report in found.items()
    ]
    sessions = [each for each in sessions if each.status == HELD or group.is_open_on(group.due_on(each.week))]
    return sessions, [*_misplaced(group, reports), *_repeated(reports), *_miscounted(sessions)]


def _newcomers(claims: Iterable[Report]) -> frozenset[str]:
    return frozenset(code for report in claims for code in report.newcomers)


def _merged_into(week: int, report: Report | None, found: Mapping[int, Report | None]) -> int | None:
    """The report's own week, when that is another planned one for which the report counts too."""
    if report is None or report.week is None or report.week == week or found.get(report.week) is not report:
        return None
    return report.week


def reports_of_unknown_group(reports: Iterable[Report]) -> list[Problem]:
    """Return a problem for each report of a healing group that the registry does not know."""
    return [problem_of(report, "unknown_group", "healing_group") for report in reports]


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
        "kind": session.kind,
        "held_on": session.held_on,
        "merged_into": session.merged_into,
        **_reported(session.report),
        **_on_the_list(session.report if session.status == HELD else None),
        **_in_the_meeting(session.meeting),
    }


def _reported(report: Report | None) -> dict[str, Any]:
    return {
        "root_uuid": report and report.root_uuid,
        "not_held_reason": report and report.not_held_reason,
        "reported_at": report and report.reported_at,
    }


def _on_the_list(report: Report | None) -> dict[str, Any]:
    """What is known of the members at a session that was held; all NULL for another."""
    return {
        "expected": report and report.expected,
        "present": report and report.present,
        "absent": report and len(report.absent),
    }


def _in_the_meeting(report: Report | None) -> dict[str, Any]:
    """What was counted in one meeting; NULL without one, and for the second of two sessions done in one meeting."""
    return {
        "newcomers": report and report.newcomer_count,
        "head_count": report and report.head_count,
        "head_count_difference": report and head_count_difference(report),
        "minutes": report and report.minutes,
        "people_in_distress": report and len(report.in_distress),
        "people_to_follow_up": report and len(report.to_follow_up),
    }


def head_count_difference(report: Report) -> int | None:
    """Return the people counted in the circle minus those expected there; None without a count.

    Expected are the members on the phone's list who were not ticked as absent, and the newcomers.
    """
    return None if report.head_count is None else report.head_count - report.present - report.newcomer_count


def _misplaced(group: HealingGroup, reports: Iterable[Report]) -> list[Problem]:
    return [
        problem_of(report, "week_out_of_range", _asked_in(report, week), week=week, weeks=group.weeks)
        for report in reports
        for week in report.weeks
        if not 1 <= week <= group.weeks
    ]


def _repeated(reports: Iterable[Report]) -> list[Problem]:
    return [
        problem_of(report, "session_reported_twice", _asked_in(report, week), week=week)
        for (_, week), claims in _claims(reports).items()
        for report in sorted(_at_odds(claims), key=lambda each: each.order)[:-1]
    ]


def _asked_in(report: Report, week: int) -> str:
    """The question in which a report says that it speaks for a week."""
    return "week" if week == report.week else "merged_week"


def _miscounted(sessions: Iterable[Session]) -> list[Problem]:
    return [
        problem_of(report, "head_count_differs", "head_count", week=session.week, difference=difference)
        for session in sessions
        if (report := session.meeting) and (difference := head_count_difference(report))
    ]


def problem_of(report: Report, kind: str, path: str, **details: str | int | None) -> Problem:
    """Return a problem of a report, found in the answer at `path`."""
    return problem(
        kind,
        "attendance",
        root_uuid=report.root_uuid,
        server_id=report.server_id,
        path=path,
        healing_group=report.healing_group,
        **details,
    )
