"""A translator gets one spreadsheet with every text and its context, and what goes out comes back unharmed."""

import io
import zipfile
from functools import cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.expression import Literal
from forms.form import Form, Group, Question, Repeat
from forms.instrument import Choice, ChoiceList
from forms.instruments.catalogue import CATALOGUE
from forms.instruments.refusal import REFUSED_CHOICE
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.transcript import screens
from forms.translation import FRENCH, KINYARWANDA, TRANSLATED, FormString, Language, form_strings, known_strings
from forms.translation_catalogue import (
    PACKAGED,
    PLACEHOLDER,
    Entry,
    is_word_of,
    read_catalogue_file,
    text_faults,
    tidy,
    write_catalogue,
)
from forms.translation_context import ADVICE, is_read_aloud, placed_on_screens, string_uses
from forms.translation_import import changed_catalogue, judge
from forms.translation_return import read_sheet
from forms.translation_sheet import FILLED_IN, GUIDE, TEXTS, is_private, neutralise, restore, translation_workbook
from forms.xlsform import read_workbook
from tests.forms.translation_scenes import TODAY, judged, sheet_row

EVERY_TRANSLATION = pytest.mark.parametrize("language", TRANSLATED, ids=[language.code for language in TRANSLATED])
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))


def catalogue(language: Language) -> dict[str, Entry]:
    """The packaged catalogue of a language."""
    return dict(read_catalogue_file(PACKAGED / f"{language.code}.csv"))


@cache
def exported(language: Language) -> bytes:
    """The spreadsheet for a language, of the packaged catalogues."""
    return translation_workbook(language, catalogue(language), catalogue(FRENCH))


def texts(language: Language) -> dict[str, dict[str, str]]:
    """The rows of the spreadsheet for a language, by key."""
    return {row["key"]: row for row in read_workbook(exported(language))[TEXTS]}


# What stands in it.


@EVERY_TRANSLATION
def test_every_text_that_may_be_published_has_one_row_in_the_order_of_the_forms(language: Language) -> None:
    rows = read_workbook(exported(language))[TEXTS]
    assert [row["key"] for row in rows] == [s.key for s in known_strings().values() if not is_private(s)]
    assert {string.key for form in FORMS.values() for string in form_strings(form)} <= {row["key"] for row in rows}


@EVERY_TRANSLATION
def test_a_row_holds_english_text_and_status_of_today(language: Language) -> None:
    entries = catalogue(language)
    for key, row in texts(language).items():
        assert restore(row["english"]) == tidy(known_strings()[key].english)
        assert restore(row.get("text now", "")) == tidy(entries[key].text if key in entries else "")
        assert row["language"] == language.code


def test_french_helps_to_translate_into_kinyarwanda_and_not_into_french() -> None:
    french = catalogue(FRENCH)
    assert texts(KINYARWANDA)["sex.label"]["french"] == french["sex.label"].text
    assert all("french" not in row for row in texts(FRENCH).values())


@EVERY_TRANSLATION
def test_a_row_names_everything_that_has_to_be_kept(language: Language) -> None:
    for row in texts(language).values():
        kept = row.get("keep exactly", "").split(" ")
        numbers = [line.number for line in PROGRAMME.help_lines if is_word_of(line.number, row["english"])]
        assert " ".join(kept) == " ".join((*PLACEHOLDER.findall(row["english"]), *numbers))


@EVERY_TRANSLATION
def test_every_row_has_a_kind_an_advice_a_speaker_and_a_place(language: Language) -> None:
    for row in texts(language).values():
        assert row["advice"] == ADVICE[row["kind"]]
        assert {"form and screen", "who says it"} <= set(row)


@EVERY_TRANSLATION
def test_the_wording_of_an_instrument_says_that_it_is_not_to_be_translated(language: Language) -> None:
    for key, row in texts(language).items():
        instrument = known_strings()[key].instrument
        assert ("instrument" in row) == bool(instrument)
        if instrument:
            assert row["instrument"].startswith(f"{CATALOGUE[instrument].title}: do not translate.")


def test_a_text_that_may_not_be_published_is_private() -> None:
    private = [name for name, each in CATALOGUE.items() if not each.is_published]
    assert private
    assert all(is_private(FormString("x.label", "x", name)) for name in private)
    assert not is_private(FormString("x.label", "x", "phq9")) and not is_private(FormString("x.label", "x"))


