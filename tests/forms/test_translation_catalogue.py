"""A catalogue is read strictly, with file and line for what is wrong, and written back as it was."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.translation import TRANSLATED, Language
from forms.translation_catalogue import (
    COLUMNS,
    PACKAGED,
    STATUSES,
    CatalogueError,
    Entry,
    read_catalogue,
    read_catalogue_file,
    text_faults,
    tidy,
    write_catalogue,
)

EVERY_TRANSLATION = pytest.mark.parametrize("language", TRANSLATED, ids=[language.code for language in TRANSLATED])
HEADER = ",".join(COLUMNS)


def row(**changed: str) -> str:
    """One good row of a catalogue as a line of CSV, with some cells changed."""
    cells = {"key": "a.label", "english": "Yes ${x}", "text": "Yego ${x}", "status": "draft", "source": "", "date": ""}
    return ",".join((cells | changed)[column] for column in COLUMNS)


def refusal(*lines: str) -> str:
    """The message with which a catalogue of these lines is refused."""
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(lines, "translations/xx.csv")
    return str(caught.value)


def test_a_good_catalogue_is_read_by_key() -> None:
    entries = read_catalogue([HEADER, row(), row(key="b.label", status="validated")], "translations/xx.csv")
    assert [(key, entry.text, entry.status) for key, entry in entries.items()] == [
        ("a.label", "Yego ${x}", "draft"),
        ("b.label", "Yego ${x}", "validated"),
    ]


def test_a_row_may_wait_for_its_text() -> None:
    assert read_catalogue([HEADER, row(text="")], "translations/xx.csv")["a.label"].text == ""


def test_placeholders_may_stand_in_another_order() -> None:
    swapped = row(english="${a} of ${b}", text="${b}: ${a}")
    assert read_catalogue([HEADER, swapped], "translations/xx.csv")["a.label"].text == "${b}: ${a}"


@pytest.mark.parametrize("status", ["", "Draft", "done", "stale"])
def test_an_unknown_status_is_refused_with_file_and_line(status: str) -> None:
    message = refusal(HEADER, row(), row(key="b.label", status=status))
    assert message.startswith("translations/xx.csv, line 3, b.label: status must be one of")


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        ("Yego", "${x} is missing"),
        ("Yego ${y}", "${x} is missing, ${y} is too much"),
        ("Yego $ {x}", "${x} is missing, {x} is too much"),
        ("Yego {x}", "${x} is missing, {x} is too much"),
        ("Yego ${x} ${x}", "${x} is too much"),
        ("Yego ${x} ${ x }", "a { that begins no placeholder is too much"),
    ],
)
def test_a_damaged_placeholder_is_refused_with_file_and_line(text: str, damage: str) -> None:
    message = refusal(HEADER, row(text=text))
    assert message == f"translations/xx.csv, line 2, a.label: keep exactly what the English text has: {damage}"


def test_a_row_may_say_that_its_text_is_missing() -> None:
    assert read_catalogue([HEADER, row(text="", status="missing")], "translations/xx.csv")["a.label"].text == ""


def test_a_missing_text_that_is_there_is_refused() -> None:
    message = refusal(HEADER, row(status="missing"))
    assert message == "translations/xx.csv, line 2, a.label: a text that is missing must be empty"


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x7f", "\ufffe"], ids=repr)
def test_a_sign_that_no_phone_can_show_is_refused(sign: str) -> None:
    message = refusal(HEADER, row(text=f"Yego{sign} ${{x}}"))
    assert message == "translations/xx.csv, line 2, a.label: it holds a control character that no phone can show"


@pytest.mark.parametrize("mark", ["[FR]", "[EN]"])
def test_the_marks_of_the_fallback_are_refused_as_a_text(mark: str) -> None:
    message = refusal(HEADER, row(text=f"{mark} Yego ${{x}}"))
    expected = "[FR] and [EN] are marks of the phone for a missing text, not part of one"
    assert message == f"translations/xx.csv, line 2, a.label: {expected}"


@pytest.mark.parametrize(
    ("english", "text", "faults"),
    [
        ("Call 112 now", "Muhamagare 112 ubu", []),
        ("Call 112, or 912.", "912 · 112", []),
        ("Call 112 now", "Muhamagare 1125 ubu", ["keep exactly what the English text has: 112 is missing"]),
        ("Call 112 or 912", "Muhamagare", ["keep exactly what the English text has: 112 is missing, 912 is missing"]),
        ("In 1125", "Muri 11", []),
    ],
)
def test_numbers_to_call_are_kept_as_whole_numbers(english: str, text: str, faults: list[str]) -> None:
    assert list(text_faults(english, text, ("112", "912"))) == faults


def test_a_key_that_appears_twice_is_refused_with_file_and_line() -> None:
    message = refusal(HEADER, row(), row(key="b.label"), row())
    assert message == "translations/xx.csv, line 4, a.label: the key appears twice"


@pytest.mark.parametrize(
    "lines",
    [
        (HEADER, row().rsplit(",", 1)[0]),
        (HEADER, row(text="Yego, ${x}")),
        (HEADER.replace(",", ";"), row().replace(",", ";")),
        (HEADER.replace("status", "state"), row()),
    ],
    ids=["a cell too few", "a comma without quotes", "semicolons", "another header"],
)
def test_a_row_with_other_columns_is_refused_with_file_and_line(lines: tuple[str, ...]) -> None:
    assert refusal(*lines).startswith("translations/xx.csv, line 2: the columns must be key, english, text")


def test_the_line_is_counted_in_the_file_also_after_a_text_of_several_lines() -> None:
    two_lines = '"Yego\n', '${x}"'
    first = row(text="TEXT").split("TEXT")
    lines = [HEADER, first[0] + two_lines[0], two_lines[1] + first[1], row(key="b.label", status="?")]
    assert refusal(*lines).startswith("translations/xx.csv, line 4, b.label: status")


@EVERY_TRANSLATION
def test_the_catalogue_files_are_utf8_with_plain_line_ends(language: Language) -> None:
    content = (PACKAGED / f"{language.code}.csv").read_bytes()
    assert content.decode("utf-8").startswith(HEADER + "\n")
    assert b"\r" not in content
    assert content.endswith(b"\n")


# Files, and writing.


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"xx\.csv cannot be read: No such file or directory$"):
        read_catalogue_file(tmp_path / "xx.csv")


def test_a_file_that_is_not_utf8_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "xx.csv").write_bytes(f"{HEADER}\n".encode() + "é".encode("latin-1"))
    with pytest.raises(CatalogueError, match=r"xx\.csv cannot be read: it is not UTF-8$"):
        read_catalogue_file(tmp_path / "xx.csv")


def test_the_byte_order_mark_of_a_spreadsheet_program_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "xx.csv").write_text(f"{HEADER}\r\n{row()}\r\n", encoding="utf-8-sig", newline="")
    assert list(read_catalogue_file(tmp_path / "xx.csv")) == ["a.label"]


@EVERY_TRANSLATION
def test_a_catalogue_is_written_back_with_the_same_bytes(language: Language) -> None:
    path = PACKAGED / f"{language.code}.csv"
    assert write_catalogue(read_catalogue_file(path).values()).encode() == path.read_bytes()


SIGNS = st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t", exclude_characters="\ufffe\uffff")
CELL = st.text(SIGNS).filter(lambda text: not next(text_faults("", text), ""))


@settings(max_examples=50)
@given(st.lists(st.builds(Entry, CELL, CELL, CELL, st.sampled_from(STATUSES), CELL, CELL), unique_by=lambda e: e.key))
def test_what_is_written_is_read_back(entries: list[Entry]) -> None:
    entries = [replace(entry, english="", key=f"k{entry.key}") for entry in entries]
    assert list(read_catalogue(io.StringIO(write_catalogue(entries), newline=""), "x").values()) == entries


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Yego ", "Yego"),
        ("  Yego,  yego", "Yego, yego"),
        ("Yego\r\nOya", "Yego\nOya"),
        ("Yego_x000D_\nOya", "Yego\nOya"),
        ("Yego \n  Oya\n\n", "Yego\nOya"),
        ("Qu'est-ce\u00a0?", "Qu'est-ce\u00a0?"),
    ],
)
def test_the_leftovers_of_a_spreadsheet_are_tidied_away(typed: str, expected: str) -> None:
    assert tidy(typed) == expected


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
