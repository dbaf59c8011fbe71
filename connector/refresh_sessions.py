"""Knows how the planned sessions of healing groups and the attendance at them are made anew, a week at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select

from connector import fact_schema as fact
from connector import facts_source as source
from connector.bulk import insert_tuples
from connector.facts_attendance import build_marks
from connector.facts_closing import members_left_behind, sessions_after_end
from connector.facts_memory import Memory
from connector.facts_rows import batches, tuples_with
from connector.facts_sessions import build_sessions, reports_of_unknown_group, session_row, unknown_cha
from connector.facts_writing import delete_problems, insert_problems
from connector.problem import GROUP, Problem
from connector.refresh_newcomers import joined_newcomers

GROUPS_A_BATCH = 25
"""Healing groups treated at a time: some 25 × 20 members × 16 weeks of attendance."""
Week = tuple[str, int]
Values = tuple[Any, ...]
_SESSION = fact.session.columns.keys()


def refresh_sessions(memory: Memory, groups: Collection[str], weeks: Mapping[str, Collection[int]]) -> None:
    """Make anew the planned sessions, the attendance of members, and the problems of healing groups.

    Of `groups` everything is written; of those in `weeks` alone, whose members are as before, these weeks and all
    sessions that are no longer as they were.
    """
    for batch in batches({*groups, *weeks}, GROUPS_A_BATCH):
        _refresh_batch(memory, batch, set(groups), weeks)


def _refresh_batch(
    memory: Memory, batch: Sequence[str], whole: Collection[str], weeks: Mapping[str, Collection[int]]
) -> None:
    connection, chas = memory.connection, {each.code for each in memory.chas.values()}
    known, reports = memory.groups(batch), memory.reports(batch)
    members, joined = source.memberships_in(connection, batch), joined_newcomers(connection, groups=batch)
    before = {row[:2]: tuple(row) for row in tuples_with(connection, select(fact.session), _GROUP, batch)}
    written = _Written(set(before))
    problems: list[Problem] = []
    for code, group in known.items():
        planned, wrong = build_sessions(group, reports[code])
        rows = {(code, each.week): tuple(map(session_row(each).get, _SESSION)) for each in planned}
        touched = set(rows) if code in whole else {week for week, row in rows.items() if before.get(week) != row}
        touched |= {(code, week) for week in weeks.get(code, ()) if (code, week) in rows}
        marks, missing = build_marks(planned, members[code], joined)
        written.add(rows, (row for row in marks if row[:2] in touched), touched)
        problems += [*wrong, *missing, *unknown_cha(group, chas)]
        problems += [*sessions_after_end(planned), *members_left_behind(group, members[code])]
    delete_problems(connection, GROUP, "healing_group", batch)
    unknown = (report for code in set(batch) - known.keys() for report in reports[code])
    insert_problems(connection, [*problems, *reports_of_unknown_group(unknown)])
    written.write(connection)


_GROUP = fact.session.c.healing_group


class _Written:
    """What is to be written of some healing groups: sessions and marks of weeks that take the place of others.

    Whatever is there and not added goes: healing groups that are no more, weeks that are planned no more.
    """

    def __init__(self, there: set[Week]) -> None:
        self.outdated = there
        self.sessions: list[Values] = []
        self.marks: list[Values] = []

    def add(self, sessions: Mapping[Week, Values], marks: Iterable[Values], touched: set[Week]) -> None:
        self.sessions += [row for week, row in sessions.items() if week in touched]
        self.marks += marks
        self.outdated -= sessions.keys() - touched

    def write(self, connection: Connection) -> None:
        for table, rows in ((fact.session, self.sessions), (fact.attendance_mark, self.marks)):
            if self.outdated:
                connection.execute(
                    _DELETE[table.name], [{"code": code, "number": week} for code, week in self.outdated]
                )
            insert_tuples(connection, table, rows)


def _delete_week(table: Table) -> Any:
    return delete(table).where(table.c.healing_group == bindparam("code"), table.c.week == bindparam("number"))


_DELETE = {table.name: _delete_week(table) for table in (fact.session, fact.attendance_mark)}
