"""Whatever changes on the server is found at the cost of the change, also when the server answers with nothing."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from connector.errors import BadAnswerError, MassDeletionError
from connector.identity import join_record
from connector.precious_schema import quarantine, submission, submission_identity, sync_cursor, sync_run
from connector.sync import SyncResult, sync
from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_faults import empty
from tests.connector.proofs.fast_client import fast_client
from tests.connector.proofs.light_project import LightProject, light_record
from tests.connector.proofs.state import empty_light_database, memory_engine
from tests.connector.sync_scenes import NOW, restore, snapshot

UID = "aLight"
LATER, NEXT_WEEK = NOW + timedelta(minutes=10), NOW + timedelta(days=7)
HISTORIES = pytest.mark.parametrize("history", [200, 403], ids=["history", "no history"])


class Scene:
    """A server with one project, a database, and runs of sync between them."""

    def __init__(self, records: int = 12, history: int = 200, dates_modified: bool = False) -> None:
        server, database = first_run(records, dates_modified)
        self.kobo = FakeKobo()
        self.kobo.history_status, self.kobo.dates_modified = history, dates_modified
        self.kobo.projects, self.kobo.clock, self.kobo.next_id = pickle.loads(server)
        self.engine: Engine = restore(memory_engine(), database)

    def run(self, now: datetime = LATER, **options: Any) -> SyncResult:
        """One run; `requests` are then those of this run."""
        self.kobo.requests.clear()
        self.kobo.queries.clear()
        return sync_light(self.engine, self.kobo, now, **options)

    def number(self, root: str) -> int:
        """The number of a record on the server."""
        number = self.kobo.project(UID).number_of(root)
        assert number is not None
        return number

    def is_whole(self) -> bool:
        """Whether what is live is exactly what the server lists."""
        served = {record["meta/rootUuid"][5:]: record for record in self.kobo.project(UID).listed()}
        return self.stored() == served

    def stored(self) -> dict[str, dict[str, Any]]:
        """Every live record as it was served, by identity."""
        with self.engine.connect() as connection:
            live = connection.execute(select(submission).where(submission.c.deleted_at.is_(None))).all()
            taken = {row.root_uuid: json.loads(row.body) for row in connection.execute(select(submission_identity))}
        return {row.root_uuid: join_record(json.loads(row.body), taken.get(row.root_uuid, {})) for row in live}

    def cursor(self) -> Any:
        """The row that remembers how far the project is read."""
        with self.engine.connect() as connection:
            return connection.execute(select(sync_cursor)).one()

    def asked(self) -> list[str]:
        """What the run asked for: the last part of each path."""
        return [path.rstrip("/").rsplit("/", 1)[-1] for path in self.kobo.requests]


@cache
def first_run(records: int, dates_modified: bool) -> tuple[bytes, bytes]:
    """A server with some records, and a database after one run, as bytes. The last three are listed in any case."""
    kobo, engine = FakeKobo(), empty_light_database()
    kobo.dates_modified = dates_modified
    for number in range(records):
        if number == records - 3:
            kobo.serve_others(2000)
        kobo.add(UID, light_record(number, photo=None), f"root-{number}")
    sync_light(engine, kobo, NOW)
    kobo.clock.move(600)
    return pickle.dumps((kobo.projects, kobo.clock, kobo.next_id)), snapshot(engine)


def sync_light(engine: Engine, kobo: FakeKobo, now: datetime, **options: Any) -> SyncResult:
    """One run on the light project."""
    projects = [LightProject(UID, "light")]
    return sync(engine, fast_client(kobo), clock=lambda: now, projects=lambda *_: projects, **options)


def change_all(scene: Scene) -> None:
    """New, edited, cleared, re-validated, deleted, sent again: one of each."""
    kobo = scene.kobo
    kobo.add(UID, light_record(90), "root-90")
    kobo.edit(UID, scene.number("root-1"), "v2", colour="green")
    kobo.edit(UID, scene.number("root-2"), "v3", colour=None)
    kobo.validate(UID, scene.number("root-3"), "validation_status_approved")
    kobo.delete(UID, scene.number("root-4"))
    kobo.resend(UID, kobo.delete(UID, scene.number("root-5")))


@HISTORIES
@pytest.mark.parametrize("dates_modified", [False, True], ids=["", "dates of change"])
def test_everything_that_changed_between_two_runs_is_found(history: int, dates_modified: bool) -> None:
    scene = Scene(history=history, dates_modified=dates_modified)
    change_all(scene)
    result = scene.run()
    assert (result.new, result.edited, result.revalidated, result.deleted) == (1, 3, 1, 1)
    assert scene.is_whole()
    feed = "history" if history == 200 else "modified" if dates_modified else "markers"
    assert scene.cursor().feed == feed


def test_with_the_history_all_kinds_of_change_cost_ten_requests_with_the_first_two() -> None:
    scene = Scene(records=60)
    change_all(scene)
    result = scene.run()
    assert scene.is_whole()
    assert result.requests <= 10


@HISTORIES
def test_a_run_after_which_nothing_changed_says_the_same_and_asks_three_times(history: int) -> None:
    scene = Scene(history=history)
    change_all(scene)
    scene.kobo.clock.move(600)
    scene.run()
    scene.kobo.clock.move(600)
    result = scene.run()
    assert (result.new, result.edited, result.revalidated, result.deleted, result.requests) == (0, 0, 0, 0, 5)


def test_an_account_that_may_not_read_the_history_asks_for_it_once_a_week_only() -> None:
    scene = Scene(history=403)
    scene.run()
    assert scene.asked().count("history") == 1
    scene.run()
    assert scene.asked().count("history") == 0
    scene.kobo.history_status = 200
    scene.run(NEXT_WEEK)
    assert scene.cursor().feed == "history"


def test_a_history_from_too_long_ago_is_not_trusted() -> None:
    scene = Scene()
    scene.kobo.edit(UID, scene.number("root-1"), "v2", colour="green")
    scene.kobo.clock.move(26 * 24 * 3600)
    scene.run()
    assert "history" not in scene.asked()
    assert scene.is_whole()


@HISTORIES
def test_a_status_that_is_taken_away_is_noticed(history: int) -> None:
    scene = Scene(history=history)
    for root in ("root-1", "root-2", "root-11"):
        scene.kobo.validate(UID, scene.number(root), "validation_status_approved")
    scene.run()
    scene.kobo.clock.move(600)
    scene.kobo.validate(UID, scene.number("root-1"), None)
    assert scene.run().revalidated == 1
    assert scene.is_whole()


@HISTORIES
def test_a_status_that_is_taken_from_one_and_a_record_with_one_that_is_deleted_are_told_apart(history: int) -> None:
    scene = Scene(history=history)
    for root in ("root-1", "root-2"):
        scene.kobo.validate(UID, scene.number(root), "validation_status_approved")
    scene.run()
    scene.kobo.clock.move(600)
    scene.kobo.delete(UID, scene.number("root-1"))
    scene.kobo.validate(UID, scene.number("root-2"), None)
    assert scene.run().deleted == 1
    assert scene.is_whole()


@HISTORIES
def test_a_file_that_comes_later_than_its_record_is_waited_for(history: int) -> None:
    scene = Scene(history=history)
    scene.kobo.add(UID, light_record(90, photo="face.jpg"), "root-90")
    scene.run()
    scene.kobo.clock.move(600)
    assert scene.run().requests == 6  # one to look whether the file has come
    scene.kobo.attach(UID, scene.number("root-90"), "face.jpg")
    assert scene.run().edited == 1
    assert scene.is_whole()
    scene.kobo.clock.move(600)
    assert scene.run().requests == 5


@HISTORIES
def test_a_file_that_is_deleted_is_noticed_within_a_day(history: int) -> None:
    scene = Scene(history=history)
    number = scene.number("root-1")
    scene.kobo.attach(UID, number, "face.jpg")
    scene.run(NEXT_WEEK)
    scene.kobo.project(UID).delete_files(number)
    scene.kobo.clock.move(24 * 3600)
    scene.run(NEXT_WEEK)
    assert scene.is_whole()


@HISTORIES
def test_a_sweep_that_is_asked_for_finds_what_left_no_trace(history: int) -> None:
    scene = Scene(history=history)
    scene.kobo.attach(UID, scene.number("root-1"), "audit.csv")
    scene.run()
    assert not scene.is_whole()
    scene.run(sweep=True)
    assert scene.is_whole()


@HISTORIES
def test_a_late_record_and_a_deletion_that_hide_each_other_in_the_count_are_found(history: int) -> None:
    scene = Scene(history=history)
    scene.kobo.add(UID, light_record(90), "root-90", number=scene.number("root-2") - 1)
    scene.kobo.delete(UID, scene.number("root-1"))
    scene.kobo.project(UID).history.clear()
    tally = scene.run()
    assert (tally.new, tally.deleted) == (1, 1)
    assert scene.is_whole()


@HISTORIES
def test_a_late_record_whose_date_is_older_is_found_beside_a_deletion_by_the_next_sweep(history: int) -> None:
    scene = Scene(history=history)
    number = scene.number("root-2") - 1
    scene.kobo.add(UID, light_record(90), "root-90", number=number, submitted_at="1970-01-01T00:00:00")
    scene.kobo.delete(UID, scene.number("root-1"))
    scene.kobo.project(UID).history.clear()
    scene.run()
    scene.run(NEXT_WEEK)
    assert scene.is_whole()


@HISTORIES
def test_a_back_dated_record_with_a_low_number_is_found_by_the_count(history: int) -> None:
    scene = Scene(history=history)
    number = scene.number("root-2") - 1
    scene.kobo.add(UID, light_record(90), "root-90", number=number, submitted_at="1970-01-01T00:00:00")
    assert scene.run().new == 1
    assert scene.is_whole()


@HISTORIES
@pytest.mark.parametrize("is_sweep", [False, True])
def test_an_empty_answer_to_any_request_loses_no_change(history: int, is_sweep: bool) -> None:
    quiet = Scene(history=history)
    change_all(quiet)
    requests = quiet.run(sweep=is_sweep).requests
    for at in range(1, requests + 2):
        scene = Scene(history=history)
        change_all(scene)
        scene.kobo.faults = {at: empty}
        scene.run(sweep=is_sweep)
        if not scene.is_whole():
            assert scene.cursor().complete_as_of == NOW, f"claimed to be complete after request {at}"
            scene.kobo.faults = {}
            scene.run()
        assert scene.is_whole(), f"at request {at}"


def test_a_list_that_stays_empty_by_mistake_fails_the_run() -> None:
    scene = Scene(history=403)

    def no_list(request: Any) -> Any:
        return empty(request) if "%22%24elemMatch%22" in request.url else None

    scene.kobo.faults = dict.fromkeys(range(1, 100), no_list)
    with pytest.raises(BadAnswerError, match="lacks 3 records that it has"):
        scene.run()
    assert len(scene.stored()) == 12


@HISTORIES
@pytest.mark.parametrize(
    "change",
    [
        lambda scene: scene.kobo.add(UID, light_record(91), "root-91"),
        pytest.param(
            lambda scene: scene.kobo.edit(UID, scene.number("root-7"), "v9", colour="black"), marks=pytest.mark.soak
        ),
        pytest.param(
            lambda scene: scene.kobo.validate(UID, scene.number("root-7"), "validation_status_on_hold"),
            marks=pytest.mark.soak,
        ),
        lambda scene: scene.kobo.delete(UID, scene.number("root-7")),
        lambda scene: scene.kobo.resend(UID, scene.kobo.delete(UID, scene.number("root-7"))),
        lambda scene: scene.kobo.resend(UID, scene.kobo.delete(UID, scene.number("root-11"))),
    ],
    ids=["new", "edited", "validated", "deleted", "sent again", "the last sent again"],
)
def test_what_changes_during_a_run_is_there_after_the_next(history: int, change: Callable[[Scene], object]) -> None:
    quiet = Scene(history=history)
    change_all(quiet)
    requests = quiet.run().requests
    for at in range(1 + history % 2, requests + 1, 2):
        scene = Scene(history=history)
        change_all(scene)
        scene.kobo.before = {at: partial(change, scene)}
        scene.run()
        scene.kobo.before = {}
        scene.run()
        assert scene.is_whole(), f"at request {at}"


@HISTORIES
def test_records_that_come_all_the_time_do_not_make_the_run_endless_or_costly(history: int) -> None:
    scene = Scene(history=history)
    for at in range(1, 200):
        scene.kobo.before[at] = partial(scene.kobo.add, UID, light_record(at), f"busy-{at}")
    assert scene.run().requests < 25
    scene.kobo.before = {}
    scene.run()
    assert scene.is_whole()


def test_a_row_left_over_from_a_record_sent_again_is_neither_doubled_nor_deleted() -> None:
    scene = Scene(history=403)
    twice = dict(scene.kobo.project(UID).records[scene.number("root-1")])
    again = scene.kobo.resend(UID, twice)
    for _ in range(2):
        scene.run()
        assert scene.stored()["root-1"]["_id"] == again
        assert len(scene.stored()) == 12
        assert scene.cursor().complete_as_of == LATER
    scene.kobo.delete(UID, again)
    scene.run(NEXT_WEEK)
    assert scene.is_whole()


@HISTORIES
def test_deletions_are_not_believed_while_the_other_count_says_otherwise(history: int) -> None:
    scene = Scene(history=history)
    scene.kobo.delete(UID, scene.number("root-1"))
    scene.kobo.project(UID).count = 12
    result = scene.run()
    assert (result.deleted, len(result.notes)) == (0, 1)
    assert scene.cursor().complete_as_of == NOW
    scene.kobo.project(UID).count = None
    assert scene.run().deleted == 1


def test_a_count_that_is_never_seen_claims_no_completeness_and_loses_nothing() -> None:
    scene = Scene(history=403)
    scene.kobo.project(UID).is_count_seen = False
    change_all(scene)
    result = scene.run(NEXT_WEEK)
    assert (result.new, result.deleted) == (1, 0)
    assert scene.cursor().complete_as_of == NOW
    assert scene.stored()["root-1"]["colour"] == "green"


def test_half_of_a_form_that_vanishes_needs_a_person_also_when_the_history_tells() -> None:
    scene = Scene()
    for number in range(6):
        scene.kobo.delete(UID, scene.number(f"root-{number}"))
    with pytest.raises(MassDeletionError, match="6 of 12"):
        scene.run()
    assert scene.run(accept_deletions=6).deleted == 6
    assert scene.is_whole()


@HISTORIES
def test_a_record_that_cannot_be_read_waits_and_is_read_when_it_can_be(history: int) -> None:
    scene = Scene(history=history)
    number = scene.kobo.add(UID, light_record(90, colour="unreadable"), "root-90")

    def spoil(request: Any, body: Any) -> Any:
        return json.dumps(body).replace('"unreadable"', "NaN").encode()

    scene.kobo.tamper = dict.fromkeys(range(1, 100), spoil)
    result = scene.run()
    assert (result.quarantined, result.new) == (1, 0)
    assert scene.cursor().complete_as_of == LATER
    scene.kobo.tamper = {}
    result = scene.run()
    assert (result.quarantined, result.new) == (0, 1)
    assert number in {record["_id"] for record in scene.stored().values()}
    assert scene.is_whole()


@HISTORIES
def test_a_record_that_waits_and_is_deleted_on_the_server_waits_no_more(history: int) -> None:
    scene = Scene(history=history)
    waiting = {"asset_uid": UID, "body_hash": "0" * 64, "server_id": 900, "root_uuid": "root-900", "reason": "x"}
    with scene.engine.begin() as connection:
        connection.execute(insert(quarantine), [{**waiting, "body": "{}", "first_seen_at": NOW, "last_seen_at": NOW}])
    assert scene.run().quarantined == 0
    assert scene.cursor().complete_as_of == LATER


def test_a_run_tells_its_requests_and_how_it_was_stopped() -> None:
    scene = Scene()

    def stop(request: Any) -> Any:
        raise KeyboardInterrupt

    scene.kobo.faults = {3: stop}
    with pytest.raises(KeyboardInterrupt):
        scene.run()
    with scene.engine.connect() as connection:
        row = connection.execute(select(sync_run).order_by(sync_run.c.run_id.desc()).limit(1)).one()
    assert (row.status, row.exit_code, row.requests) == ("stopped", 130, 3)


def test_a_project_missing_from_the_list_is_asked_for_by_name() -> None:
    scene = Scene()
    scene.kobo.add(UID, light_record(90), "root-90")
    scene.kobo.tamper = {2: lambda request, body: {**body, "count": 0, "results": []}}
    assert scene.run().new == 1
    assert scene.is_whole()
