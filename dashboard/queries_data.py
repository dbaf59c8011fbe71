"""Questions about the data themselves: problems, completeness, and what the last sync runs changed."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, case, func, select

from connector.fact_schema import problem
from connector.precious_schema import quarantine, submission, sync_cursor, sync_run
from connector.problem import SERIOUS
from dashboard.filters import Filters, narrow

DUPLICATE_KINDS = (
    "certain_duplicate_person",
    "likely_duplicate_person",
    "possible_duplicate_person",
    "duplicate_client_code",
    "member_of_two_groups",
    "session_reported_twice",
    "two_projects",
)
"""Kinds of problem (connector/problem.py) that mean that one thing may be counted twice."""


def problem_counts(connection: Connection, filters: Filters) -> pd.DataFrame:
    """Return `kind` and `problems`: kinds that may hide somebody at risk first, then the most frequent."""
    count = func.count().label("problems")
    query = select(problem.c.kind, count).where(*narrow(problem, filters)).group_by(problem.c.kind)
    is_other = case((problem.c.kind.in_(SERIOUS), 0), else_=1)
    return pd.read_sql(query.order_by(is_other, count.desc(), problem.c.kind), connection)


def unread_safety(connection: Connection) -> pd.DataFrame:
    """Return `problems`, how many questions or answers about safety were not understood, whatever the filters say."""
    query = select(func.count().label("problems")).where(problem.c.kind.in_(SERIOUS))
    return pd.read_sql(query, connection)


def problems(connection: Connection, filters: Filters, kinds: tuple[str, ...], limit: int = 200) -> pd.DataFrame:
    """Return the problems of some kinds, newest record first: what, where, and whom it concerns.

    Holds no answer. At most `limit` rows; `problem_counts` has the totals.
    """
    p = problem.c
    columns = (p.kind, p.message, p.form_id, p.server_id, p.path, p.healing_group, p.client_code, p.root_uuid)
    query = select(*columns).where(p.kind.in_(kinds), *narrow(problem, filters))
    return pd.read_sql(query.order_by(p.server_id.desc(), p.problem_id).limit(limit), connection)


def unread(connection: Connection) -> pd.DataFrame:
    """Return the records that could not be read and wait: `form_id`, `server_id`, `reason`, `first_seen_at` (UTC).

    Their text is not read here. The form of a project that no run has finished is not known: NULL.
    """
    q, s = quarantine.c, sync_cursor.c
    columns = (s.form_id, q.server_id, q.reason, q.first_seen_at)
    joined = quarantine.outerjoin(sync_cursor, s.asset_uid == q.asset_uid)
    query = select(*columns).select_from(joined).where(q.resolved_at.is_(None)).order_by(q.quarantine_id)
    return pd.read_sql(query, connection)


def runs(connection: Connection, limit: int = 10) -> pd.DataFrame:
    """Return the latest sync runs, newest first: started_at (UTC), status, counts of each kind of change, message."""
    r = sync_run.c
    counts = (r.new, r.edited, r.revalidated, r.deleted, r.problems)
    query = select(r.run_id, r.started_at, r.finished_at, r.status, *counts, r.message)
    return pd.read_sql(query.order_by(r.run_id.desc()).limit(limit), connection)


def completeness(connection: Connection) -> pd.DataFrame:
    """Return one row for each form: form_id, records (kept and not deleted), on_server, deleted, complete_as_of (UTC).

    on_server is what the server counted at the last sync, NULL when it did not say.
    """
    live = submission.c.deleted_at.is_(None)
    counted = (
        select(
            submission.c.asset_uid,
            func.sum(case((live, 1), else_=0)).label("records"),
            func.sum(case((live, 0), else_=1)).label("deleted"),
        )
        .group_by(submission.c.asset_uid)
        .subquery()
    )
    s = sync_cursor.c
    columns = (
        s.form_id,
        func.coalesce(counted.c.records, 0).label("records"),
        s.server_count.label("on_server"),
        func.coalesce(counted.c.deleted, 0).label("deleted"),
        s.complete_as_of,
    )
    joined = sync_cursor.outerjoin(counted, counted.c.asset_uid == s.asset_uid)
    return pd.read_sql(select(*columns).select_from(joined).order_by(s.form_id), connection)
