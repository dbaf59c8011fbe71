"""What is wrong with a roster file before phones carry it: traps of the CSV reader, columns that tell too much."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from forms.finding import Fault, Finding, advise
from forms.lint_privacy import TELLING_COLUMN

MOST_ROWS = 5000
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILE = re.compile(r"[a-z][a-z0-9_]*\.csv")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def lint_roster(
    name: str, content: bytes, columns: Sequence[str] | None = None, *, most_rows: int = MOST_ROWS
) -> tuple[Finding, ...]:
    """Return every fault of a roster file; `columns` are those that forms read, None when that is not known.

    Findings name lines and columns, never what is in a cell: it may be a person.
    """
    return tuple(Finding(name, *fault) for fault in _faults(name, content, columns, most_rows))


def roster_header(content: bytes) -> tuple[str, ...]:
    """Return the columns of a roster file, as far as it can be read."""
    first = content.decode("utf-8-sig", "replace").splitlines()[:1]
    return tuple(column.strip() for column in next(csv.reader(first), ()))


def _faults(name: str, content: bytes, columns: Sequence[str] | None, most_rows: int) -> Iterator[Fault]:
    if not _FILE.fullmatch(name):
        yield "file", "its name is not usable", "Name it like members.csv: small letters, digits, _ and .csv."
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        yield f"line {line}", "is not UTF-8", "Save the file as CSV UTF-8."
        return
    if not text.strip():
        yield "file", "is empty, and no phone could open the form", "Write at least the header: name,label."
        return
    if found := _CONTROL.search(text):
        line = text[: found.start()].count("\n") + 1
        yield f"line {line}", f"holds the character U+{ord(found.group()):04X}", "Delete it."
        return
    yield from _table_faults(text, columns, most_rows)


def _table_faults(text: str, columns: Sequence[str] | None, most_rows: int) -> Iterator[Fault]:
    header_line = text.splitlines()[0]
    if ";" in header_line:
        yield "header", "holds a semicolon, so that phones split the lines at it", "Separate the columns by commas."
        return
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        lines = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        yield f"line {reader.line_num}", f"cannot be read ({error})", "Correct the quotes."
        return
    header = [column.strip() for column in lines[0][1]]
    yield from _header_faults(header, columns)
    if len(lines) - 1 > most_rows:
        what = f"{len(lines) - 1} rows are more than {most_rows}, too slow for a cheap phone"
        yield "file", what, "Split the forms by sector, so that each phone carries its own list."
    if "name" in header:
        yield from _row_faults(header, lines[1:])


def _header_faults(header: Sequence[str], columns: Sequence[str] | None) -> Iterator[Fault]:
    for column in dict.fromkeys(header):
        where = f"column {column}"
        if header.count(column) > 1:
            yield where, f"is there {header.count(column)} times", "Keep one."
        if column.startswith("label::"):
            yield where, "has a language, which phones do not read in a file", "Write label; names need no translation."
        elif not _COLUMN.fullmatch(column):
            yield where, "is not a usable name of a column", "Use letters, digits and _."
        elif columns is not None and column not in columns:
            yield where, *_unwanted(column, header, columns)
        elif columns is None and TELLING_COLUMN.search(column):
            yield where, "tells too much about a person", "A list on a phone holds codes and short names only."
    for column in columns if columns is not None else ("name", "label"):
        if column not in header:
            yield f"column {column}", "is missing", "Add it; forms read it."


def _unwanted(column: str, header: Sequence[str], columns: Sequence[str]) -> tuple[str, str]:
    if TELLING_COLUMN.search(column):
        return "tells too much about a person", "Delete it; a list on a phone holds codes and short names only."
    missing = [known for known in columns if known not in header]
    return "is read by no form", advise(column, missing, "Delete it.")


def _row_faults(header: Sequence[str], lines: Sequence[tuple[int, list[str]]]) -> Iterator[Fault]:
    code, label = header.index("name"), header.index("label") if "label" in header else None
    seen: dict[str, int] = {}
    for line, cells in lines:
        where = f"line {line}"
        if len(cells) != len(header):
            yield where, f"has {len(cells)} cells, the header has {len(header)}", "Correct the commas and quotes."
            continue
        name = cells[code].strip()
        if not name:
            yield f"{where}, name", "is empty", "Give every row a code."
        elif len(name.split()) > 1 or name != cells[code]:
            yield f"{where}, name", "holds a space, which breaks lists where several can be ticked", "Use one word."
        elif name in seen:
            yield f"{where}, name", f"is the same as in line {seen[name]}; phones would crash", "Codes must be unique."
        seen.setdefault(name, line)
        if label is not None and not cells[label].strip():
            yield f"{where}, label", "is empty", "Write what the phone shows."
        if any("\n" in cell or "\r" in cell for cell in cells):
            yield where, "holds a line break in a cell", "Write it on one line."