@EVERY_TRANSLATION
def test_the_second_sheet_explains_every_column_to_fill_in(language: Language) -> None:
    guide = {row["what"]: row["how"] for row in read_workbook(exported(language))[GUIDE]}
    assert set(FILLED_IN) <= set(guide)
    assert language.column in guide["The work"] and "${client_code}" in guide["keep exactly"]


@EVERY_TRANSLATION
def test_the_same_catalogue_gives_the_same_bytes(language: Language) -> None:
    again = translation_workbook(language, catalogue(language), catalogue(FRENCH))
    assert again == exported(language)


def test_the_sheet_is_wide_wrapped_frozen_and_offers_the_statuses() -> None:
    book = openpyxl.load_workbook(io.BytesIO(exported(KINYARWANDA)))
    sheet = book[TEXTS]
    columns = {cell.value: cell for cell in sheet[1]}
    typed_into = sheet[f"{columns['new text'].column_letter}2"]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions[columns["new text"].column_letter].width == 44
    assert typed_into.alignment.wrap_text and typed_into.number_format == "@"
    assert typed_into.fill.fill_type == "solid" and sheet["A2"].fill.fill_type is None
    assert [offer.formula1 for offer in sheet.data_validations.dataValidation] == ['"validated,reviewed,draft,missing"']


# Where a text stands.

ANSWERS = ChoiceList("answer", (Choice("a", "A"),))
REFUSABLE = ChoiceList("open_answer", (Choice("a", "A"), REFUSED_CHOICE))
FINE = Question("fine", "select_one", "Fine?", choices=REFUSABLE)
MADE = Form(
    "made",
    "Made",
    (
        Question("start", "start"),
        Question("first", "select_one", "First?", "A hint", ANSWERS, constraint_message="Wrong"),
        Group("times", (Question("from", "time", "From"), Question("to", "time", "To")), "Times", together=True),
        Question("sum", "calculate", calculation=Literal(1)),
        Repeat("child", (Question("age", "integer", "Age"), FINE), "Child"),
        Question("last", "note", "Thank you"),
    ),
    Literal("x"),
)  # fmt: skip


def test_one_question_is_one_screen_and_what_is_shown_together_is_one() -> None:
    screens = {node.name: screen for screen, _, node in placed_on_screens(MADE)}
    assert screens == {
        "start": 0, "first": 1, "times": 2, "from": 2, "to": 2, "sum": 2, "child": 3, "age": 3, "fine": 4, "last": 5,
    }  # fmt: skip


@EVERY_FORM
def test_every_string_of_a_form_has_a_place_on_a_screen(form: Form) -> None:
    uses = string_uses({form.form_id: form})
    assert list(uses) == [string.key for string in form_strings(form)]
    assert max(use.screen for found in uses.values() for use in found) == len(screens(form, KINYARWANDA))
    assert all(use.screen >= 1 for key, found in uses.items() for use in found if key != "required")


def test_each_text_knows_its_kind_and_what_it_belongs_to() -> None:
    uses = {key: found[0] for key, found in string_uses({"made": MADE}).items()}
    assert {key: (use.kind, use.belongs_to) for key, use in uses.items()} == {
        "required": ("message", ""),
        "first.label": ("question", ""),
        "first.hint": ("hint", "First?"),
        "first.constraint": ("message", "First?"),
        "answer.a": ("answer", "First?"),
        "times.label": ("heading", ""),
        "from.label": ("question", ""),
        "to.label": ("question", ""),
        "child.label": ("heading", ""),
        "age.label": ("question", ""),
        "fine.label": ("question", ""),
        "open_answer.a": ("answer", "Fine?"),
        "refused": ("answer", "Fine?"),
        "last.label": ("help", ""),
    }


def test_a_question_that_may_be_refused_and_those_beside_it_are_read_aloud() -> None:
    aloud = {key for key, (use, *_) in string_uses({"made": MADE}).items() if use.is_read_aloud}
    assert aloud == {"age.label", "fine.label", "open_answer.a", "refused"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question("a", "note", "Now some questions", instrument="phq9"), True),
        (Question("a", "note", "Read aloud: we ask about sleep."), True),
        (Question("a", "note", "Stay calm."), False),
        (Question("a", "text", "Short name"), False),
    ],
)
def test_what_is_read_aloud(question: Question, expected: bool) -> None:
    assert is_read_aloud(question, (question,)) is expected


