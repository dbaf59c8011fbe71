"""Knows how newcomers of sessions are joined to the intake records that carry their temporary codes, and who is not.

A newcomer is joined exactly when one client's intake has the code; nobody is guessed from names or days.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, distinct, exists, func, select, update

from connector import facts_source as source
from connector.fact_schema import newcomer
from connector.facts import Report, Screening
from connector.facts_rows import batches, rows_with
from connector.facts_writing import delete_problems, delete_rows, insert_problems, insert_rows
from connector.instrument_rows import LONGEST_CLIENT_CODE, fitting_code
from connector.problem import NEWCOMER, Problem, problem
from connector.schema import FORM_TABLES
from forms.client_code import is_newcomer

DAYS_TO_INTAKE = 14
"""After so many days without an intake record a newcomer is a problem: two sessions (proposal, to be confirmed)."""
INTAKE, ATTENDANCE = (FORM_TABLES[form_id].record for form_id in ("intake", "attendance"))


@dataclass(frozen=True, slots=True)
class Reached:
    """What a change of some codes reaches: clients with these codes at intake, and the sessions that made the codes."""

    clients: frozenset[str]
    groups: frozenset[str]
    roots: frozenset[str]


def refresh_newcomers(connection: Connection, codes: set[str], roots: set[str]) -> Reached:
    """Make anew the newcomers of these reports, join all that have one of these codes, and return whom that reaches.

    `codes` are the temporary codes that the changed records name now or named before.
    """
    for batch in batches(roots):
        delete_rows(connection, newcomer, "root_uuid", batch)
        reports = source.reports_of(connection, roots=batch)
        insert_rows(connection, newcomer, [row for report in reports for row in newcomer_rows(report)])
    for batch in batches(codes):
        connection.execute(update(newcomer).where(newcomer.c.newcomer_code.in_(batch)).values(client_code=_claimant()))
    return _reached(connection, codes)


def cards_of(report: Report) -> tuple[str, ...]:
    """Return the temporary codes in a session's report, each once."""
    named = (person.code for person in report.in_distress if person.code and is_newcomer(person.code))
    return tuple(dict.fromkeys((*report.newcomers, *named)))


def newcomer_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Yield a row of the table `newcomer` for each temporary code in a session's report, not joined yet."""
    seen_on = report.session_date or (report.ended_at and report.ended_at.date())
    for code in cards_of(report):
        where = {"root_uuid": report.root_uuid, "healing_group": report.healing_group, "week": report.week}
        yield {"newcomer_code": code, **where, "seen_on": seen_on, "client_code": None}


def _claimant() -> Any:
    """The client whose intake has the newcomer's code; NULL when there is none, or more than one."""
    client = INTAKE.c.client_code
    fits = and_(func.count(distinct(client)) == 1, func.max(func.length(client)) <= LONGEST_CLIENT_CODE)
    only = select(case((fits, func.min(client)))).where(INTAKE.c.newcomer_code == newcomer.c.newcomer_code)
    return only.correlate(newcomer).scalar_subquery()


def _reached(connection: Connection, codes: Collection[str]) -> Reached:
    claims = rows_with(connection, select(INTAKE.c.client_code), INTAKE.c.newcomer_code, codes)
    query = select(newcomer.c.healing_group, newcomer.c.root_uuid)
    seen = rows_with(connection, query, newcomer.c.newcomer_code, codes)
    return Reached(
        frozenset(row["client_code"] for row in claims if fitting_code(row["client_code"])),
        frozenset(row["healing_group"] for row in seen if row["healing_group"]),
        frozenset(row["root_uuid"] for row in seen),
    )


def joined_newcomers(
    connection: Connection, groups: Collection[str] = (), roots: Collection[str] = ()
) -> dict[str, str]:
    """Return temporary code -> client code of everybody joined who came in these healing groups or records."""
    query = select(newcomer.c.newcomer_code, newcomer.c.client_code).where(newcomer.c.client_code.is_not(None))
    found = [
        *rows_with(connection, query, newcomer.c.healing_group, groups),
        *rows_with(connection, query, newcomer.c.root_uuid, roots),
    ]
    return {row["newcomer_code"]: row["client_code"] for row in found}


def code_problems(connection: Connection, screenings: Iterable[Screening]) -> list[Problem]:
    """Return a problem for each intake record whose newcomer's code no session made, or another client has too."""
    told = [each for each in screenings if each.newcomer_code]
    codes = {each.newcomer_code or "" for each in told}
    seen = rows_with(connection, select(newcomer.c.newcomer_code), newcomer.c.newcomer_code, codes)
    made = {row["newcomer_code"] for row in seen}
    query = select(INTAKE.c.newcomer_code, INTAKE.c.client_code).distinct()
    claims = rows_with(connection, query, INTAKE.c.newcomer_code, codes)
    clients = Counter(row["newcomer_code"] for row in claims if row["client_code"])
    unknown = [_about(each, "unknown_newcomer_code") for each in told if each.newcomer_code not in made]
    return [*unknown, *(_about(each, "newcomer_code_twice") for each in told if clients[each.newcomer_code] > 1)]


def refresh_overdue(connection: Connection) -> None:
    """Make anew the problems of newcomers who have no intake record DAYS_TO_INTAKE days after their session.

    The day is that of the record that arrived last on the server, not the clock's: a rebuild finds the same.
    """
    delete_problems(connection, NEWCOMER)
    is_claimed = exists().where(INTAKE.c.newcomer_code == newcomer.c.newcomer_code)
    record = ATTENDANCE.c.root_uuid == newcomer.c.root_uuid
    query = select(newcomer, ATTENDANCE.c.server_id).join(ATTENDANCE, record)
    query = query.where(newcomer.c.client_code.is_(None), newcomer.c.seen_on.is_not(None), ~is_claimed)
    waiting = connection.execute(query).mappings().all()
    if waiting and (latest := _latest_arrival(connection)):
        last_day = latest.date() - dt.timedelta(days=DAYS_TO_INTAKE)
        insert_problems(connection, [_overdue(row) for row in waiting if row["seen_on"] <= last_day])


def _latest_arrival(connection: Connection) -> dt.datetime | None:
    columns = (tables.record.c.submitted_at for tables in FORM_TABLES.values())
    arrivals: Sequence[dt.datetime | None] = [connection.scalar(select(func.max(column))) for column in columns]
    return max((each for each in arrivals if each is not None), default=None)


def _overdue(row: Any) -> Problem:
    return problem(
        "newcomer_without_intake",
        "attendance",
        root_uuid=row["root_uuid"],
        server_id=row["server_id"],
        path="newcomer_codes",
        healing_group=row["healing_group"],
        client_code=row["newcomer_code"],
        day=row["seen_on"].isoformat(),
        days=DAYS_TO_INTAKE,
    )


def _about(screening: Screening, kind: str) -> Problem:
    return problem(
        kind,
        "intake",
        root_uuid=screening.root_uuid,
        server_id=screening.server_id,
        path="newcomer_code",
        client_code=screening.client_code,
    )
