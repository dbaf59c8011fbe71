"""Knows what is read of a form's versions: questions and lists, who may be named, and which question is which."""

from typing import Any

import pytest
from sqlalchemy import MetaData

from connector.adopted_content import Asked, Content, Option, read_content
from connector.adopted_kinds import is_number, may_name, widest
from connector.adopted_labels import current_codes
from connector.adopted_tables import COLUMNS_A_TABLE, LONGEST_NAME, Choices, build_level, clean_name
from connector.adopted_union import unite
from tests.connector.kobo_exchanges import recorded

Row = dict[str, Any]


def content(*rows: Row, choices: list[Row] | None = None, **more: Any) -> Content:
    """A version that asks these rows."""
    return read_content({"survey": list(rows), "choices": choices or [], **more})


def row(kind: str, name: str, **more: Any) -> Row:
    """A row of the survey sheet."""
    return {"type": kind, "name": name, **more}


def asked(found: Content) -> dict[str, Asked]:
    """The questions of a version by path."""
    return {each.path: each for each in found.questions}


def test_the_recorded_form_is_read_with_its_groups_repeats_lists_and_languages() -> None:
    found = read_content(recorded("projects", "version detail").body["content"])
    questions = asked(found)
    assert questions["head/head_age"].kind == "integer" and questions["head/head_age"].labels["Français (fr)"] == "Âge"
    assert questions["children/vaccines"].repeats == ("children",)
    assert questions["children/vaccines"].codes == frozenset({"bcg", "opv", "mcv"})
    assert [each.path for each in found.repeats] == ["children"]
    assert "thanks" not in questions and found.lists["yn"][0].labels == {"English (en)": "Yes", "Français (fr)": "Oui"}


def test_texts_places_files_look_ups_and_unknown_lists_may_name_a_person_and_the_rest_does_not() -> None:
    found = read_content(recorded("projects", "version detail").body["content"])
    named = {path for path, each in asked(found).items() if each.may_name}
    assert named == {
        *("username", "deviceid", "hh_id", "head/head_name", "members_present", "children/child_name"),
        *("children/child_photo", "first_member", "location", "photo"),
    }


@pytest.mark.parametrize(
    ("calculation", "names"),
    [
        ("count(${children})", False),
        ("string-length(${name})", False),
        ("round(${age}, 2)", False),
        ("round(${phone}, 2)", True),
        ("number(substring-before(${place}, ' '))", True),
        ("count(${children}) + ${phone}", True),
        ("12.5", False),
        ("${age} * 2", False),
        ("if(${age} > 3, 'old', 'young')", False),
        ("concat(${name}, ' ', ${age})", True),
        ("pulldata('people', 'name', 'code', ${age})", True),
        ("/data/name", True),
        ("int(${age}) + ${name}", True),
        ("${somewhere_else}", True),
    ],
)
def test_a_formula_may_name_what_it_uses(calculation: str, names: bool) -> None:
    assert may_name(calculation, frozenset({"age"})) is names


def test_a_formula_that_uses_a_formula_that_uses_a_name_may_name() -> None:
    rows = [row("text", "n"), row("calculate", "a", calculation="${b}"), row("calculate", "b", calculation="${n}")]
    rows += [
        row("integer", "i"),
        row("calculate", "c", calculation="${d} + 1"),
        row("calculate", "d", calculation="${i}"),
    ]
    named = {path for path, each in asked(content(*rows)).items() if each.may_name}
    assert named == {"n", "a", "b"}


def test_a_name_that_a_text_and_a_formula_share_may_name_in_both_places() -> None:
    inside = [row("begin_group", "g"), row("text", "who"), {"type": "end_group"}]
    found = content(*inside, row("calculate", "who", calculation="1 + 1"), row("calculate", "b", calculation="${who}"))
    assert {path for path, each in asked(found).items() if each.may_name} == {"g/who", "who", "b"}


