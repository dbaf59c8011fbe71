"""What is wrong with the rows of a survey sheet: names, types, lists, labels, and groups that do not close."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms.finding import Fault, advise, nearest
from forms.naming import name_reasons
from forms.workbook import FILE_SELECTS, SELECTS, Book, SheetRow

META = ("start", "end", "today", "username", "deviceid", "audit")
SILENT = (*META, "calculate", "hidden", "csv-external", "xml-external")
TYPES = (
    *META, *SELECTS, *FILE_SELECTS, "text", "integer", "decimal", "range", "date", "time", "dateTime", "note",
    "calculate", "hidden", "acknowledge", "csv-external", "xml-external", "begin_group", "end_group", "begin_repeat",
    "end_repeat",
)  # fmt: skip
_POSITION = ("records where a person is or lives", "Delete the question; ask for the sector instead.")
_PICTURE = ("records pictures, voices or files of people", "Delete the question.")
_OWNER = ("records who owns the phone", "Delete the row; username says who sends.")
REFUSED_TYPES = {
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "start-geopoint", "background-geopoint"), _POSITION),
    **dict.fromkeys(("image", "photo", "audio", "video", "file", "background-audio"), _PICTURE),
    **dict.fromkeys(("phonenumber", "email", "simserial", "subscriberid", "imei"), _OWNER),
    "barcode": ("reads cards that may name a person", "Delete the question."),
    "select_one_external": ("is unknown to web forms", "Write select_one with a choice_filter."),
}
_OTHER_TYPES = {
    "int": "integer",
    "number": "integer or decimal",
    "numeric": "integer or decimal",
    "float": "decimal",
    "string": "text",
    "datetime": "dateTime",
    "select": "select_one or select_multiple",
    "select1": "select_one",
    "radio": "select_one",
    "checkbox": "select_multiple",
    "boolean": "select_one with the codes yes and no",
    "calculation": "calculate",
    "trigger": "acknowledge",
}
_ROSTER = re.compile(r"[a-z][a-z0-9_]*\.csv")


def name_faults(book: Book) -> Iterator[Fault]:
    """Names that are missing, not usable, reserved, or there twice in the form, whatever the case."""
    first: dict[str, SheetRow] = {}
    for row in book.survey:
        if row.is_ending or not row.kind:
            continue
        if not row.name:
            yield row.place, "has no name", "Give it a name in the column name."
            continue
        for what, advice in name_reasons(row.name):
            yield row.place, what, advice
        earlier = first.setdefault(row.name.lower(), row)
        if earlier is not row:
            advice = "Names must be unique in the whole form, in all its groups and whatever the case."
            yield row.place, f"row {earlier.number} has this name already", advice


def type_faults(book: Book) -> Iterator[Fault]:
    """Types that are missing, unknown or refused, and lists and files that are not there."""
    for row in book.survey:
        if not row.kind:
            yield row.place, "has no type", "Write what kind of question it is in the column type."
        elif row.kind in REFUSED_TYPES:
            what, advice = REFUSED_TYPES[row.kind]
            yield row.at("type"), f"{row.kind} {what}", advice
        elif row.kind not in TYPES:
            guess = _OTHER_TYPES.get(row.kind.lower()) or nearest(row.kind, TYPES)
            advice = f"Write {guess}." if guess else f"Write one of {', '.join(TYPES)}."
            yield row.at("type"), f"{row['type']} is not a type of question", advice
        else:
            yield from _word_faults(book, row)


def _word_faults(book: Book, row: SheetRow) -> Iterator[Fault]:
    words = row["type"].split()
    where, expected = row.at("type"), 2 if row.kind in (*SELECTS, *FILE_SELECTS) else 1
    taken = words if row["type"].startswith(row.kind) else words[1:]
    if len(taken) < expected:
        wanted = "roster file" if row.kind in FILE_SELECTS else "choice list"
        yield where, f"{row.kind} names no {wanted}", f"Write {row.kind} and the name of the {wanted}."
    elif "or_other" in words:
        advice = "Add a choice other to the list, and no text."
        yield where, "or_other asks for free text, in English only", advice
    elif len(taken) > expected:
        yield where, f"{' '.join(taken[expected:])} has no meaning after {' '.join(taken[:expected])}", "Delete it."
    elif row.kind in SELECTS and not book.codes(row.list_name):
        lists = {choice["list_name"] for choice in book.choices}
        advice = advise(row.list_name, lists, "Add it to the sheet choices.")
        yield where, f"the list {row.list_name} is not in the sheet choices", advice
    elif row.kind in FILE_SELECTS and not _ROSTER.fullmatch(row.list_name):
        advice = "Name it like members.csv: small letters, digits, _ and the ending .csv."
        yield where, f"{row.list_name} is not a usable name of a roster file", advice


def nesting_faults(book: Book) -> Iterator[Fault]:
    """Groups and repeats that are not closed, closed twice, crossed or empty."""
    open_rows: list[SheetRow] = []
    previous = None
    for row in book.survey:
        if row.is_beginning:
            open_rows.append(row)
        elif row.is_ending:
            kind = row.kind.removeprefix("end_")
            if not open_rows:
                yield row.place, f"ends a {kind}, but none is open", f"Delete the row, or add begin_{kind} before."
            else:
                yield from _ending_faults(open_rows.pop(), row, previous)
        previous = row
    for row in open_rows:
        yield row.place, f"the {_kind(row)} is not ended", f"Add a row end_{_kind(row)}."


def _ending_faults(opened: SheetRow, row: SheetRow, previous: SheetRow | None) -> Iterator[Fault]:
    kind = row.kind.removeprefix("end_")
    if kind != _kind(opened):
        what = f"ends a {kind}, but the {_kind(opened)} {opened.name} of row {opened.number} is open"
        yield row.place, what, f"Write end_{_kind(opened)}, or end that one first."
    if previous is opened:
        yield opened.place, f"the {_kind(opened)} is empty", "Put questions into it, or delete it."


def _kind(row: SheetRow) -> str:
    return row.kind.removeprefix("begin_")


def label_faults(book: Book) -> Iterator[Fault]:
    """Questions without a label, and messages and conditions of which one is there without the other."""
    for row in book.survey:
        if row.kind in TYPES and row.kind not in SILENT and not (row.is_beginning or row.is_ending):
            if not row.has("label"):
                yield row.place, "has no label", "Say what is asked."
            if row["required"] and row.kind == "note":
                yield row.at("required"), "nobody can answer a note", "Delete it, or the form cannot be finished."
        if row["constraint"] and not row.has("constraint_message"):
            yield row.place, "has a constraint without a message", "Say what is wrong and what to do."
        if row.has("constraint_message") and not row["constraint"]:
            yield row.place, "has a constraint_message without a constraint", "Add the constraint, or delete it."
        if row.has("required_message") and not row["required"]:
            yield row.place, "has a required_message without being required", "Write yes in required, or delete it."


def audit_faults(book: Book) -> Iterator[Fault]:
    """The audit trail is there once, notes changes, and no positions."""
    found = [row for row in book.survey if row.kind == "audit"]
    if book.survey and not found:
        advice = "Add a row with type audit, name audit and parameters track-changes=true."
        yield "survey", "there is no audit trail", advice
    for row in found:
        if row.name != "audit":
            yield row.place, "the audit trail has another name", "Name it audit, or phones keep none."
        if "location" in row["parameters"]:
            what = "the audit trail would record where people live"
            yield row.at("parameters"), what, "Delete the location parameters."
        if "track-changes=true" not in re.sub(r"\s*=\s*", "=", row["parameters"]).split():
            yield row.at("parameters"), "the audit trail does not note changes", "Write track-changes=true."
