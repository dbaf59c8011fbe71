"""What cells of CSV files and Excel workbooks become, made as people make them."""

import datetime as dt
import io
import zipfile
from typing import Any

import pytest

from connector.errors import SettingsError
from connector.registry_sheets import Sheet, read_sheets
from forms.xlsform import read_cells
from tests.connector.made_workbooks import made_workbook

NEEDED = {"chas": ("cha_code", "username"), "moves": ("client_code", "joined_on")}
HEADER = ("cha_code", "username", "phone")


def sheets(files: dict[str, bytes]) -> list[Sheet]:
    return read_sheets(files, NEEDED)


def first(content: bytes, name: str = "registry.xlsx") -> Sheet:
    return sheets({name: content})[0]


def book(**tables: list[tuple[Any, ...]]) -> bytes:
    return made_workbook(tables)


def values(sheet: Sheet) -> list[dict[str, str]]:
    return [dict(row.values) for row in sheet.rows]


def test_a_workbook_has_a_sheet_for_each_kind() -> None:
    found = sheets({"registry.xlsx": book(moves=[("client_code", "joined_on")], chas=[HEADER, ("C1", "cha001")])})
    assert [(sheet.kind, sheet.where) for sheet in found] == [
        ("chas", "registry.xlsx sheet chas"),
        ("moves", "registry.xlsx sheet moves"),
    ]
    assert values(found[0]) == [{"cha_code": "C1", "username": "cha001"}]


def test_a_workbook_with_one_sheet_is_what_its_name_says() -> None:
    content = book(Sheet1=[HEADER, ("C1", "cha001")])
    assert first(content, "CHAs.xlsx").kind == "chas"
    with pytest.raises(SettingsError, match="has no sheet"):
        first(content, "list.xlsx")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (2801, "2801"),
        (2801.0, "2801"),
        (1.5, "1.5"),
        (788123456, "788123456"),
        (True, "yes"),
        (False, "no"),
        (dt.datetime(2026, 3, 2), "2026-03-02"),
        (dt.date(2026, 3, 2), "2026-03-02"),
        (dt.datetime(2026, 3, 2, 9, 30), "2026-03-02 09:30:00"),
        (" \u00a0C1\u200b ", "C1"),
        ("=1+1", "=?"),
        ("#REF!", "=?"),
    ],
)
def test_a_cell_becomes_the_text_that_people_see(cell: Any, text: str) -> None:
    assert first(book(chas=[HEADER, ("C1", "cha001", cell)])).rows[0].values["phone"] == text


def test_which_cells_were_dates_is_known() -> None:
    (row,) = first(book(chas=[HEADER, (dt.date(2026, 3, 1), "cha001", "2026-03-01")])).rows
    assert row.dates == {"cha_code"}


def test_blank_rows_and_columns_are_passed_over_and_lines_are_those_of_the_sheet() -> None:
    rows = [HEADER, (None, " ", None), ("C1", "cha001", None, None, None), (None,), ("C2", "cha002", "", "x")]
    found = first(book(chas=rows))
    assert [(row.line, row.is_too_long) for row in found.rows] == [(3, False), (5, True)]


def test_a_title_may_stand_above_the_header() -> None:
    rows = [("Registry of Kamonyi, 2026",), (), ("CHA code", "Username ", "Phone"), ("C1", "cha001", "0788")]
    assert values(first(book(chas=rows))) == [{"cha_code": "C1", "username": "cha001", "phone": "0788"}]
    text = "Registry;;\r\nCHA-Code;USERNAME;phone\r\nC1;cha001;0788\r\n"
    assert values(first(text.encode(), "chas.csv")) == [{"cha_code": "C1", "username": "cha001", "phone": "0788"}]


def test_a_merged_title_is_a_title() -> None:
    def merge(workbook: Any) -> None:
        workbook["chas"].merge_cells("A1:C1")

    content = made_workbook({"chas": [("CHAs", None, None), HEADER, ("C1", "cha001", None)]}, merge)
    assert values(first(content)) == [{"cha_code": "C1", "username": "cha001"}]


def test_cells_that_were_merged_into_the_one_above_are_known() -> None:
    def merge(workbook: Any) -> None:
        workbook["chas"].merge_cells("C2:C4")

    found = first(made_workbook({"chas": [HEADER, ("C1", "cha001", "0788"), ("C2", "cha002", None)]}, merge))
    assert [(row.line, sorted(row.merged)) for row in found.rows] == [(2, []), (3, ["phone"])]


def test_a_code_that_is_shown_with_zeros_before_it_has_them() -> None:
    def show(workbook: Any) -> None:
        workbook["chas"]["A2"].number_format = "000"

    assert values(first(made_workbook({"chas": [HEADER, (7, "cha001")]}, show))) == [
        {"cha_code": "007", "username": "cha001"}
    ]


def test_formats_down_to_the_last_row_of_all_cost_nothing() -> None:
    def paint(workbook: Any) -> None:
        workbook["chas"]["A1048576"].number_format = "000"

    (sheet,) = read_cells(made_workbook({"chas": [HEADER, ("C1", "cha001")]}, paint))
    assert [row[0] for row in sheet.rows] == ["cha_code", "C1"]


def test_hidden_and_other_sheets_are_not_read_and_said() -> None:
    def hide(workbook: Any) -> None:
        workbook["moves"].sheet_state = "hidden"

    tables: dict[str, list[tuple[Any, ...]]] = {
        "chas": [HEADER],
        "moves": [("client_code", "joined_on"), ("A", "2026-03-02")],
        "Notes": [("x",)],
    }
    (found,) = sheets({"registry.xlsx": made_workbook(tables, hide)})
    assert found.notes == ("sheet Notes was not read", "hidden sheet moves was not read")


def test_a_formula_counts_as_what_it_gave_last() -> None:
    content = book(chas=[HEADER, ("C1", "cha001", "=1+1")])
    assert first(with_cached(content, "7")).rows[0].values["phone"] == "7"


def with_cached(content: bytes, value: str) -> bytes:
    """The workbook as Excel saves it: with the value beside each formula."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            after.writestr(name, data.replace(b"<v></v>", b"<v/>").replace(b"<v/>", f"<v>{value}</v>".encode()))
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_separator_and_a_byte_order_mark_are_fine(delimiter: str) -> None:
    rows = (HEADER, ("C1", "cha001", "0788"), ("", "", ""))
    text = "\ufeff" + "\r\n".join(delimiter.join(row) for row in rows)
    assert values(first(text.encode(), "chas.csv")) == [{"cha_code": "C1", "username": "cha001", "phone": "0788"}]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"chas.csv": "cha_code,username\nC1,Zoé\n".encode("cp1252")}, "chas.csv is not in UTF-8."),
        ({"chas.csv": "cha_code,username\n".encode("utf-16")}, "chas.csv is not in UTF-8."),
        ({"chas.xls": b"x"}, "chas.xls is no file of the registry."),
        ({"chas.xlsx": b"x"}, "chas.xlsx is not a readable .xlsx workbook."),
        ({"chas.csv": b"cha_code,username,cha_code\n"}, "chas.csv has the column cha_code twice."),
        ({"chas.csv": b"x" * 20_000_001}, "chas.csv is larger than 20 MB."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(files: dict[str, bytes], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        sheets(files)
    assert error.value.message == message and error.value.advice


def test_two_tables_of_one_kind_are_refused() -> None:
    files = {"chas.csv": b"cha_code,username\n", "registry.xlsx": book(chas=[HEADER])}
    with pytest.raises(SettingsError, match="chas is there twice"):
        sheets(files)
