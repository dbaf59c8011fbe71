"""Knows that a form changed on the website loses no answer, score or alert, and that nothing is read on a guess."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select

from connector import fact_schema as fact
from connector.derive import rebuild, reread
from connector.precious_schema import asset_version, form_version
from connector.project import ProgrammeProject
from connector.records import StoredRecord
from connector.renamed_problems import refresh_project_problems
from connector.renamed_versions import changed_layouts
from connector.sandbox.server.content import standardise
from connector.schema import derived
from connector.submission import read_submission
from forms.library import FORMS
from tests.connector.derived_database import ANA, BEA, empty_database
from tests.connector.made_records import MOMENT, dump, in_distress, intake, keep, register, report, rows
from tests.connector.made_renames import (
    Content,
    changed,
    choice,
    move_into,
    own_list,
    published,
    remove,
    rename,
    reword,
    row,
    text,
)

Change = Callable[[Content], Any]
SAFETY = {"safety_answer_unread", "safety_question_lost"}


@pytest.fixture
def connection(any_current: Connection) -> Connection:
    """A database with a registry of two healing groups."""
    register(any_current)
    return any_current


def publish(connection: Connection, form_id: str, version: str = "v1") -> None:
    """A version of a form of ours was deployed here."""
    about = {"form_id": form_id, "asset_uid": f"asset-{form_id}", "workbook_hash": "0" * 64}
    connection.execute(insert(form_version).values(version_uid=version, deployed_at=MOMENT, **about))


def keep_content(connection: Connection, form_id: str, number: int, content: Content) -> None:
    """The server has told what a version asks; the first one is ours."""
    uid = {"asset_uid": f"asset-{form_id}", "version_uid": f"v{number}"}
    values = {**uid, "number": number, "content": text(content), "fetched_at": MOMENT}
    connection.execute(insert(asset_version).values(values))


def change_form(connection: Connection, form_id: str, *changes: Change) -> Content:
    """Somebody changed our form on the website, and it is known how; return what it became."""
    content = changed(form_id, *changes)
    publish(connection, form_id)
    keep_content(connection, form_id, 1, published(form_id))
    keep_content(connection, form_id, 2, content)
    refresh_project_problems(connection)
    return content


def sent(record: StoredRecord, version: str = "v2", **keys: str) -> StoredRecord:
    """A record as the changed form sends it: `keys` are new names, or whole keys, of questions; "" drops one."""
    answers: dict[str, Any] = {}
    for key, value in record.record.items():
        group, _, name = key.rpartition("/")
        new = keys.get(name, name)
        if new:
            answers[new if "/" in new else f"{group}/{new}" if group else new] = value
    return replace(record, record={**answers, "__version__": version}, form_version=version)


def answering(record: StoredRecord, **answers: str) -> StoredRecord:
    """The record with other codes, as a phone sends them that has the changed form."""
    told = {
        key: answers.get(key.rpartition("/")[2], value) if isinstance(value, str) else value
        for key, value in record.record.items()
    }
    return replace(record, record=told)


def kinds(connection: Connection) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in rows(connection, fact.problem):
        found[each["kind"]] = found.get(each["kind"], 0) + 1
    return found


def scores(connection: Connection) -> dict[str, Any]:
    return {each["instrument"]: each["score"] for each in rows(connection, fact.assessment)}


def is_rebuilt_alike(connection: Connection) -> bool:
    before = dump(connection)
    rebuild(connection)
    return dump(connection) == before


def unchanged(record: StoredRecord) -> tuple[dict[str, Any], list[str]]:
    """(scores, alerts) of a record that nobody's changes concern."""
    with empty_database() as opened:
        register(opened)
        keep(opened, record)
        return scores(opened), [each["level"] for each in rows(opened, fact.alert)]


