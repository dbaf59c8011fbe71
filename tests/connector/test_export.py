"""Knows what an export holds, that it is the same each time, and that a spreadsheet cannot be tricked by it."""

import csv
import datetime as dt
import io
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from connector.codebook import codebook_rows
from connector.derive import rebuild
from connector.export import UNEXPORTED_COLUMNS, codebook_csv, export_tables, exported_tables, table_csv
from connector.export_csv import cell, write_csv, write_csv_file
from connector.schema import derived
from forms.library import FORMS, INSTRUMENTS
from tests.connector.derived_database import ANA, BEA, empty_database
from tests.connector.made_records import intake, keep, register, report, visit


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database with a few records."""
    with empty_database() as opened:
        register(opened)
        records = [intake(2, BEA, short_name="=1+1"), intake(1, ANA, short_name="Sentinel", phone="+250788000000")]
        keep(opened, *records, report(3, "G1", 1, [ANA, BEA]), visit(4, ANA))
        yield opened


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_every_derived_table_and_the_codebook_are_written(connection: Connection, tmp_path: Path) -> None:
    counts = export_tables(connection, tmp_path / "new" / "folder")
    written = {path.stem for path in (tmp_path / "new" / "folder").iterdir()}
    assert written == {*derived.tables, "codebook"} - {"client_identity", "person_block"}
    assert (counts["client"], counts["session"]) == (2, 32)


def test_no_name_leaves_unless_asked_for(connection: Connection, tmp_path: Path) -> None:
    export_tables(connection, tmp_path)
    assert not any(b"Sentinel" in content or b"788000000" in content for content in files(tmp_path).values())
    export_tables(connection, tmp_path, with_identity=True)
    assert b"Sentinel" in files(tmp_path)["client_identity.csv"]


def test_an_export_without_names_removes_the_names_of_an_earlier_one(connection: Connection, tmp_path: Path) -> None:
    export_tables(connection, tmp_path, with_identity=True)
    export_tables(connection, tmp_path)
    assert "client_identity.csv" not in files(tmp_path)


def test_two_exports_are_the_same_bytes(connection: Connection, tmp_path: Path) -> None:
    export_tables(connection, tmp_path / "one", with_identity=True)
    rebuild(connection)
    export_tables(connection, tmp_path / "two", with_identity=True)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_rows_are_ordered_by_key(connection: Connection) -> None:
    assert [row["client_code"] for row in read(table_csv(connection, "client"))] == sorted([ANA, BEA])
    weeks = [int(row["week"]) for row in read(table_csv(connection, "session")) if row["healing_group"] == "G1"]
    assert weeks == list(range(1, 17))


def test_a_table_has_its_header_even_when_empty(connection: Connection) -> None:
    content = table_csv(connection, "attendance_components")
    assert content == b"\xef\xbb\xbfroot_uuid,choice\r\n"


def test_the_table_of_names_is_not_given_to_pages(connection: Connection) -> None:
    with pytest.raises(KeyError):
        table_csv(connection, "client_identity")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, 1),
        (-5, -5),
        (-0.5, -0.5),
        (dt.datetime(2026, 3, 2, 9, 30, 0, 5), "2026-03-02 09:30:00"),
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("+250", "'+250"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'\t=1"),
    ],
)
def test_a_value_is_written_so_that_no_spreadsheet_runs_it(value: Any, written: Any) -> None:
    assert cell(value) == written


def test_zero_is_written_without_a_sign_as_one_of_the_databases_keeps_none() -> None:
    assert write_csv(["number"], [[-0.0]]) == write_csv(["number"], [[0.0]])


def test_a_formula_in_a_name_is_harmless(connection: Connection, tmp_path: Path) -> None:
    export_tables(connection, tmp_path, with_identity=True)
    names = {row["short_name"] for row in read(files(tmp_path)["client_identity.csv"])}
    assert names == {"'=1+1", "Sentinel"}


def test_the_codebook_has_every_exported_column_once() -> None:
    listed = [(row["table"], row["variable"]) for row in read(codebook_csv())]
    columns = [(name, column.name) for name in exported_tables() for column in derived.tables[name].columns]
    assert listed == [(table, column) for table, column in columns if column not in UNEXPORTED_COLUMNS]


def test_every_variable_has_a_type_a_label_and_a_source() -> None:
    assert [row for row in codebook_rows() if not (row["type"] and row["label"] and row["source"])] == []


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.form_id)
def test_every_code_of_a_question_is_explained(form: Any) -> None:
    explained = {row["variable"]: row["codes"] for row in codebook_rows() if row["table"] == form.form_id}
    for question in form.questions():
        if question.choices is not None and not question.identifying:
            assert all(
                f"{choice.code} = {choice.label}" in explained[question.name] for choice in question.choices.choices
            )


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_score_says_how_it_is_computed_and_where_it_comes_from(name: str) -> None:
    rows = {row["variable"]: row for row in codebook_rows() if row["table"] == "outcome"}
    score, band = rows[f"{name}_score"], rows[f"{name}_band"]
    assert score["unit"] == "points"
    assert "rounded" in score["label"] and INSTRUMENTS[name].source in score["source"]
    assert all(each.label in band["codes"] for each in INSTRUMENTS[name].bands)


def test_what_was_told_in_private_leaves_in_no_file(connection: Connection, tmp_path: Path) -> None:
    keep(connection, intake(1, ANA, private_now="yes", care_offer="accepted"))
    export_tables(connection, tmp_path, with_identity=True)
    assert not [name for name, content in files(tmp_path).items() if b"care_offer" in content or b"accepted" in content]
    assert b"care_offer" not in table_csv(connection, "intake") + codebook_csv()


def test_a_file_that_is_written_row_by_row_has_the_same_bytes(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[1, "é, with\r\nlines"], [None, '=say("no")']]
    assert write_csv_file(tmp_path / "a.csv", ("number", "text"), iter(rows)) == 2
    assert files(tmp_path) == {"a.csv": write_csv(("number", "text"), rows)}


def test_a_file_is_for_its_owner_alone_from_its_first_byte(tmp_path: Path) -> None:
    seen: list[int] = []

    def rows() -> Iterator[list[Any]]:
        seen.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir())
        yield ["Sentinel"]

    (tmp_path / "a.csv").touch(mode=0o644)
    write_csv_file(tmp_path / "a.csv", ["name"], rows())
    assert sorted(seen) == [0o600, 0o644] and stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600


def test_a_file_that_could_not_be_finished_leaves_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    def broken() -> Iterator[list[str]]:
        yield ["Sentinel"]
        raise OSError("the disk is full")

    write_csv_file(tmp_path / "a.csv", ["name"], [["before"]])
    before = files(tmp_path)
    with pytest.raises(OSError, match="full"):
        write_csv_file(tmp_path / "a.csv", ["name"], broken())
    assert files(tmp_path) == before


@pytest.mark.parametrize("draft", [".client_identity.csv.draft", ".client_identity.csv.123.draft"])
def test_names_that_a_killed_export_had_begun_to_write_are_removed(
    connection: Connection, tmp_path: Path, draft: str
) -> None:
    (tmp_path / draft).write_text("Sentinel")
    export_tables(connection, tmp_path)
    assert draft not in files(tmp_path)
