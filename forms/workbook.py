"""How the sheets of any XLSForm are read for checking: rows with their numbers, types, lists and the groups around."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

Sheets = Mapping[str, Sequence[Mapping[str, str]]]
"""Rows by sheet, each by column; the row at index i is row i + 2 of the sheet. An empty row may be an empty mapping."""

FIRST_ROW = 2
BEGINNINGS = ("begin_group", "begin_repeat")
ENDINGS = ("end_group", "end_repeat")
SELECTS = ("select_one", "select_multiple", "rank")
FILE_SELECTS = ("select_one_from_file", "select_multiple_from_file")
TRANSLATED = (
    "label", "hint", "guidance_hint", "constraint_message", "required_message", "image", "audio", "video", "big-image",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with its number; columns `media::image::X` are read as `image::X`."""

    sheet: str
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def name(self) -> str:
        """What the column name holds."""
        return self["name"]

    @property
    def kind(self) -> str:
        """The first word of the type; `begin group` and `begin_group` are the same."""
        return kind_of(self["type"])

    @property
    def list_name(self) -> str:
        """The list or file that a question chooses from, or ""."""
        words = self["type"].split()
        return words[1] if len(words) > 1 and self.kind in (*SELECTS, *FILE_SELECTS) else ""

    @property
    def is_beginning(self) -> bool:
        """Whether a group or repeat begins here."""
        return self.kind in BEGINNINGS

    @property
    def is_ending(self) -> bool:
        """Whether a group or repeat ends here."""
        return self.kind in ENDINGS

    @property
    def place(self) -> str:
        """Where the row is, as findings say it."""
        known = f"{self['list_name']} {self.name}" if self.sheet == "choices" else self.name
        return f"{self.sheet}, row {self.number}" + (f", {known.strip()}" if known.strip() else "")

    def at(self, column: str) -> str:
        """Where a cell of the row is."""
        return f"{self.place}, {column}"

    def texts(self, base: str) -> Iterator[tuple[str, str]]:
        """Yield (column, text) of a column in all its languages."""
        for column, text in self.cells.items():
            if split_header(column)[0] == base:
                yield column, text

    def has(self, base: str) -> bool:
        """Whether a column has a text in any language."""
        return any(True for _ in self.texts(base))


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook: the rows of its sheets, and by row number of the survey the rows that begin the groups around."""

    sheets: Sheets
    survey: tuple[SheetRow, ...]
    choices: tuple[SheetRow, ...]
    settings: tuple[SheetRow, ...]
    around: Mapping[int, tuple[SheetRow, ...]]
    rosters: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    def codes(self, list_name: str) -> tuple[str, ...]:
        """Return the codes of a choice list in their order."""
        return tuple(row.name for row in self.choices if row["list_name"] == list_name)

    @property
    def named(self) -> Mapping[str, SheetRow]:
        """The first row of every name."""
        found: dict[str, SheetRow] = {}
        for row in self.survey:
            if row.name and not row.is_ending:
                found.setdefault(row.name, row)
        return found

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the columns, in their order."""
        headers = (header for sheet in ("survey", "choices") for header in headers_of(self.sheets, sheet))
        found = (language for base, language in map(split_header, headers) if language and base in TRANSLATED)
        return tuple(dict.fromkeys(found))


def read_book(sheets: Sheets, rosters: Mapping[str, frozenset[str] | None] | None = None) -> Book:
    """Return the sheets as rows; rows switched off by the column `disabled` are left out."""
    survey = tuple(row for row in _rows(sheets, "survey") if row["disabled"].lower() not in {"yes", "true", "true()"})
    around = dict(_around(survey))
    return Book(sheets, survey, _rows(sheets, "choices"), _rows(sheets, "settings"), around, rosters or {})


def headers_of(sheets: Sheets, sheet: str) -> tuple[str, ...]:
    """Return the columns of a sheet in order of first appearance."""
    return tuple(dict.fromkeys(header for row in sheets.get(sheet, ()) for header in row))


@cache
def split_header(header: str) -> tuple[str, str]:
    """Return (column, language) of a header; `media::image::English (en)` is ("image", "English (en)")."""
    parts = [part.strip() for part in header.split("::")]
    if parts[0] == "media" and len(parts) > 1:
        parts = parts[1:]
    return parts[0], "::".join(parts[1:])


@cache
def kind_of(type_text: str) -> str:
    """Return the first word of a type; `begin group` and `begin_group` are the same."""
    words = type_text.split()
    two = "_".join(words[:2])
    return two if two in (*BEGINNINGS, *ENDINGS) else (words[0] if words else "")


def _rows(sheets: Sheets, sheet: str) -> tuple[SheetRow, ...]:
    numbered = enumerate(sheets.get(sheet, ()), start=FIRST_ROW)
    filled = ((number, {column: text for column, text in cells.items() if text}) for number, cells in numbered)
    return tuple(SheetRow(sheet, number, _plain(cells)) for number, cells in filled if cells)


def _plain(cells: Mapping[str, str]) -> Mapping[str, str]:
    return {column.removeprefix("media::"): text for column, text in cells.items()}


def _around(survey: Sequence[SheetRow]) -> Iterator[tuple[int, tuple[SheetRow, ...]]]:
    open_rows: tuple[SheetRow, ...] = ()
    for row in survey:
        if row.is_ending:
            open_rows = open_rows[:-1]
        yield row.number, open_rows
        if row.is_beginning:
            open_rows = (*open_rows, row)
