"""What comes back is taken or refused: every reason with its row and key, every quirk of spreadsheets put up with."""

import datetime as dt
import io
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from forms.instruments.catalogue import CATALOGUE as INSTRUMENTS
from forms.translation import KINYARWANDA, FormString, known_strings, load_catalogue
from forms.translation_catalogue import PACKAGED, Entry, read_catalogue_file, write_catalogue
from forms.translation_import import DRAFT_SOURCE, Change, changed_catalogue, judge
from forms.translation_return import COLUMNS_NEEDED, SheetError, read_sheet
from forms.translation_sheet import TEXTS, translation_workbook
from forms.xlsform import XlsFormError, write_workbook
from tests.forms.translation_scenes import (
    CATALOGUE,
    NUMBER,
    STRINGS,
    TODAY,
    judged,
    new_entries,
    refusals,
    sheet_row,
)

WORDING = {"new_text": "Ibyo mu gitabo", "new_status": "validated", "source": "doi 10.1/x"}
NOT_OURS = (
    "'text now' or 'status now' is not what the catalogue has; write a change into 'new text' or 'new status', "
    "or export the sheet anew if somebody has changed the catalogue"
)

# Refused.


@pytest.mark.parametrize(
    ("key", "filled", "reason"),
    [
        ("gone.label", {"new_text": "Yego"}, "no form has a text with this key; export the sheet anew"),
        (
            "greet.label",
            {"english": "Good evening", "new_text": "Mwiriwe"},
            "the English text has changed since this sheet was exported; export it anew",
        ),
        ("greet.label", {"text_now": "Mwiriwe"}, NOT_OURS),
        ("greet.label", {"status_now": "reviewed"}, NOT_OURS),
        ("greet.label", {"text_now": "Mwaramutse!", "new_text": "Mwiriwe"}, NOT_OURS),
        ("new.label", {"text_now": "Ntibirahindurwa"}, NOT_OURS),
        (
            "code.label",
            {"new_text": "Kode ni {client_code}"},
            "keep exactly what the English text has: ${client_code} is missing, {client_code} is too much",
        ),
        ("code.label", {"new_text": "Kode"}, "keep exactly what the English text has: ${client_code} is missing"),
        ("greet.label", {"new_text": "Mwaramutse ${x}"}, "keep exactly what the English text has: ${x} is too much"),
        ("call.label", {"new_text": "Muhamagare"}, f"keep exactly what the English text has: {NUMBER} is missing"),
        (
            "call.label",
            {"new_text": f"Muhamagare 1{NUMBER}"},
            f"keep exactly what the English text has: {NUMBER} is missing",
        ),
        ("greet.label", {"new_status": "done"}, "new status must be one of validated, reviewed, draft, missing"),
        ("old.label", {"new_status": "stale"}, "new status must be one of validated, reviewed, draft, missing"),
        ("new.label", {"new_status": "draft"}, "there is no text to be draft: write it into new text"),
        ("greet.label", {"new_text": "Mwiriwe", "new_status": "missing"}, "a text that is missing has no new text"),
        ("greet.label", {"new_status": "reviewed"}, "a reviewed text needs its source: say in reviewer who agreed"),
        (
            "greet.label",
            {"new_status": "validated", "source": "doi 10.1/x"},
            "validated is for the published wording of an instrument; this text can be reviewed",
        ),
        (
            "phq9_1.label",
            {"new_text": "Kubura ubushake"},
            "the wording of an instrument is not translated: enter its published text, with status validated",
        ),
        (
            "phq9_1.label",
            {**WORDING, "new_status": "reviewed"},
            "the wording of an instrument is not translated: enter its published text, with status validated",
        ),
        (
            "phq9_1.label",
            {**WORDING, "source": ""},
            "a validated text needs its source: source must say where it is published",
        ),
        ("greet.label", {"source": "me"}, "a source, reviewer or date needs a new text or a new status beside it"),
        ("greet.label", {"reviewer": "AB"}, "a source, reviewer or date needs a new text or a new status beside it"),
        ("greet.label", {"new_text": "Mwiriwe", "date": "26/11/2026"}, "date must be a day like 2026-11-26"),
        ("greet.label", {"new_text": "Mwiriwe", "date": "2026-02-30"}, "date must be a day like 2026-11-26"),
        ("greet.label", {"new_text": "Mwiriwe", "date": "2026-11-27"}, "date lies in the future"),
        ("greet.label", {"new_text": "#NAME?"}, "#NAME? is an error of the spreadsheet, not a text"),
        ("greet.label", {"new_text": "#N/A"}, "#N/A is an error of the spreadsheet, not a text"),
        (
            "greet.label",
            {"new_text": "[EN] Good morning"},
            "[FR] and [EN] are marks of the phone for a missing text, not part of one",
        ),
    ],
)
def test_a_wrong_row_is_refused_with_row_key_and_reason(key: str, filled: dict[str, str], reason: str) -> None:
    assert refusals(sheet_row("fine.label"), sheet_row(key, **filled)) == [f"row 3, {key}: {reason}"]


