"""All checks of an XLSForm workbook before it is sent: what pyxform lets through or says badly, what Kobo refuses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from forms.finding import Fault, Finding
from forms.workbook import Book, Sheets, read_book
from forms.workbook_choices import choice_faults
from forms.workbook_columns import column_faults, essential_faults, settings_faults, sheet_faults
from forms.workbook_kobo import appearance_faults, media_faults, parameter_faults
from forms.workbook_language import character_faults, language_faults
from forms.workbook_logic import (
    circle_faults,
    instance_name_faults,
    outside_faults,
    placement_faults,
    repeat_faults,
    shown_text_faults,
    xpath_cell_faults,
)
from forms.workbook_rows import audit_faults, label_faults, name_faults, nesting_faults, type_faults

_FIRST = (sheet_faults, column_faults, essential_faults, settings_faults, character_faults)
_CHECKS: tuple[Callable[[Book], Iterator[Fault]], ...] = (
    language_faults,
    name_faults,
    type_faults,
    nesting_faults,
    label_faults,
    audit_faults,
    choice_faults,
    placement_faults,
    xpath_cell_faults,
    shown_text_faults,
    circle_faults,
    repeat_faults,
    outside_faults,
    instance_name_faults,
    parameter_faults,
    appearance_faults,
)


def lint_workbook(
    sheets: Sheets,
    form_id: str = "form",
    *,
    rosters: Mapping[str, Iterable[str]] | None = None,
    media: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Return every fault of a workbook, each once; an empty tuple means that it may be deployed.

    `sheets` holds rows by sheet, row i + 2 of the sheet at index i (an empty row may be an empty mapping). `rosters`
    gives the columns of roster files by name without ending; other rosters' columns are not checked. `media` are the
    names of the files at hand; None: whether files are there is not checked.
    """
    columns = {name: frozenset(given) for name, given in (rosters or {}).items()}
    book = read_book(sheets, columns)
    return tuple(Finding(form_id, *fault) for fault in dict.fromkeys(_faults(book, media)))


def _faults(book: Book, media: Collection[str] | None) -> Iterator[Fault]:
    """First what hides all the rest: without its sheets and columns, every row would be reported."""
    yield from (fault for check in _FIRST for fault in check(book))
    if book.survey and not any(essential_faults(book)):
        yield from (fault for check in _CHECKS for fault in check(book))
        yield from media_faults(book, media)