def test_item_9_under_another_name_raises_its_alert(connection: Connection) -> None:
    change_form(connection, "intake", lambda form: rename(form, "phq9_9", "own_life"))
    record = intake(1, ANA, phq9_9="2")
    keep(connection, sent(record, phq9_9="own_life"))
    assert (scores(connection), [each["level"] for each in rows(connection, fact.alert)]) == unchanged(record)
    assert rows(connection, fact.alert) != []
    assert rows(connection, derived.tables["intake"])[0]["phq9_9"] == "2"
    assert rows(connection, derived.tables["intake"])[0]["form_version"] == "v2"
    [told] = rows(connection, fact.problem)
    assert (told["kind"], told["path"]) == ("renamed_question", "interview/phq9/own_life")
    assert "phq9_9" in told["message"]
    assert "v2" in told["message"]
    assert is_rebuilt_alike(connection)


@pytest.mark.parametrize("form_id", ["intake", "attendance"])
def test_every_question_may_be_renamed_at_once(connection: Connection, form_id: str) -> None:
    person = in_distress(1, ANA, "ynyn", actions="stayed_with")
    record = report(2, "G1", 1, [ANA], **person) if form_id == "attendance" else intake(2, ANA, phq9_9="3")
    keep(connection, intake(1, BEA), record)
    expected = dump(connection)
    names = {key.rpartition("/")[2] for key in record.record if not key.startswith(("_", "meta/"))}
    new = {name: f"x{number}" for number, name in enumerate(sorted(names))}

    def change(form: Content) -> None:
        for name, other in new.items():
            rename(form, name, other)

    change_form(connection, form_id, change)
    keep(connection, sent(record, **new))
    found = dump(connection)
    for table in ("alert", "assessment", "client", "membership", "session", "attendance_mark", "client_identity"):
        assert found.get(table) == expected.get(table), table
    assert not SAFETY & set(kinds(connection))
    assert is_rebuilt_alike(connection)


def test_a_changed_code_counts_as_the_code_that_it_was(connection: Connection) -> None:
    def change(form: Content) -> None:
        own_list(form, "phq9_9")
        for code in "3210":
            choice(form, "phq9_9", code)["name"] = str(int(code) + 1)

    change_form(connection, "intake", change)
    record = intake(1, ANA, phq9_9="2")
    keep(connection, answering(sent(record), phq9_9="3"))
    assert (scores(connection), [each["level"] for each in rows(connection, fact.alert)]) == unchanged(record)
    assert kinds(connection) == {"recoded_choices": 1}
    assert is_rebuilt_alike(connection)


def test_a_question_that_moved_is_read_where_it_is(connection: Connection) -> None:
    change_form(connection, "intake", lambda form: move_into(form, "phq9_9", "gad7"))
    record = intake(1, ANA, phq9_9="2")
    keep(connection, sent(record, phq9_9="interview/gad7/phq9_9"))
    assert (scores(connection), [each["level"] for each in rows(connection, fact.alert)]) == unchanged(record)
    assert kinds(connection) == {"renamed_question": 1}


def test_item_9_with_other_name_and_words_counts_as_blank_and_everybody_is_told(connection: Connection) -> None:
    def change(form: Content) -> None:
        rename(form, "phq9_9", "own_life")
        reword(row(form, "own_life"), "How often do you go out?")

    change_form(connection, "intake", change)
    keep(connection, sent(intake(1, ANA, phq9_9="2"), phq9_9="own_life"))
    assert rows(connection, fact.alert) == []
    assert rows(connection, derived.tables["intake"])[0]["phq9_9"] is None
    found = rows(connection, fact.problem)
    assert {"safety_answer_unread", "safety_question_lost"} <= {each["kind"] for each in found}
    [told] = [each for each in found if each["kind"] == "safety_answer_unread"]
    assert (told["root_uuid"], told["path"]) == ("root-1", "interview/phq9/own_life")
    assert is_rebuilt_alike(connection)


def test_a_new_question_under_the_name_of_item_9_is_not_item_9(connection: Connection) -> None:
    def change(form: Content) -> None:
        rename(form, "phq9_9", "own_life")
        new = {"type": "text", "name": "phq9_9", "label": ["Name of a neighbour"], "$kuid": "new"}
        form["survey"].insert(form["survey"].index(row(form, "own_life")), new)

    change_form(connection, "intake", change)
    record = sent(intake(1, ANA, phq9_9="2"), phq9_9="own_life")
    keep(connection, replace(record, record={**record.record, "interview/phq9/phq9_9": "1"}))
    assert rows(connection, derived.tables["intake"])[0]["phq9_9"] == "2"
    assert [each["level"] for each in rows(connection, fact.alert)] == ["moderate"]
    assert is_rebuilt_alike(connection)


