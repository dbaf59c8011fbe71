"""Knows how a record of a changed form is called back, also in repeats, and that it is left as it was."""

import copy
from typing import Any

from connector.renamed_content import VersionMap
from connector.renamed_records import Unread, call_back

KEYS = {"a/new": "a/old", "child_2": "child", "child_2/years": "child/age", "list": "list"}
VERSION = VersionMap(KEYS, {"a/gone": "a/asked"}, {"list": {"x": "1", "y": None, "2": "2"}}, (), ())


def called_back(record: dict[str, Any]) -> tuple[dict[str, Any], list[Unread]]:
    before = copy.deepcopy(record)
    found = call_back(VERSION, record)
    assert record == before
    return found


def test_keys_are_called_back_and_those_of_the_server_stay() -> None:
    record = {"_id": 1, "a/new": "7", "meta/instanceID": "uuid:1", "__version__": "v2"}
    assert called_back(record)[0] == {"_id": 1, "a/old": "7", "meta/instanceID": "uuid:1", "__version__": "v2"}


def test_rows_of_a_renamed_repeat_are_called_back_with_it() -> None:
    record = {"child_2": [{"child_2/years": "5"}, {"child_2/years": "7", "a/gone": "x"}]}
    found, unread = called_back(record)
    assert found == {"child": [{"child/age": "5"}, {"child/age": "7"}]}
    assert unread == [Unread("a/gone[2]", "asked")]


def test_several_choices_are_called_back_one_by_one() -> None:
    found, unread = called_back({"list": "x y 2"})
    assert (found, unread) == ({"list": "1 2"}, [Unread("list", "list", is_code=True)])


def test_a_code_that_the_version_does_not_have_is_not_read() -> None:
    assert called_back({"list": "1"}) == ({}, [Unread("list", "list", is_code=True)])


def test_an_old_key_stays_unless_its_name_was_called_back() -> None:
    assert called_back({"a/old": "7"}) == ({"a/old": "7"}, [])
    assert called_back({"b/old": "8", "a/new": "7"}) == ({"a/old": "7"}, [Unread("b/old", "old")])
    assert called_back({"a/new": "7", "a/old": "8"}) == ({"a/old": "7"}, [Unread("a/old", "old")])


def test_what_has_another_shape_is_left_to_the_reader() -> None:
    assert called_back({"list": None, "a/new": {"x": 1}, "child_2": ["odd"]})[0] == {
        "list": None,
        "a/old": {"x": 1},
        "child": ["odd"],
    }
