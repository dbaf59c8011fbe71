"""What a translator's spreadsheet changes in a catalogue, and why a row of it is refused."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from forms.translation import FormString, known_strings, status_in
from forms.translation_catalogue import MISSING, WRITTEN_STATUSES, Entry, text_faults, tidy
from forms.translation_return import Sheet, SheetRow
from forms.translation_sheet import (
    COMMENT,
    DATE,
    ENGLISH_TEXT,
    KEY,
    NEW_STATUS,
    NEW_TEXT,
    REVIEWER,
    SOURCE,
    STATUS_NOW,
    TEXT_NOW,
    is_private,
    kept_words,
)

DRAFT_SOURCE = "translator's draft, needs review by a native speaker"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})( 00:00:00)?")
_NOT_OURS = (
    f"'{TEXT_NOW}' or '{STATUS_NOW}' is not what the catalogue has; write a change into '{NEW_TEXT}' or "
    f"'{NEW_STATUS}', or export the sheet anew if somebody has changed the catalogue"
)
_SPREADSHEET_ERROR = re.compile(r"#(NULL|DIV/0|VALUE|REF|NAME|NUM|N/A|SPILL|CALC)[!?]?|Err:\d+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be taken, and why."""

    row: int
    key: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.key or 'no key'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Change:
    """A text that becomes another: `old` is None for one that the catalogue had no row for."""

    old: Entry | None
    new: Entry

    @property
    def kind(self) -> str:
        """Added, changed, taken away, or another status (also: another source or date)."""
        if not self.new.text:
            return "taken away"
        if self.old is None or not self.old.text:
            return "added"
        return "changed" if self.old.text != self.new.text else "status changed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a sheet would do: the changes, the refused rows, rows that changed nothing but are out of date, comments."""

    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    outdated: tuple[SheetRow, ...]
    comments: tuple[SheetRow, ...]


def judge(
    sheet: Sheet, catalogue: Mapping[str, Entry], today: dt.date, strings: Mapping[str, FormString] | None = None
) -> Judgement:
    """Return what a sheet would do to a catalogue; `strings` are those of today's forms. Nothing is written."""
    known = known_strings() if strings is None else strings
    changes: list[Change] = []
    refusals: list[Refusal] = []
    outdated: list[SheetRow] = []
    first: dict[str, int] = {}
    for row in sheet.rows:
        earlier = first.setdefault(row[KEY], row.number)
        string = known.get(row[KEY])
        if earlier != row.number and row[KEY]:
            refusals.append(Refusal(row.number, row[KEY], f"this key stands in row {earlier} already"))
        elif not row.is_proposal and (string is None or tidy(string.english) != row[ENGLISH_TEXT]):
            outdated += [row] if row[KEY] else []
        elif reasons := list(_reasons(row, string, catalogue, today)):
            refusals += [Refusal(row.number, row[KEY], reason) for reason in reasons]
        elif string is not None and row.is_proposal:
            changes += _change(row, string, catalogue.get(string.key), today)
    return Judgement(tuple(changes), tuple(refusals), tuple(outdated), tuple(row for row in sheet.rows if row[COMMENT]))


def _reasons(row: SheetRow, string: FormString | None, catalogue: Mapping[str, Entry], today: dt.date) -> Iterator[str]:
    """Say why a row cannot be taken: it means another text than ours, or what it proposes is not good."""
    old = catalogue.get(row[KEY])
    if string is None:
        yield "no form has a text with this key; export the sheet anew" if row[KEY] else "the key has been lost"
    elif tidy(string.english) != row[ENGLISH_TEXT]:
        yield "the English text has changed since this sheet was exported; export it anew"
    elif (tidy(old.text if old else ""), status_in(catalogue, string)) != (row[TEXT_NOW], row[STATUS_NOW]):
        yield _NOT_OURS
    elif is_private(string) and row.is_proposal:
        yield "this text may not be published: write it into the programme's private file"
    elif row.is_proposal:
        yield from _faults(row, string, old, today)


