"""What one catalogue of translations holds, how it is read from a CSV file and written back, and what spoils a text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

STATUSES = ("validated", "reviewed", "draft")
"""The standings of a text that a phone shows."""
MISSING = "missing"
WRITTEN_STATUSES = (*STATUSES, MISSING)
PLACEHOLDER = re.compile(r"\$?\{\w+\}")
"""`${name}`, which the phone fills in, or `{name}`, which the programme's figures fill in when the form is built."""
PACKAGED = Path(__file__).parent / "translations"
"""The folder of the catalogues that the forms are built from."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FALLBACK_MARK = re.compile(r"\[(FR|EN)\]")


class CatalogueError(ValueError):
    """A catalogue that cannot be used; the message has the file, the line, the key and the reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A translation with its standing: validated, reviewed, draft, or missing with an empty text.

    `english` is the text that was translated; `source` says where the translation comes from; `date` is an ISO day.
    """

    key: str
    english: str
    text: str
    status: str
    source: str
    date: str


COLUMNS = tuple(field.name for field in fields(Entry))


def read_catalogue(lines: Iterable[str], name: str) -> Mapping[str, Entry]:
    """Return the entries of the catalogue in `lines`, a header and rows of CSV, by key.

    Raises CatalogueError naming the file as `name`, the line and the key, for: a wrong number of cells or another
    header, an unknown status, a missing text that is there, a damaged text, a key that appears twice.
    """
    rows = csv.DictReader(lines)
    entries: dict[str, Entry] = {}
    for row in rows:
        where = f"{name}, line {rows.line_num}"
        if tuple(row) != COLUMNS or None in row.values():
            raise CatalogueError(f"{where}: the columns must be {', '.join(COLUMNS)}, separated by commas")
        entry = Entry(**row)
        if reason := _objection(entry, entries):
            raise CatalogueError(f"{where}, {entry.key}: {reason}")
        entries[entry.key] = entry
    return entries


def read_catalogue_file(path: Path) -> Mapping[str, Entry]:
    """Return the entries of a catalogue file by key. Raises CatalogueError, also for a file that is not there."""
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the first column.
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise CatalogueError(f"{path} cannot be read: {why}") from None
    return read_catalogue(io.StringIO(content, newline=""), f"{path.parent.name}/{path.name}")


def write_catalogue(entries: Iterable[Entry]) -> str:
    """Return the catalogue as CSV; a file that was read is written back with the same bytes."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *(astuple(entry) for entry in entries)])
    return out.getvalue()


def _objection(entry: Entry, earlier: Mapping[str, Entry]) -> str:
    """Say what is wrong with an entry, or nothing."""
    if entry.status not in WRITTEN_STATUSES:
        return f"status must be one of {', '.join(WRITTEN_STATUSES)}"
    if entry.status == MISSING and entry.text:
        return "a text that is missing must be empty"
    if entry.key in earlier:
        return "the key appears twice"
    return next(text_faults(entry.english, entry.text), "") if entry.text else ""


def text_faults(english: str, text: str, kept: Iterable[str] = ()) -> Iterator[str]:
    """Yield what is wrong with the translation `text` of `english`; `kept` are words that must stay, as numbers."""
    if damage := [*_damaged_placeholders(english, text), *_damaged_words(english, text, kept)]:
        yield f"keep exactly what the English text has: {', '.join(damage)}"
    if _UNWRITABLE.search(text):
        yield "it holds a control character that no phone can show"
    if _FALLBACK_MARK.search(text):
        yield "[FR] and [EN] are marks of the phone for a missing text, not part of one"


def _damaged_placeholders(english: str, text: str) -> Iterator[str]:
    wanted, found = Counter(PLACEHOLDER.findall(english)), Counter(PLACEHOLDER.findall(text))
    yield from (f"{each} is missing" for each in sorted((wanted - found).elements()))
    yield from (f"{each} is too much" for each in sorted((found - wanted).elements()))
    if wanted == found and text.count("{") != found.total():
        yield "a { that begins no placeholder is too much"


def _damaged_words(english: str, text: str, kept: Iterable[str]) -> Iterator[str]:
    for word in kept:
        if is_word_of(word, english) and not is_word_of(word, text):
            yield f"{word} is missing"


def is_word_of(word: str, text: str) -> bool:
    """Whether a number or word stands in a text by itself, not as a part of a longer one (112 is not in 1125)."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def tidy(text: str) -> str:
    """Return a text as it is typed without the leftovers of a spreadsheet: one kind of line end, no stray spaces."""
    plain = text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(re.sub(" {2,}", " ", line).strip() for line in plain.split("\n")).strip()
