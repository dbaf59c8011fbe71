"""What identifies a record is told whatever it holds, and equal records always have one fingerprint."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.submission import fingerprint, missing_files, read_submission, root_uuid_of, to_text
from tests.connector.hostile_payloads import payloads

KEYS = frozenset({"photo", "children/photo", "children/pets/photo"})


def file(name: Any, **more: Any) -> dict[str, Any]:
    return {"media_file_basename": name, "is_deleted": False, **more}


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        ({}, 0),
        ({"photo": "a.png"}, 1),
        ({"photo": "a.png", "_attachments": [file("a.png")]}, 0),
        ({"photo": "a.png", "_attachments": [file("a.png", is_deleted=True)]}, 0),
        ({"photo": "my photo (1).png", "_attachments": [file("my_photo_1.png")]}, 0),
        ({"photo": "a.png", "_attachments": [file("b.png")]}, 1),
        ({"photo": "a.png", "other": "b.png"}, 1),
        ({"photo": " "}, 0),
        ({"photo": None, "_attachments": "x"}, 0),
        ({"children": [{"children/photo": "a.png"}, {"children/photo": "b.png"}], "_attachments": [file("a.png")]}, 1),
        ({"children": [{"children/pets": [{"children/pets/photo": "c.png"}]}]}, 1),
        ({"children": "x", "photo": ["a.png"]}, 0),
        ({"photo": "a.png", "_attachments": [file([]), file({}), None, 5]}, 1),
    ],
)
def test_an_answer_that_names_a_file_waits_until_the_file_is_there(record: dict[str, Any], missing: int) -> None:
    assert missing_files(record, KEYS) == missing


def test_a_form_without_pictures_waits_for_none() -> None:
    assert missing_files({"photo": "a.png"}, frozenset()) == 0


@pytest.mark.parametrize("value", ["x", "é", "\0", "\ud800", 2**64, 2**70, 1e300, -0.0, [{"b": 1, "a": [None]}], {}])
def test_the_order_of_keys_does_not_change_a_fingerprint_and_values_do(value: Any) -> None:
    record = {"_id": 1, "a": value, "z": {"y": 1, "x": 2}}
    turned = {"z": {"x": 2, "y": 1}, "a": value, "_id": 1}
    assert fingerprint(record) == fingerprint(turned) == fingerprint(json.loads(to_text(record)))
    assert fingerprint(record) != fingerprint({**record, "a": "other"})


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    record = {"b": "é\0", "a": [1, 1.5, None, True], "_id": 7}
    assert fingerprint(record) == "acf8266df60d4e29c645409951b127d25e19202d1f48a9c0516718e001c76c15"


texts = st.text(st.characters(exclude_categories=())) | st.sampled_from(["\ud800", "\0"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts, values, max_size=4))
def test_a_record_comes_back_whole_from_its_text(record: dict[str, Any]) -> None:
    text = to_text(record)
    assert json.loads(text) == record and fingerprint(json.loads(text)) == fingerprint(record)
    assert "\0" not in text and text.encode()


def test_the_keys_of_the_server_are_told_whatever_they_hold() -> None:
    for payload in payloads():
        found = read_submission({**payload.answers, "_id": 7})
        for text in (found.root_uuid, found.version_uuid, found.form_version, found.submitted_by):
            assert text is None or (len(text) <= 64 and "\0" not in text and text.encode() is not None), payload.name
        assert found.submitted_at is None or found.submitted_at.tzinfo is None


@pytest.mark.parametrize(
    ("record", "root"),
    [
        ({"meta/rootUuid": "uuid:a", "_uuid": "b"}, "a"),
        ({"meta/instanceID": "uuid:a", "_uuid": "b"}, "a"),
        ({"meta/rootUuid": 5, "meta/instanceID": "", "_uuid": "b"}, "b"),
        ({"meta/rootUuid": []}, "row-7"),
    ],
)
def test_a_record_always_has_an_identity(record: dict[str, Any], root: str) -> None:
    assert root_uuid_of({"_id": 7, **record}) == root


def test_two_long_identities_stay_two() -> None:
    first, second = (root_uuid_of({"_id": 7, "meta/rootUuid": "uuid:" + "x" * 200 + end}) for end in "ab")
    assert first != second and len(first) == len(second) == 64


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20T07:31:00", datetime(2026, 11, 20, 7, 31)),
        ("2026-11-20T09:31:00+02:00", datetime(2026, 11, 20, 7, 31)),
        ("1970-01-01T00:00:00", datetime(1970, 1, 1)),
        ("2099-01-01T00:00:00Z", datetime(2099, 1, 1)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("garbage", None),
        (5, None),
    ],
)
def test_the_time_of_submission_is_utc_or_unknown(text: Any, at: datetime | None) -> None:
    assert read_submission({"_id": 7, "_submission_time": text}).submitted_at == at