def test_what_a_formula_writes_into_a_question_of_any_kind_may_name_as_the_formula_does() -> None:
    found = content(
        row("phonenumber", "phone"),
        row("integer", "a", calculation="number(${phone})"),
        row("calculate", "b", default="concat(${phone}, '')"),
        row("integer", "c", default="${phone}"),
        row("integer", "d", default="5"),
        row("integer", "h", default="pulldata('people', 'phone', 'code', '1')"),
        row("calculate", "e", calculation="${d} + 1"),
        row("calculate", "f"),
        row("calculate", "g", calculation=[{"@lookup": "phone"}]),
    )
    assert {path for path, each in asked(found).items() if each.may_name} == {"phone", *"abcfgh"}


def test_what_formulas_make_of_an_answer_that_a_person_wants_apart_is_kept_apart_too() -> None:
    rows = [row("integer", "phone"), row("calculate", "a", calculation="concat('+250', ${phone})")]
    rows += [row("calculate", name, calculation="${a}") for name in ("b", "c")]
    rows += [row("calculate", "d", calculation="string-length(${phone})")]
    union = unite([("v1", content(*rows))])
    level = build_level("visit", union, Choices(frozenset({"c"}), frozenset({"phone"})), MetaData())
    parts = {part.table.name: [each.path for each in part.variables] for part in level.parts}
    assert parts == {"visit": ["c", "d"], "visit_apart": ["phone", "a", "b"]}


def test_only_one_call_of_a_function_that_counts_or_rounds_is_a_number() -> None:
    assert is_number(" round((1 + ${a}) div 2, 1) ") and is_number("-3")
    assert not is_number("round(1) + ${a}") and not is_number("concat('1')")


def test_other_count_matrix_and_score_are_asked_as_the_server_asks_them() -> None:
    lines = [{"list_name": "things", "name": "car"}, {"list_name": "things", "name": "tv"}]
    lines += [{"list_name": "yn", "name": "yes"}]
    found = content(
        row("select_one", "so", select_from_list_name="yn", _or_other=True),
        row("begin_repeat", "child"),
        {"type": "end_repeat"},
        row("begin_kobomatrix", "m", **{"kobo--matrix_list": "things"}),
        row("integer", "many"),
        {"type": "end_kobomatrix"},
        row("begin_score", "sc", **{"kobo--score-choices": "yn"}),
        row("score__row", "food"),
        {"type": "end_score"},
        choices=lines,
    )
    questions = asked(found)
    assert {"so", "so_other", "child_count", "m_car/m_car_many", "m_tv/m_tv_many", "sc/food"} == set(questions)
    assert questions["so"].codes == frozenset({"yes", "other"}) and questions["sc/food"].codes == frozenset({"yes"})


def test_rows_that_make_no_sense_are_passed_over() -> None:
    found = read_content(
        {"survey": [None, 3, {"type": 3}, {"name": "a"}, {"type": "end_group"}, row("integer", "b")], "choices": "x"}
    )
    assert [each.name for each in found.questions] == ["a", "b"] and read_content({}).questions == ()


def test_a_question_is_recognised_by_its_kuid_whatever_its_name_and_group() -> None:
    old = content(row("begin_group", "g"), row("integer", "age", **{"$kuid": "k1"}), {"type": "end_group"})
    new = content(row("integer", "years", **{"$kuid": "k1"}))
    union = unite([("v1", old), ("v2", new)])
    (kept,) = union.questions
    assert (kept.key, kept.earlier_names) == ("years", ("age",))
    assert union.moves == {"v1": {"g/age": "years"}} and union.any_moves == {"g/age": "years"}


