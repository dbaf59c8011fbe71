"""The translations are complete and honest: drafts say so, no instrument wording is invented, gaps are shown."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from forms.expression import Literal
from forms.form import Form, Group, Question, Repeat
from forms.instrument import REFUSED, STOPPED, UNSCORED, Choice, ChoiceList
from forms.instruments.catalogue import CATALOGUE
from forms.instruments.refusal import REFUSED_CHOICE, STOPPED_CHOICE
from forms.library import FORMS, INSTRUMENTS
from forms.programme import PROGRAMME
from forms.translation import (
    ALL_STATUSES,
    ENGLISH,
    FRENCH,
    KINYARWANDA,
    LANGUAGES,
    REQUIRED_KEY,
    TRANSLATED,
    FormString,
    Language,
    coverage,
    form_strings,
    instrument_status,
    instrument_strings,
    known_strings,
    language_of,
    load_catalogue,
    missing_wording,
    render,
    shown,
    status_in,
    status_of,
    unvalidated_wording,
)
from forms.translation_catalogue import COLUMNS, PLACEHOLDER, STATUSES, WRITTEN_STATUSES, Entry, is_word_of
from forms.translation_coverage import coverage_lines, coverage_table, wording_table

EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
EVERY_TRANSLATION = pytest.mark.parametrize("language", TRANSLATED, ids=[language.code for language in TRANSLATED])
EVERY_INSTRUMENT = pytest.mark.parametrize("name", list(CATALOGUE))
PAGE = Path(__file__).parents[2] / "docs" / "translations.md"
ITEM = FormString("phq9_1.label", "Little interest or pleasure in doing things", "phq9")


def all_strings() -> dict[str, FormString]:
    """Every string of every form by key, in the order of the forms."""
    return {string.key: string for form in FORMS.values() for string in form_strings(form)}


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
    today = {key: string.english for key, string in known_strings().items()}
    entries = load_catalogue(language.code).values()
    assert [entry.key for entry in entries if today.get(entry.key) != entry.english] == []


@EVERY_TRANSLATION
def test_the_rows_stand_in_the_order_of_the_forms(language: Language) -> None:
    entries = load_catalogue(language.code)
    assert list(entries) == [key for key in known_strings() if key in entries]


@EVERY_TRANSLATION
def test_the_phone_shows_a_text_without_stray_spaces_or_leftovers(language: Language) -> None:
    texts = [entry.text for entry in load_catalogue(language.code).values()]
    assert [text for text in texts if text != text.strip() or "  " in text or "[EN]" in text or "[FR]" in text] == []


@EVERY_TRANSLATION
def test_placeholders_are_kept(language: Language) -> None:
    strings = [string for string in all_strings().values() if PLACEHOLDER.search(string.english)]
    assert "show_code.label" in {string.key for string in strings}
    for string in strings:
        assert set(PLACEHOLDER.findall(render(string, language))) == set(PLACEHOLDER.findall(string.english))


@EVERY_TRANSLATION
def test_every_text_that_says_whom_to_call_has_every_number(language: Language) -> None:
    wanted = [line.number for line in PROGRAMME.help_lines]
    calls = [(form, s) for form in FORMS.values() for s in form_strings(form) if "{numbers_to_call}" in s.english]
    assert wanted and len({string.key for _, string in calls}) >= 4
    for form, string in calls:
        assert [number for number in wanted if not is_word_of(number, shown(form, string, language))] == []


@EVERY_TRANSLATION
def test_the_same_english_answer_reads_the_same_everywhere(language: Language) -> None:
    by_english: dict[str, set[str]] = {}
    for string in all_strings().values():
        if not string.instrument and string.english in {"Yes", "No", "Another reason, known to the supervisor"}:
            by_english.setdefault(string.english, set()).add(render(string, language))
    assert by_english.keys() >= {"Yes", "No"}
    assert {english: len(texts) for english, texts in by_english.items()} == dict.fromkeys(by_english, 1)


# The wording of instruments.


def test_no_instrument_wording_has_a_kinyarwanda_text_unless_it_is_validated() -> None:
    wording = {key for key, string in known_strings().items() if string.instrument}
    entries = [entry for key, entry in load_catalogue("rw").items() if key in wording]
    assert [entry.key for entry in entries if entry.status != "validated"] == []


def test_every_item_instruction_and_answer_counts_as_instrument_wording() -> None:
    expected = set()
    for instrument in INSTRUMENTS.values():
        codes = [code for code in instrument.answers.codes if code not in UNSCORED]
        expected |= {f"{instrument.name}_instruction.label", *(f"{item.name}.label" for item in instrument.items)}
        expected |= {f"{instrument.answers.name}.{code}" for code in codes}
    assert expected <= {key for key, string in all_strings().items() if string.instrument}


@pytest.mark.parametrize("choice", [REFUSED_CHOICE, STOPPED_CHOICE], ids=[REFUSED, STOPPED])
def test_a_refusal_and_a_stop_are_interface_text_also_inside_an_instrument(choice: Choice) -> None:
    assert known_strings()[choice.code] == FormString(choice.code, choice.label)


@pytest.mark.parametrize("name", list(INSTRUMENTS))
def test_an_instrument_has_the_same_strings_asked_or_not(name: str) -> None:
    asked = {string for form in FORMS.values() for string in form_strings(form) if string.instrument == name}
    assert set(instrument_strings(INSTRUMENTS[name])) <= asked


def test_no_key_means_two_texts() -> None:
    strings = [string for instrument in CATALOGUE.values() for string in instrument_strings(instrument)]
    assert [s.key for s in strings if known_strings()[s.key].english != s.english] == []


@EVERY_INSTRUMENT
def test_an_instrument_without_texts_has_no_strings_and_every_other_has_all(name: str) -> None:
    instrument = CATALOGUE[name]
    scored = [code for code in instrument.answers.codes if code not in UNSCORED]
    expected = 1 + len(instrument.items) + len(scored) if instrument.has_texts else 0
    assert len(list(instrument_strings(instrument))) == expected


def test_every_instrument_without_kinyarwanda_says_where_a_validated_version_exists() -> None:
    untranslated = {s.instrument for s in all_strings().values() if status_of(s, KINYARWANDA) == "missing"}
    assert untranslated <= set(INSTRUMENTS)
    assert [name for name in untranslated if not INSTRUMENTS[name].untranslated_source] == []


@EVERY_INSTRUMENT
@EVERY_TRANSLATION
def test_the_wording_of_an_instrument_is_counted_once_by_status(name: str, language: Language) -> None:
    unvalidated = unvalidated_wording(name, language)
    counts = instrument_status(name, language)
    assert {status: len(keys) for status, keys in unvalidated.items()} == {
        status: count for status, count in counts.items() if status != "validated"
    }
    own = [string for string in instrument_strings(CATALOGUE[name]) if string.instrument == name]
    assert counts.total() >= len(own)
    assert set(missing_wording(name, language)) == {
        key for status, keys in unvalidated.items() if status not in STATUSES for key in keys
    }


@EVERY_INSTRUMENT
def test_english_is_the_wording_of_the_source_and_lacks_nothing(name: str) -> None:
    assert unvalidated_wording(name, ENGLISH) == {}
    assert missing_wording(name, ENGLISH) == ()


def test_an_instrument_that_nobody_knows_has_no_wording() -> None:
    assert instrument_status("nothing", FRENCH).total() == 0


# The page for translators.


def test_the_page_for_translators_explains_every_status_and_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [status for status in ALL_STATUSES if f"| `{status}` |" not in page] == []
    assert ", ".join(COLUMNS) in page


@pytest.mark.parametrize(("mark", "table"), [("coverage", coverage_table), ("wording", wording_table)])
def test_the_tables_on_the_page_for_translators_are_of_today(mark: str, table: Callable[[], str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    inside = page.partition(f"<!-- {mark} -->\n")[2].partition(f"<!-- /{mark} -->")[0]
    assert inside == table(), f"put what forms.translation_coverage.{mark}_table() returns between the marks"


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
    for key in (key for key, entry in load_catalogue(language.code).items() if entry.text):
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


@EVERY_FORM
def test_the_parts_of_the_coverage_make_the_whole(form: Form) -> None:
    interface, wording = coverage(form, of_instruments=False), coverage(form, of_instruments=True)
    assert {code: interface[code] + wording[code] for code in interface} == coverage(form)
    assert interface["en"].total() == sum(not string.instrument for string in form_strings(form))


@EVERY_FORM
def test_the_coverage_in_words_names_every_part_and_language(form: Form) -> None:
    lines = coverage_lines(form)
    parts = ["interface", *(["instruments"] if form.instruments else [])]
    assert [line.partition(": ")[0] for line in lines] == [
        f"{form.form_id} {code}, {part}" for part in parts for code in ("rw", "fr")
    ]
    assert sum(int(number) for line in lines for number in re.findall(r"(\d+) [a-z]+", line.partition(": ")[2])) == (
        2 * len(form_strings(form))
    )


def test_the_coverage_table_has_a_row_for_each_form_part_and_language() -> None:
    header, rule, *rows = [line.strip("|").split("|") for line in coverage_table().splitlines()]
    assert [cell.strip() for cell in header] == ["Form", "Texts", "Language", *ALL_STATUSES]
    assert {len(row) for row in (rule, *rows)} == {len(header)}
    assert len(rows) == 2 * sum(1 + bool(form.instruments) for form in FORMS.values())


# Which strings a form has.

ASKED = ChoiceList("colour", (Choice("red", "Red"), REFUSED_CHOICE))
NAMES = ChoiceList("village", (Choice("1", "Runda"),), translated=False)


def made_form(*nodes: Question | Group | Repeat) -> Form:
    """A form of these nodes."""
    return Form("made", "Made", nodes, Literal("x"))


def test_the_labels_of_groups_and_repeats_are_strings_too() -> None:
    question = Question("age", "integer", "Age")
    form = made_form(Group("head", (question,), "The head"), Repeat("child", (), "A child"), Group("silent", ()))
    assert [(s.key, s.english) for s in form_strings(form)[1:]] == [
        ("head.label", "The head"),
        ("age.label", "Age"),
        ("child.label", "A child"),
    ]


def test_labels_hints_messages_and_answers_are_strings_and_proper_names_are_not() -> None:
    first = Question("a", "select_one", "A?", "Hint", ASKED, constraint_message="No", instrument="phq9")
    form = made_form(first, Question("b", "select_one", "B?", choices=NAMES), Question("c", "calculate"))
    assert [(s.key, s.english, s.instrument) for s in form_strings(form)] == [
        ("required", "Please answer this question.", ""),
        ("a.label", "A?", "phq9"),
        ("a.hint", "Hint", ""),
        ("a.constraint", "No", ""),
        ("colour.red", "Red", "phq9"),
        ("refused", REFUSED_CHOICE.label, ""),
        ("b.label", "B?", ""),
    ]


def test_one_key_with_two_english_texts_is_a_fault() -> None:
    other = ChoiceList("colour", (Choice("red", "Crimson"),))
    form = made_form(Question("a", "select_one", "A?", choices=ASKED), Question("b", "select_one", "B?", choices=other))
    with pytest.raises(ValueError, match=r"^made: colour\.red has two English texts$"):
        form_strings(form)


@pytest.mark.parametrize("language", LANGUAGES, ids=[language.code for language in LANGUAGES])
def test_a_language_is_found_by_its_code(language: Language) -> None:
    assert language_of(language.code) is language


@pytest.mark.parametrize(
    ("english", "text", "status", "expected"),
    [
        ("Yes", "Yego", "draft", "draft"),
        ("Yes", "Yego", "validated", "validated"),
        ("Yes.", "Yego", "reviewed", "stale"),
        ("Yes", "", "missing", "missing"),
        ("Yes", "", "draft", "missing"),
    ],
)
def test_what_a_catalogue_has_for_a_string(english: str, text: str, status: str, expected: str) -> None:
    entry = Entry("a.label", english, text, status, "", "")
    assert status_in({"a.label": entry}, FormString("a.label", "Yes")) == expected
    assert expected in ALL_STATUSES and set(WRITTEN_STATUSES) < set(ALL_STATUSES)
