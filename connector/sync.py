"""Knows what one run of sync is: one writer, every project, one row about how it went."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from connector.errors import (
    STOPPED_EXIT,
    AccessError,
    BadAnswerError,
    HealingError,
    MissingAssetError,
    NeedsPersonError,
    RequestRefusedError,
    ServerError,
    StorageError,
)
from connector.garbage import rare_collections
from connector.kobo import Asset, KoboClient
from connector.migration import migrate
from connector.progress import OnProgress, no_progress
from connector.project import Project
from connector.quarantine import count_waiting
from connector.sync_form import FormSync
from connector.sync_intake import Tally
from connector.sync_projects import ProjectsOf, known_projects, learn_versions
from connector.sync_state import begin_run, count_problems, end_run, utc_now
from connector.writer_lock import single_writer

OF_ONE_FORM = (MissingAssetError, BadAnswerError, RequestRefusedError, NeedsPersonError)
"""Failures that concern one form. Others may, if the server still answers: one whose records are too many for it."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a run changed, how many problems wait in the database, and notes for a person.

    `quarantined` records wait unread; `requests` were sent to the server, every try counted.
    """

    new: int
    edited: int
    revalidated: int
    deleted: int
    problems: int
    notes: tuple[str, ...] = ()
    quarantined: int = 0
    requests: int = 0

    @property
    def line(self) -> str:
        """The line that a run prints last, such as `412 new, 3 edited, 1 deleted, 0 problems`."""
        revalidated = f"{self.revalidated} re-validated, " if self.revalidated else ""
        unread = f", {self.quarantined} unreadable" if self.quarantined else ""
        changed = f"{self.new} new, {self.edited} edited, {revalidated}{self.deleted} deleted"
        return f"{changed}, {self.problems} problems{unread}"


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was asked to do: see `sync`. `form_sync` is how one project is read, `projects` which ones."""

    engine: Engine
    client: KoboClient
    accept_deletions: int
    sweep: bool
    clock: Callable[[], datetime]
    on_progress: OnProgress
    projects: ProjectsOf
    form_sync: type[FormSync]
    sent_before: int
    tally: Tally = field(default_factory=Tally)

    def read_all(self) -> None:
        """Read every project; one that fails does not keep the others from being read, while the server answers.

        Raises the first failure, whose advice then tells the others too.
        """
        began = time.monotonic()
        server_time = self.client.me().server_time  # also tells a wrong address or token before anything else
        seconds = time.monotonic() - began
        assets = self.client.list_assets()
        failures: list[HealingError] = []
        for project in self.projects(self.engine, self.client, assets):
            try:
                self._read(project, assets, server_time, seconds)
            except (AccessError, ServerError, NeedsPersonError) as error:
                if not isinstance(error, OF_ONE_FORM):
                    self.client.me()  # raises what keeps the server, or our token, from answering anything
                failures.append(error)
        if self.tally.counts.new or self.tally.counts.edited:
            learn_versions(self.engine, self.client, assets)
        if failures:
            failures[0].advice = "\n".join([failures[0].advice, *(f"Also: {error}" for error in failures[1:])]).strip()
            raise failures[0]

    def _read(self, project: Project, assets: Sequence[Asset], server_time: datetime, seconds: float) -> None:
        """Read one project. One that is not listed is asked for by name: it may be the list that is wrong.

        `seconds`: how long the server took for its first answer.
        """
        found = [asset for asset in assets if asset.uid == project.asset_uid]
        self.form_sync(
            engine=self.engine,
            client=self.client,
            project=project,
            asset=found[0] if found else self.client.asset(project.asset_uid),
            server_time=server_time,
            tally=self.tally,
            accept_deletions=self.accept_deletions,
            is_sweep_asked=self.sweep,
            clock=self.clock,
            on_progress=self.on_progress,
            answer_seconds=seconds,
        ).run()


def sync(
    engine: Engine,
    client: KoboClient,
    *,
    accept_deletions: int = 0,
    sweep: bool = False,
    clock: Callable[[], datetime] = utc_now,
    on_progress: OnProgress = no_progress,
    projects: ProjectsOf = known_projects,
    form_sync: type[FormSync] = FormSync,
) -> SyncResult:
    """Bring new, edited, re-validated and deleted records of every known project into the database.

    `accept_deletions` is how many deletions in one form a person has allowed; `sweep` compares every record even if
    it is not due; `clock` gives UTC without zone.
    Ending it at any moment and running it again gives the same database as one run.
    Raises BusyError, NeedsPersonError (MassDeletionError among them), and the errors of client and database; a failed
    run is recorded too, and has changed nothing that is wrong.
    """
    with single_writer(engine), rare_collections():
        migrate(engine)
        run = Run(engine, client, accept_deletions, sweep, clock, on_progress, projects, form_sync, client.sent)
        return _recorded(run)


def _recorded(run: Run) -> SyncResult:
    """Read all, and keep a row about the run, whichever way it ends."""
    run_id = begin_run(run.engine, run.clock())
    try:
        run.read_all()
    except BaseException as error:
        with contextlib.suppress(StorageError):
            end_run(run.engine, run_id, **_ending(run, _result(run)), **_failure(error))
        raise
    result = _result(run)
    end_run(run.engine, run_id, **_ending(run, result), status="ok", exit_code=0, message=result.line)
    return result


def _failure(error: BaseException) -> dict[str, Any]:
    if isinstance(error, KeyboardInterrupt):
        message = "Stopped by hand or by the system; what was done stays."
        return {"status": "stopped", "exit_code": STOPPED_EXIT, "message": message}
    if isinstance(error, HealingError):
        return {"status": "failed", "exit_code": error.exit_code, "message": error.message}
    return {"status": "failed", "exit_code": 1, "message": f"ended by {type(error).__name__}"}


def _ending(run: Run, result: SyncResult) -> dict[str, Any]:
    names = ("new", "edited", "revalidated", "deleted", "problems", "quarantined", "requests")
    return {"finished_at": run.clock()} | {name: getattr(result, name) for name in names}


def _result(run: Run) -> SyncResult:
    with run.engine.connect() as connection:
        problems, unread = count_problems(connection), count_waiting(connection)
    tally, requests = run.tally, run.client.sent - run.sent_before
    changed = (tally.counts.new, tally.counts.edited, tally.counts.revalidated, tally.deleted)
    return SyncResult(*changed, problems, tuple(tally.notes), unread, requests)
