"""The catalogues are complete and honest: drafts say so, no instrument wording is invented, wrong rows are refused."""

from importlib.resources import files
from pathlib import Path

import pytest

from forms.form import Form
from forms.instrument import REFUSED
from forms.instruments.refusal import REFUSED_CHOICE
from forms.library import FORMS, INSTRUMENTS
from forms.programme import PROGRAMME
from forms.translation import (
    COLUMNS,
    ENGLISH,
    FRENCH,
    KINYARWANDA,
    LANGUAGES,
    PLACEHOLDER,
    REQUIRED_KEY,
    STATUSES,
    FormString,
    Language,
    coverage,
    form_strings,
    load_catalogue,
    read_catalogue,
    render,
    status_of,
)

TRANSLATED = (FRENCH, KINYARWANDA)
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
EVERY_TRANSLATION = pytest.mark.parametrize("language", TRANSLATED, ids=[language.code for language in TRANSLATED])
HEADER = ",".join(COLUMNS)
PAGE = Path(__file__).parents[2] / "docs" / "translations.md"
ITEM = FormString("phq9_1.label", "Little interest or pleasure in doing things", "phq9")


def all_strings() -> dict[str, FormString]:
    """Every string of every form by key, in the order of the forms."""
    return {string.key: string for form in FORMS.values() for string in form_strings(form)}


def row(**changed: str) -> str:
    """One good row of a catalogue as a line of CSV, with some cells changed."""
    cells = {"key": "a.label", "english": "Yes ${x}", "text": "Yego ${x}", "status": "draft", "source": "", "date": ""}
    return ",".join((cells | changed)[column] for column in COLUMNS)


def refusal(*lines: str) -> str:
    """The message with which a catalogue of these lines is refused."""
    with pytest.raises(ValueError) as caught:
        read_catalogue(lines, "translations/xx.csv")
    return str(caught.value)


# What the catalogues hold.


@EVERY_FORM
@EVERY_TRANSLATION
def test_every_interface_string_is_translated(form: Form, language: Language) -> None:
    interface = [string for string in form_strings(form) if not string.instrument]
    assert interface
    assert [string.key for string in interface if status_of(string, language) not in STATUSES] == []


@EVERY_TRANSLATION
def test_the_project_s_own_translations_are_drafts_until_a_person_has_reviewed_them(language: Language) -> None:
    own = [entry for entry in load_catalogue(language.code).values() if entry.source.startswith("project draft")]
    assert own
    assert {(entry.status, entry.source) for entry in own} == {
        ("draft", "project draft, needs review by a native speaker")
    }
    assert all(entry.date for entry in own)


@EVERY_TRANSLATION
def test_every_entry_with_a_text_says_where_it_comes_from(language: Language) -> None:
    assert [entry.key for entry in load_catalogue(language.code).values() if entry.text and not entry.source] == []


@EVERY_TRANSLATION
def test_every_entry_translates_the_english_of_today(language: Language) -> None:
    today = {key: string.english for key, string in all_strings().items()}
    entries = load_catalogue(language.code).values()
    assert [entry.key for entry in entries if today.get(entry.key) != entry.english] == []


@EVERY_TRANSLATION
def test_the_rows_stand_in_the_order_of_the_forms(language: Language) -> None:
    entries = load_catalogue(language.code)
    assert list(entries) == [key for key in all_strings() if key in entries]


@EVERY_TRANSLATION
def test_the_phone_shows_a_text_without_stray_spaces_or_leftovers(language: Language) -> None:
    texts = [entry.text for entry in load_catalogue(language.code).values()]
    assert [text for text in texts if text != text.strip() or "  " in text or "[EN]" in text or "[FR]" in text] == []


@EVERY_TRANSLATION
def test_placeholders_are_kept(language: Language) -> None:
    strings = [string for string in all_strings().values() if PLACEHOLDER.search(string.english)]
    assert {"show_code.label", "difference_reason.label"} <= {string.key for string in strings}
    for string in strings:
        assert set(PLACEHOLDER.findall(render(string, language))) == set(PLACEHOLDER.findall(string.english))


@EVERY_TRANSLATION
def test_every_number_to_call_is_kept(language: Language) -> None:
    numbers = [line.number for line in PROGRAMME.help_lines]
    instructions = [string for string in all_strings().values() if all(n in string.english for n in numbers)]
    assert len(instructions) == 4
    for string in instructions:
        assert [number for number in numbers if number not in render(string, language)] == []


@EVERY_TRANSLATION
def test_the_same_english_answer_reads_the_same_everywhere(language: Language) -> None:
    by_english: dict[str, set[str]] = {}
    for string in all_strings().values():
        if not string.instrument and string.english in {"Yes", "No", "Another reason, known to the supervisor"}:
            by_english.setdefault(string.english, set()).add(render(string, language))
    assert {english: len(texts) for english, texts in by_english.items()} == dict.fromkeys(by_english, 1)
    assert len(by_english) == 3


# The wording of instruments.