def test_a_row_without_a_key_is_refused_when_it_says_something() -> None:
    row = {**sheet_row("greet.label", new_text="Mwiriwe"), "key": ""}
    assert refusals(sheet_row("code.label"), row) == ["row 3, no key: the key has been lost"]


def test_a_key_in_two_rows_is_refused_also_when_nothing_is_filled_in() -> None:
    rows = [sheet_row("greet.label"), sheet_row("code.label"), sheet_row("greet.label")]
    assert refusals(*rows) == ["row 4, greet.label: this key stands in row 2 already"]


def test_every_fault_is_listed_at_once_also_several_of_one_row() -> None:
    two_faults = sheet_row("code.label", new_text="Kode", new_status="validated", source="x")
    unknown, good = sheet_row("gone.label", new_text="x"), sheet_row("greet.label", new_text="Mwiriwe")
    assert refusals(two_faults, unknown, good) == [
        "row 2, code.label: validated is for the published wording of an instrument; this text can be reviewed",
        "row 2, code.label: keep exactly what the English text has: ${client_code} is missing",
        "row 3, gone.label: no form has a text with this key; export the sheet anew",
    ]


PRIVATE = next(name for name, each in INSTRUMENTS.items() if not each.is_published)


def test_a_text_that_may_not_be_published_is_refused() -> None:
    string = FormString(f"{PRIVATE}_1.label", "Secret wording", PRIVATE)
    row = sheet_row(string.key, english=string.english, **WORDING)
    judgement = judge(read_sheet(write_workbook({TEXTS: [row]})), {}, TODAY, {string.key: string})
    assert [str(refusal) for refusal in judgement.refusals] == [
        f"row 2, {string.key}: this text may not be published: write it into the programme's private file"
    ]


# Taken.


@pytest.mark.parametrize(
    ("key", "filled", "expected", "kind"),
    [
        ("greet.label", {"new_text": "Mwiriwe"}, ("Mwiriwe", "draft", DRAFT_SOURCE, "2026-11-26"), "changed"),
        ("new.label", {"new_text": "Bishya"}, ("Bishya", "draft", DRAFT_SOURCE, "2026-11-26"), "added"),
        (
            "greet.label",
            {"new_status": "Reviewed ", "reviewer": "AB", "date": "2026-11-20"},
            ("Mwaramutse", "reviewed", "reviewed by AB", "2026-11-20"),
            "status changed",
        ),
        (
            "greet.label",
            {"new_text": "Mwiriwe", "new_status": "reviewed", "source": "workshop", "reviewer": "AB"},
            ("Mwiriwe", "reviewed", "workshop; reviewed by AB", "2026-11-26"),
            "changed",
        ),
        ("call.label", {"new_status": "draft"}, (f"Muhamagare {NUMBER} ubu", "draft", "reviewed by AB", "2026-11-26"),
         "status changed"),
        ("code.label", {"new_text": "${client_code}!"}, ("${client_code}!", "draft", DRAFT_SOURCE, "2026-11-26"),
         "changed"),
        ("old.label", {"new_status": "reviewed"}, ("Icyongereza", "reviewed", "reviewed by AB", "2026-11-26"),
         "status changed"),
        ("greet.label", {"new_status": "missing"}, ("", "missing", "", "2026-11-26"), "taken away"),
        ("phq9_1.label", WORDING, ("Ibyo mu gitabo", "validated", "doi 10.1/x", "2026-11-26"), "added"),
    ],
)  # fmt: skip
def test_a_good_row_becomes_an_entry(
    key: str, filled: dict[str, str], expected: tuple[str, str, str, str], kind: str
) -> None:
    judgement = judged(sheet_row(key, **filled))
    assert judgement.refusals == ()
    assert [(change.new, change.kind) for change in judgement.changes] == [
        (Entry(key, STRINGS[key].english, *expected), kind)
    ]


