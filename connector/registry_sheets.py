"""Knows how tables that people keep, as CSV or in Excel, become rows of cells: text, and nothing guessed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from connector.errors import SettingsError

MOST_BYTES = 20_000_000
HEADER_WITHIN = 10
"""Rows from the top in which the header is looked for: people put titles above it."""
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
Line = tuple[int, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Cells:
    """One row: its line, its non-empty cells by column, and whether it has cells without a column.

    `dates` are the columns whose cells were dates, `merged` those whose cells were merged into another one.
    """

    line: int
    values: Mapping[str, str]
    is_too_long: bool = False
    dates: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: what kind it is, where it stands, its columns and rows, and what a person should know about it."""

    kind: str
    where: str
    columns: tuple[str, ...]
    rows: tuple[Cells, ...]
    notes: tuple[str, ...] = ()


def read_sheets(files: Mapping[str, bytes], needed: Mapping[str, Sequence[str]]) -> list[Sheet]:
    """Return the tables in some files by name; `needed` are the kinds, in order, with the columns of each.

    A CSV file is named after its kind; a workbook has a sheet for each kind, or a single one and the name of the kind.
    Raises SettingsError for a file of another name, one that cannot be read or lacks a needed column, and for two
    tables of one kind.
    """
    found = [sheet for name in sorted(files) for sheet in _read_file(name, files[name], needed)]
    for kind in needed:
        if len(same := [sheet.where for sheet in found if sheet.kind == kind]) > 1:
            raise SettingsError(f"{kind} is there twice: {', '.join(same)}.", advice="Import one of them.")
    return sorted(found, key=lambda sheet: list(needed).index(sheet.kind))


def _read_file(name: str, content: bytes, needed: Mapping[str, Sequence[str]]) -> Iterator[Sheet]:
    path = PurePath(name)
    kind = plain_name(path.stem)
    if len(content) > MOST_BYTES:
        raise SettingsError(f"{name} is larger than {MOST_BYTES // 1_000_000} MB.", advice="Is it the right file?")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        yield from _read_workbook(name, kind, content, needed)
    elif path.suffix.lower() == ".csv" and kind in needed:
        yield _read_csv(name, kind, content, needed[kind])
    else:
        names = [f"{each}.csv" for each in needed]
        raise SettingsError(f"{name} is no file of the registry.", advice=f"Name it {', '.join(names)}, or .xlsx.")


def _read_csv(name: str, kind: str, content: bytes, needed: Sequence[str]) -> Sheet:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{name} is not in UTF-8.", advice="Save it as CSV UTF-8.") from None
    failure: SettingsError | None = None
    first = text.partition("\n")[0]
    for delimiter in sorted(",;\t", key=lambda character: -first.count(character)):
        try:
            return _as_sheet(kind, name, _csv_lines(name, text, delimiter), needed)
        except SettingsError as error:
            failure = failure or error
    raise failure or SettingsError(f"{name} cannot be read.")


def _csv_lines(name: str, text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from ((reader.line_num, row) for row in reader)
    except csv.Error:
        where = f"{name} is damaged near line {reader.line_num}."
        raise SettingsError(where, advice="Save it again as CSV.") from None


def _read_workbook(name: str, kind: str, content: bytes, needed: Mapping[str, Sequence[str]]) -> Iterator[Sheet]:
    from forms.xlsform import XlsFormError, read_cells  # reading workbooks takes long to load

    try:
        sheets = read_cells(content)
    except XlsFormError:
        raise SettingsError(f"{name} is not a readable .xlsx workbook.", advice="Save it again as .xlsx.") from None
    seen = [sheet for sheet in sheets if not sheet.is_hidden]
    chosen = {sheet.title: plain_name(sheet.title) for sheet in seen if plain_name(sheet.title) in needed}
    filled = [sheet for sheet in seen if any(_text(value) for row in sheet.rows for value in row)]
    if not chosen and kind in needed and len(filled) == 1:
        chosen = {filled[0].title: kind}
    if not chosen:
        raise SettingsError(f"{name} has no sheet {' or '.join(needed)}.", advice="Name the sheets like that.")
    unread = [f"sheet {each.title} was not read" for each in filled if each.title not in chosen]
    unread += [f"hidden sheet {each.title} was not read" for each in sheets if each.is_hidden]
    for sheet in seen:
        if sheet.title in chosen:
            lines = ((number, row) for number, row in enumerate(sheet.rows, start=1))
            kind = chosen[sheet.title]
            yield _as_sheet(kind, f"{name} sheet {sheet.title}", lines, needed[kind], unread, sheet.merged)
            unread = []


def _as_sheet(
    kind: str,
    where: str,
    lines: Iterable[Line],
    needed: Sequence[str],
    notes: Sequence[str] = (),
    merged: Collection[tuple[int, int]] = (),
) -> Sheet:
    left = iter(lines)
    header = _header(where, left, needed)
    named = [column for column in header if column]
    if twice := sorted({column for column in named if named.count(column) > 1}):
        raise SettingsError(f"{where} has the column {', '.join(twice)} twice.", advice="Leave one of them.")
    rows = tuple(cells for line, row in left if (cells := _cells(line, header, row, merged)))
    return Sheet(kind, where, tuple(named), rows, tuple(notes))


def _header(where: str, lines: Iterator[Line], needed: Sequence[str]) -> list[str]:
    """The first row with all needed columns; what stands above it is a title."""
    best: list[str] = []
    for _, (_, row) in zip(range(HEADER_WITHIN), lines, strict=False):
        columns = [plain_name(_text(value)) for value in row]
        if set(needed) <= set(columns):
            return columns
        best = max(best, columns, key=lambda found: len(set(needed) & set(found)))
    missing = [column for column in needed if column not in best]
    raise SettingsError(f"{where} has no column {', '.join(missing)}.", advice=f"Needed: {', '.join(needed)}.")


def _cells(
    line: int, header: Sequence[str], row: Sequence[object], merged: Collection[tuple[int, int]]
) -> Cells | None:
    """A row, or None when it is blank."""
    values, dates = {}, set()
    outside = any(_text(value) for value in row[len(header) :])
    for column, value in zip(header, row, strict=False):
        text = _text(value)
        outside = outside or bool(text and not column)
        if text and column:
            values[column] = text
            dates |= {column} if isinstance(value, dt.date | dt.time) else set()
    if not values and not outside:
        return None
    hidden = (column for place, column in enumerate(header) if column and (line, place) in merged)
    return Cells(line, values, outside, frozenset(dates), frozenset(hidden))


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point, days as 2026-03-02, yes and no for true and false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return _INVISIBLE.sub("", str(value)).strip()


def plain_name(text: str) -> str:
    """Return a name of a column, a sheet or a code without what people vary: case, and blanks or hyphens for _."""
    return re.sub(r"[\s-]+", "_", text.strip().casefold())