def test_a_text_on_several_screens_counts_them() -> None:
    rows = texts(KINYARWANDA)
    uses = string_uses(FORMS)["yes_no.yes"]
    counts = {form_id: sum(use.form_id == form_id for use in uses) for form_id in FORMS}
    for form_id, count in counts.items():
        first = next(use.screen for use in uses if use.form_id == form_id)
        more = f" and {count - 1} more" if count > 1 else ""
        assert f"{form_id} {first}{more}" in rows["yes_no.yes"]["form and screen"].split(" · ")


# There and back.


@EVERY_TRANSLATION
def test_a_sheet_that_comes_back_untouched_changes_no_byte_of_the_catalogue(language: Language) -> None:
    entries = catalogue(language)
    judgement = judge(read_sheet(exported(language)), entries, TODAY)
    assert (judgement.changes, judgement.refusals, judgement.outdated) == ((), (), ())
    written = write_catalogue(changed_catalogue(entries, judgement.changes)).encode()
    assert written == (PACKAGED / f"{language.code}.csv").read_bytes()


SIGNS = st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n", exclude_characters="\ufffe\uffff")
SPECIAL = st.sampled_from(
    ["=", "+", "-", "@", "'", '"', "''=", "\n", ",", "😀", "👩🏾‍🌾", "é", "\u0301", "#N/A", "=1+1"]
)
WORDS = st.lists(st.one_of(st.text(SIGNS), SPECIAL)).map("".join).map(tidy)
USABLE = WORDS.filter(lambda text: text and not next(text_faults("", text), "") and not text.startswith("#"))


def numbered(texts: list[str]) -> dict[str, Entry]:
    """A catalogue with these texts, each a translation of "Good morning"."""
    keys = [f"greet_{number}.label" for number in range(len(texts))]
    return {key: Entry(key, "Good morning", text, "draft", "x", "") for key, text in zip(keys, texts, strict=True)}


@settings(max_examples=25)
@given(st.lists(USABLE, min_size=1, max_size=30))
def test_any_new_text_comes_back_as_it_was_typed(texts: list[str]) -> None:
    strings = {key: FormString(key, "Good morning") for key in numbered(texts)}
    rows = [sheet_row(key, english="Good morning", new_text=text) for key, text in zip(strings, texts, strict=True)]
    judgement = judged(*rows, catalogue={}, strings=strings)
    assert judgement.refusals == ()
    assert [change.new.text for change in judgement.changes] == texts


@settings(max_examples=25)
@given(st.lists(WORDS, min_size=1, max_size=30))
def test_any_text_of_a_catalogue_goes_out_and_comes_back_unchanged(texts: list[str]) -> None:
    entries = numbered(texts)
    strings = {key: FormString(key, "Good morning") for key in entries}
    rows = [
        sheet_row(key, english="Good morning", text_now=entry.text, status_now="draft" if entry.text else "missing")
        for key, entry in entries.items()
    ]
    judgement = judged(*rows, catalogue=entries, strings=strings)
    assert (judgement.changes, judgement.refusals, judgement.outdated) == ((), (), ())


@given(st.text())
def test_what_is_neutralised_is_restored(text: str) -> None:
    assert restore(neutralise(text)) == text


@given(st.text(SIGNS), st.sampled_from("=+-@"), st.sampled_from(["", "'", "''"]))
def test_no_spreadsheet_program_calculates_a_text(text: str, sign: str, quotes: str) -> None:
    assert neutralise(f"{quotes}{sign}{text}").startswith("'")


def test_a_text_like_a_formula_stands_as_a_text_in_the_file() -> None:
    entries = catalogue(KINYARWANDA)
    entry = next(iter(entries.values()))
    evil = {**entries, entry.key: Entry(entry.key, entry.english, '=HYPERLINK("x")', "draft", "x", "")}
    content = translation_workbook(KINYARWANDA, evil, catalogue(FRENCH))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert '\'=HYPERLINK("x")' in {row.get("text now") for row in read_workbook(content)[TEXTS]}


@pytest.mark.parametrize("text", ["=x", "+250", "-x", "@x"])
def test_an_apostrophe_that_a_spreadsheet_program_swallows_is_not_missed(text: str) -> None:
    assert (neutralise(text), restore(text)) == (f"'{text}", text)


@pytest.mark.parametrize("text", ["'quoted'", "n'uyu", "a = b", "1-2", ""])
def test_a_text_that_is_no_formula_goes_out_as_it_is(text: str) -> None:
    assert (neutralise(text), restore(text)) == (text, text)
