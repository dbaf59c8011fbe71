"""Knows parts of a sync that are wrong, each in one way, to be put in the place of the right ones."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests
from sqlalchemy import Connection, Row, delete, insert, select

from connector.completeness import Proof
from connector.errors import AccessError, BadAnswerError, NotKoboError
from connector.kobo import HistoryEvent, KoboClient, Page
from connector.kobo_answer import Answer
from connector.kobo_wire import Call, Limits
from connector.precious_schema import submission, submission_version
from connector.reconcile import Comparison
from connector.records import RecordKey, StoredRecord
from connector.submission import Json, root_uuid_of
from connector.sync_form import FormSync
from connector.sync_here import ALL, Span
from connector.sync_intake import Intake
from connector.sync_state import Cursor
from tests.connector.fake_kobo import SERVER, FakeKobo
from tests.connector.proofs.fast_client import FastWire
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
            self.intake.keep(page, self.cursor)


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
        wanted = tuple(record for record in page.records if self.is_wanted(rows.get(root_uuid_of(record)), record))
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

    def read_differing(self, page: Page, span: Span = ALL) -> tuple[int, set[str]]:
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


# Bugs in the client.


class ByOffset(KoboClient):
    """Pages are asked for by how many records were read, not by the last of them."""

    def sized_answer(self, uid: str, query: Json | None, fields: Sequence[str] | None, size: int) -> tuple[Answer, int]:
        query = dict(query or {})
        after = query["_id"].get("$gt", 0)
        known: dict[str, tuple[int, int, int]] = self.__dict__.setdefault("read_so_far", {})
        base, done, last = known.get(uid, (after, 0, after))
        if after != last:
            base, done = after, 0
        asked = {**query, "_id": {**query["_id"], "$gt": base}}
        params = {"sort": '{"_id":1}', "limit": size, "start": done, "query": json.dumps(asked)}
        params |= {"fields": json.dumps(list(fields))} if fields else {}
        answer = self._send("GET", f"/api/v2/assets/{uid}/data/", params=params)
        page = json.loads(answer.body)
        rows = page["results"]
        known[uid] = (base, done + len(rows), rows[-1]["_id"] if rows else after)
        return replace(answer, body=json.dumps({**page, "count": page["count"] - done}).encode()), size


class UncheckedPages(KoboClient):
    """Whatever is JSON is a page."""

    def sized_page(
        self, uid: str, query: Json | None, fields: Sequence[str] | None = None, size: int = 1000
    ) -> tuple[Page, int]:
        answer, size = self.sized_answer(uid, query, fields, size)
        return page_without_checks(answer), size


class SwallowsErrors(KoboClient):
    """An answer that cannot be read is an empty page."""

    def sized_page(
        self, uid: str, query: Json | None, fields: Sequence[str] | None = None, size: int = 1000
    ) -> tuple[Page, int]:
        try:
            return super().sized_page(uid, query, fields, size)
        except (BadAnswerError, NotKoboError):
            return Page(0, ()), size


class ByNumber(KoboClient):
    """A record is who its row on the server is."""

    def sized_page(
        self, uid: str, query: Json | None, fields: Sequence[str] | None = None, size: int = 1000
    ) -> tuple[Page, int]:
        page, size = super().sized_page(uid, query, fields, size)
        rows = tuple({**row, "meta/rootUuid": f"uuid:row-{row['_id']}"} for row in page.records)
        return replace(page, records=rows), size


class RefusalIsNothing(KoboClient):
    """A history that may not be read tells that nothing happened."""

    def history(self, uid: str, since: datetime) -> tuple[HistoryEvent, ...] | None:
        return super().history(uid, since) or ()


class WithoutOverlap(KoboClient):
    """The history is read from the second after the last run's."""

    def history(self, uid: str, since: datetime) -> tuple[HistoryEvent, ...] | None:
        events = super().history(uid, since)
        return events and tuple(event for event in events if event.at > since + timedelta(minutes=2))


def page_without_checks(answer: Answer) -> Page:
    """A page as it comes."""
    value = json.loads(answer.body)
    return Page(value.get("count", 0), tuple(value.get("results", ())))


# Bugs on the wire.


class Follows(FastWire):
    """A redirect is followed."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        place = answer.headers.get("Location", "")
        return super().exchange(replace(call, base=place, path="")) if place else answer


class TakesCutBodies(FastWire):
    """A packed body may end anywhere."""

    def unpack(self, call: Call, body: bytes, headers: Mapping[str, str]) -> bytes:
        return zlib.decompressobj(wbits=31).decompress(body) if headers.get("Content-Encoding") == "gzip" else body


class NeverGivesUp(FastWire):
    """Fifty tries, and then fifty more."""

    limits_of_all = Limits(tries=50, longest_asked=10**9)


class ReadsNetrc(FastWire):
    """The session that requests makes when it is not told otherwise."""

    def exchange(self, call: Call) -> Answer:
        session = requests.Session()
        session.mount("https://", self.kobo)
        headers = {"Authorization": "Token sentineltoken", "Accept": call.accept}
        response = session.request(call.method, call.base + call.path, params=call.params, headers=headers)
        return Answer(call.where, response.status_code, response.headers, response.content)


def speaking(
    client: type[KoboClient] = KoboClient, wire: type[FastWire] = FastWire
) -> Callable[[FakeKobo], KoboClient]:
    """How clients of this kind are made."""
    return lambda kobo: client(SERVER, "sentineltoken", wire=wire(kobo))