def test_two_questions_that_swapped_names_are_not_mixed_up() -> None:
    old = content(row("integer", "a", **{"$kuid": "k1"}), row("integer", "b", **{"$kuid": "k2"}))
    new = content(row("integer", "b", **{"$kuid": "k1"}), row("integer", "a", **{"$kuid": "k2"}))
    union = unite([("v1", old), ("v2", new)])
    assert union.moves == {"v1": {"a": "b", "b": "a"}} and len(union.questions) == 2 and union.any_moves == {}


def test_after_an_upload_that_renews_kuids_names_and_then_words_tell() -> None:
    old = content(row("integer", "a", label="Age?", **{"$kuid": "1"}), row("text", "b", label="Why?", **{"$kuid": "2"}))
    new = content(
        row("integer", "a", label="Years?", **{"$kuid": "3"}), row("text", "c", label="Why?", **{"$kuid": "4"})
    )
    union = unite([("v1", old), ("v2", new)])
    assert [(each.key, each.earlier_names) for each in union.questions] == [("a", ()), ("c", ("b",))]


def test_words_that_two_questions_share_tell_nothing() -> None:
    old = content(row("text", "a", label="Other"), row("text", "b", label="Other"))
    new = content(row("text", "c", label="Other"))
    assert len(unite([("v1", old), ("v2", new)]).questions) == 3


def test_a_group_that_becomes_a_repeat_keeps_both() -> None:
    inside = row("integer", "age", **{"$kuid": "k1"})
    old = content(row("begin_group", "g"), inside, {"type": "end_group"})
    new = content(row("begin_repeat", "g"), inside, {"type": "end_repeat"})
    union = unite([("v1", old), ("v2", new)])
    assert [(each.newest.path, each.inside is None) for each in union.questions] == [
        ("g_count", True),
        ("g/age", False),
        ("g/age", True),
    ]


@pytest.mark.parametrize(
    ("storages", "wide"),
    [
        (["integer"], "integer"),
        (["integer", "decimal"], "decimal"),
        (["code", "codes"], "codes"),
        (["integer", "code"], "text"),
        (["date", "datetime"], "text"),
        (["point", "text"], "text"),
    ],
)
def test_a_question_whose_kind_changed_gets_a_column_for_both(storages: list[str], wide: str) -> None:
    assert widest(storages) == wide


def test_a_code_that_was_changed_is_told_by_kuid_or_by_words() -> None:
    old = [Option("1", {"": "Yes"}, "k1"), Option("2", {"": "No"}, ""), Option("3", {"": "Gone"}, "k3")]
    new = [Option("yes", {"": "Yes!"}, "k1"), Option("no", {"": "No"}, "k9")]
    assert current_codes([new, old]) == {"yes": "yes", "no": "no", "1": "yes", "2": "no"}


@pytest.mark.parametrize(
    ("text", "name"),
    [("Age", "age"), ("  2 été-x ", "q_2_ete_x"), ("名前", "q"), ("a" * 70, None), ("order", "order"), ("a__b", "a_b")],
)
def test_a_name_is_one_that_both_databases_take(text: str, name: str | None) -> None:
    found = clean_name(text)
    assert found == name or (name is None and len(found) <= 57)
    assert clean_name(text, {found}) == f"{found}_2"


def test_what_is_kept_apart_is_told_by_the_ending_of_its_table() -> None:
    asked = [{"type": "text", "name": f"told_{number}"} for number in range(COLUMNS_A_TABLE + 1)]
    inside = [{"type": "begin_repeat", "name": "r" * 60}, {"type": "text", "name": "told"}, {"type": "end_repeat"}]
    union = unite([("v1", read_content({"survey": [*asked, *inside]}))])
    level = build_level("a_form_with_a_name_of_31_letters", union, Choices(), MetaData())
    tables = [
        (part.table.name, any(each.is_apart for each in part.variables)) for a in level.levels() for part in a.parts
    ]
    assert [is_apart for _, is_apart in tables] == [False, True, True, False, True]
    assert all(name.endswith("_apart") is is_apart and len(name) <= LONGEST_NAME for name, is_apart in tables), tables
