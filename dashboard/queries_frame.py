"""Questions of the frame around every page: how old the data are, whether there are any, what can be filtered."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, func, select

from connector.fact_schema import client
from connector.migration import schema_state
from connector.precious_schema import healing_group as registry
from connector.precious_schema import submission, sync_cursor, sync_run


def schema(connection: Connection) -> pd.DataFrame:
    """Return one row, `state`: empty, current, older or newer, how the tables compare with this version's."""
    return pd.DataFrame({"state": [schema_state(connection.engine)]})


def data_age(connection: Connection) -> pd.DataFrame:
    """Return one row: `complete_as_of` (UTC; the oldest among the forms), `forms`, `newest_submission`, `submissions`.

    Complete as of: start of the last run that proved that nothing was missing, for the form proved longest ago.
    """
    cursors = select(func.min(sync_cursor.c.complete_as_of), func.count(), func.count(sync_cursor.c.complete_as_of))
    oldest, forms, proved = connection.execute(cursors).one()
    live = select(func.max(submission.c.submitted_at), func.count()).where(submission.c.deleted_at.is_(None))
    newest, submissions = connection.execute(live).one()
    row = {
        "complete_as_of": oldest if proved == forms else None,
        "forms": forms,
        "newest_submission": newest,
        "submissions": submissions,
    }
    return pd.DataFrame([row], dtype=object)


def last_run(connection: Connection) -> pd.DataFrame:
    """Return the latest sync run (`started_at`, `status`, `message`), or no row."""
    query = select(sync_run.c.started_at, sync_run.c.status, sync_run.c.message)
    return pd.read_sql(query.order_by(sync_run.c.run_id.desc()).limit(1), connection)


def contents(connection: Connection) -> pd.DataFrame:
    """Return one row of counts that tell how far a database has come: `groups`, `clients`, `submissions`."""
    tables = {"groups": registry, "clients": client, "submissions": submission}
    return pd.DataFrame([{name: connection.scalar(select(func.count()).select_from(t)) for name, t in tables.items()}])


def filter_options(connection: Connection) -> pd.DataFrame:
    """Return the healing groups of the registry with `district_code`, `sector_code`, `healing_group`, `cohort`."""
    columns = (
        registry.c.district_code,
        registry.c.sector_code,
        registry.c.code.label("healing_group"),
        registry.c.cohort,
    )
    return pd.read_sql(select(*columns).order_by(registry.c.code), connection)
