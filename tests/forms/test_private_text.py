"""A private file fills a slot completely or is refused with file, line and reason; messages hold none of its texts."""

import csv
from pathlib import Path

import pytest

from forms.instrument import REFUSED, STOPPED
from forms.instruments.catalogue import CATALOGUE
from forms.private_text import (
    COLUMNS,
    PROJECT,
    PrivateTextError,
    private_entries,
    with_private_texts,
    without_texts,
)

SLOTS = [name for name, each in CATALOGUE.items() if not each.is_published]
SECRET = "words under licence"
COMMON = {"fr": "", "rw": "amagambo", "status": "validated", "source": "licensed copy", "date": "2026-11-23"}


def row(instrument, kind, **cells):
    return {
        **dict.fromkeys(COLUMNS, ""),
        "instrument": instrument,
        "kind": kind,
        "en": f"{SECRET} {kind}",
        **COMMON,
        **cells,
    }


def rows_of(name):
    """A complete set of rows for a slot; where the codes are not known, the file brings 0, 1 and 2."""
    slot = CATALOGUE[name]
    codes = slot.scored_codes or (0, 1, 2)
    items = [row(name, "item", item=item.name, en=f"{SECRET} {item.name}") for item in slot.items]
    answers = [row(name, "answer", code=str(code), en=f"{SECRET} answer {code}") for code in codes]
    return [row(name, "instruction"), *items, *answers]


