"""What storing a page of records promises, apart from where the records come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, update

from connector.identity import join_record
from connector.precious_schema import (
    submission,
    submission_identity,
    submission_version,
    submission_version_identity,
)
from connector.project import ProgrammeProject
from connector.store import Counts, mark_deleted, store_page
from connector.submission import attachments_of, fingerprint, read_submission, root_uuid_of, to_text
from forms.library import FORMS
from tests.connector.sync_scenes import INTAKE, NOW, dump, empty_database, intake

FORM = FORMS["intake"]


@pytest.fixture
def engine() -> Engine:
    return empty_database()


def record(
    answers: Mapping[str, Any] | None = None, *, number: int = 1, version: str = "v1", root: str = "root-1"
) -> dict[str, Any]:
    system = {"_id": number, "_uuid": version, "meta/rootUuid": f"uuid:{root}", "_validation_status": {}}
    return {**intake(1), **system, **(answers or {})}


def store(engine: Engine, *records: dict[str, Any], now: datetime = NOW) -> Counts:
    with engine.begin() as connection:
        return store_page(connection, ProgrammeProject(FORM, INTAKE), records, now)


def rows(engine: Engine, table: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(table)))


def test_the_name_of_a_person_is_not_in_the_body(engine: Engine) -> None:
    store(engine, record())
    (kept,), (apart,) = rows(engine, submission), rows(engine, submission_identity)
    assert "Sentinel1" not in kept.body and "0788000000" not in kept.body
    assert json.loads(apart.body) == {"person/short_name": "Sentinel1", "person/phone": "0788000000"}
    assert join_record(json.loads(kept.body), json.loads(apart.body)) == record()


def test_an_edited_name_leaves_the_earlier_one_with_the_earlier_version(engine: Engine) -> None:
    store(engine, record())
    assert store(engine, record({"person/short_name": "Other"}, version="v2")) == Counts(edited=1)
    (version,), (apart,) = rows(engine, submission_version), rows(engine, submission_version_identity)
    assert version.version_uuid == "v1"
    assert join_record(json.loads(version.body), json.loads(apart.body)) == record()
    assert json.loads(rows(engine, submission_identity)[0].body)["person/short_name"] == "Other"


def test_a_record_edited_there_and_back_keeps_each_content_once(engine: Engine) -> None:
    for year in ("1970", "1971", "1970", "1971"):
        store(engine, record({"about/birth_year": year}))
    assert len(rows(engine, submission_version)) == 2
    assert len(rows(engine, submission)) == 1


def test_a_record_whose_keys_come_in_another_order_is_unchanged(engine: Engine) -> None:
    store(engine, record())
    assert store(engine, dict(reversed(record().items()))) == Counts(unchanged=1)


def test_a_record_stored_with_the_fingerprint_of_an_earlier_version_is_unchanged(engine: Engine) -> None:
    store(engine, record())
    with engine.begin() as connection:
        connection.execute(update(submission).values(body_hash=fingerprint(record())))
    assert store(engine, record()) == Counts(unchanged=1)
    assert store(engine, record({"about/birth_year": "1971"}, version="v2")) == Counts(edited=1)
    assert len(rows(engine, submission_version)) == 1


def test_the_first_time_seen_stays_over_edits(engine: Engine) -> None:
    store(engine, record())
    store(engine, record(version="v2"), now=NOW.replace(year=2027))
    assert rows(engine, submission)[0].first_seen_at == NOW


def test_of_two_rows_with_one_identity_the_later_counts(engine: Engine) -> None:
    assert store(engine, record(number=7, version="late"), record(number=3, version="early")) == Counts(new=1)
    assert rows(engine, submission)[0].server_id == 7


def test_the_same_record_in_two_projects_is_two_rows(engine: Engine) -> None:
    store(engine, record())
    with engine.begin() as connection:
        store_page(connection, ProgrammeProject(FORM, "another"), [record()], NOW)
    assert len(rows(engine, submission)) == 2


def test_marking_twice_or_marking_the_unknown_counts_nothing(engine: Engine) -> None:
    store(engine, record())
    with engine.begin() as connection:
        assert mark_deleted(connection, ProgrammeProject(FORM, INTAKE), ["root-1", "root-1", "nobody"], NOW) == 1
        assert mark_deleted(connection, ProgrammeProject(FORM, INTAKE), ["root-1"], NOW) == 0


def test_a_record_marked_by_mistake_comes_back_without_an_earlier_version(engine: Engine) -> None:
    store(engine, record())
    before = dump(engine)
    with engine.begin() as connection:
        mark_deleted(connection, ProgrammeProject(FORM, INTAKE), ["root-1"], NOW)
    assert store(engine, record()) == Counts(new=1)
    assert dump(engine) == before


def test_a_page_that_fails_leaves_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(submission_identity).values(asset_uid=INTAKE, root_uuid="root-2", body="{}"))
    before = dump(engine)
    with pytest.raises(Exception, match="refuses a statement"):
        store(engine, record(), record(number=2, root="root-2"))
    assert dump(engine) == before


@pytest.mark.parametrize(
    ("keys", "root"),
    [
        ({"meta/rootUuid": "uuid:a"}, "a"),
        ({"meta/rootUuid": "a"}, "a"),
        ({"meta/instanceID": "uuid:b", "_uuid": "c"}, "b"),
        ({"_uuid": "c"}, "c"),
        ({"meta/rootUuid": None, "_uuid": 3}, "row-5"),
    ],
)
def test_a_record_has_an_identity_whatever_it_lacks(keys: dict[str, Any], root: str) -> None:
    assert root_uuid_of({"_id": 5, **keys}) == root


def test_a_long_identity_is_shortened_without_becoming_another() -> None:
    first, second = (root_uuid_of({"_id": 1, "_uuid": "x" * 100 + end}) for end in "ab")
    assert len(first) == len(second) == 64
    assert first != second


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"_id": 1, "a": "x"}) == fingerprint({"a": "x", "_id": 1}) != fingerprint({"a": "y", "_id": 1})


def test_a_deleted_file_makes_another_set_of_files() -> None:
    files = [{"uid": "b"}, {"uid": "a", "is_deleted": True}, "damaged"]
    assert attachments_of({"_attachments": files}) == (("a", True), ("b", False))
    assert attachments_of({"_attachments": "damaged"}) == attachments_of({}) == ()


def test_a_status_or_time_that_makes_no_sense_is_left_out() -> None:
    read = read_submission({"_id": 1, "_validation_status": [], "_submission_time": 5, "_submitted_by": {"a": 1}})
    assert (read.validation_status, read.submitted_at, read.submitted_by) == (None, None, None)


def test_a_time_with_a_zone_is_kept_in_utc() -> None:
    read = read_submission({"_id": 1, "_submission_time": "2026-11-23T10:00:00+02:00"})
    assert read.submitted_at == datetime(2026, 11, 23, 8)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from(["about/sex", "about/birth_year", "person", "client_code", "phq9_9", "_attachments", "new"])


@settings(max_examples=40)
@given(answers=st.dictionaries(KEYS, JSON, max_size=6))
def test_any_record_is_kept_exactly_and_stops_nothing(answers: dict[str, Any]) -> None:
    engine = empty_database()
    served = record(answers)
    assert store(engine, served, record(number=2, root="root-2")) == Counts(new=2)
    kept = next(row for row in rows(engine, submission) if row.root_uuid == "root-1")
    apart = {row.root_uuid: row.body for row in rows(engine, submission_identity)}
    assert to_text(join_record(json.loads(kept.body), json.loads(apart.get("root-1", "{}")))) == to_text(served)


@dataclass(frozen=True, slots=True)
class WithPhotos(ProgrammeProject):
    """The intake form as if it asked for a photo."""

    @property
    def media_keys(self) -> frozenset[str]:
        return frozenset({"person/photo"})


def test_a_record_waits_for_files_until_they_are_there(engine: Engine) -> None:
    project, asked = WithPhotos(FORM, INTAKE), {"person/photo": "1.jpg", "_attachments": list[Any]()}
    late = [{"uid": "att1", "media_file_basename": "1.jpg", "is_deleted": False}]
    found = []
    for answers in (asked, asked | {"_attachments": late}):
        with engine.begin() as connection:
            store_page(connection, project, [record(answers)], NOW)
        found += [(row.awaits_files, row.files_hash is None) for row in rows(engine, submission)]
    assert found == [(1, True), (0, False)]


def test_the_programme_asks_for_no_file() -> None:
    assert all(ProgrammeProject(form, "asset").media_keys == frozenset() for form in FORMS.values())


def test_derived_rows_are_told_which_row_they_replace(engine: Engine) -> None:
    """A record that is deleted and sent again has another number; nothing made of the first may stay."""
    told: list[tuple[int, int | None]] = []

    class Telling(ProgrammeProject):
        def derive(self, connection: Any, changed: Any, removed: Any) -> None:
            told.extend((each.server_id, each.replaces) for each in changed)

    for number, version in ((5, "v1"), (5, "v2"), (9, "v2")):
        with engine.begin() as connection:
            store_page(connection, Telling(FORM, INTAKE), [record(number=number, version=version)], NOW)
    assert told == [(5, None), (5, 5), (9, 5)]
