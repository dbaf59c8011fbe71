"""Questions about sessions and who keeps them going: due, held, reported, missed, silent."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, case, func, not_, select

from connector.fact_schema import client, session
from dashboard.filters import Filters, narrow
from forms.end_reasons import COMPLETED
from forms.programme import PROGRAMME

STATUSES = ("held", "not_held", "no_report", "awaited")
REPORT_WITHIN = timedelta(hours=PROGRAMME.report_within_hours)
"""A report is late only after this time (a proposal, see forms.programme); until then it is awaited."""


def due_between(first: date, last: date) -> ColumnElement[bool]:
    """Return the condition that a session was due in a span of days, both ends included."""
    return session.c.due_on.between(first, last)


def is_awaited(today: date) -> ColumnElement[bool]:
    """Return the condition that a session has no report yet and the report is not late."""
    return and_(session.c.status == "no_report", session.c.due_on > today - REPORT_WITHIN)


def sessions_due(connection: Connection, filters: Filters, today: date, days: int = 7) -> pd.DataFrame:
    """Return `status` (see STATUSES) and `sessions` due in the last `days` days, today included.

    Denominator: all planned sessions with a due date in that span. Neither `no_report` nor `awaited` has an attendance
    record yet; `awaited` ones were due so recently that the report is not late.
    """
    span = due_between(today - timedelta(days=days - 1), today)
    status = case((is_awaited(today), "awaited"), else_=session.c.status).label("status")
    query = select(status, func.count().label("sessions")).where(span, *narrow(session, filters))
    counts = pd.read_sql(query.group_by(status), connection).set_index("status")
    return counts.reindex(list(STATUSES), fill_value=0).astype(int).reset_index()


def sessions_to_chase(connection: Connection, filters: Filters, today: date, days: int = 7) -> pd.DataFrame:
    """Return sessions due in the last `days` days that were not held or whose report is late, oldest first.

    Columns: healing_group, week, due_on, status, not_held_reason, cha_code.
    """
    s = session.c
    span = due_between(today - timedelta(days=days - 1), today)
    conditions = (span, s.status != "held", not_(is_awaited(today)), *narrow(session, filters))
    columns = (s.healing_group, s.week, s.due_on, s.status, s.not_held_reason, s.cha_code)
    return pd.read_sql(select(*columns).where(*conditions).order_by(s.due_on, s.healing_group, s.week), connection)


def silent_chas(connection: Connection, filters: Filters, today: date, days: int = 14) -> pd.DataFrame:
    """Return CHAs of whom reports were due in the last `days` days and are late, and no session of these is reported.

    Columns: cha_code, due (sessions due in the span), last_report_at (UTC; of any session, NULL when never).
    Not held counts as reported. The longest silent come first.
    """
    s = session.c
    due = and_(due_between(today - timedelta(days=days - 1), today), not_(is_awaited(today)))
    reported = case((due & (s.status != "no_report"), 1), else_=0)
    query = (
        select(
            s.cha_code, func.sum(case((due, 1), else_=0)).label("due"), func.max(s.reported_at).label("last_report_at")
        )
        .where(s.cha_code.is_not(None), *narrow(session, filters))
        .group_by(s.cha_code)
        .having(func.sum(case((due, 1), else_=0)) > 0, func.sum(reported) == 0)
    )
    found = pd.read_sql(query, connection)
    return found.sort_values(["last_report_at", "cha_code"], na_position="first", ignore_index=True)


def running_groups(today: date) -> ColumnElement[bool]:
    """Return the condition on a client that its healing group has a session due in the last 7 days or later.

    One that was closed runs until its last day, and then `queries_closed.left_behind` has its members; one that was
    closed because it finished its weeks is like any other that did.
    """
    current = select(session.c.healing_group).group_by(session.c.healing_group)
    meets = client.c.healing_group.in_(current.having(func.max(session.c.due_on) >= today - timedelta(days=7)))
    c = client.c
    return and_(meets, c.group_ended_on.is_(None) | (c.group_ended_on >= today) | (c.group_end_reason == COMPLETED))


def people_missing(connection: Connection, filters: Filters, today: date, at_least: int = 2) -> pd.DataFrame:
    """Return members of running healing groups who were absent from the last `at_least` or more held sessions.

    Columns: client_code, healing_group, missed_in_row, last_attended_on. The longest absent come first.
    """
    c = client.c
    columns = (c.client_code, c.healing_group, c.missed_in_row, c.last_attended_on)
    member = (c.is_enrolled.is_(True), c.left_on.is_(None) | (c.left_on > today), running_groups(today))
    query = select(*columns).where(c.missed_in_row >= at_least, *member, *narrow(client, filters))
    return pd.read_sql(query.order_by(c.missed_in_row.desc(), c.healing_group, c.client_code), connection)


def members_now(connection: Connection, filters: Filters, today: date) -> pd.DataFrame:
    """Return one row: `members` of running healing groups today, the denominator of `people_missing`."""
    c = client.c
    member = (c.is_enrolled.is_(True), c.left_on.is_(None) | (c.left_on > today), running_groups(today))
    return pd.read_sql(select(func.count().label("members")).where(*member, *narrow(client, filters)), connection)
