"""Which sheets, columns and settings an XLSForm may have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.finding import Fault, nearest
from forms.workbook import SELECTS, TRANSLATED, Book, headers_of, split_header

_SURVEY = (
    "type", "name", *TRANSLATED, "required", "relevant", "constraint", "calculation", "appearance", "choice_filter",
    "repeat_count", "parameters", "default", "read_only", "trigger", "autoplay", "disabled",
)  # fmt: skip
_CHOICES = ("list_name", "name", "label", "image", "audio", "video", "big-image")
SETTINGS = (
    "form_title", "form_id", "version", "default_language", "instance_name", "style", "auto_send", "auto_delete",
    "allow_choice_duplicates",
)  # fmt: skip
_KNOWN = {"survey": _SURVEY, "choices": _CHOICES, "settings": SETTINGS}
_ESSENTIAL = {"survey": ("type", "name"), "choices": ("list_name", "name")}
_OTHER_NAMES = {
    "relevance": "relevant",
    "relevancy": "relevant",
    "skip_logic": "relevant",
    "calculate": "calculation",
    "caption": "label",
    "constraining_message": "constraint_message",
    "count": "repeat_count",
    "readonly": "read_only",
    "command": "type",
    "tag": "name",
    "value": "name",
    "code": "name",
    "list name": "list_name",
    "title": "form_title",
    "id_string": "form_id",
    "form_name": "form_title",
}
_RAW = ("writes into the XForm past all checks", "Use the plain columns.")
_REFUSED_COLUMNS = {
    ("survey", "save_to"): ("is for entities, which KoboToolbox cannot deploy", "Delete the column."),
    **dict.fromkeys((("survey", "bind"), ("survey", "body"), ("survey", "instance"), ("settings", "attribute")), _RAW),
    ("settings", "client_editable"): ("is ignored by KoboToolbox", "Delete the column."),
    ("settings", "public_key"): (
        "encrypts the answers, so that KoboToolbox and the connector see none",
        "Delete the column.",
    ),
    ("settings", "name"): ("names the root of the answers, which KoboToolbox does itself", "Delete the column."),
    ("settings", "submission_url"): ("sends the answers past KoboToolbox", "Delete the column."),
}
_REFUSED_SHEETS = {
    "entities": ("KoboToolbox cannot deploy entities", "Delete it, and use a roster file."),
    "external_choices": ("is for select_one_external, which web forms lack", "Use choices with a choice_filter."),
    "osm": ("is for map features, which are not asked here", "Delete it."),
}
_STYLES = {"pages", "theme-grid", "theme-grid no-text-transform", "pages theme-grid", "theme-grid pages"}


def sheet_faults(book: Book) -> Iterator[Fault]:
    """Unknown and missing sheets, and sheets that KoboToolbox cannot deploy."""
    if "survey" not in book.sheets:
        yield "workbook", "the sheet survey is missing", "Name the sheet with the questions survey."
    elif not book.survey:
        yield "survey", "the sheet holds no question", "Write the questions below the header."
    for sheet in book.sheets:
        if sheet in _REFUSED_SHEETS:
            yield f"sheet {sheet}", *_REFUSED_SHEETS[sheet]
        elif sheet not in _KNOWN and not sheet.startswith("_"):
            known = nearest(sheet, _KNOWN)
            advice = f"Rename it to {known}." if known else f"Delete it, or rename it to _{sheet} to keep it as a note."
            yield f"sheet {sheet}", "is not a sheet of an XLSForm", advice


def essential_faults(book: Book) -> Iterator[Fault]:
    """Sheets and columns without which nothing else can be said."""
    if book.survey and not book.choices and any(row.kind in SELECTS for row in book.survey):
        yield "workbook", "the sheet choices is missing or empty", "Write the lists of choices into it."
    for sheet, columns in _ESSENTIAL.items():
        for column in columns:
            if book.sheets.get(sheet) and column not in headers_of(book.sheets, sheet):
                yield f"{sheet}, column {column}", "is missing", "Add it, or correct its spelling in the header."


def column_faults(book: Book) -> Iterator[Fault]:
    """Columns that would be ignored, or that KoboToolbox refuses."""
    for sheet, known in _KNOWN.items():
        for header in headers_of(book.sheets, sheet):
            for what, advice in _column_reasons(book, sheet, header, known):
                yield f"{sheet}, column {header}", what, advice


def _column_reasons(book: Book, sheet: str, header: str, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    base, language = split_header(header)
    if (sheet, base) in _REFUSED_COLUMNS:
        yield _REFUSED_COLUMNS[sheet, base]
    elif header != (tidy := re.sub(r"\s*::\s*", "::", header).strip()):
        yield "has a space beside ::", f"Write {tidy}."
    elif base not in known:
        yield from _unknown_column(book, sheet, header, base, language)
    elif language and base not in TRANSLATED:
        yield "has a language, but its content is the same in all", f"Write {base}."


def _unknown_column(book: Book, sheet: str, header: str, base: str, language: str) -> Iterator[tuple[str, str]]:
    plain = "_".join(base.split()).lower()
    guess = _OTHER_NAMES.get(base.lower()) or nearest(plain, (*_KNOWN[sheet], *_OTHER_NAMES))
    guess = _OTHER_NAMES.get(guess, guess)
    single = base.split(":")[0].strip()
    if ":" in base and single in TRANSLATED:
        yield "separates the language by one colon", f"Write {single}::{base.split(':', 1)[1].strip()}."
    elif sheet == "choices" and not guess:
        yield from _filter_column(header)
    elif sheet != "choices" or not _is_filtered_by(book, header):
        advice = f"Rename it to {'::'.join(filter(None, (guess, language)))}." if guess else "Delete it."
        yield f"is not a column of the sheet {sheet} and would be ignored", advice


def _filter_column(header: str) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r"[A-Za-z_][\w-]*", header):
        yield "is not a usable name for a filter column", "Use letters, digits and _."


def _is_filtered_by(book: Book, header: str) -> bool:
    word = re.compile(rf"(?<![\w-]){re.escape(header)}(?![\w-])")
    logic = ("choice_filter", "calculation", "relevant", "constraint")
    return any(word.search(row[column]) for row in book.survey for column in logic)


def settings_faults(book: Book) -> Iterator[Fault]:
    """More than one row, switches that lead astray, and an unknown style."""
    for row in book.settings[1:]:
        yield f"settings, row {row.number}", "the sheet has one row only", "Delete this row."
    for row in book.settings[:1]:
        if row["allow_choice_duplicates"].lower() in {"yes", "true", "true()"}:
            yield "settings, allow_choice_duplicates", "lets two choices have one code", "Delete it."
        if row["style"] and row["style"] not in _STYLES:
            yield (
                "settings, style",
                f"{row['style']} is not a style",
                f"Write {nearest(row['style'], _STYLES) or 'pages'}.",
            )
        if row["form_id"] and not re.fullmatch(r"[A-Za-z_][\w.-]*", row["form_id"], re.ASCII):
            yield "settings, form_id", "is not a usable name", "Use letters, digits and _, a letter first."
        for switch in ("auto_send", "auto_delete"):
            if row[switch] and row[switch].lower() not in {"true", "false"}:
                yield f"settings, {switch}", f"{row[switch]} is neither true nor false", "Write true or false."
