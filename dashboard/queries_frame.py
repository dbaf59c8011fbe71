"""Questions of the frame around every page: how old the data are, whether there are any, what can be filtered."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, func, select, union

from connector.fact_schema import client
from connector.migration import schema_state
from connector.precious_schema import adopted_asset, deployment, submission, sync_cursor, sync_run
from connector.precious_schema import healing_group as registry


def schema(connection: Connection) -> pd.DataFrame:
    """Return one row, `state`: empty, current, older or newer, how the tables compare with this version's."""
    return pd.DataFrame({"state": [schema_state(connection.engine)]})


def data_age(connection: Connection) -> pd.DataFrame:
    """Return one row: `complete_as_of` (UTC; the oldest among the forms), `forms`, `newest_submission`, `submissions`.

    Complete as of: start of the last run that proved that nothing was missing, for the form proved longest ago; NULL
    when one that is deployed was never proved. A project that is deployed no more does not count.
    """
    moments = _complete_as_of(connection)
    live = select(func.max(submission.c.submitted_at), func.count()).where(submission.c.deleted_at.is_(None))
    newest, submissions = connection.execute(live).one()
    row = {
        "complete_as_of": min((each for each in moments if each), default=None) if all(moments) else None,
        "forms": len(moments),
        "newest_submission": newest,
        "submissions": submissions,
    }
    return pd.DataFrame([row], dtype=object)


def _complete_as_of(connection: Connection) -> list[datetime | None]:
    """When each project was last proved complete: those deployed or adopted, else those that were ever read."""
    read = {row.asset_uid: row.complete_as_of for row in connection.execute(select(sync_cursor))}
    wanted = union(select(deployment.c.asset_uid), select(adopted_asset.c.asset_uid))
    return [read.get(uid) for uid in connection.scalars(wanted)] or list(read.values())


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
