"""Knows which lines the log gets about one run of sync: what it changed, how it ended, how far each project is read."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, func, select

from connector.errors import HealingError, StorageError
from connector.log_lines import is_logging, log_event
from connector.precious_schema import sync_cursor, sync_run


@contextmanager
def logged_run(engine: Engine) -> Iterator[None]:
    """Tell the log of the run that happens inside, however it ends; nothing is read when nobody asked for a log."""
    if not is_logging():
        yield
        return
    before, began_at = _latest_run(engine), time.monotonic()
    log_event("run_started")
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:
        failure = error
        raise
    finally:
        with contextlib.suppress(StorageError):
            _log_end(engine, before, failure, time.monotonic() - began_at)


def _latest_run(engine: Engine) -> int:
    """The number of the last run; 0 before the first, also where there are no tables yet."""
    with contextlib.suppress(StorageError), engine.connect() as connection:
        return connection.scalar(select(func.max(sync_run.c.run_id))) or 0
    return 0


def _log_end(engine: Engine, before: int, failure: BaseException | None, seconds: float) -> None:
    level = logging.INFO if failure is None else logging.ERROR
    ending = {"seconds": seconds, "exit_code": exit_code_of(failure)}
    error = type(failure).__name__ if failure else None
    if _latest_run(engine) == before:  # it did not begin: another one is active, or the database cannot be used
        log_event("run_ended", level, error=error, **ending)
        return
    from connector.status import RUN_COUNTS  # not loaded where nobody asked for a log

    with engine.connect() as connection:
        run = connection.execute(select(sync_run).order_by(sync_run.c.run_id.desc()).limit(1)).mappings().one()
        counts = {name: run[name] for name in RUN_COUNTS}
        log_event("run_ended", level, run_id=run["run_id"], status=run["status"], error=error, **counts, **ending)
        for row in connection.execute(select(sync_cursor).order_by(sync_cursor.c.asset_uid)):
            log_event(
                "project_read",
                run_id=run["run_id"],
                form_id=row.form_id,
                asset_uid=row.asset_uid,
                feed=row.feed,
                records=row.server_count,
                complete_as_of=row.complete_as_of,
                swept_at=row.swept_at,
            )


def exit_code_of(failure: BaseException | None) -> int:
    """The exit code of a failure, as the command line gives it."""
    if failure is None:
        return 0
    if isinstance(failure, KeyboardInterrupt):
        return 130
    return failure.exit_code if isinstance(failure, HealingError) else 1
