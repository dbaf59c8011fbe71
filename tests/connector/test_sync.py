"""What a run of sync promises: the database becomes what the server has, and nothing the server says can harm it."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, func, select

from connector.errors import (
    AccessError,
    HealingError,
    InvalidTokenError,
    MassDeletionError,
    MissingAssetError,
    NeedsPersonError,
    NotKoboError,
    ServerError,
    ServerFailedError,
)
from connector.fact_schema import client
from connector.identity import join_record
from connector.precious_schema import (
    deployment,
    submission,
    submission_identity,
    submission_version,
    sync_cursor,
    sync_run,
)
from connector.schema import derived
from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_faults import Fault, empty, html, raising, status
from tests.connector.fake_kobo_project import all_listed
from tests.connector.sync_scenes import (
    ATTENDANCE,
    INTAKE,
    NOW,
    differences,
    dump,
    empty_database,
    fill,
    intake,
    new_database,
    restore,
    run,
    snapshot,
)

IN_SOAK = pytest.mark.soak
"""With the real forms; the proofs play the same with a light one in every run."""
LATER, NEXT_WEEK = NOW + timedelta(minutes=10), NOW + timedelta(days=7, minutes=10)


@pytest.fixture
def kobo() -> FakeKobo:
    server = FakeKobo()
    fill(server)
    return server


@pytest.fixture
def engine() -> Engine:
    return empty_database()


@pytest.fixture(params=[200, 403, 404], ids=["history", "history refused", "no history"])
def any_kobo(request: pytest.FixtureRequest, kobo: FakeKobo) -> FakeKobo:
    """The server with and without a history that the account may read."""
    kobo.history_status = request.param
    return kobo


def stored(engine: Engine) -> dict[str, dict[str, Any]]:
    """Every live record as it was served, by identity."""
    with engine.connect() as connection:
        live = connection.execute(select(submission).where(submission.c.deleted_at.is_(None))).all()
        taken = {row.root_uuid: json.loads(row.body) for row in connection.execute(select(submission_identity))}
    return {row.root_uuid: join_record(json.loads(row.body), taken.get(row.root_uuid, {})) for row in live}


def served(kobo: FakeKobo) -> dict[str, dict[str, Any]]:
    return {record["meta/rootUuid"][5:]: record for record in all_listed(kobo.projects.values())}


def birth_year(engine: Engine, root: str) -> int | None:
    table = derived.tables["intake"]
    with engine.connect() as connection:
        return connection.scalar(select(table.c.birth_year).where(table.c.root_uuid == root))


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def last_run(engine: Engine) -> tuple[str, int]:
    with engine.connect() as connection:
        row = connection.execute(select(sync_run).order_by(sync_run.c.run_id.desc()).limit(1)).one()
    return row.status, row.exit_code


def requests_of_a_run(engine: Engine, kobo: FakeKobo) -> int:
    """How many requests a quiet run with a full comparison makes."""
    before = len(kobo.requests)
    run(engine, kobo, NEXT_WEEK)
    return len(kobo.requests) - before


def number_of(kobo: FakeKobo, root: str) -> int:
    return next(r["_id"] for p in kobo.projects.values() for r in p.records.values() if r["meta/rootUuid"][5:] == root)


def test_everything_new_arrives_exactly_as_served(engine: Engine, any_kobo: FakeKobo) -> None:
    result = run(engine, any_kobo)
    assert (result.new, result.edited, result.deleted) == (8, 0, 0)
    assert stored(engine) == served(any_kobo)


def test_the_last_line_counts_what_changed(engine: Engine, kobo: FakeKobo) -> None:
    run(engine, kobo)
    kobo.add(INTAKE, intake(9), "root-9")
    kobo.edit(INTAKE, number_of(kobo, "root-1"), "v2", **{"about/birth_year": "1970"})
    kobo.validate(INTAKE, number_of(kobo, "root-2"), "validation_status_approved")
    kobo.delete(INTAKE, number_of(kobo, "root-3"))
    result = run(engine, kobo, LATER)
    assert result.line == f"1 new, 1 edited, 1 re-validated, 1 deleted, {result.problems} problems"


def test_a_second_run_writes_nothing(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    before = dump(engine)
    result = run(engine, any_kobo, LATER)
    assert (result.new, result.edited, result.revalidated, result.deleted) == (0, 0, 0, 0)
    assert dump(engine) == before
    assert count(engine, submission_version) == 0


def test_pages_that_the_server_cuts_short_are_read_to_the_end(engine: Engine, any_kobo: FakeKobo) -> None:
    any_kobo.page_cap = 2
    assert run(engine, any_kobo).new == 8
    assert run(engine, any_kobo, NEXT_WEEK).new == 0


def test_an_edit_replaces_the_record_and_keeps_the_earlier_version(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    before = served(any_kobo)["root-1"]
    any_kobo.edit(INTAKE, before["_id"], "v2", **{"about/birth_year": "1971"})
    assert run(engine, any_kobo, LATER).edited == 1
    assert birth_year(engine, "root-1") == 1971
    assert stored(engine) == served(any_kobo)
    with engine.connect() as connection:
        kept = connection.execute(select(submission_version)).one()
    assert json.loads(kept.body)["about/birth_year"] == "1961"


def test_a_cleared_answer_becomes_null(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    assert birth_year(engine, "root-1") == 1961
    any_kobo.edit(INTAKE, number_of(any_kobo, "root-1"), "v2", **{"about/birth_year": None})
    run(engine, any_kobo, LATER)
    assert birth_year(engine, "root-1") is None


def test_a_validation_status_is_followed_and_its_clearing_too(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    number = number_of(any_kobo, "root-1")
    any_kobo.validate(INTAKE, number, "validation_status_approved")
    assert run(engine, any_kobo, LATER).revalidated == 1
    any_kobo.validate(INTAKE, number, None)
    assert run(engine, any_kobo, LATER).revalidated == 1
    assert stored(engine) == served(any_kobo)


def test_a_late_file_is_noticed_by_the_next_full_comparison(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    any_kobo.attach(INTAKE, number_of(any_kobo, "root-1"), "audit.csv")
    run(engine, any_kobo, NEXT_WEEK)
    assert stored(engine) == served(any_kobo)


def test_a_deleted_record_is_marked_and_its_facts_go(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    any_kobo.delete(INTAKE, number_of(any_kobo, "root-1"))
    assert run(engine, any_kobo, LATER).deleted == 1
    assert birth_year(engine, "root-1") is None
    assert "root-1" not in stored(engine)
    assert count(engine, submission) == 8


def test_a_deleted_record_that_is_sent_again_comes_back(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    gone = any_kobo.delete(INTAKE, number_of(any_kobo, "root-1"))
    run(engine, any_kobo, LATER)
    any_kobo.resend(INTAKE, gone)
    assert run(engine, any_kobo, LATER).new == 1
    assert stored(engine) == served(any_kobo)
    assert birth_year(engine, "root-1") == 1961


def test_deleting_and_sending_again_between_two_runs_leaves_one_record(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    any_kobo.resend(INTAKE, any_kobo.delete(INTAKE, number_of(any_kobo, "root-1")))
    result = run(engine, any_kobo, LATER)
    assert (result.new, result.edited, result.deleted) == (0, 1, 0)
    assert stored(engine) == served(any_kobo)


def test_a_record_that_appears_late_under_a_low_number_is_found(engine: Engine, any_kobo: FakeKobo) -> None:
    low = number_of(any_kobo, "root-0")
    any_kobo.projects[INTAKE].hidden.add(low)
    any_kobo.projects[INTAKE].count = 5
    for number in range(100):
        any_kobo.add(ATTENDANCE, {}, f"noise-{number}")
    any_kobo.add(INTAKE, intake(50), "root-50")
    any_kobo.projects[INTAKE].count = 6
    run(engine, any_kobo)
    assert "root-0" not in stored(engine)
    any_kobo.projects[INTAKE].hidden.clear()
    any_kobo.projects[INTAKE].count = None
    any_kobo.projects[INTAKE].history.clear()
    run(engine, any_kobo, LATER)
    assert stored(engine) == served(any_kobo)


def test_an_edit_that_the_history_lost_is_found_within_a_day(engine: Engine, kobo: FakeKobo) -> None:
    run(engine, kobo)
    kobo.edit(INTAKE, number_of(kobo, "root-1"), "v2", **{"about/birth_year": "1971"})
    del kobo.projects[INTAKE].history[0]
    run(engine, kobo, LATER)
    assert birth_year(engine, "root-1") == 1961
    kobo.clock.move(24 * 3600)
    run(engine, kobo, LATER)
    assert birth_year(engine, "root-1") == 1971


def test_an_empty_history_proves_nothing(engine: Engine, kobo: FakeKobo) -> None:
    run(engine, kobo)
    kobo.edit(INTAKE, number_of(kobo, "root-1"), "v2", **{"about/birth_year": "1971"})
    kobo.projects[INTAKE].history.clear()
    run(engine, kobo, LATER)
    assert birth_year(engine, "root-1") == 1971


def test_a_deletion_that_the_history_made_up_is_not_believed(engine: Engine, kobo: FakeKobo) -> None:
    run(engine, kobo)
    kobo.projects[INTAKE].log("delete-submission", "root-1")
    assert run(engine, kobo, LATER).deleted == 0
    assert stored(engine) == served(kobo)


def test_a_run_that_finds_nothing_changed_makes_three_requests_a_form(engine: Engine, any_kobo: FakeKobo) -> None:
    for moment in (NOW, LATER):
        run(engine, any_kobo, moment)
        any_kobo.clock.move(600)
    any_kobo.requests.clear()
    result = run(engine, any_kobo, LATER)
    per_form = ["history/", "data/", "data/"] if any_kobo.history_status == 200 else ["data/"] * 3
    assert [path.split("/", 5)[-1] for path in any_kobo.requests] == ["", "", *per_form, *per_form]
    assert result.requests == 8


# What the server may do wrong.


@pytest.mark.parametrize(
    ("fault", "kind", "exit_code"),
    [
        (status(401), InvalidTokenError, 3),
        pytest.param(status(404), MissingAssetError, 3, marks=IN_SOAK),
        pytest.param(status(503), ServerFailedError, 5, marks=IN_SOAK),
        (html, NotKoboError, 5),
    ],
    ids=["401", "404", "503", "web page"],
)
def test_a_refusal_at_any_request_fails_the_run_and_changes_nothing(
    engine: Engine, any_kobo: FakeKobo, fault: Fault, kind: type[HealingError], exit_code: int
) -> None:
    run(engine, any_kobo)
    content, before = snapshot(engine), dump(engine)
    first, requests = len(any_kobo.requests), requests_of_a_run(engine, any_kobo)
    for at in range(1, requests + 1):
        restore(engine, content)
        del any_kobo.requests[first:]
        any_kobo.faults = dict.fromkeys(range(first + at, 10_000), fault)
        with pytest.raises(kind) as caught:
            run(engine, any_kobo, NEXT_WEEK)
        assert caught.value.exit_code == exit_code
        assert {**dump(engine), "sync_cursor": []} == {**before, "sync_cursor": []}
        assert last_run(engine) == ("failed", exit_code)


@pytest.mark.parametrize("is_lasting", [pytest.param(False, marks=IN_SOAK), True], ids=["once", "from then on"])
def test_a_list_that_is_empty_by_mistake_deletes_nothing(engine: Engine, any_kobo: FakeKobo, is_lasting: bool) -> None:
    run(engine, any_kobo)
    content, first = snapshot(engine), len(any_kobo.requests)
    for at in range(first + 1, first + requests_of_a_run(engine, any_kobo) + 1):
        restore(engine, content)
        del any_kobo.requests[first:]
        any_kobo.faults = dict.fromkeys(range(at, 10_000 if is_lasting else at + 1), empty)
        for moment in (LATER, NEXT_WEEK):
            assert run(engine, any_kobo, moment).deleted == 0
        assert stored(engine) == served(any_kobo)


def test_an_empty_list_is_told_and_completeness_is_not_claimed(engine: Engine, kobo: FakeKobo) -> None:
    run(engine, kobo)
    kobo.faults = dict.fromkeys(range(len(kobo.requests) + 1, 10_000), empty)
    result = run(engine, kobo, NEXT_WEEK)
    assert result.notes[0].startswith("attendance: the server lists 0 records but counts 2. 2 records are not")
    with engine.connect() as connection:
        assert set(connection.scalars(select(sync_cursor.c.complete_as_of))) == {NOW}


def test_many_deletions_at_once_need_a_person(engine: Engine, any_kobo: FakeKobo) -> None:
    for number in range(10, 40):
        any_kobo.add(INTAKE, intake(number), f"root-{number}")
    run(engine, any_kobo)
    for number in range(10, 16):
        any_kobo.delete(INTAKE, number_of(any_kobo, f"root-{number}"))
    with pytest.raises(MassDeletionError, match="6 of 36 records") as caught:
        run(engine, any_kobo, LATER)
    assert "--accept-deletions 6" in caught.value.advice
    assert len(stored(engine)) == 38
    assert run(engine, any_kobo, LATER, accept_deletions=6).deleted == 6
    assert stored(engine) == served(any_kobo)


def test_a_form_that_lost_its_last_records_needs_a_person_unless_the_history_tells(
    engine: Engine, any_kobo: FakeKobo
) -> None:
    run(engine, any_kobo)
    for number in list(any_kobo.projects[ATTENDANCE].records):
        any_kobo.delete(ATTENDANCE, number)
    if any_kobo.history_status == 200:
        assert run(engine, any_kobo, LATER).deleted == 2
    else:
        with pytest.raises(MassDeletionError, match="2 of 2 records"):
            run(engine, any_kobo, LATER)
        assert run(engine, any_kobo, LATER, accept_deletions=2).deleted == 2
    assert stored(engine) == served(any_kobo)


def test_an_account_that_sees_half_of_the_records_deletes_nothing(engine: Engine, any_kobo: FakeKobo) -> None:
    run(engine, any_kobo)
    any_kobo.projects[INTAKE].hidden = {number_of(any_kobo, "root-1"), number_of(any_kobo, "root-2")}
    any_kobo.projects[INTAKE].history.clear()
    result = run(engine, any_kobo, NEXT_WEEK)
    assert result.deleted == 0
    assert "The account may not see all records" in result.notes[0]


@pytest.mark.parametrize(
    ("fault", "error"),
    [(status(500), ServerFailedError), (status(403), AccessError), (raising(requests.ReadTimeout()), ServerError)],
    ids=["always 500", "always 403", "never in time"],
)
def test_a_project_whose_records_the_server_never_gives_does_not_keep_the_others_from_being_read(
    fault: Fault, error: type[HealingError], engine: Engine, kobo: FakeKobo
) -> None:
    def of_attendance(request: requests.PreparedRequest) -> requests.Response | None:
        return fault(request) if f"/{ATTENDANCE}/data/" in str(request.url) else None

    kobo.faults = dict.fromkeys(range(1, 200), of_attendance)
    with pytest.raises(error):
        run(engine, kobo)
    of_intake = {record["meta/rootUuid"][5:] for record in kobo.projects[INTAKE].listed()}
    assert stored(engine).keys() == of_intake
    assert last_run(engine)[0] == "failed"


def test_a_project_that_is_gone_does_not_keep_the_others_from_being_read(engine: Engine, kobo: FakeKobo) -> None:
    run(engine, kobo)
    del kobo.projects[ATTENDANCE]
    kobo.add(INTAKE, intake(9), "root-9")
    with pytest.raises(MissingAssetError):
        run(engine, kobo, LATER)
    assert "root-9" in stored(engine)
    assert "session-0" in stored(engine)


def test_a_record_that_makes_no_sense_is_kept_and_stops_nothing(engine: Engine, kobo: FakeKobo) -> None:
    nonsense = {"about/birth_year": {"deep": ["\0", "\ud800", 1e300]}, "no_such_question": "x", "person": ["y"]}
    kobo.add(INTAKE, {**intake(9), **nonsense}, "root-9")
    kobo.add(INTAKE, {"_validation_status": "?"}, "root-10")
    kobo.add(INTAKE, intake(11), "root-11")
    result = run(engine, kobo)
    assert (result.new, result.problems > 0) == (11, True)
    assert stored(engine) == served(kobo)


def test_a_database_that_knows_no_form_says_what_to_do(kobo: FakeKobo) -> None:
    engine = empty_database()
    with engine.begin() as connection:
        connection.execute(deployment.delete())
    with pytest.raises(NeedsPersonError, match="no form deployed") as caught:
        run(engine, kobo)
    assert "healing deploy" in caught.value.advice


def test_sqlite_and_postgresql_end_in_the_same_state(engine: Engine, kobo: FakeKobo, current_postgres_url: str) -> None:
    other = new_database(current_postgres_url)
    for moment in (NOW, LATER, NEXT_WEEK):
        run(engine, kobo, moment)
        run(other, kobo, moment)
        kobo.edit(INTAKE, number_of(kobo, "root-4"), f"v{moment:%d%H%M}", **{"about/birth_year": f"19{moment:%d}"})
        kobo.delete(INTAKE, min(kobo.projects[INTAKE].records))
    assert differences(engine, other) == {}
    other.dispose()


def test_the_log_holds_no_answer_and_no_token(engine: Engine, kobo: FakeKobo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kobo.add(INTAKE, {**intake(9), "about/birth_year": "Sentinel", "unknown": "Sentinel"}, "root-9")
    run(engine, kobo)
    kobo.faults = {len(kobo.requests) + 2: html}
    with pytest.raises(HealingError) as caught:
        run(engine, kobo, LATER)
    for text in (caplog.text, str(caught.value)):
        assert "entinel" not in text and "0788000000" not in text


def test_nothing_is_known_of_a_person_before_the_first_run(engine: Engine) -> None:
    assert count(engine, client) == 0
