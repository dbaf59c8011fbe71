"""Questions about alerts: which are open, how old, and whether a person has reacted in time."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Subquery, and_, case, func, or_, select

from connector.alert_handling import more_serious_than
from connector.fact_schema import alert
from connector.precious_schema import alert_handling
from dashboard.filters import Filters, narrow

LEVELS = ("imminent", "moderate", "low", "follow_up")
"""From the most to the least urgent."""


def _latest_handling() -> Subquery:
    newest = select(func.max(alert_handling.c.handling_id)).group_by(alert_handling.c.alert_id)
    columns = (
        alert_handling.c.alert_id,
        alert_handling.c.state,
        alert_handling.c.handled_at,
        alert_handling.c.handled_by,
        alert_handling.c.level,
    )
    return select(*columns).where(alert_handling.c.handling_id.in_(newest)).subquery()


def _unclosed(filters: Filters, now: datetime) -> Subquery:
    """Alerts that nobody has closed, with `state`, `rank` of the level and `is_overdue` (0 or 1).

    One that has become more serious since somebody did something about it is open again.
    """
    handling = _latest_handling()
    outdone = or_(*(and_(handling.c.level == each, alert.c.level.in_(more_serious_than(each))) for each in LEVELS))
    state = case((outdone, "open"), else_=func.coalesce(handling.c.state, "open"))
    late = and_(alert.c.due_at < now, state.in_(("open", "acknowledged")))
    rank = case({level: place for place, level in enumerate(LEVELS)}, value=alert.c.level, else_=len(LEVELS))
    columns = (*alert.c, state.label("state"), rank.label("rank"), case((late, 1), else_=0).label("is_overdue"))
    joined = alert.outerjoin(handling, handling.c.alert_id == alert.c.alert_id)
    return select(*columns).select_from(joined).where(state != "closed", *narrow(alert, filters)).subquery()


def open_alerts(connection: Connection, filters: Filters, now: datetime, limit: int = 200) -> pd.DataFrame:
    """Return alerts that nobody has closed, worst first: by level, overdue before not, then oldest first.

    Columns: alert_id, kind, level, person (client | newcomer | visitor | unknown), client_code, healing_group,
    cha_code, opened_at and due_at (UTC), actions (codes of what was done at once), state (open | acknowledged |
    contacted), is_overdue (due_at passed and the person not yet contacted). No name, no answer.
    """
    found = _unclosed(filters, now)
    about = ("alert_id", "kind", "level", "person", "client_code", "healing_group", "cha_code", "actions")
    columns = (*(found.c[name] for name in (*about, "opened_at", "due_at", "state")), found.c.is_overdue)
    order = (found.c.rank, found.c.is_overdue.desc(), found.c.opened_at, found.c.alert_id)
    return pd.read_sql(select(*columns).order_by(*order).limit(limit), connection)


def alert_counts(connection: Connection, filters: Filters, now: datetime) -> pd.DataFrame:
    """Return one row for each level, most urgent first: `open` (not closed) and `overdue` among them."""
    found = _unclosed(filters, now)
    query = select(found.c.level, func.count().label("open"), func.sum(found.c.is_overdue).label("overdue"))
    counts = pd.read_sql(query.group_by(found.c.level), connection).set_index("level")
    return counts.reindex(list(LEVELS), fill_value=0).astype(int).reset_index()


def handling_history(connection: Connection, alert_id: str) -> pd.DataFrame:
    """Return what people did about one alert, oldest first: `state`, `handled_at` (UTC), `handled_by`, `level` then."""
    done = alert_handling.c
    query = select(done.state, done.handled_at, done.handled_by, done.level).where(done.alert_id == alert_id)
    return pd.read_sql(query.order_by(done.handling_id), connection)
