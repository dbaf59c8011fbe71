"""Languages of the forms: which strings there are, what each catalogue says of them, and what a phone shows.

English is the language of the definitions. A catalogue row holds the English it translates; when the definition has
changed since, the row is *stale* and not used. A string without a usable translation falls back *visibly*: the phone
shows the French and the English with their tags, so that nobody takes it for a validated text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from forms.form import Form, Node, Question, walk
from forms.instrument import UNSCORED, ChoiceList, Instrument
from forms.instruments.catalogue import CATALOGUE
from forms.library import FORMS
from forms.private_text import private_entries
from forms.programme import PROGRAMME
from forms.translation_catalogue import MISSING, PACKAGED, PLACEHOLDER, STATUSES, Entry, read_catalogue_file

__all__ = ["PLACEHOLDER"]

REQUIRED_KEY = "required"
REQUIRED_MESSAGE = "Please answer this question."
STALE = "stale"
ALL_STATUSES = (*STATUSES, STALE, MISSING)


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the forms: `column` is the suffix in the workbook and the name on the phone."""

    code: str
    column: str


KINYARWANDA = Language("rw", "Kinyarwanda (rw)")
FRENCH = Language("fr", "Français (fr)")
ENGLISH = Language("en", "English (en)")
LANGUAGES = (KINYARWANDA, FRENCH, ENGLISH)
TRANSLATED = (KINYARWANDA, FRENCH)
DEFAULT_LANGUAGE = KINYARWANDA


def language_of(code: str) -> Language:
    """Return the language with this code; raises KeyError for another."""
    return {language.code: language for language in LANGUAGES}[code]


@dataclass(frozen=True, slots=True)
class FormString:
    """A text that a phone shows; `instrument` is set for the wording of an instrument."""

    key: str
    english: str
    instrument: str = ""


@cache
def load_catalogue(language: str) -> Mapping[str, Entry]:
    """Return the entries of a language by key: the packaged ones, over them those of the programme's private texts.

    Raises CatalogueError naming file and line for a wrong row.
    """
    return MappingProxyType({**read_catalogue_file(PACKAGED / f"{language}.csv"), **_private_entries(language)})


def _private_entries(language: str) -> Mapping[str, Entry]:
    return private_entries(PROGRAMME.private_texts, language) if PROGRAMME.private_texts else {}


def choice_key(choices: ChoiceList, code: str) -> str:
    """Return the catalogue key of a choice; a refusal and a stop are one string each, wherever they stand."""
    return code if code in UNSCORED else f"{choices.name}.{code}"


def question_strings(question: Question) -> Iterator[FormString]:
    """Yield the strings of one question without its choices."""
    for part, english in (
        ("label", question.label),
        ("hint", question.hint),
        ("constraint", question.constraint_message),
    ):
        if english:
            yield FormString(
                f"{question.catalogue_name}.{part}", english, question.instrument if part == "label" else ""
            )


def choice_strings(question: Question) -> Iterator[FormString]:
    """Yield the strings of a question's choices; proper names have none."""
    if question.choices is None or not question.choices.translated:
        return
    for choice in question.choices.choices:
        instrument = "" if choice.code in UNSCORED else question.instrument
        yield FormString(choice_key(question.choices, choice.code), choice.label, instrument)


def node_strings(node: Node) -> Iterator[FormString]:
    """Yield the strings of a question with its choices, or the label of a group or a repeat."""
    if isinstance(node, Question):
        yield from question_strings(node)
        yield from choice_strings(node)
    elif node.label:
        yield FormString(f"{node.name}.label", node.label)


def form_strings(form: Form) -> tuple[FormString, ...]:
    """Return every string of a form that needs translating, each once, in the order of the form.

    Raises ValueError when one key has two English texts.
    """
    found = {REQUIRED_KEY: FormString(REQUIRED_KEY, REQUIRED_MESSAGE)}
    for string in (string for _, node in walk(form.children) for string in node_strings(node)):
        if found.setdefault(string.key, string).english != string.english:
            raise ValueError(f"{form.form_id}: {string.key} has two English texts")
    return tuple(found.values())


