"""Knows what one run of sync is: one writer, every deployed form, one row about how it went."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from connector.errors import (
    BadAnswerError,
    HealingError,
    MissingAssetError,
    NeedsPersonError,
    RequestRefusedError,
    StorageError,
)
from connector.kobo import KoboClient
from connector.migration import migrate
from connector.progress import OnProgress, no_progress
from connector.project import ProgrammeProject
from connector.sync_form import FormSync, Tally
from connector.sync_state import begin_run, count_problems, deployed_forms, end_run, utc_now
from connector.writer_lock import single_writer
from forms.library import FORMS

OF_ONE_FORM = (MissingAssetError, BadAnswerError, RequestRefusedError, NeedsPersonError)
"""Failures that concern one form: the other forms are still read before the run fails with the first of these."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a run changed, how many problems wait in the database, and notes for a person."""

    new: int
    edited: int
    revalidated: int
    deleted: int
    problems: int
    notes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The line that a run prints last, such as `412 new, 3 edited, 1 deleted, 0 problems`."""
        revalidated = f"{self.revalidated} re-validated, " if self.revalidated else ""
        return f"{self.new} new, {self.edited} edited, {revalidated}{self.deleted} deleted, {self.problems} problems"


def sync(
    engine: Engine,
    client: KoboClient,
    *,
    accept_deletions: int = 0,
    clock: Callable[[], datetime] = utc_now,
    on_progress: OnProgress = no_progress,
) -> SyncResult:
    """Bring new, edited, re-validated and deleted records of every deployed form into the database.

    `accept_deletions` is how many deletions in one form a person has allowed; `clock` gives UTC without zone.
    Ending it at any moment and running it again gives the same database as one run.
    Raises BusyError, NeedsPersonError (MassDeletionError among them), and the errors of client and database; a failed
    run is recorded too, and has changed nothing that is wrong.
    """
    with single_writer(engine):
        migrate(engine)
        tally = Tally()
        with _recorded_run(engine, tally, clock):
            _sync_forms(engine, client, tally, accept_deletions, clock, on_progress)
            return _result(engine, tally)


def _sync_forms(
    engine: Engine,
    client: KoboClient,
    tally: Tally,
    accept_deletions: int,
    clock: Callable[[], datetime],
    on_progress: OnProgress,
) -> None:
    server_time = client.me().server_time  # also tells a wrong address or token before anything else
    forms = _forms_of(engine, client.server)
    failures: list[HealingError] = []
    for form_id, asset_uid in forms:
        project = ProgrammeProject(FORMS[form_id], asset_uid)
        run = FormSync(engine, client, project, server_time, tally, accept_deletions, clock, on_progress)
        try:
            run.run()
        except OF_ONE_FORM as error:
            failures.append(error)
    if failures:
        tally.notes.extend(str(error) for error in failures[1:])
        raise failures[0]


def _forms_of(engine: Engine, server: str) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        found = deployed_forms(connection, server)
    if not found:
        advice = "Run `healing deploy` first; it finds projects that are already on the server."
        raise NeedsPersonError(f"This database knows of no form deployed to {server}.", advice=advice)
    return [(form_id, asset_uid) for form_id, asset_uid in found if form_id in FORMS]


@contextlib.contextmanager
def _recorded_run(engine: Engine, tally: Tally, clock: Callable[[], datetime]) -> Iterator[None]:
    """Keep a row about the run, whichever way it ends."""
    run_id = begin_run(engine, clock())
    try:
        yield
    except BaseException as error:
        code = error.exit_code if isinstance(error, HealingError) else 1
        message = error.message if isinstance(error, HealingError) else f"ended by {type(error).__name__}"
        with contextlib.suppress(StorageError):
            end_run(engine, run_id, **_ending(engine, tally, clock, "failed", code, message))
        raise
    end_run(engine, run_id, **_ending(engine, tally, clock, "ok", 0, _result(engine, tally).line))


def _ending(
    engine: Engine, tally: Tally, clock: Callable[[], datetime], status: str, code: int, message: str
) -> dict[str, Any]:
    result = _result(engine, tally)
    changes = {name: getattr(result, name) for name in ("new", "edited", "revalidated", "deleted", "problems")}
    return {"finished_at": clock(), "status": status, "exit_code": code, "message": message} | changes


def _result(engine: Engine, tally: Tally) -> SyncResult:
    with engine.connect() as connection:
        problems = count_problems(connection)
    counts = tally.counts
    return SyncResult(counts.new, counts.edited, counts.revalidated, tally.deleted, problems, tuple(tally.notes))
