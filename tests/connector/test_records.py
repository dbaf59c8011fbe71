"""Knows how a record of any form becomes typed rows, and how what is wrong with it is told without telling answers."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData

from connector.problem import KINDS
from connector.records import RecordRows, StoredRecord, read_record, unreadable
from connector.schema import FORM_TABLES, build_form_tables
from forms.library import FORMS
from tests.connector.made_forms import HOUSEHOLD
from tests.connector.made_records import MOMENT, intake, report, visit

TABLES = build_form_tables(HOUSEHOLD, MetaData())
SECRET = "Sentinel 4711"


def read(record: dict[str, Any], form: Any = HOUSEHOLD) -> RecordRows:
    return read_record(form, StoredRecord("asset", "root", form.form_id, 7, record, MOMENT, "cha001", "v1", None))


def row_of(record: dict[str, Any]) -> dict[str, Any]:
    return read(record).tables["household"][0]


def problems_of(record: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(each.kind, each.path) for each in read(record).problems]


def test_answers_get_their_types() -> None:
    record = {
        "head/age": "34",
        "head/income": "12.5",
        "head/born_on": "1992-05-01",
        "head/up_at": "05:30:00.000+02:00",
        "start": "2026-11-22T09:00:00.000+03:00",
        "colour": "red",
        "half": "17",
        "random_digit": "0.3",
    }
    row = row_of(record)
    assert (row["age"], row["income"], row["born_on"]) == (34, 12.5, dt.date(1992, 5, 1))
    assert (row["up_at"], row["start"]) == (dt.time(5, 30), dt.datetime(2026, 11, 22, 6))
    assert (row["colour"], row["half"], row["random_digit"]) == ("red", 17.0, "0.3")


def test_a_row_says_which_record_and_version_it_is() -> None:
    row = row_of({})
    assert (row["root_uuid"], row["asset_uid"], row["server_id"]) == ("root", "asset", 7)
    assert (row["submitted_at"], row["submitted_by"], row["form_version"]) == (MOMENT, "cha001", "v1")


def test_an_absent_answer_is_null() -> None:
    row = row_of({})
    assert {row[name] for name in ("age", "income", "colour", "colours")} == {None}


def test_a_row_has_exactly_the_columns_of_its_table() -> None:
    tables = read({"child": [{"child/child_age": "1"}], "colours": "red"}).tables
    assert list(tables["household"][0]) == TABLES.record.columns.keys()
    for name in ("child", "colours"):
        assert set(tables[f"household_{name}"][0]) == set(TABLES.children[name].columns.keys())


def test_a_multiple_choice_is_one_text_and_a_row_for_each_choice() -> None:
    rows = read({"colours": "red blue red"})
    assert rows.tables["household"][0]["colours"] == "red blue"
    assert [row["choice"] for row in rows.tables["household_colours"]] == ["red", "blue"]


def test_repeats_become_rows_with_their_position() -> None:
    toys = [{"child/toy/toy_kind": "ball"}, {"child/toy/toy_kind": "drum"}]
    rows = read({"child": [{"child/child_age": "3"}, {"child/toy": toys, "child/child_colours": "red"}]})
    children = [(row["position"], row["child_age"]) for row in rows.tables["household_child"]]
    assert children == [("1", 3), ("2", None)]
    assert [(row["position"], row["toy_kind"]) for row in rows.tables["household_toy"]] == [
        ("2.1", "ball"),
        ("2.2", "drum"),
    ]
    assert rows.tables["household_child_colours"] == [{"root_uuid": "root", "position": "2", "choice": "red"}]


def test_identifying_answers_reach_no_row() -> None:
    record = {"head/head_name": SECRET, "place": "1 2 3 4", "child": [{"child/child_name": SECRET}]}
    assert SECRET not in repr(read(record))
    assert "1 2 3 4" not in repr(read(record))


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("colour", "green", "not_in_list"),
        ("colours", "red green", "not_in_list"),
        ("head/age", "thirty", "not_a_value"),
        ("head/age", "3.5", "not_a_value"),
        ("head/age", "9999999999", "not_a_value"),
        ("head/income", "nan", "not_a_value"),
        ("head/income", "1_000", "not_a_value"),
        ("head/born_on", "2026-13-01", "not_a_value"),
        ("head/born_on", "0202-05-01", "not_a_value"),
        ("head/up_at", "25:00", "not_a_value"),
        ("start", "9999-12-31T23:59:59.000+02:00", "not_a_value"),
        ("start", "2026-11-22", "not_a_value"),
        ("random_digit", "a\x00b", "not_a_value"),
        ("random_digit", "\ud800", "not_a_value"),
        ("colour", ["red"], "unexpected_shape"),
        ("child", "text", "unexpected_shape"),
        ("green", "x", "unknown_question"),
    ],
)
def test_what_cannot_be_is_a_problem_with_its_path(key: str, value: Any, kind: str) -> None:
    assert problems_of({key: value}) == [(kind, key)]


def test_a_wrong_value_counts_as_blank_and_the_rest_of_the_record_stays() -> None:
    row = row_of({"colour": "green", "colours": "green red", "head/age": "34", "half": "17"})
    assert (row["colour"], row["colours"], row["age"]) == (None, "red", 34)


def test_a_problem_inside_a_repeat_names_the_row() -> None:
    record = {"child": [{"child/child_age": "1"}, {"child/child_age": "x", "child/toy": [{"child/toy/y": "z"}]}]}
    assert problems_of(record) == [("not_a_value", "child/child_age[2]"), ("unknown_question", "child/toy/y[2.1]")]


def test_a_problem_never_holds_the_answer() -> None:
    wrong = {"colour": SECRET, "head/age": SECRET, "unknown": SECRET, "half": SECRET, "head/head_name": [SECRET]}
    rows = read(wrong)
    assert len(rows.problems) >= len(wrong)
    assert SECRET not in repr(rows.problems)


def test_a_path_that_no_database_could_store_is_made_printable() -> None:
    assert problems_of({"a\x00\ud800" + "x" * 300: "1"})[0][1] == ("a\\x00\\ud800" + "x" * 300)[:200]


def test_a_question_of_another_group_in_an_earlier_version_is_still_read() -> None:
    assert row_of({"earlier/age": "34"})["age"] == 34


def test_numbers_that_a_server_sends_as_numbers_are_read() -> None:
    row = row_of({"head/age": 34, "head/income": 2.5, "half": 17})
    assert (row["age"], row["income"], row["half"]) == (34, 2.5, 17.0)


def test_a_number_without_end_is_a_problem_like_another() -> None:
    assert problems_of({"head/age": 10**400}) == [("not_a_value", "head/age")]


def test_a_problem_keeps_its_id_when_the_record_is_read_again() -> None:
    first, second = read({"colour": "green"}), read({"colour": "pink"})
    assert first.problems[0].problem_id == second.problems[0].problem_id


def test_every_kind_of_problem_says_what_to_know() -> None:
    assert all(len(kind.text) > 30 and len(kind.code) <= 32 for kind in KINDS.values())


def test_a_record_that_cannot_be_read_is_one_problem() -> None:
    stored = StoredRecord("asset", "root", "household", 7, {})
    rows = unreadable(stored, "KeyError")
    assert [each.kind for each in rows.problems] == ["unreadable_record"]
    assert rows.tables == {}


KEYS = [*FORM_TABLES["intake"].record.columns.keys(), "about/sex", "interview/phq9/phq9_1", "interview", "a/b/c"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), json_values, max_size=8), st.sampled_from(list(FORMS))
)
def test_whatever_a_record_holds_it_can_be_read(record: dict[str, Any], form_id: str) -> None:
    rows = read(record, FORMS[form_id])
    assert len(rows.tables[form_id]) == 1
    assert all(each.root_uuid == "root" for each in rows.problems)


@pytest.mark.parametrize("stored", [intake(1, "4AC7-HK9X"), report(2, "G1", 3, ["A"]), visit(3, "4AC7-HK9X")])
def test_a_record_as_phones_make_it_has_no_problem_but_its_invented_code(stored: StoredRecord) -> None:
    kinds = {each.kind for each in read_record(FORMS[stored.form_id], stored).problems}
    assert kinds <= {"invalid_client_code"}


@pytest.mark.parametrize(
    ("form_id", "missing"),
    [
        ("intake", {"client_code"}),
        ("attendance", {"healing_group", "week", "session_date", "was_held"}),
        ("outcome", {"client_code", "wave", "contact_result"}),
    ],
)
def test_a_record_without_what_it_is_about_is_a_problem(form_id: str, missing: set[str]) -> None:
    problems = read({}, FORMS[form_id]).problems
    assert {each.path for each in problems if each.kind == "missing_answer"} == missing


def test_a_client_code_with_a_typing_error_is_a_problem_and_stays() -> None:
    rows = read_record(FORMS["intake"], intake(1, "4AC7-HK9X"))
    assert [each.path for each in rows.problems] == ["client_code"]
    assert rows.tables["intake"][0]["client_code"] == "4AC7-HK9X"


@pytest.mark.parametrize("code", ["G 1", "x" * 25, "é"])
def test_a_roster_answer_that_no_roster_could_hold_is_a_problem(code: str) -> None:
    rows = read_record(FORMS["attendance"], report(2, code, 3))
    assert [(each.kind, each.path) for each in rows.problems] == [
        ("not_in_list", "session/healing_group"),
        ("missing_answer", "healing_group"),
    ]
    assert rows.tables["attendance"][0]["healing_group"] is None


def test_answers_under_two_keys_give_each_row_once() -> None:
    record = {"colours": "red", "old_group/colours": "red blue", "child": [{"child/child_age": "3"}]}
    rows = read({**record, "old/child": [{"old/child/child_age": "4"}]})
    assert [row["choice"] for row in rows.tables["household_colours"]] == ["red", "blue"]
    assert [row["child_age"] for row in rows.tables["household_child"]] == [3]
    assert [(each.kind, each.path) for each in rows.problems] == [("unexpected_shape", "old/child")]
