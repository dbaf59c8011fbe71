"""Languages of the forms: which strings there are, what each catalogue says of them, and what a phone shows.

English is the language of the definitions. A catalogue row holds the English it translates; when the definition has
changed since, the row is *stale* and not used. A string without a usable translation falls back *visibly*: the phone
shows the French and the English with their tags, so that nobody takes it for a validated text.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from forms.form import Form, Question
from forms.instrument import REFUSED, ChoiceList
from forms.library import FORMS

STATUSES = ("validated", "reviewed", "draft")
REQUIRED_KEY = "required"
REQUIRED_MESSAGE = "Please answer this question."
PLACEHOLDER = re.compile(r"\$\{\w+\}")


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the forms: `column` is the suffix in the workbook and the name on the phone."""

    code: str
    column: str


KINYARWANDA = Language("rw", "Kinyarwanda (rw)")
FRENCH = Language("fr", "Français (fr)")
ENGLISH = Language("en", "English (en)")
LANGUAGES = (KINYARWANDA, FRENCH, ENGLISH)
DEFAULT_LANGUAGE = KINYARWANDA


@dataclass(frozen=True, slots=True)
class FormString:
    """A text that a phone shows; `instrument` is set for the wording of an instrument."""

    key: str
    english: str
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A translation with its standing: status is validated, reviewed or draft."""

    key: str
    english: str
    text: str
    status: str
    source: str
    date: str


COLUMNS = tuple(field.name for field in fields(Entry))


@cache
def load_catalogue(language: str) -> Mapping[str, Entry]:
    """Return the entries of a language by key. Raises ValueError naming file and line for a wrong row."""
    name = f"translations/{language}.csv"
    # utf-8-sig: spreadsheets put a byte order mark before the first column.
    with files("forms").joinpath(name).open(encoding="utf-8-sig") as lines:
        return read_catalogue(lines, name)


def read_catalogue(lines: Iterable[str], name: str) -> Mapping[str, Entry]:
    """Return the entries of the catalogue in `lines`, a header and rows of CSV, by key.

    Raises ValueError naming the file as `name`, the line and the key, for: a wrong number of cells or another header,
    an unknown status, placeholders that differ from the English text, a key that appears twice.
    """
    rows = csv.DictReader(lines)
    entries: dict[str, Entry] = {}
    for row in rows:
        where = f"{name}, line {rows.line_num}"
        if tuple(row) != COLUMNS or None in row.values():
            raise ValueError(f"{where}: the columns must be {', '.join(COLUMNS)}, separated by commas")
        entry = Entry(**row)
        if reason := _objection(entry, entries):
            raise ValueError(f"{where}, {entry.key}: {reason}")
        entries[entry.key] = entry
    return entries


def _objection(entry: Entry, earlier: Mapping[str, Entry]) -> str:
    """Say what is wrong with an entry, or nothing."""
    if entry.status not in STATUSES:
        return f"status must be one of {', '.join(STATUSES)}"
    if entry.text and sorted(PLACEHOLDER.findall(entry.text)) != sorted(PLACEHOLDER.findall(entry.english)):
        return "the placeholders differ from the English text"
    return "the key appears twice" if entry.key in earlier else ""


def choice_key(choices: ChoiceList, code: str) -> str:
    """Return the catalogue key of a choice; the refusal is one string wherever it stands."""
    return REFUSED if code == REFUSED else f"{choices.name}.{code}"


def question_strings(question: Question) -> Iterator[FormString]:
    """Yield the strings of one question without its choices."""
    for part, english in (
        ("label", question.label),
        ("hint", question.hint),
        ("constraint", question.constraint_message),
    ):
        if english:
            yield FormString(f"{question.name}.{part}", english, question.instrument if part == "label" else "")


def form_strings(form: Form) -> tuple[FormString, ...]:
    """Return every string of a form that needs translating, each once, in the order of the form."""
    found = {REQUIRED_KEY: FormString(REQUIRED_KEY, REQUIRED_MESSAGE)}
    for question in form.questions():
        for string in (*question_strings(question), *_choice_strings(question)):
            if found.setdefault(string.key, string).english != string.english:
                raise ValueError(f"{form.form_id}: {string.key} has two English texts")
    return tuple(found.values())


def _choice_strings(question: Question) -> Iterator[FormString]:
    if question.choices is None or not question.choices.translated:
        return
    for choice in question.choices.choices:
        instrument = "" if choice.code == REFUSED else question.instrument
        yield FormString(choice_key(question.choices, choice.code), choice.label, instrument)


def status_of(string: FormString, language: Language) -> str:
    """Return validated, reviewed, draft, stale or missing; English is the source and counts as reviewed."""
    if language is ENGLISH:
        return "reviewed"
    entry = load_catalogue(language.code).get(string.key)
    if entry is None or not entry.text:
        return "missing"
    return entry.status if entry.english == string.english else "stale"


def render(string: FormString, language: Language) -> str:
    """Return what the phone shows: the translation, or French and English with their tags."""
    if status_of(string, language) in STATUSES:
        return string.english if language is ENGLISH else load_catalogue(language.code)[string.key].text
    if language is KINYARWANDA and status_of(string, FRENCH) in STATUSES:
        return f"[FR] {render(string, FRENCH)}\n[EN] {string.english}"
    return f"[EN] {string.english}"


def missing_wording(instrument: str, language: Language) -> tuple[str, ...]:
    """Return the keys of an instrument's texts that have no usable wording in a language, each once."""
    wanted = (string for form in FORMS.values() for string in form_strings(form) if string.instrument == instrument)
    return tuple(dict.fromkeys(string.key for string in wanted if status_of(string, language) not in STATUSES))


def coverage(form: Form) -> dict[str, Counter[str]]:
    """Return, by language code, how many strings of the form have each status."""
    strings = form_strings(form)
    return {language.code: Counter(status_of(string, language) for string in strings) for language in LANGUAGES}