def test_a_choice_that_nobody_can_tell_raises_no_alert_and_says_so(connection: Connection) -> None:
    def change(form: Content) -> None:
        own_list(form, "phq9_9")
        choice(form, "phq9_9", "2")["name"] = "often"
        reword(choice(form, "phq9_9", "often"), "Sometimes")

    change_form(connection, "intake", change)
    keep(connection, answering(sent(intake(1, ANA, phq9_9="2")), phq9_9="often"))
    assert rows(connection, fact.alert) == []
    assert kinds(connection)["safety_answer_unread"] == 1


def test_a_safety_question_that_is_asked_no_more_is_told_before_any_record_comes(connection: Connection) -> None:
    change_form(connection, "intake", lambda form: remove(form, "phq9_9"))
    assert kinds(connection) == {"safety_question_lost": 1}


def test_other_questions_that_are_lost_are_told_otherwise(connection: Connection) -> None:
    def change(form: Content) -> None:
        rename(form, "gad7_1", "worry")
        reword(row(form, "worry"), "Something else")

    change_form(connection, "intake", change)
    keep(connection, sent(intake(1, ANA), gad7_1="worry"))
    assert {kind: kinds(connection)[kind] for kind in ("changed_question", "question_lost")} == {
        "changed_question": 1,
        "question_lost": 1,
    }
    assert not SAFETY & set(kinds(connection))


def test_what_is_told_of_a_form_ends_when_ours_is_published_again(connection: Connection) -> None:
    change_form(connection, "intake", lambda form: rename(form, "phq9_9", "own_life"))
    keep(connection, sent(intake(1, ANA, phq9_9="2"), phq9_9="own_life"))
    publish(connection, "intake", "v3")
    refresh_project_problems(connection)
    assert kinds(connection) == {}
    assert [each["level"] for each in rows(connection, fact.alert)] == ["moderate"]
    assert is_rebuilt_alike(connection)


def test_a_record_of_a_version_that_nobody_knows_says_so(connection: Connection) -> None:
    publish(connection, "intake")
    keep(connection, sent(intake(1, ANA, phq9_9="2"), version="v9"))
    assert kinds(connection) == {"unknown_version": 1}
    assert [each["level"] for each in rows(connection, fact.alert)] == ["moderate"]


def test_a_record_of_ours_is_read_as_ever(connection: Connection) -> None:
    change_form(connection, "intake", lambda form: rename(form, "phq9_9", "own_life"))
    keep(connection, intake(1, ANA, phq9_9="2"))
    assert kinds(connection) == {"renamed_question": 1}
    assert rows(connection, derived.tables["intake"])[0]["phq9_9"] == "2"


def test_records_that_came_first_are_read_anew_when_their_version_is_known(connection: Connection) -> None:
    publish(connection, "intake")
    record = sent(intake(1, ANA, phq9_9="2"), phq9_9="own_life")
    keep(connection, record)
    assert {"unknown_version", "unknown_question"} <= set(kinds(connection))
    assert rows(connection, fact.alert) == []
    connection.execute(delete(form_version))
    change_form(connection, "intake", lambda form: rename(form, "phq9_9", "own_life"))
    reread(connection, ["root-1"])
    assert kinds(connection) == {"renamed_question": 1}
    assert [each["level"] for each in rows(connection, fact.alert)] == ["moderate"]
    assert is_rebuilt_alike(connection)


def test_a_record_of_ours_is_not_of_an_adopted_form(connection: Connection) -> None:
    change_form(connection, "intake", lambda form: rename(form, "phq9_9", "own_life"))
    keep(connection, sent(intake(1, ANA), phq9_9="own_life"))
    rebuild(connection)
    assert [each["root_uuid"] for each in rows(connection, derived.tables["intake"])] == ["root-1"]


