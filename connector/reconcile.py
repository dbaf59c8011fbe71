"""Knows how records that the server lists are compared with those here, and when a record may be called gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connector.errors import MassDeletionError
from connector.kobo import KoboClient, Page
from connector.kobo_data import last_id
from connector.live_rows import LiveRow
from connector.submission import Json, Submission, read_submission
from connector.sync_here import ALL, Here, Span
from connector.sync_intake import Intake

LIGHT_FIELDS = ("_id", "_uuid", "meta/rootUuid", "_validation_status", "_attachments")
"""What changes with an edit, a re-sending, a validation and a late or deleted file: about a seventh of a record."""
VALIDATED: Json = {"_validation_status.uid": {"$exists": True}}
FEWEST_TO_ASK = 5
SHARE_TO_ASK = 0.10
"""More than five records and more than a tenth of a form at once: a person has to say that this is meant."""


@dataclass(slots=True)
class Compared:
    """What a comparison found.

    `size` is how many rows the server listed. `absent` are here and were not listed where they should be. `doubles`
    are rows of the server whose record is here under a higher number; `older` are those of which the page did not show
    the higher one, by number. `nameless` rows do not tell who they are.
    """

    size: int = 0
    absent: set[str] = field(default_factory=set)
    doubles: int = 0
    nameless: int = 0
    older: dict[int, str] = field(default_factory=dict)

    def __iadd__(self, other: Compared) -> Compared:
        self.size += other.size
        self.absent |= other.absent
        self.doubles += other.doubles
        self.nameless += other.nameless
        self.older |= other.older
        return self


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares what the server lists with what is here, page by page; records that differ are read again and stored."""

    client: KoboClient
    here: Here
    intake: Intake

    def compare(self, span: Span = ALL, only: Json | None = None) -> Compared:
        """Compare the records of a span; with `only` (`VALIDATED`), those that have a validation status.

        Each page is compared with the rows of the same numbers, so memory is that of a page whatever the project
        holds. Raises the client's errors and StorageError.
        """
        found, last = Compared(), span.after
        pages = self.client.record_pages(
            self.here.asset_uid, after_id=span.after, up_to=span.up_to, query=only, fields=LIGHT_FIELDS
        )
        for page in pages:
            before, last = last, last_id(page, last, self.here.asset_uid)
            found += self._compare_page(page, Span(before, last), only)
            self.intake.show("comparing records", found.size, found.size + page.count - page.size)
        found.absent |= {row.root_uuid for row in self._rows(Span(last, span.up_to), only)}
        return found

    def _compare_page(self, page: Page, stretch: Span, only: Json | None) -> Compared:
        absent = left_out(self._rows(stretch, only), self.intake.last_numbers(page))
        found = self.read_differing(page)
        found.absent |= absent
        return found

    def read_differing(self, page: Page, span: Span = ALL) -> Compared:
        """Read again, and store, the records of a light page with numbers in a span that differ from those here.

        `absent` are then those that the server did not give when they were asked for. Raises the client's errors and
        StorageError.
        """
        listed = by_root(page)
        known = self.here.rows_of(listed)
        older = {item.server_id: root for root, item in listed.items() if is_older(known.get(root), item)}
        different = [
            item for root, item in listed.items() if item.server_id not in older and differs(known.get(root), item)
        ]
        wanted = {item.server_id: item.root_uuid for item in different if span.holds(item.server_id)}
        unread = {item.server_id: "" for item in page.refused if item.server_id and span.holds(item.server_id)}
        missing = self.intake.fetch_ids(unread | wanted) - {""}
        doubles = len(page.records) - len(listed) + len(older)
        return Compared(page.size, missing, doubles, sum(item.root_uuid is None for item in page.refused), older)

    def _rows(self, span: Span, only: Json | None) -> list[LiveRow]:
        rows = self.here.rows(span)
        return rows if only is None else [row for row in rows if row.validation_status is not None]


def by_root(page: Page) -> dict[str, Submission]:
    """The records of a page by identity; of two with one identity the later."""
    return {item.root_uuid: item for item in map(read_submission, page.records)}


def left_out(rows: Iterable[LiveRow], listed: Mapping[str, float]) -> set[str]:
    """Whose rows the server did not list; `listed` is the last number of each record that it did.

    Of a record with two rows on the server, the earlier may be left alone: then that is the record.
    """
    return {row.root_uuid for row in rows if listed.get(row.root_uuid, 0) < row.server_id}


def is_older(row: LiveRow | None, listed: Submission) -> bool:
    """Whether the record is here under a higher number: then it was sent again, and the listed row is left over."""
    return row is not None and row.server_id > listed.server_id


def differs(row: LiveRow | None, listed: Submission) -> bool:
    """Whether a record as listed in light form is not the one that is here: absent, or of another version."""
    if row is None:
        return True
    stored = (row.server_id, row.version_uuid, row.validation_status, row.validation_at)
    seen = (listed.server_id, listed.version_uuid, listed.validation_status, listed.validation_at)
    return stored != seen or row.files_hash != listed.files_hash


def guard_deletions(
    form_id: str, vanished: int, live: int, accepted: int, is_told: bool = True, is_partial: bool = False
) -> None:
    """Refuse to believe that many records are gone: a permission that was taken away looks exactly the same.

    `live` is how many were there before, `accepted` how many deletions a person has allowed. When the history does
    not tell of the deletions (`is_told`), a form that lost all of its records, however few, is not believed either;
    and none is to an account that may see some of the records only (`is_partial`): which ones may have changed.
    Raises MassDeletionError.
    """
    is_few = vanished <= max(FEWEST_TO_ASK, live * SHARE_TO_ASK)
    is_believable = is_few and (is_told or (vanished < live and not is_partial))
    if not vanished or is_believable or vanished <= accepted:
        return
    limit = " This account may not see all records of the project." if is_partial else ""
    raise MassDeletionError(
        f"{form_id}: {vanished} of {live} records are no longer on the server.{limit} Nothing was marked as deleted.",
        advice="Look at the project on the website: were they deleted, or was a permission of ours taken away?\n"
        f"If they were deleted on purpose, run: healing sync --accept-deletions {vanished}",
    )
