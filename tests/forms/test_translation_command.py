"""`healing translations`: a spreadsheet is written, taken back with a list of what changed, or refused as a whole."""

import io
import shutil
from pathlib import Path

import openpyxl
import pytest

from connector.cli import main
from connector.commands.command import Command, Context
from forms.library import FORMS
from forms.translation import form_strings
from forms.translation_catalogue import PACKAGED, read_catalogue, read_catalogue_file
from forms.xlsform import read_workbook, write_workbook

KEY = "sex.label"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with copies of the catalogues in `texts`, which no test may spoil for another."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PACKAGED, tmp_path / "texts")
    return tmp_path


def run(*arguments: str) -> int:
    """The exit code of the command on the copied catalogues."""
    return main(["translations", *arguments, "--folder", "texts"])


def exported_and_filled(**cells: str) -> Path:
    """An export in which the row of one text is filled in: `new_text` is the column "new text"."""
    path = Path("translations-rw.xlsx")
    assert run("export") == 0
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book["Texts"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    row = next(cells[0].row for cells in sheet.iter_rows(min_row=2) if cells[0].value == KEY)
    for name, value in cells.items():
        sheet.cell(row, columns[name.replace("_", " ")], value)
    book.save(path)
    return path


def catalogue_bytes() -> bytes:
    """The Kinyarwanda catalogue as it stands in the folder now."""
    return Path("texts/rw.csv").read_bytes()


@pytest.mark.parametrize("language", ["rw", "fr"])
def test_export_writes_the_spreadsheet_and_says_where(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "--language", language, "--out", f"for/{language}.xlsx") == 0
    assert capsys.readouterr().out.startswith(f"wrote for/{language}.xlsx\n")
    assert list(read_workbook(Path(f"for/{language}.xlsx").read_bytes())) == ["Texts", "How to work"]


def test_export_does_not_write_over_a_sheet_that_somebody_may_have_worked_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = exported_and_filled(new_text="Ikindi")
    worked_in = path.read_bytes()
    assert run("export") == 2
    assert "translations-rw.xlsx is there already." in capsys.readouterr().err
    assert path.read_bytes() == worked_in


def test_an_untouched_sheet_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = catalogue_bytes()
    run("export")
    capsys.readouterr()
    assert run("import", "translations-rw.xlsx") == 0
    assert capsys.readouterr().out == "nothing has changed\n"
    assert catalogue_bytes() == before


def test_import_says_what_changed_in_which_form_and_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    old = read_catalogue_file(Path("texts/rw.csv"))[KEY].text
    path = exported_and_filled(new_text="Gabo cyangwa gore?", reviewer="AB", new_status="reviewed", comment="Shorter")
    capsys.readouterr()
    assert run("import", str(path)) == 0
    forms = [form.form_id for form in FORMS.values() if KEY in {string.key for string in form_strings(form)}]
    row = [line["key"] for line in read_workbook(path.read_bytes())["Texts"]].index(KEY) + 2
    assert capsys.readouterr().out.splitlines() == [
        *(f"{form_id}: 1 changed" for form_id in forms),
        f"  {KEY}, changed: {old} → Gabo cyangwa gore? (reviewed)",
        f"comment in row {row}, {KEY}: Shorter",
        "wrote texts/rw.csv",
        "1 texts changed. Next: healing build, and try the forms on a phone.",
    ]
    entry = read_catalogue_file(Path("texts/rw.csv"))[KEY]
    assert (entry.text, entry.status, entry.source) == ("Gabo cyangwa gore?", "reviewed", "reviewed by AB")


def test_a_changed_status_is_shown_with_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    old = read_catalogue_file(Path("texts/rw.csv"))[KEY]
    path = exported_and_filled(new_status="reviewed", reviewer="AB", date="2026-11-24")
    assert run("import", str(path)) == 0
    was = f"{old.status}, {old.source}, {old.date}"
    assert f"  {KEY}, status changed: {was} → reviewed, reviewed by AB, 2026-11-24\n" in capsys.readouterr().out


def test_a_dry_run_says_the_same_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = catalogue_bytes()
    path = exported_and_filled(new_text="Ikindi", source="me")
    assert run("import", str(path), "--dry-run") == 0
    assert capsys.readouterr().out.endswith(" → Ikindi (draft)\n1 texts would change; nothing was written\n")
    assert catalogue_bytes() == before


def test_a_refused_sheet_changes_nothing_and_every_fault_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    before = catalogue_bytes()
    path = exported_and_filled(new_text="Ikindi ${x}", new_status="done")
    assert run("import", str(path)) == 8
    row = [line["key"] for line in read_workbook(path.read_bytes())["Texts"]].index(KEY) + 2
    assert capsys.readouterr().err.splitlines() == [
        "healing translations: translations-rw.xlsx: 2 faults.",
        f"  row {row}, {KEY}: new status must be one of validated, reviewed, draft, missing",
        f"  row {row}, {KEY}: keep exactly what the English text has: ${{x}} is too much",
        "Nothing was written. Correct these rows and import the file again.",
    ]
    assert catalogue_bytes() == before


def test_rows_that_are_out_of_date_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    path = exported_and_filled(english="Another English")
    capsys.readouterr()
    assert run("import", str(path)) == 0
    row = [line["key"] for line in read_workbook(path.read_bytes())["Texts"]].index(KEY) + 2
    assert capsys.readouterr().out.startswith(f"rows without a change whose English is not of today: {row}. Export")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import",), "No file to import."),
        (("import", "nothing.xlsx"), "nothing.xlsx cannot be read: No such file or directory."),
        (("import", "texts/rw.csv"), "texts/rw.csv: the file is not a readable .xlsx workbook (BadZipFile)."),
        (("import", "form.xlsx"), "form.xlsx: there is no sheet Texts."),
    ],
)
def test_what_cannot_be_imported_is_told_without_a_traceback(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("form.xlsx").write_bytes(write_workbook({"survey": [{"type": "text"}]}))
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith(f"healing translations: {message}\n")


def test_a_folder_without_catalogues_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translations", "export", "--folder", "nowhere"]) == 2
    assert "nowhere/rw.csv cannot be read: No such file or directory." in capsys.readouterr().err


def test_a_damaged_catalogue_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = catalogue_bytes().decode().splitlines()
    lines[2] = lines[2].replace(",draft,", ",done,")
    Path("texts/rw.csv").write_text("\n".join(lines), encoding="utf-8")
    assert run("export") == 2
    assert "texts/rw.csv, line 3, " in capsys.readouterr().err


def test_a_damaged_catalogue_stops_any_command_with_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    def work(context: Context) -> list[str]:
        return list(read_catalogue(["key,text", "a,b"], "translations/xx.csv"))

    assert main(["work"], [Command("work", "does some work", ("healing work",), work)]) == 8
    assert capsys.readouterr().err.splitlines() == [
        "healing work: translations/xx.csv, line 2: the columns must be key, english, text, status, source, date, "
        "separated by commas.",
        "Correct that file and run the command again.",
    ]
