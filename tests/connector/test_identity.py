"""Knows that a record can be parted into answers and identity, and that nothing is lost or left behind."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.identity import join_record, split_record
from forms.expression import Literal
from forms.form import Form, Question
from forms.library import FORMS
from tests.connector.made_forms import HOUSEHOLD, PLAIN

SECRET = "Uwase Sentinel"
RECORD = {
    "_id": 4,
    "head/head_name": SECRET,
    "head/age": "34",
    "place": "-1.9 30.1 0 0",
    "child": [
        {"child/child_name": SECRET, "child/child_age": "3"},
        {"child/child_age": "5", "child/toy": [{"child/toy/toy_kind": "ball", "child/toy/unknown": SECRET}]},
    ],
    "old_question": SECRET,
    "meta/instanceName": SECRET,
    "meta/rootUuid": "uuid:1",
    "_geolocation": [-1.9, 30.1],
    "formhub/uuid": "f",
    "__version__": "v",
}
KEYS = [
    "head/head_name",
    "head/age",
    "colour",
    "child",
    "child/toy",
    "place",
    "x",
    "_id",
    "_x",
    "meta/instanceID",
    "y/z",
]
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
children_keys = st.sampled_from(["child/child_name", "child/child_age", "child/toy", "child", "x", "_id"])
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(children_keys, inner, max_size=4),
    max_leaves=12,
)
records = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), json_values, max_size=8)


def identifying_keys(form: Form) -> list[tuple[str, str]]:
    return [
        (form.form_id, "/".join((*path, question.name))) for path, question in form.placed() if question.identifying
    ]


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def test_nothing_that_names_or_locates_stays_in_the_body() -> None:
    body, _ = split_record(HOUSEHOLD, RECORD)
    assert SECRET not in texts(body)
    assert "-1.9 30.1 0 0" not in texts(body)
    assert body["_geolocation"] is None


def test_other_answers_and_the_servers_keys_stay_in_the_body() -> None:
    body, _ = split_record(HOUSEHOLD, RECORD)
    kept = {key: body[key] for key in ("_id", "head/age", "meta/rootUuid", "formhub/uuid", "__version__")}
    assert kept == {key: RECORD[key] for key in kept}
    assert body["child"][0] == {"child/child_name": None, "child/child_age": "3"}
    assert body["child"][1]["child/toy"][0]["child/toy/toy_kind"] == "ball"


def test_the_order_of_the_keys_stays() -> None:
    body, _ = split_record(HOUSEHOLD, RECORD)
    assert list(body) == list(RECORD)


def test_identity_holds_only_what_was_taken_out() -> None:
    _, identity = split_record(HOUSEHOLD, RECORD)
    assert "head/age" not in identity
    assert identity["child"] == [
        {"child/child_name": SECRET},
        {"child/toy": [{"child/toy/unknown": SECRET}]},
    ]


def test_a_record_without_identity_has_an_empty_one() -> None:
    assert split_record(PLAIN, {"_id": 1, "answer": "x"}) == ({"_id": 1, "answer": "x"}, {})


def test_the_two_parts_make_the_record_again() -> None:
    joined = join_record(*split_record(HOUSEHOLD, RECORD))
    assert joined == RECORD
    assert list(joined) == list(RECORD)


@given(records)
def test_whatever_a_record_holds_it_comes_back_whole(record: dict[str, Any]) -> None:
    joined = join_record(*split_record(HOUSEHOLD, record))
    assert joined == record
    assert list(joined) == list(record)
    assert repr(joined) == repr(record)  # 1 and True and 1.0 are equal, and are not the same


def test_a_null_of_the_record_stays_a_null() -> None:
    record = {"head/head_name": None, "unknown": None}
    assert split_record(HOUSEHOLD, record) == (record, {})


@pytest.mark.parametrize("damaged", ["text", ["text"], [{"child/child_age": "1"}, "text"], {"a": "b"}])
def test_a_damaged_repeat_is_taken_out_whole(damaged: Any) -> None:
    assert split_record(HOUSEHOLD, {"child": damaged}) == ({"child": None}, {"child": damaged})


def test_an_answer_of_an_unexpected_shape_is_taken_out() -> None:
    assert split_record(HOUSEHOLD, {"colour": ["red"]}) == ({"colour": None}, {"colour": ["red"]})


def test_an_identifying_question_is_known_in_the_group_of_an_earlier_version() -> None:
    record = {"old_group/head_name": SECRET, "old_group/age": "34"}
    assert split_record(HOUSEHOLD, record)[0] == {"old_group/head_name": None, "old_group/age": "34"}


def test_the_instance_name_stays_where_it_names_nobody() -> None:
    body, identity = split_record(FORMS["attendance"], {"meta/instanceName": "G1 w3"})
    assert (body, identity) == ({"meta/instanceName": "G1 w3"}, {})


def test_a_usual_system_key_is_looked_at_where_a_question_has_its_name() -> None:
    asked = Form("made", "Made", (Question("uuid", "text", "?"),), Literal("x"))
    assert split_record(asked, {"formhub/uuid": [SECRET]}) == ({"formhub/uuid": None}, {"formhub/uuid": [SECRET]})
    assert split_record(PLAIN, {"formhub/uuid": ["f"], "_tags": ["t"]})[1] == {}


@pytest.mark.parametrize(("form_id", "key"), [pair for form in FORMS.values() for pair in identifying_keys(form)])
def test_every_identifying_question_of_the_programme_is_taken_out(form_id: str, key: str) -> None:
    assert split_record(FORMS[form_id], {key: SECRET}) == ({key: None}, {key: SECRET})


def test_parts_of_two_records_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the body"):
        join_record({"a": None}, {"b": "x"})
    with pytest.raises(ValueError, match="do not belong together"):
        join_record({"a": [{"b": None}]}, {"a": [{}, {"b": "x"}]})