def test_no_instrument_wording_has_a_kinyarwanda_text_unless_it_is_validated() -> None:
    wording = {key for key, string in all_strings().items() if string.instrument}
    entries = [entry for key, entry in load_catalogue("rw").items() if key in wording]
    assert [entry.key for entry in entries if entry.status != "validated"] == []


def test_every_item_instruction_and_answer_counts_as_instrument_wording() -> None:
    expected = set()
    for instrument in INSTRUMENTS.values():
        codes = [code for code in instrument.answers.codes if code != REFUSED]
        expected |= {f"{instrument.name}_instruction.label", *(f"{item.name}.label" for item in instrument.items)}
        expected |= {f"{instrument.answers.name}.{code}" for code in codes}
    assert expected <= {key for key, string in all_strings().items() if string.instrument}


def test_a_refusal_is_interface_text_also_inside_an_instrument() -> None:
    assert all_strings()[REFUSED] == FormString(REFUSED, REFUSED_CHOICE.label)


def test_every_instrument_without_kinyarwanda_says_where_a_validated_version_exists() -> None:
    untranslated = {s.instrument for s in all_strings().values() if status_of(s, KINYARWANDA) == "missing"}
    assert untranslated <= set(INSTRUMENTS)
    assert [name for name in untranslated if not INSTRUMENTS[name].untranslated_source] == []


def test_the_page_for_translators_names_the_source_of_every_instrument_and_every_status() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [each.name for each in INSTRUMENTS.values() if each.untranslated_source not in page] == []
    assert [status for status in (*STATUSES, "missing", "stale") if f"| `{status}` |" not in page] == []
    assert [column for column in COLUMNS if f"`{column}`" not in page] == []


# What a phone shows.


def test_a_missing_kinyarwanda_text_shows_french_and_english_with_their_tags() -> None:
    missing = [string for string in all_strings().values() if status_of(string, KINYARWANDA) == "missing"]
    for string in missing:
        assert render(string, KINYARWANDA) == f"[FR] {render(string, FRENCH)}\n[EN] {string.english}"


def test_an_item_of_the_phq9_falls_back_to_the_french_form() -> None:
    assert status_of(ITEM, KINYARWANDA) in {"missing", "validated"}
    if status_of(ITEM, KINYARWANDA) == "missing":
        expected = f"[FR] Peu d'intérêt ou de plaisir à faire les choses\n[EN] {ITEM.english}"
        assert render(ITEM, KINYARWANDA) == expected


@EVERY_TRANSLATION
def test_a_string_that_no_catalogue_knows_shows_english_with_its_tag(language: Language) -> None:
    unknown = FormString("nowhere.label", "How are you?")
    assert status_of(unknown, language) == "missing"
    assert render(unknown, language) == "[EN] How are you?"


@EVERY_TRANSLATION
def test_a_changed_english_text_makes_the_entry_stale(language: Language) -> None:
    for key in load_catalogue(language.code):
        changed = FormString(key, "Another English text")
        assert status_of(changed, language) == "stale"
        assert render(changed, language) == "[EN] Another English text"


def test_english_shows_itself_and_counts_as_reviewed() -> None:
    for string in all_strings().values():
        assert (render(string, ENGLISH), status_of(string, ENGLISH)) == (string.english, "reviewed")


def test_a_translated_string_shows_its_text_alone() -> None:
    required = all_strings()[REQUIRED_KEY]
    assert render(required, KINYARWANDA) == load_catalogue("rw")[REQUIRED_KEY].text
    assert render(required, FRENCH) == load_catalogue("fr")[REQUIRED_KEY].text


# Coverage.


@EVERY_FORM
def test_coverage_counts_every_string_once_in_each_language(form: Form) -> None:
    counted = coverage(form)
    assert set(counted) == {language.code for language in LANGUAGES}
    assert {code: counts.total() for code, counts in counted.items()} == dict.fromkeys(counted, len(form_strings(form)))


@EVERY_FORM
def test_only_instrument_wording_is_missing_in_kinyarwanda(form: Form) -> None:
    wording = [string for string in form_strings(form) if string.instrument]
    untranslated = [string for string in wording if string.key not in load_catalogue("rw")]
    assert coverage(form)["rw"]["missing"] == len(untranslated)
    assert coverage(form)["fr"]["missing"] == 0


# How a catalogue is read.


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


@pytest.mark.parametrize("status", ["", "Draft", "done", "stale", "missing"])
def test_an_unknown_status_is_refused_with_file_and_line(status: str) -> None:
    message = refusal(HEADER, row(), row(key="b.label", status=status))
    assert message.startswith("translations/xx.csv, line 3, b.label: status must be one of")


@pytest.mark.parametrize("text", ["Yego", "Yego ${y}", "Yego $ {x}", "Yego {x}", "Yego ${x} ${x}"])
def test_a_damaged_placeholder_is_refused_with_file_and_line(text: str) -> None:
    message = refusal(HEADER, row(text=text))
    assert message == "translations/xx.csv, line 2, a.label: the placeholders differ from the English text"


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
    content = files("forms").joinpath(f"translations/{language.code}.csv").read_bytes()
    assert content.decode("utf-8").startswith(HEADER + "\n")
    assert b"\r" not in content
    assert content.endswith(b"\n")
