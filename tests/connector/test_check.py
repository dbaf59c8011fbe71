"""`healing check` with files: workbooks and rosters of anybody are checked as our own are, with the same exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.cli import main
from connector.errors import FormInvalidError, SettingsError
from forms.form import Form
from forms.library import FORMS
from forms.xlsform import build_form, write_workbook
from tests.forms.good_workbook import ROSTERS, Sheets, asked, good_workbook
from tests.forms.workbook_breakages import cells

MEMBERS = ",".join(ROSTERS["members"]) + "\nM1,Aline,g1,1\n"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(sheets: Sheets, name: str = "probe.xlsx") -> str:
    """Write a workbook into the folder."""
    Path(name).write_bytes(write_workbook(sheets))
    return name


def spoilt(name: str, **changed: str) -> Sheets:
    """The good workbook with cells of one row changed."""
    sheets = good_workbook()
    cells(name, **changed)(sheets)
    return sheets


def test_a_good_workbook_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", write(good_workbook())]) == 0
    assert capsys.readouterr().out == "probe.xlsx checked, 0 faults\n"


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_the_programmes_own_workbooks_pass(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    Path("form.xlsx").write_bytes(build_form(form))
    assert main(["check", "form.xlsx"]) == 0
    assert capsys.readouterr().out == "form.xlsx checked, 0 faults\n"


def test_a_fault_is_told_with_the_file_and_the_exit_code_of_a_refused_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", write(spoilt("counted", type="intger"))]) == FormInvalidError.exit_code
    assert capsys.readouterr().err == (
        "healing check: 1 fault in probe.xlsx.\n"
        "  probe.xlsx · survey, row 8, counted, type: intger is not a type of question. Write integer.\n"
        "Correct the files.\n"
    )


def test_rows_are_counted_as_in_the_sheet_empty_ones_too(capsys: pytest.CaptureFixture[str]) -> None:
    sheets = spoilt("counted", type="intger")
    sheets["survey"][3:3] = [{}, {}]
    assert main(["check", write(sheets)]) == FormInvalidError.exit_code
    assert "survey, row 10, counted, type" in capsys.readouterr().err


def test_the_columns_of_a_roster_are_those_of_the_file_checked_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("staff.csv").write_text("name,label,ward\nS1,Aline,w1\n", encoding="utf-8")
    sheets = good_workbook()
    sheets["survey"].append(
        asked("select_one_from_file staff.csv", "nurse", "Which nurse?", choice_filter="wrd = 'w1'")
    )
    assert main(["check", write(sheets), "staff.csv"]) == FormInvalidError.exit_code
    assert "filters by wrd, not a column of staff.csv. Write ward." in capsys.readouterr().err


def test_a_roster_of_the_programme_needs_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Path("members.csv").write_text(MEMBERS.replace("healing_group", "hgroup"), encoding="utf-8")
    assert main(["check", "members.csv"]) == FormInvalidError.exit_code
    assert "members.csv · column healing_group: is missing. Add it; forms read it." in capsys.readouterr().err


def test_several_files_are_checked_together(capsys: pytest.CaptureFixture[str]) -> None:
    Path("members.csv").write_text(MEMBERS, encoding="utf-8")
    assert main(["check", write(good_workbook()), "members.csv"]) == 0
    assert capsys.readouterr().out == "2 files checked, 0 faults\n"


def test_pictures_are_looked_for_where_there_are_some(capsys: pytest.CaptureFixture[str]) -> None:
    for code in ("0", "1", "2"):
        Path(f"often_{code}.png").write_bytes(b"")
    assert main(["check", write(good_workbook())]) == FormInvalidError.exit_code
    assert "the file often_refused.png is missing. Put it beside the workbook." in capsys.readouterr().err


def test_what_only_pyxform_refuses_is_told_in_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    sheets = spoilt("counted", type="range", parameters="start=1 end=2 step=5", appearance="")
    assert main(["check", write(sheets)]) == FormInvalidError.exit_code
    told = capsys.readouterr().err
    assert "probe.xlsx · workbook: [row : 8]" in told and "Correct what pyxform names here." in told


@pytest.mark.parametrize(
    ("name", "content", "exit_code", "told"),
    [
        ("torn.xlsx", b"PK nothing", FormInvalidError.exit_code, "the file is not a readable .xlsx workbook"),
        ("form.docx", b"", SettingsError.exit_code, "form.docx is neither a workbook nor a roster."),
        ("", b"", SettingsError.exit_code, "nowhere.xlsx cannot be read: No such file or directory."),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    name: str, content: bytes, exit_code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name:
        Path(name).write_bytes(content)
    assert main(["check", name or "nowhere.xlsx"]) == exit_code
    assert told in capsys.readouterr().err
