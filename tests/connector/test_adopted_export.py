"""What is promised of files of adopted forms: every answer that is in the tables, in one order, and no name unasked."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection, Table, delete, insert, select, update

from connector.adopted import AdoptedProject
from connector.adopted_codebook import CHOICES
from connector.adopted_derive import drop_tables, rebuild_adopted
from connector.adopted_export import CODEBOOK, FOLDER, ensure_adopted, export_adopted
from connector.adopted_labels import asset_shape, catalogue
from connector.export import UNEXPORTED_COLUMNS, export_tables
from connector.precious_schema import adopted_asset
from connector.store import mark_deleted, store_page
from tests.connector.adopted_scenes import NOW, adopted, fresh_database
from tests.connector.light_project import light_answers, light_project
from tests.connector.made_adopted import MadeForm
from tests.connector.test_adopted_store import record

LANGUAGES = ["English (en)", "Français (fr)"]


def question(kind: str, name: str, *labels: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "$kuid": f"k-{name}", "label": list(labels), **more}


def choice(name: str, *labels: str, **more: Any) -> dict[str, Any]:
    return {"list_name": "how", "name": name, "$kuid": f"c-{name}", "label": list(labels), **more}


def form(*survey: Mapping[str, Any], choices: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    return {"translations": LANGUAGES, "survey": list(survey), "choices": list(choices)}


def _visit() -> list[tuple[str, dict[str, Any]]]:
    """Two versions of a form: a question that was removed, one renamed, a code that was changed, a word corrected."""
    pick = {"select_from_list_name": "how"}
    first = form(
        question("integer", "old_count", "How many?", "Combien ?"),
        question("select_one", "how", "How?", "Comment ?", **pick),
        question("integer", "gone", "Gone soon?", "Bientôt parti ?"),
        choices=(choice("1", "On foot", "À pied"), choice("by_bus", "Bus", "Bus"), choice("-99", "No word", "Rien")),
    )
    second = form(
        question("integer", "people", "How many?", "Combien ?", **{"$kuid": "k-old_count"}),
        question("select_one", "how", "How did you come?", "Comment ?", **pick),
        question("select_multiple", "also", "How else?", "Et aussi ?", **pick),
        question("geopoint", "place", "Where?", "Où ?"),
        question("text", "who", "Who?", "Qui ?"),
        question("begin_repeat", "child", "Child", "Enfant"),
        question("integer", "child_age", "Age", "Âge"),
        question("text", "child_name", "Name", "Nom"),
        {"type": "end_repeat"},
        choices=(
            choice("1", "Walking", "À pied"),
            choice("bus", "Bus", "Bus", **{"$kuid": "c-by_bus"}),
            choice("-99", "No word", "Rien"),
        ),
    )
    return [("v1", first), ("v2", second)]


def visit(connection: Connection, **settings: list[str]) -> AdoptedProject:
    return adopted(connection, _visit(), settings=settings)


def export(connection: Connection, folder: Path, with_identity: bool = False) -> dict[str, bytes]:
    """Write into `folder`, and return the content of every file of adopted forms, hidden ones too."""
    export_adopted(connection, folder, with_identity)
    return files(folder)


def files(folder: Path) -> dict[str, bytes]:
    place = folder / FOLDER
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())} if place.exists() else {}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def told(folder: Path, variable: str, name: str = CODEBOOK) -> dict[str, str]:
    """The row of a variable in the codebook."""
    [row] = [row for row in rows(folder, name) if row["variable"] == variable]
    return row


def test_records_and_rows_of_repeats_are_written_as_they_are_in_the_tables(
    any_current: Connection, tmp_path: Path
) -> None:
    project = light_project(any_current)
    store_page(any_current, project, [record(number, **light_answers(number)) for number in (12, 5)], NOW)
    assert export_adopted(any_current, tmp_path) == {"light": {"light": 2, "light_child": 2}}
    assert set(files(tmp_path)) == {"light.csv", "light_child.csv", CODEBOOK, CHOICES}
    assert [(row["server_id"], row["root_uuid"], row["age"]) for row in rows(tmp_path, "light.csv")] == [
        ("5", "r5", "5"),
        ("12", "r12", "12"),
    ]
    children = [(row["server_id"], row["position"], row["child_age"]) for row in rows(tmp_path, "light_child.csv")]
    assert children == [("5", "1", "0"), ("5", "2", "1")]


def test_rows_of_a_repeat_are_in_the_order_of_the_form(any_current: Connection, tmp_path: Path) -> None:
    project = light_project(any_current)
    children = [{"child/child_age": str(number)} for number in range(1, 13)]
    store_page(any_current, project, [record(number, child=children) for number in (11, 2)], NOW)
    export(any_current, tmp_path)
    found = [(int(row["server_id"]), int(row["position"])) for row in rows(tmp_path, "light_child.csv")]
    assert found == [(number, place) for number in (2, 11) for place in range(1, 13)]


@pytest.mark.parametrize("seed", range(6))
def test_every_value_of_any_form_is_in_its_file_and_the_bytes_are_always_the_same(
    any_current: Connection, tmp_path: Path, seed: int
) -> None:
    made = MadeForm(Random(seed))
    for _ in range(3):
        made.change()
    project = adopted(any_current, made.contents)
    store_page(any_current, project, [made.record(number) for number in range(1, 40)], NOW)
    before = export(any_current, tmp_path / "one", with_identity=True)
    codebook = [(row["table"], row["variable"]) for row in rows(tmp_path / "one", CODEBOOK)]
    assert codebook == [(table.name, name) for table in project.level.tables() for name in names(table)]
    for table in project.level.tables():
        written = rows(tmp_path / "one", f"{table.name}.csv")
        kept = [dict(row) for row in any_current.execute(select(table)).mappings()]
        assert len(written) == len(kept)
        for name in names(table):
            assert sum(row[name] != "" for row in written) == sum(row[name] not in (None, "") for row in kept)
    rebuild_adopted(any_current)
    assert export(any_current, tmp_path / "two", with_identity=True) == before


def test_both_databases_give_the_same_bytes(connection: Connection, any_current: Connection, tmp_path: Path) -> None:
    for each, folder in ((connection, "one"), (any_current, "two")):
        made = MadeForm(Random(7))
        made.change()
        project = adopted(each, made.contents)
        store_page(each, project, [made.record(number) for number in range(1, 40)], NOW)
        export(each, tmp_path / folder, with_identity=True)
    assert files(tmp_path / "one") == files(tmp_path / "two") != {}


def test_no_name_leaves_unless_asked_for_and_goes_at_the_next_export(any_current: Connection, tmp_path: Path) -> None:
    content = form(
        question("text", "who", "Who?", "Qui ?"),
        question("select_one", "cha", "Which CHA?", "Quel ASC ?", select_from_list_name="how"),
        question("geopoint", "place", "Where?", "Où ?"),
        question("image", "photo", "Photo", "Photo"),
        question("integer", "number", "How many?", "Combien ?"),
        question("begin_repeat", "child", "Child", "Enfant"),
        question("text", "child_name", "Name", "Nom"),
        {"type": "end_repeat"},
        choices=(choice("c1", "Canary cuwase", "Canary cuwase"),),
    )
    project = adopted(any_current, content, settings={"apart": ["cha"]})
    answers = {"who": "Canary auwase", "cha": "c1", "place": "-1.9876543 30.1234567 0 0", "photo": "canary.jpg"}
    children = [{"child/child_name": "Canary buwase"}]
    sent = [record(number, **answers, child=children, surprise="Canary duwase") for number in (1, 2)]
    store_page(any_current, project, sent, NOW)
    for _ in range(2):
        export_tables(any_current, tmp_path)
        everything = b"".join(export(any_current, tmp_path).values())
        everything += b"".join(path.read_bytes() for path in tmp_path.glob("*.csv"))
        assert b"visit,number" in everything
        assert not [word for word in (b"anary", b"1.98", b"30.12", b"Which CHA", b"_apart") if word in everything]
        export_tables(any_current, tmp_path, with_identity=True)
        named = export(any_current, tmp_path, with_identity=True)
        assert b"Canary auwase" in named["visit_apart.csv"] and b"-1.9876543" in named["visit_apart.csv"]
        assert b"Canary buwase" in named["visit_child_apart.csv"] and b"Canary cuwase" in named[CHOICES]


@pytest.mark.parametrize("lost", [True, False])
def test_names_go_also_where_the_list_of_the_earlier_export_is_lost(
    connection: Connection, tmp_path: Path, lost: bool
) -> None:
    store_page(connection, light_project(connection), [record(1, **light_answers(1))], NOW)
    export(connection, tmp_path, with_identity=True)
    (tmp_path / FOLDER / ".light_apart.csv.99.draft").write_text("Person 1")
    codebook = tmp_path / FOLDER / CODEBOOK
    codebook.unlink() if lost else codebook.write_bytes(b'\xff\xfe;\0broken"\r\n')
    assert set(export(connection, tmp_path)) == {"light.csv", "light_child.csv", CODEBOOK, CHOICES}


def test_files_of_a_form_that_was_let_go_are_removed_and_those_of_others_stay(
    connection: Connection, tmp_path: Path
) -> None:
    light_project(connection)
    visit(connection)
    export(connection, tmp_path, with_identity=True)
    (tmp_path / FOLDER / "my notes.csv").write_text("of the evaluator")
    let_go(connection, "light")
    assert {name for name in export(connection, tmp_path, with_identity=True) if name.startswith("light")} == set()
    assert {"visit.csv", "visit_apart.csv", "my notes.csv"} <= set(files(tmp_path))
    assert {row["table"].split("_")[0] for row in rows(tmp_path, CODEBOOK)} == {"visit"}
    let_go(connection, "visit")
    assert set(export(connection, tmp_path)) == {"my notes.csv"}
    (tmp_path / FOLDER / "my notes.csv").unlink()
    export(connection, tmp_path)
    assert not (tmp_path / FOLDER).exists()


def let_go(connection: Connection, name: str) -> None:
    """What `healing adopt --forget` does."""
    where = adopted_asset.c.table_name == name
    asset = connection.execute(select(adopted_asset).where(where)).one()
    drop_tables(connection, asset.asset_uid, name)
    connection.execute(delete(adopted_asset).where(where))


def test_a_table_that_the_form_no_longer_has_leaves_no_file(connection: Connection, tmp_path: Path) -> None:
    visit(connection, answers=["who", "child_name"])
    assert "visit_apart.csv" in export(connection, tmp_path, with_identity=True)
    let_go(connection, "visit")
    adopted(connection, [("v3", form(question("text", "who", "Who?", "Qui ?")))], "aAnother0000000000001")
    assert set(export(connection, tmp_path, with_identity=True)) == {"visit.csv", "visit_apart.csv", CODEBOOK, CHOICES}


def test_names_stay_apart_also_where_a_long_name_of_a_table_was_cut(connection: Connection, tmp_path: Path) -> None:
    name, repeat = "a_form_with_a_name_of_31_letters", "a_repeat_whose_name_is_long_too"
    survey = question("begin_repeat", repeat, "Child"), question("text", "who", "Who?"), {"type": "end_repeat"}
    project = adopted(connection, form(*survey), name=name[:31])
    store_page(connection, project, [record(1, **{repeat: [{f"{repeat}/who": "Canary auwase"}]})], NOW)
    assert b"Canary" in b"".join(export(connection, tmp_path, with_identity=True).values())
    found = export(connection, tmp_path)
    assert len(found) == 4 and b"Canary" not in b"".join(found.values())


def test_deleted_records_are_in_no_file_and_an_empty_table_has_its_header(
    any_current: Connection, tmp_path: Path
) -> None:
    project = light_project(any_current)
    store_page(any_current, project, [record(number, **light_answers(number)) for number in (4, 5)], NOW)
    mark_deleted(any_current, project, {"r5"}, NOW)
    export(any_current, tmp_path)
    assert [row["age"] for row in rows(tmp_path, "light.csv")] == ["4"]
    mark_deleted(any_current, project, {"r4"}, NOW)
    assert export(any_current, tmp_path)["light_child.csv"] == b"\xef\xbb\xbfserver_id,position,child_age\r\n"


def test_without_adopted_forms_there_is_no_folder(connection: Connection, tmp_path: Path) -> None:
    assert export_adopted(connection, tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_the_codebook_tells_words_codes_and_versions(connection: Connection, tmp_path: Path) -> None:
    visit(connection, answers=["place"])
    export(connection, tmp_path)
    how, people, gone, lat = (told(tmp_path, name) for name in ("how", "people", "gone", "place_lat"))
    assert how == {
        "table": "visit",
        "variable": "how",
        "type": "text",
        "label": "How did you come?",
        "codes": "1 = Walking | bus = Bus | -99 = No word | by_bus = Bus",
        "unit": "",
        "source": "visit",
        "question": "how",
        "kind": "select_one",
        "list_name": "how",
        "versions": "1 to 2",
        "earlier_names": "",
        "earlier_labels": "How? (version 1)",
        "label::English (en)": "How did you come?",
        "label::Français (fr)": "Comment ?",
    }
    assert (people["versions"], people["earlier_names"], people["type"]) == ("1 to 2", "old_count", "integer")
    assert (gone["versions"], gone["label::Français (fr)"]) == ("1", "Bientôt parti ?")
    assert (lat["label"], lat["unit"], lat["kind"], lat["versions"]) == (
        "Where? (latitude)",
        "degrees",
        "geopoint",
        "2",
    )
    assert told(tmp_path, "also")["type"] == "codes with spaces between"
    assert told(tmp_path, "child_age")["table"] == "visit_child"
    assert told(tmp_path, "form_version")["codes"] == "v1 = version 1 | v2 = version 2"
    assert told(tmp_path, "root_uuid")["label"] == "meta/rootUuid: one record for life"


def test_every_code_is_told_with_what_it_was_and_has_become(connection: Connection, tmp_path: Path) -> None:
    visit(connection)
    export(connection, tmp_path)
    codes = {row["code"]: row for row in rows(tmp_path, CHOICES) if row["variable"] == "how"}
    assert list(codes) == ["1", "bus", "-99", "by_bus"]
    assert (codes["1"]["label"], codes["1"]["earlier_labels"]) == ("Walking", "On foot (version 1)")
    assert (codes["1"]["label::Français (fr)"], codes["1"]["versions"]) == ("À pied", "1 to 2")
    assert (codes["by_bus"]["versions"], codes["by_bus"]["current_code"]) == ("1", "bus")


def test_a_list_too_long_for_a_cell_is_in_the_file_of_choices_alone(connection: Connection, tmp_path: Path) -> None:
    many = tuple(choice(f"c{number}", f"Cell {number}", "x" * 60) for number in range(3000))
    adopted(connection, form(question("select_one", "how", "How?", select_from_list_name="how"), choices=many))
    export(connection, tmp_path)
    assert told(tmp_path, "how")["codes"] == f"3000 codes, see {CHOICES}"
    assert [row["label"] for row in rows(tmp_path, CHOICES)] == [f"Cell {number}" for number in range(3000)]


def test_codes_are_written_as_they_are_and_formulas_are_not(connection: Connection, tmp_path: Path) -> None:
    project = visit(connection, answers=["who"])
    answers = {"how": "-99", "also": "1 bus -99", "who": "=1+1"}
    store_page(
        connection,
        project,
        [record(1, **answers), record(2, how="-1+1", who="-99"), record(3, how=f"-{'9' * 5000}")],
        NOW,
    )
    export(connection, tmp_path)
    first, second, third = rows(tmp_path, "visit.csv")
    assert (first["how"], first["also"], first["who"]) == ("-99", "1 bus -99", "'=1+1")
    assert (second["how"], second["who"]) == ("'-1+1", "'-99")
    assert third["how"] == f"'-{'9' * 5000}"


def test_what_was_told_in_private_leaves_in_no_file_of_a_copy_of_our_form(
    connection: Connection, tmp_path: Path
) -> None:
    pick = {"select_from_list_name": "how"}
    survey = [question("select_one", name, "Private?", **pick) for name in (*UNEXPORTED_COLUMNS, "other")]
    project = adopted(connection, form(*survey, choices=(choice("told_so", "Told so"),)))
    store_page(connection, project, [record(1, private_now="told_so", care_offer="told_so", other="told_so")], NOW)
    found = export(connection, tmp_path, with_identity=True)
    assert found["visit.csv"].count(b"told_so") == 1
    assert not [name for name, content in found.items() if b"private_now" in content or b"care_offer" in content]


def test_a_form_may_be_called_as_a_file_of_the_export(connection: Connection, tmp_path: Path) -> None:
    adopted(connection, form(question("integer", "number", "How many?")), name="codebook")
    export_tables(connection, tmp_path)
    ours = (tmp_path / "codebook.csv").read_bytes()
    found = export(connection, tmp_path)
    assert set(found) == {"codebook.csv", CODEBOOK, CHOICES} and b"number" in found["codebook.csv"]
    assert (tmp_path / "codebook.csv").read_bytes() == ours


def test_words_that_no_file_can_hold_are_written_all_the_same(connection: Connection, tmp_path: Path) -> None:
    pick = {"select_from_list_name": "how"}
    labels = ["=cmd|' /C calc'!A0", "half \ud800 and \0"]
    content = form(question("select_one", "how", *labels, **pick), choices=(choice("\ud800", *labels),))
    adopted(connection, {**content, "translations": ["=1+1", "\ud800"]})
    export(connection, tmp_path)
    row = told(tmp_path, "how")
    assert row["label"].startswith("'=cmd") and "half" in str(list(row.values()))


def test_pandas_and_the_csv_reader_read_the_same_and_repeats_join_their_records(
    any_current: Connection, tmp_path: Path
) -> None:
    project = visit(any_current, answers=["who"])
    children = [{"child/child_age": "7"}, {"child/child_age": "9"}]
    text = 'He said "no",\r\nthen; left é'
    sent = [record(1, people="3", how="bus", also="1 bus", who=text, child=children), record(2), record(3, how="1")]
    store_page(any_current, project, sent, NOW)
    export(any_current, tmp_path)
    visits, joined = (pd.read_csv(tmp_path / FOLDER / name) for name in ("visit.csv", "visit_child.csv"))
    assert (
        visits["server_id"].tolist() == [1, 2, 3] and visits["who"][0] == text == rows(tmp_path, "visit.csv")[0]["who"]
    )
    assert visits["people"].isna().tolist() == [False, True, True]
    assert visits["also"].str.get_dummies(" ").columns.tolist() == ["1", "bus"]
    merged = joined.merge(visits, on="server_id", how="left", validate="many_to_one")
    assert merged["root_uuid"].tolist() == ["r1", "r1"] and merged["child_age"].tolist() == [7, 9]
    for path in (tmp_path / FOLDER).glob("*.csv"):
        again = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        assert again.to_dict("records") == [dict(row) for row in rows(tmp_path, path.name)]


def test_a_large_table_is_never_held_as_a_whole(any_current: Connection, tmp_path: Path) -> None:
    project = light_project(any_current)
    [light, *_] = project.level.tables()

    def fill(numbers: range) -> None:
        made = [{"server_id": number, "root_uuid": f"r{number:060}", "age": number} for number in numbers]
        any_current.execute(insert(light), made)

    def peak() -> int:
        tracemalloc.start()
        export_adopted(any_current, tmp_path)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    fill(range(1, 4_001))
    peak()
    before = peak()
    fill(range(4_001, 16_001))
    assert peak() < before * 1.2
    assert len(rows(tmp_path, "light.csv")) == 16_000


@pytest.mark.parametrize("what", ["of another shape", "not there"])
def test_tables_that_are_not_as_this_program_makes_them_are_made_anew_first(tmp_path: Path, what: str) -> None:
    engine = fresh_database()
    with engine.begin() as connection:
        project = light_project(connection)
        store_page(connection, project, [record(1, **light_answers(1))], NOW)
        if what == "not there":
            for table in (*project.level.tables(), *catalogue.sorted_tables):
                table.drop(connection)
        else:
            connection.execute(delete(project.level.tables()[0]))
            connection.execute(update(asset_shape).values(fingerprint="of another version"))
    ensure_adopted(engine)
    with engine.connect() as connection:
        assert export_adopted(connection, tmp_path) == {"light": {"light": 1, "light_child": 1}}
    engine.dispose()
