"""Knows parts of a sync that are wrong, each in one way, to be put in the place of the right ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from connector.completeness import Proof
from connector.errors import AccessError
from connector.kobo import Page
from connector.precious_schema import submission, submission_version
from connector.reconcile import Compared, Comparison
from connector.records import RecordKey, StoredRecord
from connector.submission import Json
from connector.sync_form import FormSync
from connector.sync_here import ALL, Span
from connector.sync_intake import Intake
from connector.sync_state import Cursor
from tests.connector.proofs.light_project import LightProject, answers_of, light_answer

# Layers of defence that are taken out where they would make good what a bug does.


class Unproved(FormSync):
    """Believes what it has read: nothing is counted."""

    def prove(self) -> Proof:
        return Proof(ALL, 0, 0, 0, frozenset(self.settle()), is_agreed=True)


class Unlisted(Unproved):
    """Looks neither at the tail of what was read nor at marks, and counts nothing."""

    def list_changes(self) -> None:
        return


class Unguarded(FormSync):
    """Any number of deletions is accepted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.accept_deletions = 10**6


class OneCount(Unguarded):
    """Asks only the list how many records there are."""

    def compare_counts(self, proof: Proof) -> Proof:
        return replace(proof, is_agreed=True)


class UnprovedAndUnguarded(Unproved, Unguarded):
    """Counts nothing, and deletes whatever is gone."""


# Bugs in the order of steps.


class NotAskedAgain(UnprovedAndUnguarded):
    """What a list lacks is gone."""

    def settle(self) -> set[str]:
        return self.here.present(self.found.missing)


class NeverSweeps(FormSync):
    """Records are never compared one by one."""

    def is_sweep_due(self) -> bool:
        return False

    def sweep(self) -> None:
        return


class IgnoresDates(FormSync):
    """What came lately is looked for by its number alone."""

    def list_changes(self) -> None:
        self.before = self.before.moved(history_since=None)
        super().list_changes()


class DeletesNothing(FormSync):
    """Deletions are not looked for."""

    def settle(self) -> set[str]:
        self.found.missing = set()
        return set()


class ByTime(Unlisted):
    """New is what was submitted later than the newest record here."""

    def read_new(self) -> None:
        with self.engine.connect() as connection:
            times = select(submission.c.submitted_at).order_by(submission.c.submitted_at.desc())
            newest = connection.scalar(times.where(submission.c.asset_uid == self.uid).limit(1))
        query = {"_submission_time": {"$gt": newest.isoformat() if newest else ""}}
        for page in self.client.record_pages(self.uid, query=query):
            highest = max(record["_id"] for record in page.records)
            self.cursor = self.cursor.moved(last_id=max(self.cursor.last_id, highest))
            self.intake.keep(self.intake.prepared(page), self.cursor)


class ClaimsTooMuch(FormSync):
    """Every run that ends well is called complete."""

    def _cursor_after(self, proof: Proof) -> Cursor:
        return super()._cursor_after(proof).moved(complete_as_of=self.started)


class ForgetsHistory(Unlisted):
    """The history counts as dealt with before what it tells of is here."""

    def follow_history(self) -> None:
        if self.before.history_since:
            with self.engine.begin() as connection:
                self.before.moved(history_since=self.server_time.isoformat()).write(connection)
        super().follow_history()


class ForgivesRefusals(FormSync):
    """A refused token is no reason to fail."""

    def run(self) -> None:
        try:
            super().run()
        except AccessError:
            return


# Bugs in what is kept.


class PickyIntake(Intake):
    """Keeps some records only. `row` is how a record was here before, with its deletion; None if it was not."""

    def is_wanted(self, row: Row[Any] | None, record: Json) -> bool:
        """Whether to keep it."""
        return True

    def keep(self, page: Page, cursor: Cursor | None = None) -> None:
        with self.engine.connect() as connection:
            rows = {row.root_uuid: row for row in connection.execute(select(submission))}
        wanted = tuple(each for each in page.records if self.is_wanted(rows.get(each.item.root_uuid), each.served()))
        super().keep(replace(page, records=wanted), cursor)


class InsertsOnly(PickyIntake):
    """What is here stays as it is."""

    def is_wanted(self, row: Row[Any] | None, record: Json) -> bool:
        return row is None


class IgnoresEdits(PickyIntake):
    """Another version of a record is not kept."""

    def is_wanted(self, row: Row[Any] | None, record: Json) -> bool:
        return row is None or row.version_uuid == record["_uuid"]


class IgnoresStatuses(PickyIntake):
    """Another validation status is not kept."""

    def is_wanted(self, row: Row[Any] | None, record: Json) -> bool:
        same = row is not None and row.version_uuid == record["_uuid"]
        return not same or row.validation_status == record["_validation_status"].get("uid")  # type: ignore[union-attr]


class IgnoresFiles(PickyIntake):
    """Files that come later are not kept."""

    def is_wanted(self, row: Row[Any] | None, record: Json) -> bool:
        return row is None or not record["_attachments"] or row.version_uuid != record["_uuid"]


class NeverRevives(PickyIntake):
    """A record that was deleted stays so, also when it is sent again."""

    def is_wanted(self, row: Row[Any] | None, record: Json) -> bool:
        return row is None or row.deleted_at is None


class DropsUnread(Intake):
    """What cannot be read is thrown away."""

    def keep(self, page: Page, cursor: Cursor | None = None) -> None:
        super().keep(replace(page, refused=()), cursor)


class CursorFirst(Intake):
    """The cursor is stored before its page."""

    def keep(self, page: Page, cursor: Cursor | None = None) -> None:
        if cursor:
            with self.engine.begin() as connection:
                cursor.write(connection)
        super().keep(page)


class KeepsNoVersions(Intake):
    """Earlier versions are not kept."""

    def keep(self, page: Page, cursor: Cursor | None = None) -> None:
        super().keep(page, cursor)
        with self.engine.begin() as connection:
            connection.execute(delete(submission_version))


class KeepsLightRecords(Comparison):
    """What a light list shows is kept as if it were the record."""

    def read_differing(self, page: Page, span: Span = ALL) -> Compared:
        self.intake.keep(page)
        return super().read_differing(page, span)


def keeping(
    intake: type[Intake] = Intake, base: type[FormSync] = FormSync, comparison: type[Comparison] = Comparison
) -> type[FormSync]:
    """A sync with these parts in the place of its own."""

    class Changed(base):  # type: ignore[valid-type,misc]
        def __post_init__(self) -> None:
            super().__post_init__()
            parts = (self.engine, self.client, self.project, self.tally, self.clock, self.show, self.here)
            self.intake = intake(*parts)
            self.comparison = comparison(self.client, self.here, self.intake)

    return Changed


# Bugs in what follows from records.


class KeepsOldRows(LightProject):
    """Rows of a repeat that are gone from the record stay."""

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        for item in changed:
            for place, value in answers_of(item.record):
                key = {"asset_uid": self.asset_uid, "root_uuid": item.root_uuid, "place": place}
                same = [light_answer.c[name] == text for name, text in key.items()]
                connection.execute(delete(light_answer).where(*same))
                connection.execute(insert(light_answer).values(**key, value=value))
        LightProject.derive(self, connection, [], removed)


class KeepsRowsOfDeleted(LightProject):
    """What follows from a record stays when it is deleted."""

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        LightProject.derive(self, connection, changed, [])