def instrument_strings(instrument: Instrument) -> Iterator[FormString]:
    """Yield the wording of an instrument as a form holds it; nothing for one whose texts are not there."""
    if not instrument.has_texts:
        return
    yield from (FormString(key, wording, instrument.name) for key, wording in instrument.texts() if wording)
    if instrument.has_own_instruction:
        yield FormString(f"{instrument.name}_instruction.label", instrument.instruction)


@cache
def known_strings() -> Mapping[str, FormString]:
    """Return every string by key in the order of the catalogues: those of all forms, then of instruments not asked."""
    asked = (string for form in FORMS.values() for string in form_strings(form))
    unasked = (string for instrument in CATALOGUE.values() for string in instrument_strings(instrument))
    found: dict[str, FormString] = {}
    for string in (*asked, *unasked):
        found.setdefault(string.key, string)
    return MappingProxyType(found)


def status_in(catalogue: Mapping[str, Entry], string: FormString) -> str:
    """Return what a catalogue has for a string: validated, reviewed, draft, stale or missing."""
    entry = catalogue.get(string.key)
    if entry is None or not entry.text:
        return MISSING
    return entry.status if entry.english == string.english else STALE


def status_of(string: FormString, language: Language) -> str:
    """Return validated, reviewed, draft, stale or missing; English is the source and counts as reviewed."""
    return "reviewed" if language is ENGLISH else status_in(load_catalogue(language.code), string)


def render(string: FormString, language: Language) -> str:
    """Return what the phone shows: the translation, or French and English with their tags."""
    if status_of(string, language) in STATUSES:
        return string.english if language is ENGLISH else load_catalogue(language.code)[string.key].text
    if language is KINYARWANDA and status_of(string, FRENCH) in STATUSES:
        return f"[FR] {render(string, FRENCH)}\n[EN] {string.english}"
    return f"[EN] {string.english}"


def shown(form: Form, string: FormString, language: Language) -> str:
    """Return what the phone shows of a form's string, with the programme's figures filled in."""
    return form.with_facts(render(string, language), language.code)


@cache
def _wording(instrument: str) -> tuple[FormString, ...]:
    """The texts of an instrument, each once, also of one that no form asks; answers may be shared with another."""
    nodes = (node for form in FORMS.values() for _, node in walk(form.children))
    asked = (string for node in nodes for string in node_strings(node) if string.instrument == instrument)
    whole = instrument_strings(CATALOGUE[instrument]) if instrument in CATALOGUE else ()
    own = (string for string in whole if string.instrument == instrument)
    return tuple({string.key: string for string in (*asked, *own)}.values())


def missing_wording(instrument: str, language: Language) -> tuple[str, ...]:
    """Return the keys of an instrument's texts that have no usable wording in a language, each once."""
    return tuple(each.key for each in _wording(instrument) if status_of(each, language) not in STATUSES)


def instrument_status(instrument: str, language: Language) -> Counter[str]:
    """Return how many of an instrument's texts have each status in a language."""
    return Counter(status_of(string, language) for string in _wording(instrument))


def unvalidated_wording(instrument: str, language: Language) -> Mapping[str, tuple[str, ...]]:
    """Return, by status, the keys of an instrument's texts that are not its validated wording in a language.

    English is the wording of the source, so nothing is returned for it.
    """
    if language is ENGLISH:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for string in _wording(instrument):
        if (status := status_of(string, language)) != "validated":
            found[status] = (*found.get(status, ()), string.key)
    return found


def coverage(form: Form, *, of_instruments: bool | None = None) -> dict[str, Counter[str]]:
    """Return, by language code, how many strings of the form have each status.

    `of_instruments` counts only the wording of instruments (True), or only everything else (False).
    """
    strings = [s for s in form_strings(form) if of_instruments in (None, bool(s.instrument))]
    return {language.code: Counter(status_of(string, language) for string in strings) for language in LANGUAGES}