def _faults(row: SheetRow, string: FormString, old: Entry | None, today: dt.date) -> Iterator[str]:
    """Say what is wrong with what a row proposes."""
    new = _entry(row, string, old, today)
    if not (row[NEW_TEXT] or row[NEW_STATUS]):
        yield f"a {SOURCE}, {REVIEWER} or {DATE} needs a {NEW_TEXT} or a {NEW_STATUS} beside it"
        return
    if new.status not in WRITTEN_STATUSES:
        yield f"{NEW_STATUS} must be one of {', '.join(WRITTEN_STATUSES)}"
    elif new.status == MISSING:
        if row[NEW_TEXT]:
            yield f"a text that is missing has no {NEW_TEXT}"
    elif not new.text:
        yield f"there is no text to be {new.status}: write it into {NEW_TEXT}"
    else:
        yield from _standing_faults(new, string)
    if _SPREADSHEET_ERROR.fullmatch(new.text):
        yield f"{new.text} is an error of the spreadsheet, not a text"
    if new.text:
        yield from text_faults(string.english, new.text, kept_words(string.english))
    yield from _date_faults(row[DATE], today)


def _standing_faults(new: Entry, string: FormString) -> Iterator[str]:
    if string.instrument and new.status != "validated":
        yield "the wording of an instrument is not translated: enter its published text, with status validated"
    if not string.instrument and new.status == "validated":
        yield "validated is for the published wording of an instrument; this text can be reviewed"
    if not new.source:
        wanted = f"{SOURCE} must say where it is published" if string.instrument else f"say in {REVIEWER} who agreed"
        yield f"a {new.status} text needs its source: {wanted}"


def _date_faults(cell: str, today: dt.date) -> Iterator[str]:
    day = _day(cell)
    if cell and day is None:
        yield f"{DATE} must be a day like {today.isoformat()}"
    elif day is not None and day > today:
        yield f"{DATE} lies in the future"


def _day(cell: str) -> dt.date | None:
    """Return the day in a cell, also when the spreadsheet made a date with a time of it."""
    found = _DAY.fullmatch(cell)
    try:
        return dt.date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _entry(row: SheetRow, string: FormString, old: Entry | None, today: dt.date) -> Entry:
    """Return the row of the catalogue that a sheet's row would make, right or wrong."""
    text = row[NEW_TEXT] or (old.text if old else "")
    is_kept = old is not None and old.text == text and bool(text)
    status = row[NEW_STATUS].lower() or (old.status if old and is_kept else "draft")
    source = _source(row, old.source if old and is_kept and status in ("draft", old.status) else "", status)
    day = _day(row[DATE])
    if status == MISSING:
        text, source = row[NEW_TEXT], ""
    entry = Entry(string.key, string.english, text, status, source, old.date if old else "")
    return entry if entry == old and day is None else replace(entry, date=(day or today).isoformat())


def _source(row: SheetRow, kept: str, status: str) -> str:
    given = [row[SOURCE], f"reviewed by {row[REVIEWER]}" if row[REVIEWER] else ""]
    return "; ".join(filter(None, given)) or kept or (DRAFT_SOURCE if status == "draft" else "")


def _change(row: SheetRow, string: FormString, old: Entry | None, today: dt.date) -> list[Change]:
    new = _entry(row, string, old, today)
    return [] if new == old else [Change(old, new)]


def changed_catalogue(catalogue: Mapping[str, Entry], changes: Iterable[Change]) -> tuple[Entry, ...]:
    """Return the entries with the changes, in the order of the forms; one that no form has any more keeps its place."""
    entries = {**catalogue, **{change.new.key: change.new for change in changes}}
    ranks: dict[str, int] = {key: rank for rank, key in enumerate(known_strings())}
    last = 0
    for key in catalogue:
        last = ranks.setdefault(key, last)
    return tuple(sorted(entries.values(), key=lambda entry: ranks[entry.key]))
