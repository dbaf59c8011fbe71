"""Knows a server, a database and what may be true of them: every promise about a sync as a check that can fail."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from connector.errors import HealingError, MassDeletionError
from connector.kobo import KoboClient
from connector.precious_schema import sync_run
from connector.project import Project
from connector.sync import SyncResult, sync
from connector.sync_form import FormSync
from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_faults import Killed
from tests.connector.fake_kobo_project import root_of
from tests.connector.proofs.fast_client import fast_client
from tests.connector.proofs.light_project import LightProject
from tests.connector.proofs.state import Key, State, canonical, expected_rows, state_of

A, B = "aFirst2222222222222222", "aSecond222222222222222"
PROJECTS = (LightProject(A, "light_first"), LightProject(B, "light_second"))
START = datetime(2026, 11, 23, 9, 0)
BETWEEN_RUNS = timedelta(minutes=10)
Change = Callable[[FakeKobo], object]
Ending = SyncResult | BaseException


@dataclass
class World:
    """A server and a database, and what the server was at every moment since the last run began.

    `ever`: every body that a record ever had. `away` and `unsteady`: records that were at some moment of the run not
    on the server, or not listed. `listed`: what the server listed at each of those moments. `is_changed`: something
    happened since `load`.
    """

    kobo: FakeKobo
    engine: Engine
    client: Callable[[FakeKobo], KoboClient] = fast_client
    projects: Sequence[Project] = PROJECTS
    form_sync: type[FormSync] = FormSync
    now: datetime = START
    ever: dict[Key, set[str]] = field(default_factory=dict)
    away: set[Key] = field(default_factory=set)
    unsteady: set[Key] = field(default_factory=set)
    listed: list[dict[Key, str]] = field(default_factory=list)
    is_changed: bool = False

    def change(self, change: Change) -> None:
        """Something happens on the server, between runs or during one."""
        change(self.kobo)
        self.is_changed = True
        self.note()

    def note(self) -> None:
        """Remember what the server is now."""
        there = {key: text for uid in self.kobo.projects for key, text in self._records(uid).items()}
        if self.listed:
            self.unsteady |= there.keys() - self.ever.keys()
        for key, text in there.items():
            self.ever.setdefault(key, set()).add(text)
        seen = self.served()
        self.away |= self.ever.keys() - there.keys()
        self.unsteady |= self.ever.keys() - seen.keys()
        self.listed.append(seen)

    def served(self) -> dict[Key, str]:
        """What the server lists."""
        projects = self.kobo.projects.items()
        return {(uid, root_of(row)): canonical(row) for uid, project in projects for row in project.listed()}

    def run(self, accept_deletions: int = 0) -> SyncResult:
        """One run of sync; whatever it ends with is raised."""
        self.away, self.unsteady, self.listed = set(), set(), []
        self.note()
        self.now += BETWEEN_RUNS
        return sync(
            self.engine,
            self.client(self.kobo),
            accept_deletions=accept_deletions,
            clock=lambda: self.now,
            projects=lambda *_: list(self.projects),
            form_sync=self.form_sync,
        )

    def run_checked(self, accept_deletions: int = 0) -> Ending:
        """One run, after which whatever must hold in any case does; the result, or what it ended with."""
        before, ending = state_of(self.engine), self._ending(accept_deletions)
        if not isinstance(ending, Killed):
            self.check_log(ending)
        self.check_safety(before, state_of(self.engine))
        return ending

    def run_clean(self) -> SyncResult:
        """A run in which nothing goes wrong, of which a person accepts the deletions; afterwards all is equal."""
        ending = self.run_checked()
        if isinstance(ending, MassDeletionError):
            ending = self.run_checked(accept_deletions=1000)
        if isinstance(ending, BaseException):
            raise ending
        self.check_whole()
        return ending

    def check_safety(self, before: State, after: State) -> None:
        """Nothing is lost, doubled, made up, or called deleted that is there; no cursor has passed what is missing."""
        bodies, earlier = after.bodies, before.bodies
        assert earlier.keys() <= bodies.keys(), "a record is lost"
        assert before.versions <= after.versions, "an earlier version is lost"
        for key, body in earlier.items():
            assert bodies[key] == body or (key, body) in after.versions, f"no version is kept of {key}"
        for key, body in [*bodies.items(), *after.versions]:
            assert body in self.ever[key], f"{key} holds what the server never had"
        wrong = (after.dead.keys() - before.dead.keys()) - self.away
        assert not wrong, f"called deleted and still there: {wrong}"
        assert len(after.numbers) == len(set(after.numbers)), "a server row is here twice"
        assert after.derived == expected_rows(after.live), "the derived rows are not those of the records"
        self._check_cursors(before, after)

    def check_log(self, ending: Ending) -> None:
        """The log of runs tells how this one ended."""
        code = ending.exit_code if isinstance(ending, HealingError) else 0
        query = select(sync_run.c.status, sync_run.c.exit_code).order_by(sync_run.c.run_id.desc()).limit(1)
        with self.engine.connect() as connection:
            assert tuple(connection.execute(query).one()) == ("failed" if code else "ok", code)

    def is_whole(self) -> bool:
        """Whether the database holds exactly what the server lists."""
        return state_of(self.engine).live == self.served()

    def check_whole(self) -> None:
        """The database holds exactly what the server lists, and what follows from it."""
        state, served = state_of(self.engine), self.served()
        assert state.live.keys() == served.keys(), f"here or there only: {state.live.keys() ^ served.keys()}"
        outdated = [key for key, body in served.items() if state.live[key] != body]
        assert not outdated, f"not the latest content: {outdated}"
        assert state.derived == expected_rows(state.live)

    def check_idle(self) -> None:
        """A run that finds nothing new writes nothing."""
        before = state_of(self.engine)
        result = self.run()
        assert (result.new, result.edited, result.revalidated, result.deleted) == (0, 0, 0, 0)
        assert state_of(self.engine).content == before.content

    def save(self) -> bytes:
        """The server as it is now, for `load`."""
        kobo = self.kobo
        return pickle.dumps((kobo.projects, kobo.clock, kobo.next_id, kobo.last_root, self.ever, self.now))

    def load(self, content: bytes) -> None:
        """Put the server back to an earlier moment, without faults."""
        kobo = self.kobo
        kobo.projects, kobo.clock, kobo.next_id, kobo.last_root, self.ever, self.now = pickle.loads(content)
        self.is_changed = False
        kobo.forget()

    def _ending(self, accept_deletions: int) -> Ending:
        try:
            return self.run(accept_deletions)
        except (HealingError, Killed) as error:
            return error

    def _records(self, uid: str) -> dict[Key, str]:
        return {(uid, root_of(row)): canonical(row) for row in self.kobo.projects[uid].records.values()}

    def _check_cursors(self, before: State, after: State) -> None:
        here = after.bodies.keys() | after.waiting
        for uid, last_id in after.last_ids.items():
            moved = range(before.last_ids.get(uid, 0) + 1, last_id + 1)
            passed = {(uid, root_of(row)) for row in self.kobo.projects[uid].listed() if row["_id"] in moved}
            missing = passed - self.unsteady - here
            assert not missing, f"the cursor has passed {missing}"
        for uid, moment in after.complete.items():
            if moment is not None and moment != before.complete.get(uid):
                self._check_complete(uid, _of(uid, after.live), _of(uid, after.waiting))

    def _check_complete(self, uid: str, live: set[str], waiting: set[str]) -> None:
        """All that was there as the run began and still is must be here, and nothing that was gone by then."""
        listed = [_of(uid, seen) for seen in self.listed]
        lacking, left_over = set.intersection(*listed) - live - waiting, live.difference(*listed)
        assert not lacking, f"{uid} is called complete without {lacking}"
        assert not left_over, f"{uid} is called complete with {left_over}, which were gone"


def _of(uid: str, records: Iterable[Key]) -> set[str]:
    return {root for project, root in records if project == uid}
