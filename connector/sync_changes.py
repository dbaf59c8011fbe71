"""Knows how the changes of one form are found and read: what is new, what the history or marks tell, what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from connector.changes_history import is_set_back, read_events, since_of
from connector.changes_markers import OVERLAP_OF_IDS, markers_of, tail_clauses
from connector.completeness import Proof, Search
from connector.errors import BadAnswerError
from connector.kobo import Asset, KoboClient, Page
from connector.kobo_data import LARGEST_PAGE, last_id
from connector.page_flight import IN_FLIGHT, SLOW_SECONDS, PageReader
from connector.progress import OnProgress, no_progress
from connector.project import Project
from connector.reconcile import LIGHT_FIELDS, Compared, Comparison, left_out
from connector.submission import Json
from connector.sync_here import NONE, Here, Span
from connector.sync_intake import Intake, Tally
from connector.sync_state import Cursor, utc_now

SWEEP_EVERY = timedelta(days=7)
FILES_ARE_LATE_FOR = timedelta(days=30)
"""A phone that is offline for longer than this brings its photos at the next sweep only."""


@dataclass(slots=True)
class Findings:
    """What a run knows of one form so far.

    `missing` were not given when they were asked for by name, `gone` not a second time either; `told` are deleted by
    what the history says; `unlisted` are the numbers that were not listed one by one, `listed` counts the rows beyond;
    `doubles` are rows of the server left over from records sent again, `doubles_before` those of the last complete run;
    `unread` could not be read and were asked for once more; `nameless` of those who wait unread are gone.
    `has_statuses`: every status that was set lately is listed, `has_edits`: every record that was ever edited.
    """

    missing: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    unlisted: Span = NONE
    listed: int = 0
    doubles: int = 0
    doubles_before: int = 0
    unread: set[str] = field(default_factory=set)
    nameless: int = 0
    has_history: bool = False
    has_statuses: bool = False
    has_edits: bool = False
    has_all: bool = False


@dataclass(slots=True)
class FormChanges:
    """The changes of one form in one run.

    `asset` is the project as listed when the run began, `server_time` the server's clock then.
    `clock` is ours (UTC without zone). `slow_page_seconds`: see `PageReader`; `answer_seconds`: how long
    the server took for an answer before.
    """

    engine: Engine
    client: KoboClient
    project: Project
    asset: Asset
    server_time: datetime
    tally: Tally
    accept_deletions: int = 0
    is_sweep_asked: bool = False
    clock: Callable[[], datetime] = utc_now
    on_progress: OnProgress = no_progress
    slow_page_seconds: float = SLOW_SECONDS
    answer_seconds: float = 0.0
    uid: str = field(init=False)
    here: Here = field(init=False)
    intake: Intake = field(init=False)
    comparison: Comparison = field(init=False)
    started: datetime = field(init=False)
    before: Cursor = field(init=False)
    cursor: Cursor = field(init=False)
    found: Findings = field(init=False)

    def __post_init__(self) -> None:
        self.uid = self.project.asset_uid
        self.here = Here(self.engine, self.uid)
        self.intake = Intake(self.engine, self.client, self.project, self.tally, self.clock, self.show, self.here)
        self.comparison = Comparison(self.client, self.here, self.intake)

    def read_new(self) -> None:
        """Read what lies after the cursor, each page with its cursor in one transaction."""
        done = 0
        is_slow = self.answer_seconds > self.slow_page_seconds and self.expects_many()
        reader = PageReader(self.client, self.uid, self.intake.prepare, self.slow_page_seconds, is_slow)
        for reading in reader.read(self.cursor.last_id):
            self.cursor = self.cursor.moved(last_id=last_id(reading.page, self.cursor.last_id, self.uid))
            self.intake.keep(reading.page, self.cursor)
            done += reading.page.size
            self.show("reading records", done, done + reading.left)
            del reading  # else two pages would be in memory while the next one is read

    def expects_many(self) -> bool:
        """Whether more records are to come than a flight of pages holds, by the count that the server keeps."""
        return self.asset.submission_count - self.here.size() > (IN_FLIGHT + 1) * LARGEST_PAGE

    def find_changes(self) -> None:
        """Read again what was edited, validated, deleted or sent again since the last run."""
        self.follow_history()
        if self.is_sweep_due():
            self.sweep()
        else:
            self.list_changes()

    def is_sweep_due(self) -> bool:
        """Whether every record has to be compared: asked for, not done for a week, or a clock was set back since."""
        swept_at = self.before.swept_at
        is_recent = swept_at is not None and abs(self.started - swept_at) < SWEEP_EVERY
        return self.is_sweep_asked or not is_recent or is_set_back(self.before, self.server_time)

    def follow_history(self) -> None:
        """Read again what the history says was changed; remember whose deletion it tells.

        An account that may not read it is asked again when a sweep is due.
        """
        since = since_of(self.before, self.server_time)
        if since is None or (self.before.feed not in (None, "history") and not self.is_sweep_due()):
            return
        events = self.client.history(self.uid, since)
        self.cursor = self.cursor.moved(feed="markers" if events is None else "history")
        if events is not None:
            told = read_events(events, self.here.present)
            self.found.has_history, self.found.told = told.names_all, set(told.deleted)
            self.found.missing = self.intake.fetch_roots(told.changed)
            self.found.gone = self.found.missing & told.deleted

    def list_changes(self) -> None:
        """List the tail of what was read before and what carries a mark of change, and read again what differs.

        A list that lacks records which the server gives by name is empty by mistake: it is asked for once more.
        Raises BadAnswerError if it stays so.
        """
        marks = markers_of(self.before, self.server_time, self.found.has_history)
        self.found.has_statuses, self.found.has_edits = marks.has_statuses, marks.has_edits
        highest = self.here.highest() or self.before.last_id
        start = max(0, min(self.before.last_id - OVERLAP_OF_IDS, highest - 1))
        tail = Span(start, self.before.last_id)
        self.found.unlisted = Span(0, start)
        for _attempt in range(2):
            clauses = (*marks.clauses, *tail_clauses(start, self.before.last_id, self.cursor.last_id))
            seen = self._read_listed({"$or": clauses}, tail)
            absent = left_out(self.here.rows(tail), seen) - self.found.missing
            gone = self.intake.fetch_roots(absent)
            self.found.missing |= gone
            if gone == absent:
                return
        raise BadAnswerError(
            f"{self.project.form_id}: the server's list lacks {len(absent)} records that it has.",
            advice="Nothing was marked as deleted. Try again; if it stays so, the server's data store is not whole.",
        )

    def _read_listed(self, query: Json, tail: Span) -> dict[str, float]:
        """Read again what differs of a light list, and what is new.

        Returns whose records the list shows in the tail, with their last numbers.
        """
        seen, fresh = dict[str, float](), set[str]()
        self.found.listed = 0
        for page in self.client.record_pages(self.uid, query=query, fields=LIGHT_FIELDS):
            self.found.missing |= self.comparison.read_differing(page, Span(0, self.cursor.last_id)).absent
            seen |= self._listed_after(page, tail.after)
            self.found.listed += _rows_after(page, tail.after)
            fresh |= self._listed_after(page, self.cursor.last_id).keys()
        if fresh:
            self.read_new()
            self.intake.fetch_roots(fresh - self.here.present(fresh))
        return seen

    def _listed_after(self, page: Page, after: int) -> dict[str, float]:
        last = self.intake.last_numbers(page)
        return last if page.refused else {root: number for root, number in last.items() if number > after}

    def read_again(self) -> None:
        """Ask once more for records that name a file which was not there, and for those that could not be read."""
        late = self.here.awaiting_files(self.started - FILES_ARE_LATE_FOR)
        awaiting = {row.root_uuid for row in late if row.server_id <= self.before.last_id}
        self.found.missing |= self.intake.fetch_roots(awaiting)
        self.found.missing |= self.read_unread()

    def read_unread(self) -> set[str]:
        """Ask once more, once a run, for each record that could not be read; return who was not given."""
        unread = self.here.unread().keys() - self.found.unread
        self.found.unread |= unread
        return self.intake.fetch_roots(unread)

    def sweep(self) -> None:
        """Compare every record that the server lists with the one that is here."""
        compared = self.comparison.compare()
        self._absorb(compared)
        self.found.has_all = True
        self.found.nameless = 0 if compared.nameless else self.here.nameless()

    def search(self, proof: Proof) -> None:
        """Find where the counts differ, and compare that; it may come to everything."""
        search = Search(self.client, self.here, self.comparison)
        self._absorb(search.find(proof.listed, proof.here, proof.span))

    def _absorb(self, compared: Compared) -> None:
        """Take over what a comparison found. Of whom only an earlier row is listed, that is the record."""
        missing = self.found.missing | compared.absent
        earlier = {number: root for number, root in compared.older.items() if root in missing}
        back = set(earlier.values()) - self.intake.fetch_ids(earlier)
        self.found.missing = missing - back
        self.found.doubles = compared.doubles - len(back)

    def show(self, what: str, done: int, total: int) -> None:
        """Tell how far a step is."""
        self.on_progress(f"{self.project.form_id}: {what}", done, total)


def _rows_after(page: Page, after: int) -> int:
    """How many rows of a page have a number beyond `after`, or none that can be read."""
    numbers = page.numbers
    numbers += [item.server_id for item in page.refused if item.server_id]
    return page.size - sum(number <= after for number in numbers)
