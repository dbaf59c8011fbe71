"""Knows how pages of one project come to rest, each in one transaction, and how records asked for by name are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf

from sqlalchemy import Engine

from connector.kobo import KoboClient, Page
from connector.prepared import Prepared, prepare
from connector.project import Project
from connector.quarantine import keep_refused, resolve
from connector.store import Counts, store_prepared
from connector.submission import Json, root_uuid_of
from connector.sync_here import Here
from connector.sync_state import Cursor

Show = Callable[[str, int, int], None]


@dataclass(slots=True)
class Tally:
    """What a run has changed so far, and what a person should know; grows as transactions are committed."""

    counts: Counts = field(default_factory=Counts)
    deleted: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Intake:
    """Where the pages of one project go. `clock` is ours (UTC without zone).

    `is_dated` becomes true when a record tells of its last change, as a newer server may let it. `new` records were
    stored so far.
    """

    engine: Engine
    client: KoboClient
    project: Project
    tally: Tally
    clock: Callable[[], datetime]
    show: Show
    here: Here
    is_dated: bool = False
    new: int = 0
    _modified: object = None

    def prepare(self, record: Json) -> Prepared:
        """What is to be stored of a record."""
        self._modified = record.get("_date_modified")
        return prepare(self.project, record)

    def prepared(self, page: Page) -> Page:
        """A page of records as served, prepared."""
        return replace(page, records=tuple(map(self.prepare, page.records)))

    def keep(self, page: Page, cursor: Cursor | None = None) -> None:
        """Store a page of prepared records, what cannot be read of it too, and the cursor, in one transaction.

        Raises StorageError.
        """
        uid, now = self.project.asset_uid, self.clock()
        unread = self.here.unread()
        with self.engine.begin() as connection:
            counts = store_prepared(connection, self.project, page.records, now)
            if page.refused:
                keep_refused(connection, uid, page.refused, now)
            read = unread.keys() & {each.item.root_uuid for each in page.records} if unread else set()
            if read:
                resolve(connection, uid, now, roots=read)
            if cursor:
                cursor.write(connection)
        if page.refused or read:
            self.here.forget_unread()
        self.tally.counts += counts
        self.new += counts.new
        self.is_dated = self.is_dated or _is_dated(self._modified)

    def fetch_roots(self, roots: Iterable[str]) -> set[str]:
        """Read these records again and store them; return those that the server did not give.

        Those that are here are asked for by their numbers, too. Raises the client's errors and StorageError.
        """
        wanted = set(roots)
        missing = set(wanted)
        for page in self.client.pages_by_root_uuid(self.project.asset_uid, wanted, self.here.numbers_of(wanted)):
            self.keep(self.prepared(page))
            missing -= self.identities(page)
            self.show("reading changed records", len(wanted) - len(missing), len(wanted))
        return missing

    def fetch_ids(self, wanted: Mapping[int, str]) -> set[str]:
        """Read the records with these numbers again and store them; return whose (`wanted` names all) were not given.

        Raises the client's errors and StorageError.
        """
        missing = set(wanted.values())
        for page in self.client.pages_by_id(self.project.asset_uid, wanted):
            self.keep(self.prepared(page))
            missing -= self.identities(page)
            missing -= {wanted.get(item.server_id or 0, "") for item in page.refused}
            self.show("reading changed records", len(wanted) - len(missing), len(wanted))
        return missing

    def identities(self, page: Page) -> set[str]:
        """Whose records are on a page; one that cannot be read may be known by its number alone."""
        return set(self.last_numbers(page))

    def last_numbers(self, page: Page) -> dict[str, float]:
        """Whose records are on a page, each with its last number there: without end where one cannot be read."""
        found: dict[str, float] = {root_uuid_of(record): record["_id"] for record in page.records}
        if page.refused:
            unread = {item.root_uuid for item in page.refused if item.root_uuid}
            unread |= {row.root_uuid for row in self.here.numbered(i.server_id for i in page.refused if i.server_id)}
            found |= dict.fromkeys(unread, inf)
        return found


def _is_dated(value: object) -> bool:
    """Whether a value is a time as `modified_clause` compares it."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).year > 1
    except ValueError:
        return False
