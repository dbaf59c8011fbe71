"""Knows how the records of one form come over: the new, then the changed, and last a proof that none is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from connector.kobo import KoboClient
from connector.progress import OnProgress, no_progress
from connector.project import Project
from connector.reconcile import Sweep, guard_deletions, still_there, sweep
from connector.store import Counts, chunks, live_roots, mark_deleted, store_page
from connector.submission import Json, root_uuid_of
from connector.sync_state import Cursor, utc_now

OVERLAP_OF_IDS = 200
"""The server hands out `_id` before a record is visible, so a lower one may appear late; these are read again."""
OVERLAP_OF_HISTORY = timedelta(minutes=2)
"""History rows are written after the fact."""
SWEEP_EVERY = timedelta(days=1)
ADDED = "add-submission"
ROOTS_A_TRANSACTION = 100


@dataclass(slots=True)
class Tally:
    """What a run has changed so far, and what a person should know; grows as transactions are committed."""

    counts: Counts = field(default_factory=Counts)
    deleted: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FormSync:
    """One form of one run. `server_time` is the server's clock when the run began, `clock` ours (UTC without zone)."""

    engine: Engine
    client: KoboClient
    project: Project
    server_time: datetime
    tally: Tally
    accept_deletions: int = 0
    clock: Callable[[], datetime] = utc_now
    on_progress: OnProgress = no_progress

    def run(self) -> None:
        """Bring the database to what the server has. Every transaction is whole, so ending it anywhere does no harm.

        Raises the client's errors, StorageError and MassDeletionError; what was committed before is right and stays.
        """
        started = self.clock()
        with self.engine.connect() as connection:
            before = Cursor.read(connection, self.project.asset_uid, self.project.form_id)
        after = self._read_new(before)
        vanished = self._follow_history(before)
        if vanished is not None and not self._is_sweep_due(before, started) and self._counts_agree(len(vanished)):
            self._conclude(after.moved(complete_as_of=started), vanished)
        else:
            self._compare_all(after, started)

    def _read_new(self, cursor: Cursor) -> Cursor:
        """Read what lies after the cursor, each page with its cursor in one transaction."""
        done = 0
        for page in self.client.record_pages(self.project.asset_uid, after_id=max(0, cursor.last_id - OVERLAP_OF_IDS)):
            cursor = cursor.moved(last_id=max(cursor.last_id, page.records[-1]["_id"]))
            with self.engine.begin() as connection:
                counts = store_page(connection, self.project, page.records, self.clock())
                cursor.write(connection)
            self.tally.counts += counts
            done += len(page.records)
            self._show("reading records", done, done + page.count - len(page.records))
        return cursor

    def _follow_history(self, cursor: Cursor) -> list[str] | None:
        """Fetch what the project's history says was changed; return whose deletion it tells and who is really gone.

        What was added and is here already was read a moment ago. None when there is no history to follow: not
        allowed, or never read to this point before.
        """
        if cursor.history_since is None:
            return None
        since = datetime.fromisoformat(cursor.history_since) - OVERLAP_OF_HISTORY
        events = self.client.history(self.project.asset_uid, since)
        if events is None:
            return None
        live = self._live()
        added = {event.root_uuid for event in events if event.action == ADDED}
        others = {event.root_uuid for event in events if event.action != ADDED}
        found = self._fetch(sorted((added - live) | (others & live)))
        return sorted((others & live) - found)

    def _fetch(self, roots: list[str]) -> set[str]:
        """Read these records again and store them; return the identities of those that the server has."""
        found: set[str] = set()
        for done, chunk in enumerate(chunks(roots, ROOTS_A_TRANSACTION)):
            self._show("reading changed records", done * ROOTS_A_TRANSACTION, len(roots))
            found |= self._store(list(self.client.records_by_root_uuid(self.project.asset_uid, chunk)))
        return found

    def _store(self, records: Iterable[Json]) -> set[str]:
        records = list(records)
        if records:
            with self.engine.begin() as connection:
                counts = store_page(connection, self.project, records, self.clock())
            self.tally.counts += counts
        return {root_uuid_of(record) for record in records}

    def _is_sweep_due(self, cursor: Cursor, now: datetime) -> bool:
        return cursor.swept_at is None or now - cursor.swept_at >= SWEEP_EVERY

    def _counts_agree(self, vanished: int) -> bool:
        """Whether both of the server's counts equal what is stored here without the vanished records."""
        expected = len(self._live()) - vanished
        return self.client.count(self.project.asset_uid) == expected == self._independent_count()

    def _independent_count(self) -> int:
        """The count that the server keeps in another place than the records: a list can be empty by mistake."""
        return self.client.asset(self.project.asset_uid).submission_count

    def _live(self) -> set[str]:
        with self.engine.connect() as connection:
            return live_roots(connection, self.project.asset_uid)

    def _compare_all(self, cursor: Cursor, started: datetime) -> None:
        """List every record, fetch what differs, and mark what is gone if the server's two counts agree about it."""
        listed, count = self._sweep_until_counts_agree()
        self._fetch(list(listed.different))
        vanished = sorted(self._live() - listed.present)
        if listed.size == count:
            vanished = self._without_those_still_there(vanished)
            whole = self._live() - set(vanished) == listed.present
            if whole:
                cursor = cursor.moved(complete_as_of=started, swept_at=started)
            self._conclude(cursor, vanished, is_told=False)
        else:
            self.tally.notes.append(_contradiction(self.project.form_id, listed.size, count, len(vanished)))
            self._conclude(cursor, [])

    def _sweep_until_counts_agree(self) -> tuple[Sweep, int]:
        """Compare twice if need be: a record that arrives meanwhile makes the counts differ once."""
        listed, count = self._sweep(), self._independent_count()
        if listed.size != count:
            listed, count = self._sweep(), self._independent_count()
        return listed, count

    def _sweep(self) -> Sweep:
        return sweep(
            self.client,
            self.engine,
            self.project.asset_uid,
            lambda done, total: self._show("comparing records", done, total),
        )

    def _without_those_still_there(self, vanished: list[str]) -> list[str]:
        found = self._store(still_there(self.client, self.project.asset_uid, vanished))
        return [root for root in vanished if root not in found]

    def _conclude(self, cursor: Cursor, vanished: list[str], is_told: bool = True) -> None:
        """Mark deletions and remember where we are, in one transaction. Raises MassDeletionError."""
        live = len(self._live())
        guard_deletions(self.project.form_id, len(vanished), live, self.accept_deletions, is_told)
        cursor = cursor.moved(history_since=self.server_time.isoformat(), server_count=live - len(vanished))
        with self.engine.begin() as connection:
            deleted = mark_deleted(connection, self.project, vanished, self.clock())
            cursor.write(connection)
        self.tally.deleted += deleted

    def _show(self, what: str, done: int, total: int) -> None:
        self.on_progress(f"{self.project.form_id}: {what}", done, total)


def _contradiction(form_id: str, listed: int, count: int, vanished: int) -> str:
    unsaid = f" {vanished} records are not in its list; none was marked as deleted." if vanished else ""
    return (
        f"{form_id}: the server lists {listed} records but counts {count}.{unsaid} "
        "The account may not see all records of the project, or the server is not settled: see after the next run."
    )
