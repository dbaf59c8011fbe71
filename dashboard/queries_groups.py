"""Questions about healing groups: their attendance, their weeks, their members, one session."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Connection, Subquery, and_, case, func, select

from connector.fact_schema import attendance_mark, client, client_identity, membership, session
from connector.precious_schema import healing_group as registry
from dashboard.filters import Filters, narrow, narrow_registry

LAST_SESSIONS = 3


def _recent(filters: Filters) -> Subquery:
    """Present and expected over each healing group's last held sessions; two done in one meeting are one of them."""
    s = session.c
    place = func.row_number().over(partition_by=s.healing_group, order_by=s.week.desc()).label("place")
    held = and_(s.status == "held", s.merged_into.is_(None))
    ranked = select(s.healing_group, s.present, s.expected, place).where(held, *narrow(session, filters)).subquery()
    columns = (
        ranked.c.healing_group,
        func.sum(ranked.c.present).label("present"),
        func.sum(ranked.c.expected).label("expected"),
    )
    return select(*columns).where(ranked.c.place <= LAST_SESSIONS).group_by(ranked.c.healing_group).subquery()


def _progress(filters: Filters, today: date) -> Subquery:
    """Sessions due so far, and those among them held and not reported, for each healing group."""
    s = session.c
    due = s.due_on <= today
    columns = (
        s.healing_group,
        func.sum(case((due, 1), else_=0)).label("due"),
        func.sum(case((s.status == "held", 1), else_=0)).label("held"),
        func.sum(case((and_(due, s.status == "no_report"), 1), else_=0)).label("not_reported"),
        func.sum(case((s.due_on >= today - timedelta(days=7), 1), else_=0)).label("recent"),
    )
    return select(*columns).where(*narrow(session, filters)).group_by(s.healing_group).subquery()


def _members(today: date) -> Subquery:
    m = membership.c
    now = and_(m.joined_on <= today, m.left_on.is_(None) | (m.left_on > today))
    return select(m.healing_group, func.count().label("members")).where(now).group_by(m.healing_group).subquery()


def group_rates(connection: Connection, filters: Filters, today: date) -> pd.DataFrame:
    """Return every registered healing group, worst attendance first; those without any held session come before all.

    Columns: healing_group, label, sector_code, cha_code, members (today), present and expected (over the last three
    held sessions, those done in one meeting once), rate (present / expected, 0…1, NULL without a register), due, held,
    not_reported (to date), ended_on and end_reason (of one that was closed), is_closed (its last day is past),
    is_running (not closed, and a session is due in the last 7 days or later).
    """
    recent, progress, members = _recent(filters), _progress(filters, today), _members(today)
    joined = registry
    for part in (recent, progress, members):
        joined = joined.outerjoin(part, part.c.healing_group == registry.c.code)  # type: ignore[assignment]
    counts = [func.coalesce(c, 0).label(c.name) for c in (members.c.members, *list(progress.c)[1:])]
    r = registry.c
    columns = (r.code.label("healing_group"), r.label, r.sector_code, r.cha_code, r.ended_on, r.end_reason)
    closed = case((r.ended_on < today, 1), else_=0).label("is_closed")
    query = select(*columns, closed, recent.c.present, recent.c.expected, *counts).select_from(joined)
    found = pd.read_sql(query.where(*narrow_registry(filters)), connection)
    found["rate"] = (found["present"] / found["expected"].where(found["expected"] > 0)).astype(float)
    found["is_closed"] = found["is_closed"] > 0
    found["is_running"] = (found.pop("recent") > 0) & ~found["is_closed"]
    return found.sort_values(["rate", "healing_group"], na_position="first", ignore_index=True)


def group_weeks(connection: Connection, filters: Filters, today: date) -> pd.DataFrame:
    """Return every session due so far: healing_group, week, status, not_held_reason, present, expected, due_on."""
    s = session.c
    columns = (s.healing_group, s.week, s.status, s.not_held_reason, s.present, s.expected, s.due_on)
    due = (s.due_on <= today) | (s.status != "no_report")
    query = select(*columns).where(due, *narrow(session, filters)).order_by(s.healing_group, s.week)
    return pd.read_sql(query, connection)


def group_sessions(connection: Connection, group: str) -> pd.DataFrame:
    """Return all planned sessions of one healing group by week, with their counts and who reported when (UTC)."""
    return pd.read_sql(select(session).where(session.c.healing_group == group).order_by(session.c.week), connection)


def group_marks(connection: Connection, group: str) -> pd.DataFrame:
    """Return the marks of everybody who was ever a member: client_code, week, state, reason, due_on.

    state: present | absent | not_held | no_report | not_member.
    """
    m = attendance_mark.c
    columns = (m.client_code, m.week, m.state, m.reason, m.due_on)
    return pd.read_sql(select(*columns).where(m.healing_group == group).order_by(m.client_code, m.week), connection)


def group_members(connection: Connection, group: str) -> pd.DataFrame:
    """Return who was ever a member of one healing group: client_code, joined_on, left_on, left_reason and attendance.

    Attendance counts (sessions_attended, sessions_held, missed_in_row) are the client's own, over all healing groups.
    """
    m, c = membership.c, client.c
    columns = (
        m.client_code,
        m.joined_on,
        m.left_on,
        m.left_reason,
        c.sessions_attended,
        c.sessions_held,
        c.missed_in_row,
    )
    joined = membership.outerjoin(client, c.client_code == m.client_code)
    query = select(*columns).select_from(joined).where(m.healing_group == group)
    return pd.read_sql(query.order_by(m.client_code, m.joined_on), connection)


def names_of_group(connection: Connection, group: str) -> pd.DataFrame:
    """Return client_code and short_name of one healing group's members. The only question that reads a name."""
    codes = select(membership.c.client_code).where(membership.c.healing_group == group)
    columns = (client_identity.c.client_code, client_identity.c.short_name)
    query = select(*columns).where(client_identity.c.client_code.in_(codes))
    return pd.read_sql(query.order_by(client_identity.c.client_code), connection)
