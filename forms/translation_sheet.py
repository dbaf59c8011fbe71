"""The spreadsheet that a translator works in: its columns, and a row for each text with all there is to know of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from forms.instruments.catalogue import CATALOGUE
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.translation import FRENCH, FormString, Language, known_strings, status_in
from forms.translation_catalogue import MISSING, PLACEHOLDER, STATUSES, WRITTEN_STATUSES, Entry, is_word_of
from forms.translation_context import ADVICE, ANSWER, INSTRUCTION, QUESTION, Use, string_uses
from forms.translation_guide import guide_rows
from forms.xlsform import Layout, write_workbook

TEXTS, GUIDE = "Texts", "How to work"
KEY, LANGUAGE, ENGLISH_TEXT, TEXT_NOW, STATUS_NOW = "key", "language", "english", "text now", "status now"
NEW_TEXT, NEW_STATUS, SOURCE, REVIEWER, DATE, COMMENT = (
    "new text", "new status", "source", "reviewer", "date", "comment",
)  # fmt: skip
FILLED_IN = (NEW_TEXT, NEW_STATUS, SOURCE, REVIEWER, DATE, COMMENT)
WIDTHS = {
    KEY: 24, LANGUAGE: 9, "form and screen": 16, "kind": 10, "belongs to": 28, "who says it": 20, "instrument": 24,
    ENGLISH_TEXT: 40, "french": 40, TEXT_NOW: 40, STATUS_NOW: 11, "source now": 22, "keep exactly": 18, "advice": 30,
    NEW_TEXT: 44, NEW_STATUS: 12, SOURCE: 26, REVIEWER: 16, DATE: 12, COMMENT: 30,
}  # fmt: skip
_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t]")


def neutralise(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula: one that begins like one gets an apostrophe."""
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text


def restore(text: str) -> str:
    """Undo `neutralise`, also when a spreadsheet program has swallowed the apostrophe."""
    return text[1:] if text.startswith("'") and _LIKE_A_FORMULA.match(text) else text


def translation_workbook(language: Language, catalogue: Mapping[str, Entry], french: Mapping[str, Entry]) -> bytes:
    """Return the spreadsheet for a language as an .xlsx file; `french` is the catalogue that helps to understand."""
    rows = list(sheet_rows(language, catalogue, french))
    widths = {name: WIDTHS[name] for name in rows[0]}
    layouts = {
        TEXTS: Layout(widths, FILLED_IN, {NEW_STATUS: WRITTEN_STATUSES}),
        GUIDE: Layout({"what": 24, "how": 110}),
    }
    return write_workbook({TEXTS: rows, GUIDE: list(guide_rows(language))}, layouts)


def sheet_rows(
    language: Language, catalogue: Mapping[str, Entry], french: Mapping[str, Entry]
) -> Iterator[dict[str, str]]:
    """Yield one row for each text that may be translated here, in the order of the forms; every row has all columns."""
    uses = string_uses(FORMS)
    for string in known_strings().values():
        if not is_private(string):
            row = _row(string, language, catalogue, french, uses.get(string.key, ()))
            yield {name: neutralise(value) for name, value in row.items()}


def _row(
    string: FormString,
    language: Language,
    catalogue: Mapping[str, Entry],
    french: Mapping[str, Entry],
    uses: tuple[Use, ...],
) -> dict[str, str]:
    entry = catalogue.get(string.key, Entry(string.key, "", "", MISSING, "", ""))
    in_french = french[string.key].text if status_in(french, string) in STATUSES else ""
    kind = uses[0].kind if uses else _kind_of_wording(string)
    return {
        KEY: string.key,
        LANGUAGE: language.code,
        "form and screen": _places(uses),
        "kind": kind,
        "belongs to": uses[0].belongs_to if uses else "",
        "who says it": _who_says(uses, string),
        "instrument": _instrument_note(string),
        ENGLISH_TEXT: string.english,
        **({} if language is FRENCH else {"french": in_french}),
        TEXT_NOW: entry.text,
        STATUS_NOW: status_in(catalogue, string),
        "source now": entry.source,
        "keep exactly": " ".join((*PLACEHOLDER.findall(string.english), *kept_words(string.english))),
        "advice": ADVICE[kind],
        **dict.fromkeys(FILLED_IN, ""),
    }


def _kind_of_wording(string: FormString) -> str:
    """The kind of a text of an instrument that no form asks."""
    if not string.key.endswith(".label"):
        return ANSWER
    return INSTRUCTION if string.key == f"{string.instrument}_instruction.label" else QUESTION


def is_private(string: FormString) -> bool:
    """Whether a text may not be published: it comes from the programme's private file, never from a catalogue."""
    return string.instrument in CATALOGUE and not CATALOGUE[string.instrument].is_published


def kept_words(english: str) -> tuple[str, ...]:
    """Return the numbers to call that stand in a text: a translation keeps them."""
    return tuple(line.number for line in PROGRAMME.help_lines if is_word_of(line.number, english))


def _places(uses: tuple[Use, ...]) -> str:
    """Where a text stands: the first screen of each form, and on how many more."""
    if not uses:
        return "not asked at present"
    counts = Counter(use.form_id for use in uses)
    first = {use.form_id: str(use.screen or "everywhere") for use in reversed(uses)}
    return " · ".join(
        f"{form_id} {first[form_id]}" + (f" and {count - 1} more" if count > 1 else "")
        for form_id, count in counts.items()
    )


def _who_says(uses: tuple[Use, ...], string: FormString) -> str:
    said = {use.is_read_aloud for use in uses} or {bool(string.instrument)}
    if said == {True}:
        return "read aloud to the client"
    return "shown to the CHA" if said == {False} else "shown to the CHA; also read aloud to the client"


def _instrument_note(string: FormString) -> str:
    if not string.instrument:
        return ""
    title = CATALOGUE[string.instrument].title if string.instrument in CATALOGUE else string.instrument
    return f"{title}: do not translate. Enter only the published text, status validated, with its source."
