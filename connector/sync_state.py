"""Knows what a run remembers for the next one: how far each project is read, when it was whole, and how runs ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select
from sqlalchemy import update as update_rows

from connector.fact_schema import problem
from connector.precious_schema import deployment, sync_cursor, sync_run

# Statements are made once: making one, and finding it among those that were made before, takes longer than running it.
_IS_CURSOR = sync_cursor.c.asset_uid == bindparam("uid")
_READ_CURSOR, _DROP_CURSOR, _WRITE_CURSOR = (
    select(sync_cursor).where(_IS_CURSOR),
    delete(sync_cursor).where(_IS_CURSOR),
    insert(sync_cursor),
)
_DEPLOYED = (
    select(deployment.c.form_id, deployment.c.area, deployment.c.asset_uid)
    .where(deployment.c.server == bindparam("server"))
    .order_by(deployment.c.form_id, deployment.c.area)
)
_COUNT_PROBLEMS = select(func.count()).select_from(problem)
_END_DEAD_RUNS = (
    update_rows(sync_run)
    .where(sync_run.c.status == "running")
    .values(status="failed", message="The run was ended from outside; the next one made up for it.")
)
_BEGIN_RUN = insert(sync_run).values(status="running", new=0, edited=0, revalidated=0, deleted=0, problems=0)
_END_RUN = update_rows(sync_run).where(sync_run.c.run_id == bindparam("run"))


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one project is read; times are UTC without zone, every "since" is the server's own clock.

    `complete_as_of`: everything the server had then is here. `swept_at`: all records were last compared one by one.
    `feed` is "history" where the account may read it, else "modified" or "markers": how changes were last found.
    `validated_since` is when all marks of change were last asked for, `modified_since` is None where no record tells.
    `doubted_at`: the server's counts contradicted each other then, and not every record was compared since.
    """

    asset_uid: str
    form_id: str
    last_id: int = 0
    history_since: str | None = None
    complete_as_of: datetime | None = None
    server_count: int | None = None
    swept_at: datetime | None = None
    feed: str | None = None
    modified_since: str | None = None
    validated_since: int | None = None
    asset_version: str | None = None
    doubted_at: datetime | None = None

    @classmethod
    def read(cls, connection: Connection, asset_uid: str, form_id: str) -> Self:
        """Return the cursor of a project, a fresh one when it was never read."""
        row = connection.execute(_READ_CURSOR, {"uid": asset_uid}).first()
        return cls(**row._mapping) if row else cls(asset_uid, form_id)

    def write(self, connection: Connection) -> None:
        """Store the cursor, in the transaction of what it speaks of."""
        connection.execute(_DROP_CURSOR, {"uid": self.asset_uid})
        connection.execute(_WRITE_CURSOR, {name: getattr(self, name) for name in self.__slots__})

    def moved(self, **changes: Any) -> Self:
        """Return a cursor with some values changed."""
        return replace(self, **changes)


def utc_now() -> datetime:
    """The time in UTC without zone, as every table holds it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


@dataclass(frozen=True, slots=True)
class DeployedProject:
    """One project on the server: of which form, and for which area ("" is the whole programme)."""

    form_id: str
    area: str
    asset_uid: str


def deployed_projects(connection: Connection, server: str) -> list[DeployedProject]:
    """Return the projects deployed to a server, by form and area."""
    return [DeployedProject(*row) for row in connection.execute(_DEPLOYED, {"server": server})]


def deployed_forms(connection: Connection, server: str) -> list[tuple[str, str]]:
    """Return (form_id, asset_uid) of every project deployed to a server: a form may have one in each area."""
    return [(each.form_id, each.asset_uid) for each in deployed_projects(connection, server)]


def count_problems(connection: Connection) -> int:
    """Return how many problems wait for a person."""
    return connection.scalar(_COUNT_PROBLEMS) or 0


def begin_run(engine: Engine, now: datetime) -> int:
    """Note that a run begins and return its number; a run that was killed earlier is noted as failed.

    Only the holder of the writer lock may call it: whatever still says "running" then is dead.
    """
    with engine.begin() as connection:
        connection.execute(_END_DEAD_RUNS)
        result = connection.execute(_BEGIN_RUN, {"started_at": now})
        return int(result.inserted_primary_key.run_id)  # type: ignore[union-attr]


def end_run(engine: Engine, run_id: int, **values: Any) -> None:
    """Note how a run ended: finished_at, status, exit_code, message, and what it changed."""
    with engine.begin() as connection:
        connection.execute(_END_RUN, {"run": run_id, **values})
