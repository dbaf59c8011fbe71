"""That every text of an XLSForm has every language, and holds only characters that a form may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.finding import Fault
from forms.workbook import TRANSLATED, Book, SheetRow, headers_of, split_header
from forms.xpath_use import references_in

_CODED_LANGUAGE = re.compile(r".*\S \([A-Za-z]{2,3}(-\w+)*\)")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def language_faults(book: Book) -> Iterator[Fault]:
    """Texts without a language beside texts with one, missing languages, and a default that is not among them."""
    languages = book.languages
    for language in languages:
        if not _CODED_LANGUAGE.fullmatch(language):
            yield "workbook", f"the language {language} has no code", "Write the columns as in label::English (en)."
    for sheet in ("survey", "choices"):
        yield from _incomplete_columns(book, sheet, languages)
    headers = {
        sheet: {split_header(header) for header in headers_of(book.sheets, sheet)} for sheet in ("survey", "choices")
    }
    for row in (*book.survey, *book.choices) if languages else ():
        yield from _incomplete_row(row, languages, headers[row.sheet])
    yield from _default_language(book, languages)


def _incomplete_columns(book: Book, sheet: str, languages: tuple[str, ...]) -> Iterator[Fault]:
    found: dict[str, list[str]] = {}
    for header in headers_of(book.sheets, sheet):
        base, language = split_header(header)
        if base in TRANSLATED:
            found.setdefault(base, []).append(language)
    for base, there in found.items():
        if languages and "" in there:
            what = "has no language beside columns that have one; KoboToolbox would show an unnamed language"
            yield f"{sheet}, column {base}", what, f"Write {base}::{languages[0]}, and a column for each language."
        for language in languages:
            if language not in there and there != [""]:
                yield f"{sheet}, column {base}", f"{language} is missing", f"Add the column {base}::{language}."


def _incomplete_row(row: SheetRow, languages: tuple[str, ...], headers: set[tuple[str, str]]) -> Iterator[Fault]:
    for base in dict.fromkeys(split_header(column)[0] for column in row.cells):
        if base not in TRANSLATED:
            continue
        texts = {split_header(column)[1]: text for column, text in row.texts(base)}
        for language in languages:
            if set(texts) & set(languages) and language not in texts and (base, language) in headers:
                yield row.at(base), f"has no text in {language}", "Write it in every language."
        shown = {language: set(references_in(text)) for language, text in texts.items()}
        if len({frozenset(names) for names in shown.values()}) > 1:
            yield row.at(base), "shows other answers in one language than in another", "Write the same ${…} in all."


def _default_language(book: Book, languages: tuple[str, ...]) -> Iterator[Fault]:
    default = next((row["default_language"] for row in book.settings), "")
    where, known = "settings, default_language", " or ".join(languages)
    if default and default not in languages:
        advice = f"Write {known}." if languages else "Delete it, or write the columns as in label::English (en)."
        yield where, f"{default} is not a language of the columns", advice
    elif languages and not default:
        yield where, "is missing, and phones would open the form in any language", f"Write {known}."


def character_faults(book: Book) -> Iterator[Fault]:
    """Characters that no XForm may hold, and texts that a spreadsheet would compute and lose."""
    for row in (*book.survey, *book.choices, *book.settings):
        for column, text in row.cells.items():
            if found := _FORBIDDEN.search(text):
                where = f"{row.sheet}, row {row.number}, {column}"
                yield where, f"holds the character U+{ord(found.group()):04X}, which no form may hold", "Delete it."
            if text.startswith("="):
                what = "begins with =, which a spreadsheet takes for a formula"
                yield f"{row.sheet}, row {row.number}, {column}", what, "Begin with another sign."
