"""Knows how the files of a project's records are fetched: only those that a form asks for, and as often as it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, func, select

from connector.attachment_folder import AttachmentFolder, digest, place_of
from connector.attachment_queue import (
    MOST_TRIES,
    change,
    files_in_state,
    mark_gone,
    records_after,
    try_failed_again,
    update_queue,
)
from connector.errors import (
    AccessError,
    BadAnswerError,
    HealingError,
    InvalidTokenError,
    MissingAssetError,
    NotKoboError,
    RequestRefusedError,
    ServerError,
)
from connector.kobo import KoboClient
from connector.precious_schema import attachment
from connector.progress import OnProgress, no_progress
from connector.sync_state import utc_now

FAILURES_IN_A_ROW = 3
"""After so many the server or the way to it fails, not the files: the run ends and nothing is held against them."""
REASONS: tuple[tuple[type[HealingError], str], ...] = (
    (MissingAssetError, "not_found"),
    (AccessError, "refused"),
    (RequestRefusedError, "refused"),
    (NotKoboError, "not_the_file"),
    (BadAnswerError, "not_whole"),
    (ServerError, "server_failed"),
)
OF_ONE_FILE = (MissingAssetError, AccessError, RequestRefusedError, NotKoboError, BadAnswerError)
"""Failures that speak of one file; any other of the server's may hold for all."""


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What a run fetched and removed, and how many files of the project wait or were given up."""

    fetched: int
    removed: int
    waiting: int
    failed: int

    @property
    def line(self) -> str:
        """What happened, such as `3 files fetched, 1 removed, 2 wait, 0 given up`."""
        fetched = "1 file" if self.fetched == 1 else f"{self.fetched} files"
        return f"{fetched} fetched, {self.removed} removed, {self.waiting} wait, {self.failed} given up"


@dataclass(slots=True)
class FileRun:
    """One run for one project. `questions` are the paths of the questions that ask for files.

    `check` reads every file that is here again and compares its hash; `again` tries what was given up.
    """

    engine: Engine
    client: KoboClient
    folder: AttachmentFolder
    asset_uid: str
    questions: Collection[str]
    check: bool = False
    again: bool = False
    clock: Callable[[], datetime] = utc_now
    on_progress: OnProgress = no_progress
    _fetched: int = 0
    _removed: int = 0
    _doubtful: list[tuple[Row[Any], ServerError]] = field(default_factory=list)

    def run(self) -> FileCounts:
        """Bring the files here that are wanted, and remove those that are gone from the server.

        Every file is one step; ended at any moment and run again, it comes to the same.
        Raises BusyError, InvalidTokenError, StorageError, and ServerError when the server fails for all files.
        """
        with self.folder.claimed():
            self._update()
            self._look_after()
            self._fetch_all()
            return self._counts()

    def _update(self) -> None:
        """Queue what is new, and remove what is gone: the file first, so that none is forgotten on disk."""
        last, more = "", True
        while more:
            with self.engine.begin() as connection:
                rows = records_after(connection, self.asset_uid, last)
                gone = update_queue(connection, self.asset_uid, rows, self.questions, self.clock())
            for row in gone:
                self._remove(row)
            last, more = rows[-1].root_uuid if rows else last, bool(rows)

    def _remove(self, row: Row[Any]) -> None:
        self.folder.remove(row.stored_as or place_of(self.asset_uid, row.root_uuid, row.attachment_uid, row.mimetype))
        with self.engine.begin() as connection:
            mark_gone(connection, row)
        self._removed += 1

    def _look_after(self) -> None:
        """Queue again what should be here and is not, or is another file than was fetched."""
        with self.engine.begin() as connection:
            if self.again:
                try_failed_again(connection, self.asset_uid)
            for row in files_in_state(connection, self.asset_uid, "kept"):
                if not self.folder.is_whole(row.stored_as, row.size, row.sha256 if self.check else None):
                    change(connection, row, state="waiting", tries=0, reason="damaged_here")

    def _fetch_all(self) -> None:
        with self.engine.connect() as connection:
            waiting = files_in_state(connection, self.asset_uid, "waiting")
        for done, row in enumerate(waiting):
            self.on_progress("fetching files", done, len(waiting))
            self._fetch(row)
        if self._doubtful and self._fetched == 0:
            raise self._doubtful[-1][1]
        self._settle_doubt()

    def _fetch(self, row: Row[Any]) -> None:
        try:
            content = self.client.attachment(self.asset_uid, row.server_id, row.attachment_uid, row.mimetype or "")
        except InvalidTokenError:
            raise
        except OF_ONE_FILE as error:
            self._count_try(row, error)
        except ServerError as error:
            self._doubtful.append((row, error))
            if len(self._doubtful) == FAILURES_IN_A_ROW:
                raise
        else:
            self._keep(row, content)
            self._settle_doubt()

    def _keep(self, row: Row[Any], content: bytes) -> None:
        place = place_of(self.asset_uid, row.root_uuid, row.attachment_uid, row.mimetype)
        self.folder.keep(place, content)
        values = {"stored_as": place, "size": len(content), "sha256": digest(content), "kept_at": self.clock()}
        with self.engine.begin() as connection:
            change(connection, row, state="kept", reason=None, **values)
        self._fetched += 1

    def _count_try(self, row: Row[Any], error: HealingError) -> None:
        tries = row.tries + 1
        reason = next(words for kind, words in REASONS if isinstance(error, kind))
        with self.engine.begin() as connection:
            change(connection, row, state="failed" if tries >= MOST_TRIES else "waiting", tries=tries, reason=reason)

    def _settle_doubt(self) -> None:
        """The server answers for other files, so what it failed at is a matter of those files."""
        for row, error in self._doubtful:
            self._count_try(row, error)
        self._doubtful.clear()

    def _counts(self) -> FileCounts:
        query = select(attachment.c.state, func.count().label("files")).where(attachment.c.asset_uid == self.asset_uid)
        with self.engine.connect() as connection:
            found = {row.state: row.files for row in connection.execute(query.group_by(attachment.c.state))}
        return FileCounts(self._fetched, self._removed, found.get("waiting", 0), found.get("failed", 0))
