"""Knows what is here of one project, counted as the server counts: stored records, and those that wait unread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row

from connector import live_rows
from connector.live_rows import LiveRow
from connector.quarantine import waiting


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers on the server (`_id`) over `after` up to `up_to`; None is without end."""

    after: int = 0
    up_to: int | None = None

    def holds(self, number: int) -> bool:
        """Whether a number is in it."""
        return number > self.after and (self.up_to is None or number <= self.up_to)


ALL, NONE = Span(), Span(0, 0)


@dataclass(slots=True)
class Here:
    """The records of one project in the database; "here" are those that are live, and those that wait unread.

    A record whose edit cannot be read is live as it was, and is here once. Every call is a short reading transaction
    of its own, but who waits is looked up once: whoever changes it says so by `forget_unread`.
    Each raises StorageError.
    """

    engine: Engine
    asset_uid: str
    _unread: Sequence[Row[Any]] | None = field(default=None, init=False, repr=False)

    def size(self, span: Span = ALL) -> int:
        """How many records are here."""
        with self.engine.connect() as connection:
            live = live_rows.count_live(connection, self.asset_uid, span.after, span.up_to)
        return live + sum(number is None or span.holds(number) for number, _ in self._unstored())

    def size_of(self, roots: Set[str], span: Span) -> int:
        """How many of some records are here, in a span."""
        live = sum(span.holds(row.server_id) for row in self.rows_of(roots).values())
        return live + sum(root in roots and (number is None or span.holds(number)) for number, root in self._unstored())

    def live(self) -> int:
        """How many records are live."""
        with self.engine.connect() as connection:
            return live_rows.count_live(connection, self.asset_uid)

    def size_validated(self, span: Span = ALL) -> int:
        """How many live records have a validation status."""
        with self.engine.connect() as connection:
            return live_rows.count_validated(connection, self.asset_uid, span.after, span.up_to)

    def middle(self, span: Span, place: int) -> int | None:
        """The number of the live record at a place (from 0) of a span."""
        with self.engine.connect() as connection:
            return live_rows.number_at(connection, self.asset_uid, place, span.after, span.up_to)

    def highest(self) -> int | None:
        """The highest number of a live record; None if there is none."""
        with self.engine.connect() as connection:
            return live_rows.highest_number(connection, self.asset_uid)

    def rows(self, span: Span) -> list[LiveRow]:
        """The live records of a span."""
        with self.engine.connect() as connection:
            return live_rows.rows_between(connection, self.asset_uid, span.after, span.up_to)

    def rows_of(self, roots: Iterable[str]) -> dict[str, LiveRow]:
        """The live ones among some records, by identity."""
        if not (wanted := sorted(roots)):
            return {}
        with self.engine.connect() as connection:
            return live_rows.rows_of(connection, self.asset_uid, wanted)

    def numbers_of(self, roots: Iterable[str]) -> dict[str, int]:
        """The numbers of those among some records that are here, where they are known."""
        wanted = set(roots)
        unread = {root: number for root, number in self.unread().items() if number and root in wanted}
        return unread | {root: row.server_id for root, row in self.rows_of(wanted).items()}

    def numbered(self, numbers: Iterable[int]) -> list[LiveRow]:
        """The live records with these numbers."""
        with self.engine.connect() as connection:
            return live_rows.rows_numbered(connection, self.asset_uid, sorted(numbers))

    def awaiting_files(self, since: datetime) -> list[LiveRow]:
        """The live records that came or changed at `since` or later and name a file which is not there."""
        with self.engine.connect() as connection:
            return live_rows.awaiting_files(connection, self.asset_uid, since)

    def unread(self) -> dict[str, int | None]:
        """Who waits unread, by identity, with the number where it is known; those without any are left out."""
        return {row.root_uuid: row.server_id for row in self._waiting() if row.root_uuid}

    def forget_unread(self) -> None:
        """Look up anew who waits."""
        self._unread = None

    def nameless(self) -> int:
        """How many wait unread of which nothing tells who they are."""
        return sum(root is None for _, root in self._unstored())

    def unplaced(self) -> int:
        """How many wait unread of which nothing tells their number."""
        return sum(number is None for number, _ in self._unstored())

    def present(self, roots: Iterable[str]) -> set[str]:
        """Those of some records that are here."""
        wanted = set(roots)
        return set(self.rows_of(wanted)) | (wanted & self.unread().keys()) if wanted else wanted

    def _waiting(self) -> Sequence[Row[Any]]:
        if self._unread is None:
            with self.engine.connect() as connection:
                self._unread = waiting(connection, self.asset_uid)
        return self._unread

    def _unstored(self) -> list[tuple[int | None, str | None]]:
        """Number and identity of those that are here only as waiting; of those without identity, nothing."""
        if not (found := self._waiting()):
            return []
        roots = self.rows_of(row.root_uuid for row in found if row.root_uuid)
        numbers = {row.server_id for row in self.numbered(row.server_id for row in found if row.server_id)}
        unstored = [row for row in found if row.root_uuid not in roots and row.server_id not in numbers]
        named = {row.root_uuid: row.server_id for row in unstored if row.root_uuid}
        nameless = [(None, None) for row in unstored if not row.root_uuid]
        return [*((number, root) for root, number in named.items()), *nameless]