@pytest.mark.parametrize(
    "filled",
    [{}, {"new_text": "Mwaramutse"}, {"new_status": "draft"}, {"new_text": "Mwaramutse", "date": "2026-11-01"}],
    ids=["nothing", "the same text", "the same status", "the same text and date"],
)
def test_a_row_that_says_what_is_so_already_changes_nothing(filled: dict[str, str]) -> None:
    assert new_entries([sheet_row("greet.label", **filled)]) == []


@pytest.mark.parametrize(
    "row",
    [sheet_row("gone.label"), sheet_row("greet.label", english="Good evening"), sheet_row("gone.label", comment="?")],
    ids=["an unknown key", "another English", "an unknown key with a comment"],
)
def test_an_untouched_row_that_is_out_of_date_is_named_and_not_refused(row: dict[str, str]) -> None:
    judgement = judged(sheet_row("code.label"), row)
    assert (judgement.changes, judgement.refusals) == ((), ())
    assert [outdated.number for outdated in judgement.outdated] == [3]


def test_comments_are_kept_for_the_reader_and_change_nothing() -> None:
    judgement = judged(sheet_row("greet.label", comment="Is this the morning?"), sheet_row("code.label"))
    assert [(row.number, row["comment"]) for row in judgement.comments] == [(2, "Is this the morning?")]
    assert judgement.changes == ()


# The order of the catalogue.


def test_one_changed_text_changes_one_line_of_the_file() -> None:
    path = PACKAGED / "rw.csv"
    entries = read_catalogue_file(path)
    old = next(entry for entry in entries.values() if entry.status == "draft")
    new = Entry(old.key, old.english, "Ikindi", "draft", "x", "2026-11-26")
    before = path.read_text(encoding="utf-8").splitlines()
    after = write_catalogue(changed_catalogue(entries, [Change(old, new)])).splitlines()
    assert len(after) == len(before)
    assert [line for line in after if line not in before] == [
        f"{old.key},{_quoted(old.english)},Ikindi,draft,x,2026-11-26"
    ]


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text


