"""How a translator's spreadsheet is read when it comes back, whatever a spreadsheet program has done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms.translation import TRANSLATED, Language
from forms.translation_catalogue import tidy
from forms.translation_sheet import (
    DATE,
    ENGLISH_TEXT,
    KEY,
    LANGUAGE,
    NEW_STATUS,
    NEW_TEXT,
    REVIEWER,
    SOURCE,
    STATUS_NOW,
    TEXT_NOW,
    TEXTS,
    restore,
)
from forms.xlsform import read_numbered_rows

COLUMNS_NEEDED = (KEY, LANGUAGE, ENGLISH_TEXT, TEXT_NOW, STATUS_NOW, NEW_TEXT, NEW_STATUS, SOURCE, REVIEWER, DATE)
_PROPOSING = (NEW_TEXT, NEW_STATUS, SOURCE, REVIEWER, DATE)


class SheetError(ValueError):
    """A spreadsheet that is not a translator's sheet at all; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of the sheet: its number there, and its cells by column, without the traces of a spreadsheet program."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def is_proposal(self) -> bool:
        """Whether a translator has filled in anything but a comment."""
        return any(self[column] for column in _PROPOSING)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A translator's sheet: the language, and its rows."""

    language: Language
    rows: tuple[SheetRow, ...]


NumberedSheets = Mapping[str, Mapping[int, Mapping[str, str]]]


def read_sheet(content: bytes) -> Sheet:
    """Return a translator's sheet; columns may stand in any order, and empty rows are left out.

    Raises XlsFormError for what is not a workbook, SheetError for one without the texts, their columns or a language.
    """
    sheets = read_numbered_rows(content)
    header, *rows = _tidied(sheets[TEXTS] if TEXTS in sheets else _texts_under_another_name(sheets))
    if lacking := [name for name in COLUMNS_NEEDED if name not in header.cells]:
        raise SheetError(f"the sheet {TEXTS} has no column {', '.join(lacking)} in its first row")
    codes = {language.code: language for language in TRANSLATED}
    found = {row[LANGUAGE] for row in rows if row[KEY]}
    if len(found) != 1 or not found <= set(codes):
        raise SheetError(f"the column {LANGUAGE} must hold the same in every row, one of {', '.join(codes)}")
    return Sheet(codes[found.pop()], tuple(rows))


def _texts_under_another_name(sheets: NumberedSheets) -> Mapping[int, Mapping[str, str]]:
    for rows in sheets.values():
        if {KEY, NEW_TEXT} <= {name.lower() for name in rows.get(1, {})}:
            return rows
    raise SheetError(f"there is no sheet {TEXTS}")


def _tidied(rows: Mapping[int, Mapping[str, str]]) -> list[SheetRow]:
    return [
        SheetRow(number, {name.lower(): tidy(restore(cell)) for name, cell in row.items()})
        for number, row in rows.items()
    ]
