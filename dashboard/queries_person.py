"""Questions about one person, known by client code: where they are, which sessions they came to, how they are doing."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, select

from connector.fact_schema import assessment, attendance_mark, client


def person(connection: Connection, code: str) -> pd.DataFrame:
    """Return the client's row (facts only, no name), or no row when the code is unknown."""
    return pd.read_sql(select(client).where(client.c.client_code == code), connection)


def person_marks(connection: Connection, code: str) -> pd.DataFrame:
    """Return the client's marks by due date: healing_group, week, state, reason, due_on."""
    m = attendance_mark.c
    query = select(m.healing_group, m.week, m.state, m.reason, m.due_on).where(m.client_code == code)
    return pd.read_sql(query.order_by(m.due_on, m.healing_group), connection)


def person_scores(connection: Connection, code: str) -> pd.DataFrame:
    """Return the client's assessments by date.

    Columns: instrument, wave, assessed_on, score, band, answered, stopped (whether the interview did), asked_by.
    """
    a = assessment.c
    query = select(a.instrument, a.wave, a.assessed_on, a.score, a.band, a.answered, a.stopped, a.asked_by)
    return pd.read_sql(query.where(a.client_code == code).order_by(a.assessed_on, a.wave, a.instrument), connection)