def write(folder, rows, header=COLUMNS, encoding="utf-8"):
    path = folder / "private.csv"
    with path.open("w", encoding=encoding, newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(header)
        writer.writerows([[each[name] for name in COLUMNS] for each in rows])
    return path


def refusal(folder, rows, **how):
    """The message about a wrong file, without the folder."""
    path = write(folder, rows, **how)
    with pytest.raises(PrivateTextError) as caught:
        with_private_texts(CATALOGUE, path)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("name", SLOTS)
def test_a_complete_file_fills_its_slot_and_no_other(tmp_path, name):
    found = with_private_texts(CATALOGUE, write(tmp_path, rows_of(name)))
    assert found[name].has_texts
    assert [each.name for each in without_texts(found)] == [slot for slot in SLOTS if slot != name]


def test_without_a_file_every_slot_stays_empty():
    assert with_private_texts(CATALOGUE, "") == CATALOGUE
    assert [each.name for each in without_texts(CATALOGUE)] == SLOTS
    assert private_entries("", "rw") == {}


def test_a_filled_slot_keeps_its_codes_its_pictograms_and_its_ways_out(tmp_path):
    filled = with_private_texts(CATALOGUE, write(tmp_path, rows_of("wemwbs")))["wemwbs"]
    assert filled.answers.codes == ("1", "2", "3", "4", "5", REFUSED, STOPPED)
    assert filled.answers.choices[0].label == f"{SECRET} answer 1"
    assert filled.answers.choices[0].image == "frequency_5_0.png"
    assert filled.calculations() == CATALOGUE["wemwbs"].calculations()
    assert (filled.source, filled.is_published) == ("licensed copy", False)


def test_codes_that_are_not_known_come_from_the_file(tmp_path):
    filled = with_private_texts(CATALOGUE, write(tmp_path, rows_of("cts2s")))["cts2s"]
    assert filled.answers.codes == ("0", "1", "2", REFUSED, STOPPED)
    assert [name for name, _ in filled.calculations()] == ["cts2s_answered"]


def test_several_instruments_may_share_a_file(tmp_path):
    path = write(tmp_path, [*rows_of("ubuntu"), *rows_of("sascat")], encoding="utf-8-sig")
    assert all(with_private_texts(CATALOGUE, path)[name].has_texts for name in ("ubuntu", "sascat"))


def test_translations_have_the_keys_of_the_catalogues_and_the_standing_of_the_file(tmp_path):
    path = write(tmp_path, rows_of("swemwbs"))
    found = private_entries(path, "rw")
    assert set(found) == {key for key, _ in CATALOGUE["swemwbs"].texts()}
    entry = found["swemwbs_1.label"]
    assert (entry.english, entry.text, entry.status) == (f"{SECRET} swemwbs_1", "amagambo", "validated")
    assert private_entries(path, "fr") == private_entries(path, "en") == {}


def broken(number, **cells):
    """The rows of a slot with one row changed."""
    rows = rows_of("swemwbs")
    rows[number] = {**rows[number], **cells}
    return rows


SWEMWBS_ITEMS = "Its items are swemwbs_1 to swemwbs_7."
WRONG_ROWS = [
    (broken(0, instrument="phq10"), "private.csv, line 2: there is no instrument 'phq10'. The file may fill: ubuntu, "),
    (broken(0, instrument="phq9"), "private.csv, line 2: the texts of phq9 are free and part of the project."),
    (broken(0, kind="title"), "private.csv, line 2: kind must be one of instruction, item, answer"),
    (broken(0, item="swemwbs_1"), "private.csv, line 2: a row of kind instruction has no item. Leave the cell empty."),
    (broken(1, code="1"), "private.csv, line 3: a row of kind item has no code. Leave the cell empty."),
    (broken(1, item="swemwbs_8"), f"private.csv, line 3: swemwbs has no item 'swemwbs_8'. {SWEMWBS_ITEMS}"),
    (broken(1, item=""), f"private.csv, line 3: swemwbs has no item ''. {SWEMWBS_ITEMS}"),
    (broken(8, code="0"), "private.csv, line 10: swemwbs has no answer with the code '0'. Its codes are 1 to 5."),
    (broken(2, item="swemwbs_1"), "private.csv, line 4: swemwbs item swemwbs_1 is already in line 3"),
    (broken(2, en=""), "private.csv, line 4: the English text (en) is missing"),
    (broken(2, status="checked"), "private.csv, line 4: status must be one of validated, reviewed, draft"),
    (broken(2, source=""), "private.csv, line 4: the source is missing: say where the wording comes from"),
    (broken(2, date="23/11/2026"), "private.csv, line 4: the date must be a day as 2026-11-23"),
    (
        broken(2, rw="${sex}"),
        "private.csv, line 4: a text is damaged: keep exactly what the English text has: ${sex} is",
    ),
    (broken(2, fr="[EN] words"), "private.csv, line 4: a text is damaged: [FR] and [EN] are marks of the phone"),
    (rows_of("swemwbs")[1:], "private.csv: swemwbs is not complete. Add the rows of: instruction."),
    (rows_of("swemwbs")[:-1], "private.csv: swemwbs is not complete. Add the rows of: answer 5."),
    (rows_of("ubuntu")[:1], "private.csv: ubuntu is not complete. Add the rows of: ubuntu_1, ubuntu_2, "),
    (rows_of("ubuntu")[:-2], "private.csv: ubuntu is not complete. Add the rows of: at least two answers."),
    (
        [*rows_of("ubuntu")[:-1], row("ubuntu", "answer", code="7")],
        "private.csv: ubuntu is not complete. Add the rows of: answer 2, answer 3, answer 4, answer 5, answer 6.",
    ),
    (
        [*rows_of("ubuntu"), row("ubuntu", "answer", code="03")],
        "private.csv, line 23: the code of an answer must be a whole number from 0 on",
    ),
    (
        [*rows_of("ubuntu"), row("ubuntu", "answer", code="often")],
        "private.csv, line 23: the code of an answer must be a whole number from 0 on",
    ),
]


@pytest.mark.parametrize(("rows", "message"), WRONG_ROWS)
def test_a_wrong_row_is_refused_with_file_line_and_reason(tmp_path, rows, message):
    found = refusal(tmp_path, rows)
    assert found.startswith(message)
    assert SECRET not in found and "amagambo" not in found


def test_other_columns_are_refused(tmp_path):
    found = refusal(tmp_path, rows_of("ubuntu"), header=[*COLUMNS[:-1], "day"])
    assert found == f"private.csv, line 1: the columns must be {', '.join(COLUMNS)}, separated by commas"


def test_a_row_of_another_length_is_refused(tmp_path):
    path = write(tmp_path, [])
    path.write_text(path.read_text(encoding="utf-8") + "ubuntu,,instruction\n", encoding="utf-8")
    with pytest.raises(PrivateTextError, match="line 2: the row must have 10 cells, separated by commas"):
        with_private_texts(CATALOGUE, path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PrivateTextError, match=r"none\.csv: the file cannot be read .No such file or directory."):
        with_private_texts(CATALOGUE, tmp_path / "none.csv")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    assert refusal(tmp_path, broken(2, fr="é"), encoding="latin-1") == (
        "private.csv: the file is not UTF-8. Save it again as CSV UTF-8."
    )


def test_a_file_inside_the_project_is_refused_before_it_can_be_published():
    inside = Path(PROJECT) / "forms" / "private.csv"
    with pytest.raises(PrivateTextError, match=r"lies inside the project, where it could be published\. Move it out\."):
        with_private_texts(CATALOGUE, inside)