def test_an_added_text_stands_where_the_forms_have_it() -> None:
    entries = dict(load_catalogue("rw"))
    keys = [key for key in known_strings() if key in entries]
    for key in (keys[0], keys[len(keys) // 2], keys[-1]):
        rest = {name: entry for name, entry in entries.items() if name != key}
        assert [entry.key for entry in changed_catalogue(rest, [Change(None, entries[key])])] == list(entries)


def test_an_entry_that_no_form_has_any_more_keeps_its_place() -> None:
    first, second, *_ = known_strings()
    entries = {key: Entry(key, "x", "x", "draft", "", "") for key in (first, "gone.label", second)}
    assert [entry.key for entry in changed_catalogue(entries, [])] == [first, "gone.label", second]


# What spreadsheet programs do.


def spoiled(*changes: Callable[[Worksheet], object]) -> bytes:
    """A sheet of the made strings, opened and saved again by another program with changes made to it."""
    return saved_again(write_workbook({TEXTS: [sheet_row(key) for key in STRINGS]}), *changes)


def saved_again(content: bytes, *changes: Callable[[Worksheet], object]) -> bytes:
    """A workbook opened and saved by another program, with changes made to the sheet of texts."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for change in changes:
        change(book[TEXTS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def column(sheet: Worksheet, name: str) -> int:
    """The number of a column, by its heading."""
    return next(cell.column for cell in sheet[1] if str(cell.value).strip().lower() == name)


def fill(sheet: Worksheet, row: int = 2, **cells: object) -> None:
    """Fill in cells of a row."""
    for name, value in cells.items():
        sheet.cell(row, column(sheet, name.replace("_", " ")), value)


def taken(content: bytes) -> list[Entry]:
    """The entries that a spoiled sheet still leads to."""
    judgement = judge(read_sheet(content), CATALOGUE, TODAY, STRINGS)
    assert judgement.refusals == ()
    return [change.new for change in judgement.changes]


def test_a_whole_sheet_saved_by_another_program_changes_nothing() -> None:
    entries = read_catalogue_file(PACKAGED / "rw.csv")
    judgement = judge(read_sheet(saved_again(translation_workbook(KINYARWANDA, entries, {}))), entries, TODAY)
    assert (judgement.changes, judgement.refusals, judgement.outdated) == ((), (), ())


def test_numbers_dates_and_blanks_are_read_as_they_were_meant() -> None:
    def typed(sheet: Worksheet) -> None:
        fill(sheet, new_text=16.0, new_status=" DRAFT ", source="  me ", date=dt.datetime(2026, 11, 20))

    [entry] = taken(spoiled(typed))
    assert (entry.text, entry.status, entry.source, entry.date) == ("16", "draft", "me", "2026-11-20")


def test_line_ends_and_double_blanks_are_tidied() -> None:
    [entry] = taken(spoiled(lambda sheet: fill(sheet, new_text="Umwe_x000D_\nKabiri,  gatatu \n", source="me")))
    assert entry.text == "Umwe\nKabiri, gatatu"


def test_columns_may_stand_in_another_order_with_others_between_and_headings_in_capitals() -> None:
    def reordered(sheet: Worksheet) -> None:
        fill(sheet, new_text="Ikindi", source="me")
        sheet.move_range(f"A1:A{sheet.max_row}", cols=30)
        sheet.insert_cols(1)
        sheet.cell(1, 1, "my notes")
        for cell in sheet[1]:
            cell.value = f" {str(cell.value or '').upper()} "

    assert [entry.text for entry in taken(spoiled(reordered))] == ["Ikindi"]


def test_sorted_and_empty_rows_do_no_harm() -> None:
    def shuffled(sheet: Worksheet) -> None:
        fill(sheet, new_text="Ikindi", source="me")
        sheet.move_range("A2:Z2", rows=sheet.max_row + 5)
        sheet.insert_rows(4, 3)

    assert [entry.text for entry in taken(spoiled(shuffled))] == ["Ikindi"]


def test_the_row_that_is_named_is_the_row_that_a_person_sees() -> None:
    def moved(sheet: Worksheet) -> None:
        fill(sheet, new_text="${nothing}")
        sheet.insert_rows(2, 4)

    judgement = judge(read_sheet(spoiled(moved)), CATALOGUE, TODAY, STRINGS)
    assert [refusal.row for refusal in judgement.refusals] == [6]


def test_the_sheet_may_have_another_name() -> None:
    def renamed(sheet: Worksheet) -> None:
        fill(sheet, new_text="Ikindi", source="me")
        sheet.title = "Feuille1"

    assert [entry.text for entry in taken(spoiled(renamed))] == ["Ikindi"]


# Files that are no translator's sheet.


@pytest.mark.parametrize("name", COLUMNS_NEEDED)
def test_a_lost_column_is_named(name: str) -> None:
    content = spoiled(lambda sheet: sheet.delete_cols(column(sheet, name)))
    with pytest.raises(SheetError, match=rf"^the sheet Texts has no column {name} in its first row$"):
        read_sheet(content)


def test_a_workbook_without_the_texts_is_refused() -> None:
    with pytest.raises(SheetError, match=r"^there is no sheet Texts$"):
        read_sheet(write_workbook({"survey": [{"type": "text", "name": "a"}]}))


@pytest.mark.parametrize("codes", [("rw", "fr"), ("en", "en"), ("", "")])
def test_a_sheet_that_does_not_say_its_language_is_refused(codes: tuple[str, str]) -> None:
    rows = [sheet_row("greet.label", language=codes[0]), sheet_row("code.label", language=codes[1])]
    with pytest.raises(SheetError, match=r"^the column language must hold the same in every row, one of rw, fr$"):
        read_sheet(write_workbook({TEXTS: rows}))


def test_a_file_that_is_no_workbook_is_refused() -> None:
    with pytest.raises(XlsFormError, match=r"not a readable \.xlsx workbook"):
        read_sheet(b"key,english,text\n")


def test_the_made_strings_are_what_the_scenes_say() -> None:
    assert set(CATALOGUE) < set(STRINGS)
