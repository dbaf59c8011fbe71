"""Questions about healing groups that were closed: how many, why, and who is still a member of one."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import Connection, func, select

from connector.fact_schema import client
from connector.precious_schema import healing_group as registry
from dashboard.filters import Filters, narrow, narrow_registry
from forms.end_reasons import COMPLETED


def closed_groups(connection: Connection, filters: Filters, today: date) -> pd.DataFrame:
    """Return `end_reason` and `groups`, the healing groups whose last day is past, the most frequent reason first."""
    count = func.count().label("groups")
    query = select(registry.c.end_reason, count).where(registry.c.ended_on < today, *narrow_registry(filters))
    return pd.read_sql(query.group_by(registry.c.end_reason).order_by(count.desc(), registry.c.end_reason), connection)


def left_behind(connection: Connection, filters: Filters, today: date) -> pd.DataFrame:
    """Return who is still a member of a closed healing group, unless it finished its weeks; latest closed first.

    Columns: client_code, healing_group, group_ended_on, group_end_reason, missed_in_row, last_attended_on.
    """
    c = client.c
    columns = (c.client_code, c.healing_group, c.group_ended_on, c.group_end_reason, c.missed_in_row)
    member = (c.is_enrolled.is_(True), c.left_on.is_(None) | (c.left_on > today))
    closed = (c.group_ended_on < today, c.group_end_reason != COMPLETED)
    query = select(*columns, c.last_attended_on).where(*member, *closed, *narrow(client, filters))
    return pd.read_sql(query.order_by(c.group_ended_on.desc(), c.healing_group, c.client_code), connection)