def test_names_that_were_swapped_keep_a_person_s_name_apart(connection: Connection) -> None:
    def change(form: Content) -> None:
        rename(form, "short_name", "aside")
        rename(form, "sex", "short_name")
        rename(form, "aside", "sex")

    change_form(connection, "intake", change)
    layouts = changed_layouts(connection, FORMS["intake"], "asset-intake")
    project = ProgrammeProject(FORMS["intake"], "asset-intake", layouts)
    record = sent(intake(1, ANA), sex="short_name", short_name="sex")
    body, identity, _ = project.part(record.record, read_submission(record.record))
    assert f"Name {ANA}" not in str(body)
    assert f"Name {ANA}" in str(identity)
    assert body["about/short_name"] == "female"


def test_what_is_not_understood_is_kept_apart(connection: Connection) -> None:
    def change(form: Content) -> None:
        rename(form, "sex", "gender")
        reword(row(form, "gender"), "Her name")

    change_form(connection, "intake", change)
    layouts = changed_layouts(connection, FORMS["intake"], "asset-intake")
    project = ProgrammeProject(FORMS["intake"], "asset-intake", layouts)
    record = sent(intake(1, ANA), sex="gender").record
    body, identity, _ = project.part(record, read_submission(record))
    assert body["about/gender"] is None
    assert identity["about/gender"] == "female"


def test_a_new_question_is_kept_apart_though_one_of_ours_has_its_name(connection: Connection) -> None:
    def change(form: Content) -> None:
        asked = {"type": "text", "name": "sex", "$kuid": "new", "label": ["Who else lives there?"]}
        form["survey"] += [{"type": "begin_group", "name": "more", "$kuid": "more"}, asked, {"type": "end_group"}]

    change_form(connection, "intake", change)
    layouts = changed_layouts(connection, FORMS["intake"], "asset-intake")
    project = ProgrammeProject(FORMS["intake"], "asset-intake", layouts)
    record = {**sent(intake(1, ANA)).record, "more/sex": "Sentinel"}
    body, identity, _ = project.part(record, read_submission(record))
    assert (body["about/sex"], body["more/sex"], identity["more/sex"]) == ("female", None, "Sentinel")


def test_a_problem_holds_no_answer(connection: Connection) -> None:
    def change(form: Content) -> None:
        own_list(form, "phq9_9")
        choice(form, "phq9_9", "2")["name"] = "sentinel"
        reword(choice(form, "phq9_9", "sentinel"), "Sentinel")

    change_form(connection, "intake", change)
    keep(connection, answering(sent(intake(1, ANA, phq9_9="2")), phq9_9="sentinel"))
    assert "sentinel" not in str(connection.execute(select(fact.problem)).all()).lower()


def test_a_younger_database_compares_with_the_version_that_asks_what_its_own_does(connection: Connection) -> None:
    publish(connection, "intake", "v3")
    keep_content(connection, "intake", 1, published("intake"))
    keep_content(connection, "intake", 2, changed("intake", lambda form: rename(form, "phq9_9", "own_life")))
    keep_content(connection, "intake", 3, with_new_marks(published("intake")))
    keep(connection, sent(intake(1, ANA, phq9_9="2"), phq9_9="own_life"))
    assert [each["level"] for each in rows(connection, fact.alert)] == ["moderate"]
    assert kinds(connection) == {}


def test_item_9_that_nobody_recognises_among_new_questions_is_told(connection: Connection) -> None:
    publish(connection, "intake")
    keep_content(connection, "intake", 1, published("intake"))
    renamed = changed("intake", lambda form: rename(form, "phq9_9", "own_life"))
    keep_content(connection, "intake", 2, with_new_marks(renamed))
    keep(connection, sent(intake(1, ANA, phq9_9="2"), phq9_9="own_life"))
    assert {"safety_answer_unread": 1, "unknown_question": 1}.items() <= kinds(connection).items()


def with_new_marks(content: Content) -> Content:
    """The content as it is after somebody downloaded the workbook and uploaded it again."""
    for each in (*content["survey"], *content["choices"]):
        del each["$kuid"]
    return standardise(content)


def test_unknown_answers_of_a_version_that_nobody_knows_may_hide_safety(connection: Connection) -> None:
    publish(connection, "intake")
    keep(connection, sent(intake(1, ANA, phq9_9="2"), version="v9", phq9_9="own_life"))
    assert {"unknown_version": 1, "safety_answer_unsure": 1}.items() <= kinds(connection).items()
